//! Clients in their thousands: logs them in, holds them, publishes to them, and checks each answer.
//!
//! It is a client of the protocol and knows no server in particular: what it asks for is in RFC
//! 7395, RFC 6120 and XEP-0060. An answer that is missing or wrong is an error and never a fast
//! answer.

mod client;
mod crowd;
mod error;
mod fan_out;
mod server;
mod spread;

pub use client::{CheckedClient, domain};
pub use crowd::{Crowd, LoginPlan, Progress};
pub use error::{ClientStep, Error};
pub use fan_out::{Delivery, FanOut};
pub use server::MeasuredServer;
pub use spread::Spread;
