//! One node: its people, its subscriptions, its items.

use std::sync::Arc;

use stanza::Jid;

use super::config::{AccessModel, NodeConfig, NodeKind, PublishModel};
use super::kept::{Item, StoredItems};
use super::people::{Affiliation, People};
use super::refusal::{Detail, Refusal};
use super::subscriptions::{State, Subscription, Subscriptions};
use crate::budget::{Budget, Share, Weigh};
use crate::spelling::Condition;

/// Items that a node keeps at most, whatever its configuration says: clients write configurations.
const MOST_ITEMS: usize = 1000;

/// Subscriptions that a node has at most. One event becomes as many messages.
const MOST_SUBSCRIPTIONS: usize = 16_384;

/// Subscriptions that one account has to a node at most, by its resources (recorded:
/// ps_subscribe_100, so many are fine).
const MOST_OF_ACCOUNT: usize = 256;

/// A node as it stands.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) config: NodeConfig,
    pub(super) people: People,
    pub(super) subscriptions: Subscriptions,
    /// It is kept as Openfire keeps nodes: subscribers without another affiliation are members as
    /// long as they subscribe, and of its items more are kept than listed.
    openfire: bool,
    /// Its collection does not list it any more, and is its parent all the same
    /// (`CollectionNode.removeChildNode`).
    pub(super) is_left_out: bool,
    /// JIDs that unsubscribed and are told all the same: the fault `leak-after-unsubscribe`.
    pub(super) leaked: Vec<Arc<Jid>>,
    /// The last item, kept in memory on every node (recorded: ps_items).
    last: Option<Arc<Item>>,
    /// The kept items of a persistent node.
    stored: StoredItems,
    /// Its share of the memory for clients, but for items and subscriptions.
    share: Share,
}

impl Weigh for NodeConfig {
    /// With the node around it, whose name is also the key to it.
    fn weight(&self) -> usize {
        let texts: usize = self.texts().map(Weigh::weight).sum();
        size_of::<Node>() + 2 * self.path.weight() + texts
    }
}

impl Node {
    /// A node of `config`, whose people belong to `domain` unless they say otherwise.
    pub(super) fn new(mut config: NodeConfig, domain: &str, share: Share, openfire: bool) -> Self {
        let mut people = People::default();
        let lists = [
            (std::mem::take(&mut config.outcasts), Affiliation::Outcast),
            (std::mem::take(&mut config.whitelist), Affiliation::Member),
            (std::mem::take(&mut config.publishers), Affiliation::Publisher),
            (std::mem::take(&mut config.owners), Affiliation::Owner),
        ];
        for (names, affiliation) in lists {
            for name in names {
                let bare = if name.contains('@') { name } else { format!("{name}@{domain}") };
                if let Ok(jid) = Jid::parse(&bare) {
                    people.give(jid, affiliation);
                }
            }
        }
        Self {
            config,
            people,
            subscriptions: Subscriptions::default(),
            openfire,
            is_left_out: false,
            leaked: Vec::new(),
            last: None,
            stored: StoredItems::default(),
            share,
        }
    }

    /// The node as another instance of its service reads it from the data base, without the last
    /// item. It weighs nothing until it is kept.
    pub(super) fn read_anew(&self, memory: &Budget) -> Self {
        Self {
            config: self.config.clone(),
            people: self.people.clone(),
            subscriptions: self.subscriptions.clone(),
            openfire: self.openfire,
            is_left_out: false,
            leaked: Vec::new(),
            last: None,
            stored: self.stored.clone(),
            share: memory.nothing(),
        }
    }

    /// Takes a share for a node that was read anew and is kept; false when there is no memory.
    pub(super) fn settle(&mut self, like: &Self) -> bool {
        self.share.set(like.share.octets())
    }

    /// Items are stored once, for all instances.
    pub(super) fn share_items(&mut self, other: &Self) {
        self.stored = other.stored.clone();
    }

    pub(super) fn is_collection(&self) -> bool {
        self.config.kind == NodeKind::Collection
    }

    pub(super) fn affiliation(&self, bare: &Jid) -> Option<Affiliation> {
        self.people.get(bare)
    }

    /// Whether this account, or this resource of it, is an owner.
    pub(super) fn is_owner(&self, jid: &Jid) -> bool {
        let is_owner = |jid: &Jid| self.affiliation(jid) == Some(Affiliation::Owner);
        is_owner(jid) || !jid.is_bare() && is_owner(&jid.bare())
    }

    /// Addresses of those with `affiliation`.
    pub(super) fn people(&self, affiliation: Affiliation) -> impl Iterator<Item = &Jid> {
        self.people
            .iter()
            .filter(move |person| person.affiliation == affiliation)
            .map(|person| &person.jid)
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

    /// Takes an affiliation from somebody; one who subscribes stays on as a member
    /// (`Node.removeOwner`, `Node.removePublisher`).
    pub(super) fn dismiss(&mut self, jid: &Jid) {
        let stays = self.openfire && self.subscriptions_of(jid).next().is_some();
        self.affiliate(jid, stays.then_some(Affiliation::Member));
    }

    /// Gives somebody an affiliation, or takes it; false when there is no room for more people.
    pub(super) fn affiliate(&mut self, jid: &Jid, affiliation: Option<Affiliation>) -> bool {
        match affiliation {
            Some(affiliation) => self.people.set(jid, affiliation, &mut self.share),
            None => {
                self.people.remove(jid, &mut self.share);
                true
            }
        }
    }

    /// Takes another configuration; false when there is no room for it.
    pub(super) fn configure(&mut self, config: NodeConfig) -> bool {
        let room = self.share.follow(self.config.weight(), config.weight());
        if room {
            self.is_left_out &= self.config.details.collection == config.details.collection;
            self.config = config;
        }
        room
    }

    /// Makes a member of somebody who is about to subscribe; false when there is no room.
    pub(super) fn enrol(&mut self, bare: &Jid) -> bool {
        !self.openfire
            || self.affiliation(bare).is_some()
            || self.people.set(bare, Affiliation::Member, &mut self.share)
    }

    /// Adds a subscription; false when there is no room for its account.
    pub(super) fn subscribe(&mut self, subscription: Subscription) -> bool {
        if !self.enrol(&subscription.jid.bare()) {
            return false;
        }
        self.leaked.retain(|leaked| *leaked != subscription.jid);
        self.subscriptions.push(subscription);
        true
    }

    /// Ends a subscription.
    pub(super) fn cancel(&mut self, jid: &Jid) {
        self.subscriptions.remove(jid);
        self.strike_off(&jid.bare());
    }

    /// Ends every subscription of one account.
    pub(super) fn cancel_all(&mut self, bare: &Jid) {
        if self.subscriptions.remove_account(bare) {
            self.strike_off(bare);
        }
    }

    /// Addresses of those whose subscriptions count when an item is published: in Openfire's
    /// manner by affiliation, in the order of these.
    pub(super) fn by_affiliation(&self) -> Box<dyn Iterator<Item = &Subscription> + '_> {
        if self.openfire {
            Box::new(self.people.iter().flat_map(|person| self.subscriptions.of(&person.jid)))
        } else {
            Box::new(self.subscriptions.iter())
        }
    }

    /// A member without subscriptions is none any more, unless it is one from the start.
    fn strike_off(&mut self, bare: &Jid) {
        if self.openfire
            && self.affiliation(bare) == Some(Affiliation::Member)
            && !self.people.is_given(bare)
            && self.subscriptions_of(bare).next().is_none()
        {
            self.people.remove(bare, &mut self.share);
        }
    }

    /// Whether this account may publish, as far as the node's publish model says.
    pub(super) fn may_publish(&self, bare: &Jid, outcasts_too: bool) -> bool {
        let affiliation = self.affiliation(bare);
        match affiliation {
            Some(Affiliation::Owner | Affiliation::Publisher) => true,
            _ => match self.config.publish {
                PublishModel::Publishers => false,
                PublishModel::Subscribers => {
                    affiliation != Some(Affiliation::Outcast) && self.is_subscribed(bare)
                }
                PublishModel::Open => outcasts_too || affiliation != Some(Affiliation::Outcast),
            },
        }
    }

    /// The items that a list shows, as many as it is asked for and all without a number: newest
    /// first, and the last item where nothing is stored.
    ///
    /// Openfire's are the newest of the data base, oldest first, with the last item before them
    /// where it is not among them (`LeafNode.getPublishedItems`).
    pub(super) fn items(&self, limit: Option<i32>) -> Vec<&Arc<Item>> {
        let most = |number: i32| usize::try_from(number).unwrap_or(0);
        if !self.openfire {
            let limit = limit.map_or(usize::MAX, most);
            let stored = self.config.persist_items && !self.stored.is_empty();
            let kept = self.stored.newest_first().filter(move |_| stored);
            return kept.chain(self.last.iter().filter(move |_| !stored)).take(limit).collect();
        }
        let without_limit = limit.map_or(self.config.max_items == usize::MAX, |it| it == -1);
        let room = limit.map_or(self.config.max_items, most);
        let rows = if without_limit { usize::MAX } else { room }.min(self.config.max_items);
        let mut items: Vec<&Arc<Item>> = self.stored.newest_first().take(rows).collect();
        items.reverse();
        if let Some(last) = self.last.as_ref()
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
    pub(super) fn item(&self, id: &str) -> Option<&Arc<Item>> {
        let last = self.last.as_ref().filter(|item| item.id == id);
        if self.openfire {
            let readable = self.config.requires_item();
            return last.or_else(|| self.stored.get(id)).filter(|_| readable);
        }
        self.stored.get(id).filter(|_| self.config.persist_items).or(last)
    }

    /// The item that a new subscriber is sent; Openfire finds one in the data base where the last
    /// one was taken back (`LeafNode.getLastPublishedItem`).
    pub(super) fn last_item(&self) -> Option<&Arc<Item>> {
        self.last.as_ref().or_else(|| self.stored.newest_first().next().filter(|_| self.openfire))
    }

    /// Takes the last item away.
    pub(super) fn take_last(&mut self) -> Option<Arc<Item>> {
        self.last.take()
    }

    /// Takes the items of one publication. The first becomes the last item: created within the same
    /// millisecond, the others do not count as newer (recorded: ps_pub_two_items).
    pub(super) fn keep(&mut self, items: &[Arc<Item>]) {
        self.last = items.first().cloned();
        if self.config.persist_items {
            // Openfire sweeps the data base every five minutes.
            let limit = if self.openfire { MOST_ITEMS } else { self.config.max_items };
            let limit = limit.min(MOST_ITEMS);
            items.iter().for_each(|item| self.stored.push(Arc::clone(item), limit));
        }
    }

    pub(super) fn retract(&mut self, id: &str) {
        self.stored.remove(id);
        self.last.take_if(|item| item.id == id);
    }

    /// Drops what is stored, and the last item if that goes with it.
    pub(super) fn purge(&mut self, last_too: bool) {
        self.stored = StoredItems::default();
        self.last.take_if(|_| last_too);
    }

    /// Whether the access model lets an account in that `sees` the presence of an owner (XEP-0060
    /// §6.1.3).
    pub(super) fn admit(&self, bare: &Jid, sees: bool) -> Result<(), Refusal> {
        let affiliation = self.affiliation(bare);
        let (condition, detail) = match self.config.access {
            AccessModel::Open => return Ok(()),
            AccessModel::Authorize if self.is_subscribed(bare) => return Ok(()),
            AccessModel::Whitelist
                if affiliation.is_some_and(|held| held != Affiliation::Outcast) =>
            {
                return Ok(());
            }
            AccessModel::Presence if sees => return Ok(()),
            AccessModel::Authorize => (Condition::NotAuthorized, Detail::NotSubscribed),
            AccessModel::Presence => {
                (Condition::NotAuthorized, Detail::PresenceSubscriptionRequired)
            }
            AccessModel::Roster => (Condition::NotAuthorized, Detail::NotInRosterGroup),
            AccessModel::Whitelist => (Condition::NotAllowed, Detail::ClosedNode),
        };
        Err(Refusal::with(condition, detail))
    }

    pub(super) fn is_subscribed(&self, bare: &Jid) -> bool {
        self.subscriptions_of(bare).any(|subscription| subscription.state == State::Subscribed)
    }
}
