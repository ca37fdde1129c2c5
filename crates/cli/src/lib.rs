//! The command line, and the venues that join the fake to the runner, for the commands and for `cargo test`.

mod command_line;
mod commands;
mod documents;
mod fake;
mod gate;
mod help_names;
mod passage;
#[cfg(test)]
mod recipes;
mod rig;
mod rooms;
mod sabotage;

pub use command_line::run;
pub use fake::FakeVenue;
pub use gate::{
    ClientTables, Contract, Dishonest, GateRig, GateVenue, Honesty, Nameless, ServeError, Served,
    Service, VARIABLES, probe as probe_client, table,
};
pub use passage::{PassageError, made_anew};
pub use rig::Rig;
pub use runner::BuiltIn;
use suite::{HOME, MARK, Suite};
