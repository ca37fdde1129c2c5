//! From a request's payload to the action that it asks for.

use std::time::Duration;

use stanza::{Element, Jid, ns};

use super::node::Node;
use super::refusal::{Detail, Refusal};
use super::tag::tag;
use super::{Accounts, PubSub};
use crate::fault::Faults;
use crate::outgoing::Addressed;
use crate::spelling::{Condition, echo, echo_in, payload};

/// A get or set on its way through the service.
pub(super) struct Request<'a> {
    /// Server time.
    pub(super) now: Duration,
    /// With the address that the answer comes from.
    pub(super) iq: &'a Element,
    /// The sender.
    pub(super) from: &'a Jid,
    /// The sender's account.
    pub(super) bare: Jid,
    /// Whether it is a set.
    pub(super) set: bool,
    /// Whether it came with an address.
    pub(super) is_addressed: bool,
    pub(super) accounts: &'a dyn Accounts,
    pub(super) faults: &'a Faults,
    /// How old an item is before it can be read.
    pub(super) late: Option<Duration>,
}

/// The result of a request that was carried out.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// Stanzas that the action sends before it is through.
    pub(super) before: Vec<Addressed>,
    /// The child of the result, as text; often empty.
    pub(super) payload: String,
    /// Stanzas that follow the result.
    pub(super) events: Vec<Addressed>,
    /// It is an error that says by its payload what was not done.
    pub(super) failed: bool,
}

/// An action's element: the companion that may stand beside it, and whether get, set or both ask
/// for it.
struct Action {
    verb: &'static str,
    companion: &'static str,
    get: bool,
    set: bool,
}

/// Actions of everybody, in the order in which Openfire looks for them.
const USER_ACTIONS: [Action; 10] = [
    Action { verb: "publish", companion: "publish-options", get: false, set: true },
    Action { verb: "subscribe", companion: "options", get: false, set: true },
    Action { verb: "options", companion: "", get: true, set: true },
    Action { verb: "create", companion: "configure", get: false, set: true },
    Action { verb: "unsubscribe", companion: "", get: false, set: true },
    Action { verb: "subscriptions", companion: "", get: true, set: false },
    Action { verb: "affiliations", companion: "", get: true, set: false },
    Action { verb: "items", companion: "", get: true, set: false },
    Action { verb: "retract", companion: "", get: false, set: true },
    Action { verb: "default", companion: "", get: true, set: false },
];

/// Actions of owners, in the order in which Openfire looks for them.
const OWNER_ACTIONS: [Action; 6] = [
    Action { verb: "configure", companion: "", get: true, set: true },
    Action { verb: "default", companion: "", get: true, set: false },
    Action { verb: "delete", companion: "", get: false, set: true },
    Action { verb: "subscriptions", companion: "", get: true, set: true },
    Action { verb: "affiliations", companion: "", get: true, set: true },
    Action { verb: "purge", companion: "", get: false, set: true },
];

impl Answer {
    /// A result whose child is `payload`.
    pub(super) fn with(payload: String) -> Self {
        Self { payload, ..Self::default() }
    }

    /// An empty result, followed by `events`.
    pub(super) fn then(events: Vec<Addressed>) -> Self {
        Self { events, ..Self::default() }
    }

    /// An empty result behind `events`.
    pub(super) fn after(events: Vec<Addressed>) -> Self {
        Self { before: events, ..Self::default() }
    }

    /// The received payload with `added` at the end of its action, as Openfire makes many answers.
    pub(super) fn echoing(request: &Request<'_>, action: &Element, added: &str) -> Self {
        let holds = |pubsub: &&Element| pubsub.children().any(|it| std::ptr::eq(it, action));
        let (Some(pubsub), name) = (request.iq.children().find(holds), &action.name) else {
            return Self::default();
        };
        let mut payload = String::new();
        for child in pubsub.children() {
            payload += &if std::ptr::eq(child, action) {
                echo_in(child, &name.ns, added)
            } else {
                echo(child, &name.ns)
            };
        }
        Self::with(tag("pubsub", &[("xmlns", &name.ns)], &payload))
    }
}

impl PubSub {
    pub(super) fn answer(&mut self, request: &Request<'_>) -> Result<Answer, Refusal> {
        let payload = if self.policy.checks_requests {
            // RFC 6120 §8.2.3: a get or set has exactly one child.
            let mut children = request.iq.children();
            let payload = children.next();
            if children.next().is_some() {
                return Err(Refusal::of(Condition::BadRequest));
            }
            payload
        } else {
            payload(request.iq)
        };
        let payload = payload.ok_or_else(|| self.schema_refusal())?;
        match (payload.name.ns.as_str(), payload.name.local.as_str()) {
            (ns::PUBSUB, "pubsub") => self.user_action(request, payload),
            (ns::PUBSUB_OWNER, "pubsub") => self.owner_action(request, payload),
            (ns::DISCO_INFO, "query") => self.disco_info(request, payload),
            (ns::DISCO_ITEMS, "query") => self.disco_items(request, payload),
            // RFC 6120 §8.4, also for a ping (recorded: ping_pubsub).
            _ => Err(Refusal::of(Condition::ServiceUnavailable)),
        }
    }

    /// The node that an element names, or the root collection where it names none.
    pub(super) fn node_or_root(&self, element: &Element) -> Result<&Node, Refusal> {
        match element.attr("node") {
            Some(path) => self.existing(path),
            None if self.policy.collections => self.existing(self.place.root()),
            None => Err(Refusal::with(Condition::BadRequest, Detail::NodeIdRequired)),
        }
    }

    /// The node that an element must name.
    pub(super) fn named_node(&self, element: &Element) -> Result<&Node, Refusal> {
        let path = element
            .attr("node")
            .ok_or_else(|| Refusal::with(Condition::BadRequest, Detail::NodeIdRequired))?;
        self.existing(path)
    }

    /// The node that an element must name, if the sender owns it.
    pub(super) fn owned_node(
        &self,
        request: &Request<'_>,
        element: &Element,
    ) -> Result<&Node, Refusal> {
        let node = match element.attr("node") {
            None if !self.policy.explains_missing_node => {
                return Err(Refusal::of(Condition::BadRequest));
            }
            _ => self.named_node(element)?,
        };
        self.demand_owner(request, node)?;
        Ok(node)
    }

    /// Refuses those who may not manage a node.
    pub(super) fn demand_owner(&self, request: &Request<'_>, node: &Node) -> Result<(), Refusal> {
        if self.is_admin(node, request.from) {
            return Ok(());
        }
        Err(Refusal::of(Condition::Forbidden))
    }

    /// Whether somebody may do all with a node: its owner, and the account of the service.
    pub(super) fn is_admin(&self, node: &Node, jid: &Jid) -> bool {
        node.is_owner(jid) || self.place.is_admin(&jid.bare())
    }

    /// Whether it is the root collection, which is not named (recorded: ps_sub_no_node).
    pub(super) fn is_root(&self, node: &Node) -> bool {
        self.policy.collections && node.config.path == self.place.root()
    }

    /// The answer to what breaks the schema where Openfire's code throws.
    pub(super) fn schema_refusal(&self) -> Refusal {
        if self.policy.crashes { Refusal::Crash } else { Refusal::of(Condition::BadRequest) }
    }

    /// The node of this id.
    pub(super) fn existing(&self, path: &str) -> Result<&Node, Refusal> {
        self.nodes.get(path).ok_or_else(|| Refusal::of(Condition::ItemNotFound))
    }

    fn user_action(&mut self, request: &Request<'_>, pubsub: &Element) -> Result<Answer, Refusal> {
        let element = self.action(request, pubsub, &USER_ACTIONS)?;
        match element.name.local.as_str() {
            "publish" => {
                let configure = pubsub.child(ns::PUBSUB, "configure");
                let options = pubsub.child(ns::PUBSUB, "publish-options");
                self.publish_request(request, element, configure, options)
            }
            "subscribe" => {
                let options = pubsub.child(ns::PUBSUB, "options");
                self.demand_place(pubsub, options)?;
                self.subscribe(request, element, options)
            }
            "options" => self.options(request, element),
            "create" => {
                let configure = pubsub.child(ns::PUBSUB, "configure");
                let options = pubsub.child(ns::PUBSUB, "publish-options");
                self.create_request(request, element, configure, options)
            }
            "unsubscribe" => self.unsubscribe(request, element),
            "subscriptions" => self.subscriptions(request, element),
            "affiliations" => self.affiliations(request, element),
            "items" => self.items(request, element),
            "default" => self.default_options(request, element),
            _ => self.retract(request, element),
        }
    }

    fn owner_action(&mut self, request: &Request<'_>, pubsub: &Element) -> Result<Answer, Refusal> {
        let element = self.action(request, pubsub, &OWNER_ACTIONS)?;
        match (element.name.local.as_str(), request.set) {
            ("configure", false) => self.configuration(request, element),
            ("configure", true) => self.configure(request, element),
            ("default", _) => self.default_configuration(request, element),
            ("delete", _) => self.delete(request, element),
            ("subscriptions", false) => self.owner_subscriptions(request, element),
            ("subscriptions", true) => self.change_subscriptions(request, element),
            ("affiliations", false) => self.owner_affiliations(request, element),
            ("affiliations", true) => self.change_affiliations(request, element),
            _ => self.purge(request, element),
        }
    }

    fn action<'e>(
        &self,
        request: &Request<'_>,
        pubsub: &'e Element,
        actions: &[Action],
    ) -> Result<&'e Element, Refusal> {
        let is_known = |action: &&Action| {
            self.policy.tells_default_options
                || action.verb != "default"
                || pubsub.name.ns == ns::PUBSUB_OWNER
        };
        let (action, element) = actions
            .iter()
            .filter(is_known)
            .find_map(|action| Some((action, pubsub.child(&pubsub.name.ns, action.verb)?)))
            .ok_or_else(|| Refusal::of(Condition::BadRequest))?;
        if self.policy.checks_requests {
            let wanted = if request.set { action.set } else { action.get };
            let foreign = pubsub.children().filter(|child| {
                !std::ptr::eq(*child, element) && !child.is(&pubsub.name.ns, action.companion)
            });
            if !wanted || foreign.count() > 0 {
                return Err(Refusal::of(Condition::BadRequest));
            }
        }
        Ok(element)
    }
}
