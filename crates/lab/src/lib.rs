//! Servers that nobody here wrote, started for the suite alone: on loopback, with a certificate,
//! accounts and nodes of their own, below `target/lab/`. Neither the system's own instance nor its
//! configuration is touched.
#![cfg(unix)]

mod ejabberd;
mod error;
mod folder;
mod implementation;
mod lab;
mod nodes;
mod process;
mod prosody;
mod setup;

pub use error::LabError;
pub use implementation::Implementation;
pub use lab::Lab;

/// Where a lab listens: nobody else is to reach it.
const HOST: &str = "127.0.0.1";
