//! The nodes of a service: as the instance that runs knows them, and as they are stored.

use std::collections::BTreeMap;

use super::node::Node;
use crate::budget::Budget;

/// All nodes, by id. An instance of a service reads what is stored once, and stores what it changes
/// (`PubSubPersistenceManager`): a node has two versions where another instance changed it since.
/// A change costs a copy of that node at most, whatever else is stored.
#[derive(Debug)]
pub(super) struct Nodes {
    all: BTreeMap<String, Versions>,
    view: View,
    memory: Budget,
}

/// The versions that are seen and changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    /// Those of the instance that runs.
    Running,
    /// Those of an instance that was just read.
    Stored,
}

/// One node.
#[derive(Debug)]
struct Versions {
    /// None where another instance made the node.
    running: Option<Node>,
    stored: Stored,
}

/// A node as it is stored.
#[derive(Debug)]
enum Stored {
    AsRunning,
    Otherwise(Box<Node>),
    /// Another instance deleted it.
    Deleted,
}

impl Versions {
    fn seen(&self, view: View) -> Option<&Node> {
        match (view, &self.stored) {
            (View::Running, _) | (View::Stored, Stored::AsRunning) => self.running.as_ref(),
            (View::Stored, Stored::Otherwise(node)) => Some(node),
            (View::Stored, Stored::Deleted) => None,
        }
    }
}

impl Nodes {
    /// No nodes; versions take their share of `memory`.
    pub(super) fn new(memory: &Budget) -> Self {
        Self { all: BTreeMap::new(), view: View::Running, memory: memory.clone() }
    }

    /// Looks at these versions from now on.
    pub(super) fn look_at(&mut self, view: View) {
        self.view = view;
    }

    pub(super) fn get(&self, path: &str) -> Option<&Node> {
        self.all.get(path)?.seen(self.view)
    }

    pub(super) fn contains_key(&self, path: &str) -> bool {
        self.get(path).is_some()
    }

    /// All of them, by id.
    pub(super) fn values(&self) -> impl Iterator<Item = &Node> {
        self.all.values().filter_map(|versions| versions.seen(self.view))
    }

    /// How many ids have a node, in whatever version.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// A node that is about to be changed; none without memory for a second version.
    pub(super) fn get_mut(&mut self, path: &str) -> Option<&mut Node> {
        let Versions { running, stored } = self.all.get_mut(path)?;
        if self.view == View::Running {
            // An update of what is not there stores nothing.
            if running.is_some() && matches!(stored, Stored::Otherwise(_)) {
                *stored = Stored::AsRunning;
            }
            return running.as_mut();
        }
        if matches!(stored, Stored::AsRunning) {
            *stored = Stored::Otherwise(Box::new(running.as_ref()?.version(&self.memory)?));
        }
        match stored {
            Stored::Otherwise(node) => Some(node),
            Stored::AsRunning | Stored::Deleted => None,
        }
    }

    /// Adds a node; whether one of its id gave way. A node that another instance has stored under
    /// the id stays stored.
    pub(super) fn insert(&mut self, node: Node) -> bool {
        let path = node.config.path.clone();
        match (self.view, self.all.get_mut(&path)) {
            (View::Running, Some(Versions { running, .. })) => running.replace(node).is_some(),
            (View::Stored, Some(Versions { stored, .. })) => {
                *stored = Stored::Otherwise(Box::new(node));
                false
            }
            (View::Running, None) => {
                let versions = Versions { running: Some(node), stored: Stored::AsRunning };
                self.all.insert(path, versions).is_some()
            }
            (View::Stored, None) => {
                let stored = Stored::Otherwise(Box::new(node));
                self.all.insert(path, Versions { running: None, stored }).is_some()
            }
        }
    }

    /// Deletes a node. The instance that runs keeps its version of one that another deletes.
    pub(super) fn remove(&mut self, path: &str) {
        match (self.view, self.all.get_mut(path)) {
            (View::Stored, Some(versions @ Versions { running: Some(_), .. })) => {
                versions.stored = Stored::Deleted;
            }
            _ => drop(self.all.remove(path)),
        }
    }

    /// Every version of every node.
    #[cfg(test)]
    pub(super) fn versions(&self) -> impl Iterator<Item = &Node> {
        self.all.values().flat_map(|versions| {
            let stored = match &versions.stored {
                Stored::Otherwise(node) => Some(&**node),
                Stored::AsRunning | Stored::Deleted => None,
            };
            versions.running.iter().chain(stored)
        })
    }
}
