//! Takes passwords out of messages and HTTP heads before anything is kept.
//!
//! `name` alone decides whether a name is that of a secret. `walk` goes over a text of any kind, a
//! head or a URL, and finds the places of such names with what stands there. [`message`], [`body`],
//! [`head`] and [`url`] mask those places. [`Finder`] learns the values, so that [`Secrets`] can
//! replace them everywhere, in each spelling that programs give them: `reading` decodes a text in
//! all ways, `escape` one character, and `search` finds the secrets in what comes of it.

mod escape;
mod finder;
mod login;
mod name;
mod reading;
mod search;
mod secrets;
mod short;
mod unknown;
mod walk;

pub use finder::{Credential, Finder, Kind};
pub use login::{Masked, MaskedArg};
pub use secrets::Secrets;
use short::is_too_short;
pub use short::{TooShort, long_enough};
pub use unknown::{body, head, header, message, text, url, urls};

/// Stands in the place of a password.
const BLOT: &str = "***";

/// The shortest password, in characters, that can be told from ordinary text.
const SHORTEST: usize = 4;
