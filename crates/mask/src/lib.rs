//! Takes passwords out of messages and HTTP heads before anything is kept.
//!
//! [`Secrets`] knows the passwords of a run and replaces them
//! everywhere. [`message`] and [`head`] know no password: they replace all content
//! in the places of passwords. Both get those places from `place`.

mod login;
mod place;
mod secrets;
mod unknown;

pub use login::{Masked, MaskedArg};
pub use place::head;
pub use secrets::Secrets;
pub use unknown::message;

/// Stands in the place of a password.
const BLOT: &str = "***";
