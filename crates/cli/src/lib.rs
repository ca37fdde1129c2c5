//! Joins the fake to the runner: the venues at which cases are played, for the command line and for `cargo test`.

mod fake;
mod gate;
mod passage;
mod rig;
mod sabotage;

pub use fake::FakeVenue;
pub use gate::{
    ClientTables, Contract, Dishonest, GateRig, GateVenue, Honesty, Nameless, ServeError, Served,
    Service, VARIABLES, probe as probe_client, table,
};
pub use passage::{PassageError, made_anew};
pub use rig::Rig;
pub use suite::{HOME, MARK, Suite, SuiteError};
