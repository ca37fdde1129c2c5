//! Cases for clients: the variables for a client under test, its start, its listeners, its file,
//! and the HTTP API for a client that runs for long.

mod api;
mod contract;
mod listening;
mod nameless;
mod probe;
mod queue;
mod router;
mod served;
mod start;
mod tables;
mod venue;

pub use contract::{Contract, EVENTS, Event, VARIABLES, VERBS, table};
pub use nameless::Nameless;
pub use probe::{Dishonest, Honesty, probe};
pub use served::{ServeError, Served, Service};
pub use start::{Command, Driver, Driving};
pub use tables::ClientTables;
pub use venue::GateVenue;
