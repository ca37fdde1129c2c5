//! Plays a case and keeps the transcript. Against a server it says what the client says and takes what comes; with a client
//! under test it stands between that and the fake, and can answer in its place.

mod arrival;
mod caps;
mod closing;
mod connection;
mod guest;
mod in_its_place;
mod incoming;
mod leg;
mod log;
mod moments;
mod player;
mod reading;
mod relay;
mod reports;
mod saying;
mod steps;
mod taking;
mod visit;
mod want;

pub(crate) use incoming::{Incoming, Received};
pub(crate) use player::{Outcome, Played, play};
