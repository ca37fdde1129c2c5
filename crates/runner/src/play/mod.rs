//! Plays the client's side of a case: says what the case says, takes what comes, and keeps the transcript.

mod closing;
mod connection;
mod incoming;
mod log;
mod player;
mod steps;

pub(crate) use incoming::{Incoming, Received};
pub(crate) use player::{Played, Result as PlayResult, play};
