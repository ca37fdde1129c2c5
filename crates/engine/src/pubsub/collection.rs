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
        let lists = |node: &'a Node| self.parent(node).filter(|_| !self.is_left_out(node));
        std::iter::successors(lists(node), move |node| lists(node)).take(MOST_LEVELS)
    }

    /// The nodes in a collection.
    pub(super) fn children<'a>(&'a self, node: &'a Node) -> impl Iterator<Item = &'a Node> {
        let nodes = if node.is_collection() { self.listed() } else { Vec::new() };
        nodes.into_iter().filter(move |child| self.holds(node, child))
    }

    /// Whether a collection lists this node.
    pub(super) fn holds(&self, collection: &Node, child: &Node) -> bool {
        !self.is_left_out(child)
            && self.parent(child).is_some_and(|it| it.config.path == collection.config.path)
    }

    /// A collection lists these nodes alone, if any are given (`CollectionNode.configure`). Those
    /// that were elsewhere move into it.
    pub(super) fn adopt(&mut self, path: &str, children: Option<Vec<String>>) {
        let (Some(children), Some(collection)) = (children, self.nodes.get(path)) else { return };
        let children: BTreeSet<String> = children.into_iter().collect();
        let listed = self.children(collection).map(|node| node.config.path.clone());
        let left_out: Vec<String> = listed.filter(|id| !children.contains(id)).collect();
        self.instance.left_out.extend(left_out);
        let root = self.place.root().to_owned();
        for child in children.iter().filter(|id| **id != root && *id != path) {
            self.move_node(child, Some(path).filter(|path| *path != root));
        }
    }

    /// The nodes of a collection that ends move up to where it was itself
    /// (`CollectionNode.deletingNode`): into another collection, or to the root.
    pub(super) fn release_children(&mut self, path: &str, up: Option<&str>) {
        let is_listed = |node: &&Node| {
            node.config.details.collection.as_deref() == Some(path) && !self.is_left_out(node)
        };
        let listed = self.nodes.values().filter(is_listed);
        let listed: Vec<String> = listed.map(|node| node.config.path.clone()).collect();
        for child in listed {
            self.move_node(&child, up);
        }
    }

    /// A node moves to another parent, which lists it. One whose parent that is stays as it is,
    /// listed or not (`Node.changeParent`).
    fn move_node(&mut self, path: &str, to: Option<&str>) {
        let moves =
            self.nodes.get(path).is_some_and(|it| it.config.details.collection.as_deref() != to);
        if moves && self.nodes.get_mut(path).is_some_and(|node| node.move_to(to)) {
            self.instance.left_out.remove(path);
        }
    }

    fn is_left_out(&self, node: &Node) -> bool {
        self.instance.left_out.contains(&node.config.path)
    }
}
