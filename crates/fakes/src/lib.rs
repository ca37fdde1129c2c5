//! Fakes as the runner sees them: a server to test, with sockets, or the counterpart of a client under test, without.

mod actions;
mod counterpart;
mod names;
mod venue;

pub use names::{known, password};
pub use venue::{FakeVenue, Names};
