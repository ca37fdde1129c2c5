//! The publish-subscribe service `pubsub.DOMAIN`: XEP-0060 as a pure state machine, in Openfire's
//! manner or to the letter.

mod approval;
mod config;
mod disco;
mod event;
mod form;
mod items;
mod kept;
mod lists;
mod manage;
mod node;
mod node_form;
mod owner;
mod policy;
mod publish;
mod refusal;
mod request;
mod subscribe;
mod subscription_form;
mod subscriptions;
mod tag;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use contact::{Calendar, Chance};
use stanza::{Element, Jid};

pub use config::{AccessModel, NodeConfig, NodeKind, PublishModel, UnknownModel};
pub(crate) use policy::PubSubPolicy;

use crate::budget::{Budget, Share, Weigh};
use crate::fact::Fact;
use crate::fault::Faults;
use crate::ids;
use crate::outgoing::{Addressed, Outgoing, What};
use crate::spelling::{Condition, iq_result};
use node::Node;
use refusal::Refusal;
use request::{Answer, Request};
use subscriptions::{State, Subscription};

/// The accounts, as the service must know them.
pub(crate) trait Accounts {
    /// Whether the server's domain has an account of this name.
    fn is_registered(&self, local: &str) -> bool;
}

/// The service with all its nodes. Subscriptions outlive sessions (recorded: ps_seed_flow,
/// ev_offline_drop).
pub(crate) struct PubSub {
    domain: String,
    host: String,
    policy: PubSubPolicy,
    calendar: Calendar,
    chance: Chance,
    /// Begins the id of every item that the service names (recorded: one UUID per run,
    /// openfire-measured C18).
    run: String,
    named_items: u64,
    subscriptions_made: u64,
    /// Nodes that no client has created.
    provided: usize,
    nodes: BTreeMap<String, Node>,
    /// The memory for all that clients make the service keep.
    memory: Budget,
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
        let mut nodes = BTreeMap::new();
        if policy.collections {
            let mut root = NodeConfig::new("");
            root.kind = NodeKind::Collection;
            root.owners.clear();
            nodes.insert(String::new(), Node::new(root, domain, memory.nothing()));
        }
        Self {
            domain: domain.to_owned(),
            host: format!("pubsub.{domain}"),
            run: ids::uuid(&mut chance),
            policy,
            calendar,
            chance,
            named_items: 0,
            subscriptions_made: 0,
            provided: 0,
            nodes,
            memory,
        }
    }

    /// The address of the service.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// Creates a node; one of the same path is replaced.
    pub(crate) fn create(&mut self, config: NodeConfig) {
        let node = Node::new(config, &self.domain, self.memory.nothing());
        let replaced = self.nodes.insert(node.config.path.clone(), node);
        self.provided += usize::from(replaced.is_none());
    }

    /// Subscribes `jid` from the start, as Finesse does with its agents; does nothing where there
    /// is no such node.
    pub(crate) fn subscribe_default(&mut self, path: &str, jid: Jid) {
        if self.nodes.get(path).is_none_or(|node| node.subscription(&jid).is_some()) {
            return;
        }
        let share = Arc::new(self.memory.nothing());
        let subscription = self.new_subscription(jid, State::Subscribed, share);
        if let Some(node) = self.nodes.get_mut(path) {
            node.subscriptions.push(subscription);
        }
    }

    /// Answers a request addressed to the service: its reply first, then what others get of it;
    /// and what became of a subscription. Items that are not as old as `late` cannot be read yet.
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
        let request = Request { now, iq, bare: from.bare(), set, accounts, faults, late };
        let reply = |what, xml| Addressed::new(from.clone(), Outgoing::new(what, xml));
        let answer = self.answer(&request);
        let fact = subscribe::fact(&request, answer.as_ref().err());
        let stanzas = match answer {
            Ok(Answer { payload, events }) => {
                let mut out = vec![reply(What::Result, iq_result(iq, &from.to_string(), &payload))];
                out.extend(events);
                out
            }
            Err(refusal) => {
                let error = refusal.answer(iq, &from.to_string(), &self.policy);
                error.map(|xml| reply(What::Error, xml)).into_iter().collect()
            }
        };
        (stanzas, fact)
    }

    /// A subscription that a client asks for, if there is memory for it.
    fn affordable_subscription(&mut self, jid: Jid, state: State) -> Result<Subscription, Refusal> {
        // It is found by its account, too.
        let weight = size_of::<Subscription>() + 2 * jid.weight();
        let full = || Refusal::of(Condition::ResourceConstraint);
        let share = Arc::new(self.memory.share(weight).ok_or_else(full)?);
        Ok(self.new_subscription(jid, state, share))
    }

    fn new_subscription(&mut self, jid: Jid, state: State, share: Arc<Share>) -> Subscription {
        self.subscriptions_made += 1;
        Subscription {
            jid: jid.into(),
            state,
            subid: (state == State::Pending).then(|| ids::alphanumeric(&mut self.chance, 40)),
            serial: self.subscriptions_made,
            deliver: true,
            _share: share,
        }
    }
}
