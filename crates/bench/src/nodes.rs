//! The nodes that clients subscribe to: made for the measurement and removed after it, or such as
//! are there.

use load::{CheckedClient, Error};

/// Where the nodes of a measurement come from.
#[derive(Clone)]
pub enum NodeSource {
    /// The first account creates them, and whoever creates a node may publish to it (XEP-0060 §8.1,
    /// §7.1).
    Ours,
    /// They are there. Nobody publishes to them.
    Given(Vec<String>),
}

/// Nodes that are there for the time of a measurement.
pub(crate) struct Nodes {
    names: Vec<String>,
    ours: bool,
}

impl NodeSource {
    /// What each client subscribes to when it logs in: two nodes, or those that are given.
    pub(crate) async fn two(&self, owner: &mut CheckedClient) -> Result<Nodes, Error> {
        match self {
            Self::Given(names) => Ok(Nodes { names: names.clone(), ours: false }),
            Self::Ours => {
                let names = [fresh_name("first"), fresh_name("second")].to_vec();
                for name in &names {
                    owner.create(name).await?;
                }
                Ok(Nodes { names, ours: true })
            }
        }
    }

    /// Whether nodes can be created, so that there is somebody who may publish.
    pub(crate) fn is_ours(&self) -> bool {
        matches!(self, Self::Ours)
    }
}

impl Nodes {
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Removes those that were made.
    pub(crate) async fn remove(self, owner: &mut CheckedClient) {
        for name in self.names.iter().filter(|_| self.ours) {
            // Where that fails, it stays under a name that nobody uses again.
            let _ = owner.delete(name).await;
        }
    }
}

/// A name that no other run uses.
pub(crate) fn fresh_name(what: &str) -> String {
    let tag: String =
        wire::accept::fresh_key().chars().filter(char::is_ascii_alphanumeric).take(8).collect();
    format!("/load/{tag}/{what}")
}
