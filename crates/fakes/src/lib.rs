//! Fakes as the runner sees them: a server to test, with sockets, or the counterpart of a client
//! under test, without.

mod accounts;
mod actions;
mod counterpart;
mod venue;

pub use venue::{FakeVenue, Names, Watches};
