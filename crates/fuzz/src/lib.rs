//! One entry for each kind of input that somebody else has written: it must not panic, and what it
//! promises must hold.

pub mod connection;
pub mod deflate;
pub mod frames;
pub mod http;
pub mod line;
pub mod mask;
pub mod normalise;
pub mod notation;
mod peer;
pub mod recording;
pub mod requests;
pub mod session;
pub mod tap;
pub mod target;
pub mod world;
pub mod xml;

/// The first octet, to choose settings by, and the rest.
fn settings(data: &[u8]) -> (u8, &[u8]) {
    data.split_first().map_or((0, data), |(first, rest)| (*first, rest))
}
