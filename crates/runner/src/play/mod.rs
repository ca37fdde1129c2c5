//! Plays the client's side of a case: says what the case says, takes what comes, and keeps the transcript.

mod arrival;
mod closing;
mod connection;
mod incoming;
mod log;
mod player;
mod saying;
mod steps;
mod taking;
mod want;

pub(crate) use incoming::{Incoming, Received};
pub(crate) use player::{Outcome, Played, play};
