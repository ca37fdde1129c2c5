//! A client under test: a program that is started for one case, told by its environment what to do, and ended with all
//! that it has started itself; or one that runs for long, and is told so by somebody else.

mod door;
mod group;
mod running;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::Mutex;

pub use door::{Arrival, Door};
pub(crate) use running::Report;
pub use running::{Ended, Link, Running};

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
    guest: Mutex<Option<(Door, Caller)>>,
    /// The door speaks TLS.
    pub(crate) tls: bool,
    /// The client ends by itself after what it is asked to do.
    pub(crate) leaves: bool,
}

/// How a client comes to be there.
#[derive(Debug)]
enum Caller {
    /// It is started, so many times.
    Program(Program, u32),
    /// It runs already.
    Running(Running),
}

impl Visit {
    /// A visit by `program`, started so many `times`, to `door`. One that `leaves` ends by itself, another one is ended when
    /// the case is over.
    pub fn by_program(door: Door, tls: bool, program: Program, times: u32, leaves: bool) -> Self {
        Self::new(door, tls, Caller::Program(program, times), leaves)
    }

    /// A visit by a client that runs already.
    pub fn by_running(door: Door, tls: bool, running: Running, leaves: bool) -> Self {
        Self::new(door, tls, Caller::Running(running), leaves)
    }

    fn new(door: Door, tls: bool, caller: Caller, leaves: bool) -> Self {
        Self { guest: Mutex::new(Some((door, caller))), tls, leaves }
    }

    /// The door and the client that comes to it, once; where there are several, the others as well.
    pub(crate) fn begin(&self) -> Result<(Door, Running, Vec<Running>), String> {
        let guest = self.guest.lock().ok().and_then(|mut guest| guest.take());
        let (door, caller) = guest.ok_or("the client has been here before")?;
        match caller {
            Caller::Program(program, times) => {
                let running = Running::start(&program)?;
                let others: Result<_, _> = (1..times).map(|_| Running::start(&program)).collect();
                Ok((door, running, others?))
            }
            Caller::Running(running) => Ok((door, running, Vec::new())),
        }
    }
}
