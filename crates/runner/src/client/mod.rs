//! A client under test: a program or a task that is started for one case, told by variables what to
//! do, and ended with all that it has started itself; or one that runs for long, and is told so by
//! somebody else.

#[expect(clippy::module_inception, reason = "the type that the module is named after")]
mod client;
mod connections;
mod group;
mod lines;
mod reports;
mod strays;

use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) use client::LONGEST_LINE;
pub use client::{Client, Ended, Link};
pub use connections::{Accepted, Connections, path, read_head};
pub use reports::{Report, Reports};
pub use strays::{end_all as end_strays, left_alone};

use crate::counterpart::Counterpart;

/// The exit status of a client that does not do what it is asked.
pub const UNSUPPORTED: i32 = 89;

/// A way to start a client that is told these variables what to do.
pub trait Start: Send + Sync {
    /// Starts it.
    ///
    /// # Errors
    ///
    /// It cannot be started; one line.
    fn start(&self, environment: &BTreeMap<String, String>) -> Result<Client, String>;
}

/// A client that is to be tested in a case.
pub struct ClientUnderTest {
    /// How it gets there.
    pub entry: Entry,
    /// The connections that it makes.
    pub connections: Connections,
    /// They are over TLS.
    pub tls: bool,
    /// Its counterpart.
    pub counterpart: Box<dyn Counterpart>,
    /// It ends by itself after what it is asked to do. Another one is ended when the case is over.
    pub leaves: bool,
}

/// How a client gets into a case.
pub enum Entry {
    /// It is started.
    Start {
        /// The way to start it.
        start: Arc<dyn Start>,
        /// Its settings.
        environment: BTreeMap<String, String>,
        /// How often: several clients come to some cases.
        times: u32,
    },
    /// It runs already.
    AlreadyRunning(Client),
}

impl Entry {
    /// The clients, at least one.
    pub(crate) fn enter(self) -> Result<Vec<Client>, String> {
        match self {
            Self::AlreadyRunning(client) => Ok(vec![client]),
            Self::Start { start, environment, times } => {
                (0..times.max(1)).map(|_| start.start(&environment)).collect()
            }
        }
    }
}
