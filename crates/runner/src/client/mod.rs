//! A client under test: a program that is started for one case, told by its environment what to do, and ended with all
//! that it has started itself.

mod group;
mod running;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::Mutex;

use wire::net::Listener;

pub(crate) use running::Report;
pub use running::{Ended, Running};

/// The exit status of a client that does not do what it is asked.
pub const UNSUPPORTED: i32 = 89;

/// A program and what it is told.
#[derive(Debug, Clone)]
pub struct Program {
    /// The program and its arguments.
    pub command: Vec<OsString>,
    /// Variables of its environment, besides those of this process.
    pub environment: BTreeMap<String, String>,
}

/// A client that comes to visit, and the door that is open for it.
#[derive(Debug)]
pub struct Visit {
    door: Mutex<Option<Listener>>,
    /// The door speaks TLS.
    pub(crate) tls: bool,
    /// The client.
    pub(crate) program: Program,
    /// The client ends by itself after what it is asked to do.
    pub(crate) leaves: bool,
}

impl Visit {
    /// A visit by `program` to `door`. One that `leaves` ends by itself, another one is ended when the case is over.
    pub fn new(door: Listener, tls: bool, program: Program, leaves: bool) -> Self {
        Self { door: Mutex::new(Some(door)), tls, program, leaves }
    }

    /// The door, once.
    pub(crate) fn door(&self) -> Option<Listener> {
        self.door.lock().ok().and_then(|mut door| door.take())
    }
}
