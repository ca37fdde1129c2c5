//! How a client under test is started: as a program, or as a task of this process that has no
//! sockets.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::pin::Pin;
use std::sync::Arc;

use runner::client::{Client, Reports, Start};
use wire::net::MemoryNetwork;

/// A program and its arguments.
#[derive(Debug, Clone)]
pub struct Command(pub Vec<OsString>);

impl Start for Command {
    fn start(&self, environment: &BTreeMap<String, String>) -> Result<Client, String> {
        Client::process(&self.0, environment)
    }
}

/// What comes of a client that is a task: its exit status, and what it complains of.
pub type Driving = Pin<Box<dyn Future<Output = (i32, Option<String>)> + Send>>;

/// A client that is a library.
pub trait Driver: Send + Sync {
    /// Does what these variables say, over this network, and reports what its application sees.
    fn drive(
        &self,
        environment: BTreeMap<String, String>,
        network: MemoryNetwork,
        reports: Reports,
    ) -> Driving;
}

/// A driver on the network of one case.
pub(crate) struct OnNetwork {
    pub(crate) driver: Arc<dyn Driver>,
    pub(crate) network: MemoryNetwork,
}

impl Start for OnNetwork {
    fn start(&self, environment: &BTreeMap<String, String>) -> Result<Client, String> {
        let (environment, network) = (environment.clone(), self.network.clone());
        Ok(Client::task(|reports| self.driver.drive(environment, network, reports)))
    }
}
