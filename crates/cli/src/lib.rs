//! Joins the fake to the runner: the venues at which cases are played, for the command line and for `cargo test`.

mod access;
mod conversation;
mod fake;
#[cfg(unix)]
mod lab;
mod probe;
mod publisher;
mod remote;
mod rig;
mod sabotage;
mod suite;
mod url;

pub use access::{Access, Cleared, INSECURE};
pub use fake::FakeVenue;
#[cfg(unix)]
pub use lab::{Engine, Lab, LabError};
pub use probe::{ProbeError, domain, pin};
pub use publisher::{LoggedIn, Publisher};
pub use remote::RemoteVenue;
pub use rig::Rig;
pub use suite::{Suite, SuiteError};
