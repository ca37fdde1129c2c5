//! One instance of a service: what it knows, and stores nowhere.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use stanza::Jid;

use super::PubSub;
use super::config::ItemReply;
use super::kept::Item;
use super::nodes::View;
use super::presence::AvailableSessions;
use crate::budget::Budget;
use crate::java::Table;
use crate::outgoing::Addressed;

/// The knowledge of an instance that ends with it.
#[derive(Debug)]
pub(super) struct Instance {
    /// The presences that it was told.
    pub(super) present: AvailableSessions,
    /// The last item that it published to each node (recorded: ps_items).
    pub(super) last_items: BTreeMap<String, Arc<Item>>,
    /// Nodes that their collection does not list any more, and is the parent of all the same
    /// (`CollectionNode.removeChildNode`).
    pub(super) left_out: BTreeSet<String>,
    /// The receiver of replies to the items of a node that has none. The data base has none for a
    /// service, and an instance that is read gets the owner
    /// (`PubSubPersistenceManager.loadDefaultConfiguration`, `loadNode`).
    pub(super) item_reply: Option<ItemReply>,
    /// The order in which Openfire lists the nodes.
    pub(super) table: Table,
}

impl Instance {
    /// The first of its service.
    pub(super) fn new(memory: &Budget) -> Self {
        Self {
            present: AvailableSessions::new(memory),
            last_items: BTreeMap::new(),
            left_out: BTreeSet::new(),
            item_reply: None,
            table: Table::default(),
        }
    }
}

impl PubSub {
    /// Begins a new instance, which is read from the data base; gives back the one before.
    fn read_instance(&mut self) -> Instance {
        let mut read = Instance::new(&self.memory);
        read.item_reply = Some(ItemReply::Owner);
        read.table.holds(self.nodes.values().count());
        std::mem::replace(&mut self.instance, read)
    }

    /// Another instance acts and is forgotten. The one that runs, if one does, neither learns what
    /// the other changes nor loses what it knows itself.
    pub(super) fn act_aside<T>(&mut self, runs: bool, act: impl FnOnce(&mut Self) -> T) -> T {
        if runs {
            self.nodes.look_at(View::Stored);
        }
        let running = self.read_instance();
        let done = act(self);
        self.instance = running;
        self.nodes.look_at(View::Running);
        done
    }

    /// An instance that is read begins to run. It asks for the presences that its subscriptions
    /// depend on (`PubSubEngine.probePresences`).
    pub(super) fn run(&mut self) -> Vec<Addressed> {
        self.read_instance();
        let mut asked: Vec<&Jid> = Vec::new();
        for node in self.nodes.values() {
            let by_presence = node.config.details.presence_based_delivery;
            let depends = |jid: &&Jid| {
                let mut subscriptions = node.subscriptions_of(jid);
                subscriptions.any(|it| by_presence || !it.options.shows.is_empty())
            };
            asked.extend(node.people.iter().map(|person| &person.jid).filter(depends));
        }
        // They come out of a set of Java's.
        let mut set = Table::default();
        asked.sort();
        asked.dedup();
        set.holds(asked.len());
        asked.sort_by_cached_key(|jid| set.bin(&jid.to_string()));
        asked.into_iter().map(|jid| self.presence_to(jid, "probe")).collect()
    }
}
