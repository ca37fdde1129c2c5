//! Joins the fake to the runner: the venues at which cases are played, for the command line and for `cargo test`.

mod fake;
mod remote;
mod rig;
mod sabotage;
mod suite;

pub use fake::FakeVenue;
pub use remote::{Access, RemoteVenue};
pub use rig::Rig;
pub use suite::{Suite, SuiteError};
