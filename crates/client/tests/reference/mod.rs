//! The reference client as a task of a gate, on a network in memory.

use std::collections::BTreeMap;

use finesse_client::{Api, Config, Connect, Connecting, Fault, Network, Octets, drive};
use gate::{Driver, Driving};
use runner::client::Reports;
use serde_json::{Value, json};
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

/// A client that asks for SystemInfo before it does anything else, as most do.
#[allow(dead_code, reason = "one of the tests that share this file uses it")]
pub(crate) struct Asking;

impl Driver for Asking {
    fn drive(
        &self,
        environment: BTreeMap<String, String>,
        network: MemoryNetwork,
        reports: Reports,
    ) -> Driving {
        Box::pin(async move {
            let ca = std::fs::read_to_string(&environment["CONFORMANCE_CA"]).ok();
            let config = Config {
                rest: environment["CONFORMANCE_REST"].clone(),
                ca_pem: ca,
                network: Network::new(InMemory(network.clone())),
                ..Config::default()
            };
            match Api::new(&config).system_info().await {
                Ok(_) => Reference(None).drive(environment, network, reports).await,
                Err(error) => {
                    let line = json!({ "event": "error", "condition": error.condition() });
                    if let Value::Object(report) = line {
                        let _ = reports.try_send(report);
                    }
                    (1, Some(error.to_string()))
                }
            }
        })
    }
}
