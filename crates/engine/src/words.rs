//! Enums whose variants have a word in a text form, and a meaning for people.

/// Declares such an enum.
macro_rules! words {
    ($(#[$outer:meta])* $name:ident { $($variant:ident = $word:literal $meaning:literal,)* }) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) enum $name { $($variant,)* }

        impl $name {
            /// All of them.
            pub(crate) const ALL: &[Self] = &[$(Self::$variant),*];

            /// How it is written.
            pub(crate) fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// Its meaning.
            pub(crate) fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }
        }
    };
}

pub(crate) use words;
