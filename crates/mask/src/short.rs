//! Passwords that are too short to be told from ordinary text.

use std::fmt;

use crate::SHORTEST;

/// A password that cannot be kept out of what is written: [`Secrets`](crate::Secrets) would have to
/// blot out ordinary text. Its `Display` goes on after the name of the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooShort {
    characters: usize,
}

impl std::error::Error for TooShort {}

impl fmt::Display for TooShort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { characters } = self;
        let plural = if *characters == 1 { "" } else { "s" };
        write!(
            f,
            "has {characters} character{plural}: fewer than {SHORTEST} cannot be told from ordinary text, so it could \
             not be kept out of transcripts and reports; give the account a longer password"
        )
    }
}

/// Whether a password has fewer than four characters.
pub(crate) fn is_too_short(password: &str) -> bool {
    password.chars().count() < SHORTEST
}

/// Checks a password that must be kept out of what is written.
///
/// # Errors
///
/// It is too short for that.
pub fn long_enough(password: &str) -> Result<(), TooShort> {
    let characters = password.chars().count();
    if is_too_short(password) { Err(TooShort { characters }) } else { Ok(()) }
}
