//! The start of a client under test: a program, or a task of this process without sockets.

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

/// The result of a client that is a task: its exit status, and its error message.
pub type Driving = Pin<Box<dyn Future<Output = (i32, Option<String>)> + Send>>;

/// A client that is a library.
pub trait Driver: Send + Sync {
    /// Carries out the tasks of these variables over this network, and sends reports.
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
