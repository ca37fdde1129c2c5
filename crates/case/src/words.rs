//! The closed lists of words in heads and blocks, written and read.

use std::fmt;
use std::str::FromStr;

use crate::{
    Arrow, Certificate, Effects, Error, Factor, HostForm, Label, Level, PasswordForm, Role,
    Servers, Transport,
};

/// Writes and reads an enum whose variants are each one word.
macro_rules! words {
    ($type:ident, $what:literal, $($variant:ident = $word:literal),+) => {
        impl $type {
            /// Every word, in the order of the variants.
            pub const WORDS: &[&str] = &[$($word),+];

            /// The word as written in files.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $type {
            type Err = Error;

            fn from_str(word: &str) -> Result<Self, Error> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(Error::Word { what: $what, word: word.to_owned() }),
                }
            }
        }
    };
}

words!(
    Level,
    "level",
    Must = "must",
    Should = "should",
    May = "may",
    Info = "info",
    Vendor = "vendor"
);
words!(
    Certificate,
    "certificate",
    Expired = "expired",
    NotYetValid = "not-yet-valid",
    WrongName = "wrong-name",
    UnknownAuthority = "unknown-authority",
    SelfSigned = "self-signed",
    MissingIntermediate = "missing-intermediate",
    CommonNameOnly = "common-name-only",
    Changed = "changed",
    None = "none"
);
words!(HostForm, "host", Name = "name");
words!(Servers, "servers", Pair = "pair");
words!(PasswordForm, "password", NonAscii = "non-ascii");
words!(Transport, "transport", Ws = "ws", Bosh = "bosh");
words!(Role, "role", Server = "server", Client = "client");
words!(
    Effects,
    "effect",
    None = "none",
    Session = "session",
    State = "state",
    Calls = "calls",
    LocksAccount = "locks-account"
);
words!(
    Label,
    "label",
    Ok = "ok",
    NonStrict = "non-strict",
    Info = "info",
    Unsupported = "unsupported",
    Fail = "fail"
);
words!(Arrow, "arrow", ToServer = "->", ToClient = "<-", Injected = "<!");

impl fmt::Display for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, thousandths) = (self.0 / 1_000, self.0 % 1_000);
        if thousandths == 0 {
            return write!(f, "{whole}");
        }
        let fraction = format!("{thousandths:03}");
        write!(f, "{whole}.{}", fraction.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_back() {
        for word in Label::WORDS {
            assert_eq!(word.parse::<Label>().unwrap().as_str(), *word);
        }
        assert!("Must".parse::<Level>().is_err());
    }

    #[test]
    fn factors_are_decimal_without_trailing_zeros() {
        assert_eq!(Factor(10_000).to_string(), "10");
        assert_eq!(Factor(1_500).to_string(), "1.5");
        assert_eq!(Factor(1_025).to_string(), "1.025");
    }
}
