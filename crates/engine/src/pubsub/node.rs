//! One node: its people, its subscriptions, its items.

use std::collections::BTreeMap;
use std::sync::Arc;

use stanza::Jid;

use super::config::{AccessModel, NodeConfig, NodeKind, PublishModel};
use super::kept::{Item, Kept};
use super::refusal::{Detail, Refusal};
use super::subscriptions::{State, Subscription, Subscriptions};
use crate::budget::{Share, Weigh};
use crate::spelling::Condition;

/// Items that a node keeps at most, whatever its configuration says: clients write configurations.
const MOST_ITEMS: usize = 1000;

/// Subscriptions that a node has at most. One event becomes as many messages.
const MOST_SUBSCRIPTIONS: usize = 16_384;

/// Subscriptions that one account has to a node at most, by its resources (recorded:
/// ps_subscribe_100, so many are fine).
const MOST_OF_ACCOUNT: usize = 256;

/// People with an affiliation to a node at most.
const MOST_PEOPLE: usize = 4096;

/// A node as it stands.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) config: NodeConfig,
    /// Explicit affiliations by bare JID.
    pub(super) affiliations: BTreeMap<String, Affiliation>,
    pub(super) subscriptions: Subscriptions,
    /// JIDs that unsubscribed and are told all the same: the fault `leak-after-unsubscribe`.
    pub(super) leaked: Vec<Arc<Jid>>,
    /// The last item, kept in memory on every node (recorded: ps_items).
    last: Option<Arc<Item>>,
    /// The kept items of a persistent node.
    stored: Kept,
    /// Its share of the memory for clients, but for items and subscriptions.
    share: Share,
}

/// The affiliation of an account with a node (XEP-0060 §4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Affiliation {
    Owner,
    Publisher,
    /// May subscribe to a whitelist node. Openfire knows no such word and says `none`.
    Member,
    Outcast,
}

impl Weigh for NodeConfig {
    /// With the node around it, whose name is also the key to it.
    fn weight(&self) -> usize {
        size_of::<Node>() + 2 * self.path.weight() + self.title.weight() + self.description.weight()
    }
}

impl Node {
    /// A node of `config`, whose people belong to `domain` unless they say otherwise.
    pub(super) fn new(mut config: NodeConfig, domain: &str, share: Share) -> Self {
        let mut affiliations = BTreeMap::new();
        let lists = [
            (std::mem::take(&mut config.outcasts), Affiliation::Outcast),
            (std::mem::take(&mut config.whitelist), Affiliation::Member),
            (std::mem::take(&mut config.publishers), Affiliation::Publisher),
            (std::mem::take(&mut config.owners), Affiliation::Owner),
        ];
        for (people, affiliation) in lists {
            for person in people {
                let bare = if person.contains('@') { person } else { format!("{person}@{domain}") };
                affiliations.insert(bare, affiliation);
            }
        }
        Self {
            config,
            affiliations,
            subscriptions: Subscriptions::default(),
            leaked: Vec::new(),
            last: None,
            stored: Kept::default(),
            share,
        }
    }

    pub(super) fn is_collection(&self) -> bool {
        self.config.kind == NodeKind::Collection
    }

    /// The root collection, which has no id of its own (recorded: ps_sub_no_node).
    pub(super) fn is_root(&self) -> bool {
        self.config.path.is_empty()
    }

    pub(super) fn affiliation(&self, bare: &Jid) -> Option<Affiliation> {
        self.affiliations.get(&bare.to_string()).copied()
    }

    pub(super) fn is_owner(&self, bare: &Jid) -> bool {
        self.affiliation(bare) == Some(Affiliation::Owner)
    }

    /// Bare JIDs of those with `affiliation`.
    pub(super) fn people(&self, affiliation: Affiliation) -> impl Iterator<Item = &str> {
        self.affiliations
            .iter()
            .filter(move |(_, held)| **held == affiliation)
            .map(|(bare, _)| bare.as_str())
    }

    pub(super) fn subscription(&self, jid: &Jid) -> Option<&Subscription> {
        self.subscriptions.get(jid)
    }

    pub(super) fn subscription_mut(&mut self, jid: &Jid) -> Option<&mut Subscription> {
        self.subscriptions.get_mut(jid)
    }

    /// Subscriptions of one account, whatever the resource.
    pub(super) fn subscriptions_of(&self, bare: &Jid) -> impl Iterator<Item = &Subscription> {
        self.subscriptions.of(bare)
    }

    /// Whether there is room for one more subscription of an account.
    pub(super) fn has_room_for(&self, bare: &Jid) -> bool {
        self.subscriptions.len() < MOST_SUBSCRIPTIONS
            && self.subscriptions_of(bare).count() < MOST_OF_ACCOUNT
    }

    /// Gives somebody an affiliation, or takes it; false when there is no room for more people.
    pub(super) fn affiliate(&mut self, bare: &Jid, affiliation: Option<Affiliation>) -> bool {
        let bare = bare.to_string();
        let weight = bare.weight();
        let is_known = self.affiliations.contains_key(&bare);
        let Some(affiliation) = affiliation else {
            if self.affiliations.remove(&bare).is_some() {
                self.share.shrink(weight);
            }
            return true;
        };
        let room = is_known || self.affiliations.len() < MOST_PEOPLE && self.share.grow(weight);
        if room {
            self.affiliations.insert(bare, affiliation);
        }
        room
    }

    /// Takes another configuration; false when there is no room for it.
    pub(super) fn configure(&mut self, config: NodeConfig) -> bool {
        let room = self.share.follow(self.config.weight(), config.weight());
        if room {
            self.config = config;
        }
        room
    }

    pub(super) fn cancel(&mut self, jid: &Jid) {
        self.subscriptions.remove(jid);
    }

    /// Ends every subscription of one account.
    pub(super) fn cancel_all(&mut self, bare: &Jid) {
        self.subscriptions.remove_account(bare);
    }

    /// Whether `bare` may subscribe; the access model speaks before an outcast is told so (XEP-0060
    /// §6.1.3).
    pub(super) fn admit_subscriber(&self, bare: &Jid) -> Result<(), Refusal> {
        if self.config.access == AccessModel::Authorize {
            return Ok(());
        }
        self.admit(bare)
    }

    /// Whether `bare` may read items (XEP-0060 §6.5.9).
    pub(super) fn admit_reader(&self, bare: &Jid) -> Result<(), Refusal> {
        self.admit(bare)?;
        if self.affiliation(bare) == Some(Affiliation::Outcast) {
            return Err(Refusal::of(Condition::Forbidden));
        }
        Ok(())
    }

    pub(super) fn may_publish(&self, bare: &Jid) -> bool {
        match self.affiliation(bare) {
            Some(Affiliation::Owner | Affiliation::Publisher) => true,
            Some(Affiliation::Outcast) => false,
            Some(Affiliation::Member) | None => match self.config.publish {
                PublishModel::Publishers => false,
                PublishModel::Subscribers => self.is_subscribed(bare),
                PublishModel::Open => true,
            },
        }
    }

    /// The newest `count` items, newest first.
    pub(super) fn items(&self, count: usize) -> impl Iterator<Item = &Arc<Item>> {
        let stored = self.config.persist_items;
        let kept = self.stored.newest_first().filter(move |_| stored);
        kept.chain(self.last.iter().filter(move |_| !stored)).take(count)
    }

    pub(super) fn item(&self, id: &str) -> Option<&Arc<Item>> {
        if self.config.persist_items {
            self.stored.get(id)
        } else {
            self.last.as_ref().filter(|item| item.id == id)
        }
    }

    /// The item that a new subscriber is sent.
    pub(super) fn last_item(&self) -> Option<&Arc<Item>> {
        self.last.as_ref()
    }

    /// Takes the items of one publication. The first becomes the last item: created within the same
    /// millisecond, the others do not count as newer (recorded: ps_pub_two_items).
    pub(super) fn keep(&mut self, items: &[Arc<Item>]) {
        self.last = items.first().cloned();
        if self.config.persist_items {
            let limit = self.config.max_items.min(MOST_ITEMS);
            items.iter().for_each(|item| self.stored.push(Arc::clone(item), limit));
        }
    }

    pub(super) fn retract(&mut self, id: &str) {
        self.stored.remove(id);
        self.last.take_if(|item| item.id == id);
    }

    pub(super) fn purge(&mut self) {
        self.stored = Kept::default();
        self.last = None;
    }

    fn admit(&self, bare: &Jid) -> Result<(), Refusal> {
        // Owners and publishers are always let in (XEP-0060 §12.12).
        if matches!(self.affiliation(bare), Some(Affiliation::Owner | Affiliation::Publisher)) {
            return Ok(());
        }
        let (condition, detail) = match self.config.access {
            AccessModel::Open => return Ok(()),
            AccessModel::Authorize if self.is_subscribed(bare) => return Ok(()),
            AccessModel::Whitelist if self.affiliation(bare) == Some(Affiliation::Member) => {
                return Ok(());
            }
            AccessModel::Authorize => (Condition::NotAuthorized, Detail::NotSubscribed),
            AccessModel::Presence => {
                (Condition::NotAuthorized, Detail::PresenceSubscriptionRequired)
            }
            AccessModel::Roster => (Condition::NotAuthorized, Detail::NotInRosterGroup),
            AccessModel::Whitelist => (Condition::NotAllowed, Detail::ClosedNode),
        };
        Err(Refusal::with(condition, detail))
    }

    fn is_subscribed(&self, bare: &Jid) -> bool {
        self.subscriptions_of(bare).any(|subscription| subscription.state == State::Subscribed)
    }
}
