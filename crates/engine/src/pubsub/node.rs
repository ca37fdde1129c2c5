//! One node: its people, its subscriptions, its items.

use std::sync::Arc;

use stanza::Jid;

use super::config::{AccessModel, NodeConfig, NodeKind, PublishModel};
use super::people::{Affiliation, People};
use super::refusal::{Detail, Refusal};
use super::subscriptions::{State, Subscription, Subscriptions};
use crate::budget::{Budget, Share, Weigh};
use crate::spelling::Condition;

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
    /// long as they subscribe.
    openfire: bool,
    /// JIDs that unsubscribed and are told all the same: the fault `leak-after-unsubscribe`.
    pub(super) leaked: Vec<Arc<Jid>>,
    /// The weight that its configuration has for free.
    free: usize,
    /// Its share of the memory for clients.
    share: Share,
}

impl Weigh for NodeConfig {
    /// With the node around it. Its id is also the key to the node, to its items, to its last item
    /// and to its place in the collection.
    fn weight(&self) -> usize {
        let texts: usize = self.texts().map(Weigh::weight).sum();
        size_of::<Node>() + 5 * self.path.weight() + texts
    }
}

impl Node {
    /// A node that was there from the start, for free. Its people belong to `domain` unless they
    /// say otherwise.
    pub(super) fn provided(
        config: NodeConfig,
        domain: &str,
        memory: &Budget,
        openfire: bool,
    ) -> Self {
        let (mut node, people) = Self::empty(config, domain, memory, openfire);
        node.free = node.config.weight();
        people.into_iter().for_each(|(jid, affiliation)| node.people.give(jid, affiliation));
        node
    }

    /// A node that a client makes; none without memory for it.
    pub(super) fn made(
        config: NodeConfig,
        domain: &str,
        memory: &Budget,
        openfire: bool,
    ) -> Option<Self> {
        let (mut node, people) = Self::empty(config, domain, memory, openfire);
        let weight = node.config.weight();
        let has_room = node.share.grow(weight)
            && people.iter().all(|(jid, affiliation)| node.affiliate(jid, Some(*affiliation)));
        has_room.then_some(node)
    }

    fn empty(
        mut config: NodeConfig,
        domain: &str,
        memory: &Budget,
        openfire: bool,
    ) -> (Self, Vec<(Jid, Affiliation)>) {
        let lists = [
            (std::mem::take(&mut config.outcasts), Affiliation::Outcast),
            (std::mem::take(&mut config.whitelist), Affiliation::Member),
            (std::mem::take(&mut config.publishers), Affiliation::Publisher),
            (std::mem::take(&mut config.owners), Affiliation::Owner),
        ];
        let person = |name: String| {
            let bare = if name.contains('@') { name } else { format!("{name}@{domain}") };
            Jid::parse(&bare).ok()
        };
        let named = lists.into_iter().flat_map(|(names, affiliation)| {
            names.into_iter().filter_map(person).map(move |jid| (jid, affiliation))
        });
        let node = Self {
            config,
            people: People::default(),
            subscriptions: Subscriptions::default(),
            openfire,
            leaked: Vec::new(),
            free: 0,
            share: memory.nothing(),
        };
        (node, named.collect())
    }

    /// A second version of the node, with a share of its own; none without memory for it.
    pub(super) fn version(&self, memory: &Budget) -> Option<Self> {
        let mut version = Self {
            config: self.config.clone(),
            people: self.people.clone(),
            subscriptions: self.subscriptions.clone(),
            openfire: self.openfire,
            leaked: Vec::new(),
            free: 0,
            share: memory.nothing(),
        };
        let weight = version.weight();
        version.share.grow(weight).then_some(version)
    }

    /// All that it has in the memory for clients.
    fn weight(&self) -> usize {
        self.weight_of(&self.config) + self.people.weight() + self.subscriptions.weight()
    }

    fn weight_of(&self, config: &NodeConfig) -> usize {
        config.weight().saturating_sub(self.free)
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

    /// Changes a subscription; false where there is none, or no room for it as it would be.
    pub(super) fn change_subscription(
        &mut self,
        jid: &Jid,
        change: impl FnOnce(&mut Subscription),
    ) -> bool {
        let Some(known) = self.subscriptions.get_mut(jid) else { return false };
        let mut changed = known.clone();
        change(&mut changed);
        let has_room = self.share.follow(known.weight(), changed.weight());
        if has_room {
            *known = changed;
        }
        has_room
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
        let room = self.share.follow(self.weight_of(&self.config), self.weight_of(&config));
        if room {
            self.config = config;
        }
        room
    }

    /// Moves into a collection, or to the root; false when there is no room for its id.
    pub(super) fn move_to(&mut self, collection: Option<&str>) -> bool {
        let mut config = self.config.clone();
        config.details.collection = collection.map(str::to_owned);
        self.configure(config)
    }

    /// Makes a member of somebody who is about to subscribe; false when there is no room.
    pub(super) fn enrol(&mut self, bare: &Jid) -> bool {
        !self.openfire
            || self.affiliation(bare).is_some()
            || self.people.set(bare, Affiliation::Member, &mut self.share)
    }

    /// Adds a subscription; false when there is no room for it or its account.
    pub(super) fn subscribe(&mut self, subscription: Subscription) -> bool {
        let weight = subscription.weight();
        if !self.enrol(&subscription.jid.bare()) || !self.share.grow(weight) {
            return false;
        }
        self.leaked.retain(|leaked| *leaked != subscription.jid);
        self.subscriptions.push(subscription);
        true
    }

    /// Ends a subscription.
    pub(super) fn cancel(&mut self, jid: &Jid) {
        let gone = self.subscriptions.remove(jid);
        self.share.shrink(gone.as_ref().map_or(0, Subscription::weight));
        self.strike_off(&jid.bare());
    }

    /// Ends every subscription of one account.
    pub(super) fn cancel_all(&mut self, bare: &Jid) {
        let gone = self.subscriptions.remove_account(bare);
        self.share.shrink(gone.iter().map(Subscription::weight).sum());
        if !gone.is_empty() {
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

#[cfg(test)]
impl Node {
    /// Its weight as it was told, and counted afresh.
    pub(super) fn weights(&self) -> (usize, usize) {
        (self.share.octets(), self.weight())
    }
}
