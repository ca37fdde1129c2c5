//! The nodes that clients subscribe to: created for the measurement, or existing ones.

use load::{CheckedClient, Error};

/// Where the nodes of a measurement come from.
#[derive(Clone)]
pub enum NodeSource {
    /// The first account creates the nodes. As their owner it may publish (XEP-0060 §8.1, §7.1).
    Ours,
    /// Existing nodes, to which the bench does not publish.
    Given(Vec<String>),
}

/// The nodes of a measurement.
pub(crate) struct Nodes {
    names: Vec<String>,
    ours: bool,
}

impl NodeSource {
    /// The nodes that each client subscribes to at login: two new ones, or the existing ones.
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

    /// Whether the bench creates the nodes and may publish to them.
    pub(crate) fn is_ours(&self) -> bool {
        matches!(self, Self::Ours)
    }
}

impl Nodes {
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Deletes the created nodes.
    pub(crate) async fn remove(self, owner: &mut CheckedClient) {
        for name in self.names.iter().filter(|_| self.ours) {
            // If that fails, the node stays, under a name that is never used again.
            let _ = owner.delete(name).await;
        }
    }
}

/// A unique name for a node.
pub(crate) fn fresh_name(what: &str) -> String {
    let tag: String =
        wire::accept::fresh_key().chars().filter(char::is_ascii_alphanumeric).take(8).collect();
    format!("/load/{tag}/{what}")
}
