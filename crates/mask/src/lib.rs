//! Takes passwords out of messages and HTTP heads before anything is kept.
//!
//! Two questions, one answer each. [`Secrets`] knows the passwords of a run and replaces them
//! wherever they stand. [`message`] and [`head`] know no password: they replace whatever stands
//! where one belongs. Both ask `place` where that is.

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
