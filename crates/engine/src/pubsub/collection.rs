//! Collections: nodes that hold nodes (XEP-0248), as far as Openfire has them.

use std::collections::BTreeSet;

use super::PubSub;
use super::node::Node;

/// Levels of collections that are looked at.
const MOST_LEVELS: usize = 32;

impl PubSub {
    /// The collection that a node is in.
    pub(super) fn parent(&self, node: &Node) -> Option<&Node> {
        if !self.policy.collections || self.is_root(node) {
            return None;
        }
        let path = node.config.details.collection.as_deref().unwrap_or_else(|| self.place.root());
        self.nodes.get(path)
    }

    /// The collections that list a node, or a collection around it, the nearest first.
    pub(super) fn ancestors<'a>(&'a self, node: &'a Node) -> impl Iterator<Item = &'a Node> {
        let lists = |node: &'a Node| self.parent(node).filter(|_| !node.is_left_out);
        std::iter::successors(lists(node), move |node| lists(node)).take(MOST_LEVELS)
    }

    /// The nodes in a collection.
    pub(super) fn children<'a>(&'a self, node: &'a Node) -> impl Iterator<Item = &'a Node> {
        let nodes = if node.is_collection() { self.listed() } else { Vec::new() };
        nodes.into_iter().filter(move |child| self.holds(node, child))
    }

    /// Whether a collection lists this node.
    pub(super) fn holds(&self, collection: &Node, child: &Node) -> bool {
        !child.is_left_out
            && self.parent(child).is_some_and(|it| it.config.path == collection.config.path)
    }

    /// The ids of the nodes in a collection.
    pub(super) fn child_ids<'a>(&'a self, node: &'a Node) -> Vec<&'a str> {
        self.children(node).map(|child| child.config.path.as_str()).collect()
    }

    /// A collection lists these nodes alone, if any are given (`CollectionNode.configure`). Those
    /// that were elsewhere move into it (`Node.changeParent`).
    pub(super) fn adopt(&mut self, path: &str, children: Option<Vec<String>>) {
        let Some(children) = children else { return };
        let children: BTreeSet<String> = children.into_iter().collect();
        let root = self.place.root().to_owned();
        let others = self.nodes.iter_mut().filter(|(id, _)| **id != root && *id != path);
        for (id, node) in others {
            let is_listed = children.contains(id);
            let collection = &mut node.config.details.collection;
            if collection.as_deref().unwrap_or(&root) == path {
                node.is_left_out |= !is_listed;
            } else if is_listed {
                *collection = Some(path.to_owned());
                node.is_left_out = false;
            }
        }
    }

    /// The nodes of a collection that ends move up to where it was itself
    /// (`CollectionNode.deletingNode`): into another collection, or to the root.
    pub(super) fn release_children(&mut self, path: &str, up: Option<&str>) {
        for node in self.nodes.values_mut() {
            if node.config.details.collection.as_deref() == Some(path) && !node.is_left_out {
                node.config.details.collection = up.map(str::to_owned);
            }
        }
    }
}
