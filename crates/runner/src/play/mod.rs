//! Plays a case and keeps the transcript. Against a server it says what the client says and takes
//! what comes; with a client under test it stands between that and its counterpart, and can answer
//! in its place.

mod allowance;
mod arrivals;
mod bosh;
mod caps;
mod client;
mod closing;
mod coming;
mod connection;
mod incoming;
mod injection;
mod leg;
mod log;
mod moments;
mod parsing;
mod player;
mod relay;
mod reports;
mod requests;
mod saying;
mod server;
mod sessions;
mod side;
mod steps;
mod taking;
mod want;

pub(crate) use incoming::{Incoming, Received};
pub(crate) use player::{Outcome, Played, play, stopped};
