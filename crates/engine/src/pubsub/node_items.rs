//! The items of a node as an instance of its service sees them: those that are stored, for all
//! instances, and the last one that it published itself.

use std::sync::Arc;

use super::PubSub;
use super::kept::{Item, StoredItems};
use super::node::Node;

/// Items that a node keeps at most, whatever its configuration says: clients write configurations.
const MOST_ITEMS: usize = 1000;

/// The items of one node.
#[derive(Clone, Copy)]
pub(super) struct NodeItems<'a> {
    node: &'a Node,
    last: Option<&'a Arc<Item>>,
    /// None where nothing was ever stored.
    stored: Option<&'a StoredItems>,
    /// They are kept as in Openfire: more than are listed.
    openfire: bool,
}

impl<'a> NodeItems<'a> {
    /// Those that a list shows, as many as it is asked for and all without a number: newest first,
    /// and the last item where nothing is stored.
    ///
    /// Openfire's are the newest of the data base, oldest first, with the last item before them
    /// where it is not among them (`LeafNode.getPublishedItems`).
    pub(super) fn list(self, limit: Option<i32>) -> Vec<&'a Arc<Item>> {
        let config = &self.node.config;
        let most = |number: i32| usize::try_from(number).unwrap_or(0);
        if !self.openfire {
            let limit = limit.map_or(usize::MAX, most);
            let stored = config.persist_items && !self.stored.is_none_or(StoredItems::is_empty);
            let kept = self.newest_first().filter(move |_| stored);
            return kept.chain(self.last.filter(|_| !stored)).take(limit).collect();
        }
        let without_limit = limit.map_or(config.max_items == usize::MAX, |it| it == -1);
        let room = limit.map_or(config.max_items, most);
        let rows = if without_limit { usize::MAX } else { room }.min(config.max_items);
        let mut items: Vec<&Arc<Item>> = self.newest_first().take(rows).collect();
        items.reverse();
        if let Some(last) = self.last
            && items.iter().all(|item| item.id != last.id)
        {
            items.insert(0, last);
            if without_limit || items.len() > room {
                items.pop();
            }
        }
        items
    }

    /// The item of this id. Openfire looks at the last one first.
    pub(super) fn get(self, id: &str) -> Option<&'a Arc<Item>> {
        let last = self.last.filter(|item| item.id == id);
        let stored = self.stored.and_then(|stored| stored.get(id));
        if self.openfire {
            return last.or(stored).filter(|_| self.node.config.requires_item());
        }
        stored.filter(|_| self.node.config.persist_items).or(last)
    }

    /// The one that a new subscriber is sent. Where the last one was taken back, Openfire finds one
    /// in the data base (`LeafNode.getLastPublishedItem`).
    pub(super) fn last(self) -> Option<&'a Arc<Item>> {
        self.last.or_else(|| self.newest_first().next().filter(|_| self.openfire))
    }

    fn newest_first(self) -> impl Iterator<Item = &'a Arc<Item>> {
        self.stored.into_iter().flat_map(StoredItems::newest_first)
    }
}

impl PubSub {
    /// The items of a node.
    pub(super) fn items_of<'a>(&'a self, node: &'a Node) -> NodeItems<'a> {
        let path = &node.config.path;
        NodeItems {
            node,
            last: self.instance.last_items.get(path),
            stored: self.items.get(path),
            openfire: self.policy.lists_unaffiliated,
        }
    }

    /// A node takes the items of one publication. The first becomes the last item: created within
    /// the same millisecond, the others do not count as newer (recorded: ps_pub_two_items).
    pub(super) fn keep_items(&mut self, path: &str, items: &[Arc<Item>]) {
        let (Some(node), Some(first)) = (self.nodes.get(path), items.first()) else { return };
        self.instance.last_items.insert(path.to_owned(), Arc::clone(first));
        if node.config.persist_items {
            // Openfire sweeps the data base every five minutes.
            let listed =
                if self.policy.lists_unaffiliated { MOST_ITEMS } else { node.config.max_items };
            let stored = self.items.entry(path.to_owned()).or_default();
            items.iter().for_each(|item| stored.push(Arc::clone(item), listed.min(MOST_ITEMS)));
        }
    }

    /// A node loses the item of this id.
    pub(super) fn drop_item(&mut self, path: &str, id: &str) {
        if let Some(stored) = self.items.get_mut(path) {
            stored.remove(id);
        }
        if self.instance.last_items.get(path).is_some_and(|last| last.id == id) {
            self.instance.last_items.remove(path);
        }
    }

    /// A node loses what is stored, and its last item if that goes with it.
    pub(super) fn drop_items(&mut self, path: &str, last_too: bool) {
        self.items.remove(path);
        if last_too {
            self.instance.last_items.remove(path);
        }
    }
}
