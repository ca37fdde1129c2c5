//! Enumerations whose values have names on the wire and in files: one list makes the type, its
//! names and their parser.

use thiserror::Error;

/// A name that is not a value of this kind.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("no {kind} {name:?}: there is {}", known.join(", "))]
pub struct UnknownName {
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) known: Vec<&'static str>,
}

/// `names! { /// Doc. Type, "kind in words" { /// Doc. Variant = "NAME", … } }`
macro_rules! names {
    ($(#[$doc:meta])* $type:ident, $kind:literal {
        $($(#[$variant_doc:meta])* $variant:ident = $name:literal,)*
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $type {
            $($(#[$variant_doc])* #[serde(rename = $name)] $variant,)*
        }

        impl $type {
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name on the wire and in files.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }

        impl FromStr for $type {
            type Err = $crate::UnknownName;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                let known = Self::ALL.iter().find(|value| value.name() == name).copied();
                known.ok_or_else(|| $crate::UnknownName {
                    kind: $kind,
                    name: name.to_owned(),
                    known: Self::ALL.iter().map(|value| value.name()).collect(),
                })
            }
        }
    };
}
pub(crate) use names;
