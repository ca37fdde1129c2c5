//! Publish-subscribe services, `pubsub.DOMAIN` and the personal eventing of accounts: XEP-0060 as a
//! pure state machine, in Openfire's manner or to the letter.

mod approval;
mod auto_subscribe;
mod collection;
mod config;
mod disco;
mod event;
mod form;
mod instance;
mod items;
mod kept;
mod lists;
mod manage;
mod node;
mod node_form;
mod node_items;
mod nodes;
mod options;
mod owner;
mod people;
mod personal;
mod place;
mod policy;
mod presence;
mod publish;
mod refusal;
mod request;
mod session_delivery;
mod subscribe;
mod subscription_form;
mod subscriptions;
mod tag;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use contact::{Calendar, Chance};
use stanza::{Element, Jid};

pub use config::{
    AccessModel, Association, Details, ItemReply, NodeConfig, NodeKind, PublishModel, UnknownModel,
};
pub(crate) use personal::{PersonalEventing, PersonalRequest};
pub(crate) use policy::PubSubPolicy;
pub(crate) use publish::PublishError;

use crate::budget::{Budget, Share};
use crate::fact::Fact;
use crate::fault::{Faults, Name};
use crate::ids;
use crate::outgoing::{Addressed, ElementKind, Outgoing};
use crate::spelling::{Condition, iq_error, iq_result};
use instance::Instance;
use kept::StoredItems;
use node::Node;
use node_form::Described;
use nodes::Nodes;
use options::Options;
use place::ServiceAddress;
use refusal::Refusal;
use request::{Answer, Request};
use subscriptions::{State, Subscription};

/// The accounts, as the service must know them.
pub(crate) trait Accounts {
    /// Whether the server's domain has an account of this name.
    fn is_registered(&self, local: &str) -> bool;
    /// Whether `viewer` may see the presence of `owner`.
    fn sees_presence(&self, viewer: &Jid, owner: &Jid) -> bool;
    /// Whether the contact `viewer` of `owner` sees its presence; none where it is no contact.
    fn shows_contact(&self, owner: &Jid, viewer: &Jid) -> Option<bool>;
    /// The full addresses of the available sessions of an account, in order.
    fn available(&self, account: &Jid) -> Vec<Jid>;
    /// Whether a session has a feature, if it has told its capabilities (XEP-0115).
    fn has_feature(&self, session: &Jid, feature: &str) -> Option<bool>;
}

/// A service with all its nodes. Subscriptions outlive sessions (recorded: ps_seed_flow,
/// ev_offline_drop).
pub(crate) struct PubSub {
    place: ServiceAddress,
    domain: String,
    policy: PubSubPolicy,
    calendar: Calendar,
    chance: Chance,
    item_ids: ItemIds,
    subscriptions_made: u64,
    /// Server time of what it is doing.
    now: Duration,
    /// Nodes that no client has created.
    provided: usize,
    nodes: Nodes,
    /// The items that are stored, by node.
    items: BTreeMap<String, StoredItems>,
    /// The instance that runs.
    instance: Instance,
    /// The memory for all that clients make the service keep.
    memory: Budget,
    /// Its own share of that.
    _share: Share,
}

/// The ids of the items that services name: one UUID per run and a running number, shared by all
/// nodes (recorded: openfire-measured C18).
#[derive(Clone)]
struct ItemIds {
    run: String,
    given: Arc<AtomicU64>,
}

impl ItemIds {
    fn next(&self) -> String {
        format!("{}{}", self.run, self.given.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

impl PubSub {
    /// The service of `domain`, without nodes.
    pub(crate) fn new(
        domain: &str,
        policy: PubSubPolicy,
        calendar: Calendar,
        mut chance: Chance,
        memory: Budget,
    ) -> Self {
        let item_ids = ItemIds { run: ids::uuid(&mut chance), given: Arc::default() };
        let mut service = Self {
            place: ServiceAddress::of_domain(domain),
            domain: domain.to_owned(),
            policy,
            calendar,
            chance,
            item_ids,
            subscriptions_made: 0,
            now: Duration::ZERO,
            provided: 0,
            nodes: Nodes::new(&memory),
            items: BTreeMap::new(),
            instance: Instance::new(&memory),
            _share: memory.nothing(),
            memory,
        };
        service.plant_root();
        service
    }

    /// The personal eventing of an account, without nodes: the same kind of service elsewhere.
    fn personal(&mut self, account: Jid, share: Share) -> Self {
        let mut service = Self {
            place: ServiceAddress::of_account(account),
            domain: self.domain.clone(),
            policy: self.policy.clone(),
            calendar: self.calendar,
            chance: self.chance.split(),
            item_ids: self.item_ids.clone(),
            subscriptions_made: 0,
            now: Duration::ZERO,
            provided: 0,
            nodes: Nodes::new(&self.memory),
            items: BTreeMap::new(),
            instance: Instance::new(&self.memory),
            _share: share,
            memory: self.memory.clone(),
        };
        service.plant_root();
        service
    }

    /// The address of the service.
    pub(crate) fn host(&self) -> &str {
        &self.place.address
    }

    /// Creates a node; one of the same path is replaced.
    pub(crate) fn create(&mut self, config: NodeConfig) {
        self.drop_items(&config.path, true);
        let node = self.provided_node(config);
        let replaced = self.insert(node);
        self.provided += usize::from(!replaced);
    }

    /// Subscribes `jid` from the start, as Finesse does with its agents; does nothing where there
    /// is no such node.
    pub(crate) fn subscribe_default(&mut self, path: &str, jid: Jid) {
        if self.nodes.get(path).is_none_or(|node| node.subscription(&jid).is_some()) {
            return;
        }
        let subscription =
            Subscription { counts: false, ..self.new_subscription(jid, State::Subscribed) };
        if let Some(node) = self.nodes.get_mut(path) {
            node.subscribe(subscription);
        }
    }

    /// Answers a request addressed to the service: its reply among what others get of it, and what
    /// became of a subscription. Items that are not as old as `late` cannot be read yet.
    pub(crate) fn handle(
        &mut self,
        now: Duration,
        iq: &Element,
        from: &Jid,
        accounts: &dyn Accounts,
        faults: &Faults,
        late: Option<Duration>,
    ) -> (Vec<Addressed>, Option<Fact>) {
        // Results and errors, and requests without type, are dropped (recorded:
        // ps_result_to_service, openfire-measured C10).
        let set = match iq.attr("type") {
            Some("set") => true,
            Some("get") => false,
            _ => return (Vec::new(), None),
        };
        let addressed = self.place.addressed(iq);
        let bare = from.bare();
        self.now = now;
        let is_addressed = self.place.is_addressed(iq);
        let iq_there = &*addressed;
        let request =
            Request { now, iq: iq_there, from, bare, set, is_addressed, accounts, faults, late };
        let reply = |what, xml| Addressed::new(from.clone(), Outgoing::new(what, xml));
        let answer = self.answer(&request);
        let fact = subscribe::fact(&request, answer.as_ref().err());
        let stanzas = match answer {
            Ok(Answer { before, payload, events, failed }) => {
                let (to, mut out) = (from.to_string(), before);
                out.push(if failed {
                    reply(ElementKind::Error, iq_error(&addressed, &to, &payload, ""))
                } else {
                    reply(ElementKind::Result, iq_result(&addressed, &to, &payload))
                });
                out.extend(events);
                out
            }
            Err(refusal) => {
                let vague = faults.lasting(Name::VagueRefusals);
                let refusal =
                    if vague { Refusal::of(Condition::InternalServerError) } else { refusal };
                let error = refusal.answer(iq, &from.to_string(), &self.policy, &self.place);
                error.map(|xml| reply(ElementKind::Error, xml)).into_iter().collect()
            }
        };
        (self.for_sessions(stanzas, accounts), fact)
    }

    /// A subscription that a client asks for.
    fn new_subscription(&mut self, jid: Jid, state: State) -> Subscription {
        self.subscriptions_made += 1;
        Subscription {
            jid: jid.into(),
            state,
            subid: (state == State::Pending).then(|| self.fresh_subid()),
            serial: self.subscriptions_made,
            options: Options::default(),
            counts: true,
        }
    }

    /// The name of a subscription that begins to wait for approval.
    fn fresh_subid(&mut self) -> String {
        ids::alphanumeric(&mut self.chance, 40)
    }

    /// The configuration of a new node.
    fn new_config(&self, path: impl Into<String>) -> NodeConfig {
        let mut config = self.place.new_node(path);
        config.details.item_reply = self.instance.item_reply;
        config
    }

    /// A node as its forms show it.
    fn described<'a>(&'a self, node: &'a Node) -> Described<'a> {
        let children = self.children(node).map(|child| child.config.path.as_str()).collect();
        Described { node, children, item_reply: self.instance.item_reply }
    }

    fn provided_node(&self, config: NodeConfig) -> Node {
        Node::provided(config, &self.domain, &self.memory, self.policy.lists_unaffiliated)
    }

    /// Puts a node in its place; whether one that was there gave way.
    fn insert(&mut self, node: Node) -> bool {
        let replaced = self.nodes.insert(node);
        // Nodes are counted only where the table may have to grow.
        if self.nodes.len() >= self.instance.table.room() {
            self.instance.table.holds(self.nodes.values().count());
        }
        replaced
    }

    /// All nodes in the order of lists: Openfire's is that of a table of hashes.
    fn listed(&self) -> Vec<&Node> {
        let mut nodes: Vec<&Node> = self.nodes.values().collect();
        if self.policy.hashes_nodes {
            nodes.sort_by_cached_key(|node| self.instance.table.bin(&node.config.path));
        }
        nodes
    }

    fn plant_root(&mut self) {
        if self.policy.collections {
            let mut root = self.place.new_node(self.place.root()).collection();
            root.owners = self.place.owner().map(Jid::to_string).into_iter().collect();
            let root = self.provided_node(root);
            self.insert(root);
        }
    }
}
