//! Takes passwords out of messages and HTTP heads before anything is kept.
//!
//! [`Secrets`] knows the passwords of a run and replaces them
//! everywhere, however they are written: `reading` decodes a text in all ways, `escape` one
//! character, and `search` finds the passwords in what comes of it. [`message`] and [`head`] know
//! no password: they replace all content in the places of passwords. Both get those places from
//! `place`. [`Finder`] finds the passwords of a conversation that nobody has listed.

mod escape;
mod finder;
mod login;
mod place;
mod reading;
mod search;
mod secrets;
mod short;
mod unknown;

pub use finder::{Credential, Finder, Kind};
pub use login::{Masked, MaskedArg};
pub use place::head;
pub use secrets::Secrets;
use short::is_too_short;
pub use short::{TooShort, long_enough};
pub use unknown::message;

/// Stands in the place of a password.
const BLOT: &str = "***";

/// The shortest password, in characters, that can be told from ordinary text.
const SHORTEST: usize = 4;
