//! Labs: Prosody or ejabberd on loopback, with its own certificate, accounts and nodes below
//! `target/lab/`. The system's own instance and its configuration are not touched.
#![cfg(unix)]

mod ejabberd;
mod error;
mod folder;
mod implementation;
mod installed;
mod lab;
mod process;
mod prosody;
mod setup;

pub use error::LabError;
pub use implementation::Implementation;
pub use lab::Lab;

/// Labs listen on loopback, out of reach of other machines.
const HOST: &str = "127.0.0.1";
