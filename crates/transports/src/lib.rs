//! The cost of each way of hearing events: the same seeded day by short polling, long polling,
//! server-sent events and WebSocket, measured on the fake.
//!
//! The day's time is set by hand, from one moment to the next. So numbers of requests and of missed
//! changes repeat with the seed, however fast the machine is. A time from a change to a client is
//! the day's time between them, and the time on the wall that the octets take.

mod bosh;
mod changes;
mod day;
mod error;
mod figures;
mod http;
mod measure;
mod net;
mod page;
mod picture;
mod plan;
mod polling;
mod server;
mod session;
mod sse;
mod tally;
mod websocket;

pub use error::Error;
pub use figures::{Crowd, Figures, Latency, Measured};
pub use measure::{Stage, measure};
pub use net::{Mark, NetworkAct};
pub use page::page;
pub use plan::{Plan, Way};
pub use tally::ChangeHeard;
