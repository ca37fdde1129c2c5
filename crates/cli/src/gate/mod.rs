//! Joins the fake, the player of the server's side and a client under test.

mod board;
mod clients;
mod contract;
mod desk;
mod nameless;
mod porter;
mod probe;
mod rig;
mod served;
mod venue;

pub use clients::ClientTables;
pub use contract::{Contract, VARIABLES, table};
pub use nameless::Nameless;
pub use probe::{Dishonest, Honesty, probe};
pub use rig::GateRig;
pub use served::{ServeError, Served, Service};
pub use venue::GateVenue;
