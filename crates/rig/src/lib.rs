//! The suite as tests: cases against the fakes and against the reference client, and the tables
//! that say which case must notice which fault.

mod client;
mod play;
mod server;
mod table;

pub use client::ClientRig;
pub use server::Rig;
