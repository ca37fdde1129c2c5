//! Joins the fake, the player of the server's side and a client under test.

mod contract;
mod probe;
mod rig;
mod venue;

pub use contract::{Contract, VARIABLES, table};
pub use probe::{Dishonest, Honesty, probe};
pub use rig::GateRig;
pub use venue::GateVenue;
