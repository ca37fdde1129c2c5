//! Load: logs in thousands of clients, keeps them online, publishes to them, and checks each
//! answer.
//!
//! It works with any server of RFC 7395, RFC 6120 and XEP-0060. A missing or wrong answer is an
//! error, never a fast answer.

mod agent;
mod client;
mod crowd;
mod error;
mod fan_out;
mod listeners;
mod progress;
mod server;
mod shift;
mod spread;
mod workers;

pub use agent::{Agent, AgentRequest, Times, has_api};
pub use client::{CheckedClient, domain};
pub use crowd::{Crowd, LoginPlan};
pub use error::{ClientStep, Error};
pub use fan_out::{Delivery, FanOut};
pub use listeners::Listeners;
pub use progress::Progress;
pub use server::MeasuredServer;
pub use shift::{Done, Shift};
pub use spread::Spread;
