//! The reference client as a task of a gate, on a network in memory.

use std::collections::BTreeMap;

use finesse_client::{Connect, Connecting, Fault, Network, Octets, drive};
use gate::{Driver, Driving};
use runner::client::Reports;
use serde_json::Value;
use wire::net::MemoryNetwork;

/// The client, perhaps with a fault.
pub(crate) struct Reference(pub(crate) Option<Fault>);

impl Driver for Reference {
    fn drive(
        &self,
        environment: BTreeMap<String, String>,
        network: MemoryNetwork,
        reports: Reports,
    ) -> Driving {
        let fault = self.0;
        Box::pin(async move {
            let network = Network::new(InMemory(network));
            let report = move |line: Value| {
                if let Value::Object(report) = line {
                    // The listener is gone when the case is over.
                    let _ = reports.try_send(report);
                }
            };
            let ended = drive(&environment, fault, network, &report).await;
            (ended.status.into(), ended.complaint)
        })
    }
}

struct InMemory(MemoryNetwork);

impl Connect for InMemory {
    fn connect<'a>(&'a self, _: &'a str, port: u16) -> Connecting<'a> {
        Box::pin(async move { Ok(Box::new(self.0.connect(port).await?) as Box<dyn Octets>) })
    }
}
