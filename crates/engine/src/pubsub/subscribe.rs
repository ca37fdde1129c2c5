//! Subscribing and unsubscribing (XEP-0060 §6.1, §6.2) and the options of a subscription (§6.3).

use stanza::{Element, Jid, ns};

use super::form;
use super::node::{Affiliation, Node};
use super::refusal::{Detail, Refusal};
use super::request::{Answer, Request};
use super::subscription_form;
use super::subscriptions::{State, Subscription};
use super::tag::tag;
use super::{AccessModel, PubSub};
use crate::fact::Fact;
use crate::fault::Name;
use crate::spelling::Condition;

impl PubSub {
    /// `<subscribe/>`, checked in the recorded order: node, address, access model, account,
    /// outcast, node's switch.
    pub(super) fn subscribe(
        &mut self,
        request: &Request<'_>,
        element: &Element,
        options: Option<&Element>,
    ) -> Result<Answer, Refusal> {
        let node = self.node_or_root(element)?;
        // Openfire reads a missing address as a malformed one (recorded: ps_sub_no_jid).
        let jid = match element.attr("jid") {
            Some(text) => self.address(text)?,
            None if self.policy.crashes => return Err(Refusal::Crash),
            None => return Err(Refusal::with(Condition::BadRequest, Detail::JidRequired)),
        };
        let bare = jid.bare();
        // XEP-0060 §6.1.3.1.
        if bare != request.bare && !request.faults.lasting(Name::SubscribeAnyone) {
            return Err(Refusal::with(Condition::BadRequest, Detail::InvalidJid));
        }
        self.admit(request, node, &bare)?;
        if let Some(existing) = node.subscription(&jid).filter(|_| !node.is_collection()) {
            // XEP-0060 §6.1.3.7.
            if existing.state == State::Pending && self.policy.refuses_second_pending {
                return Err(Refusal::with(Condition::NotAuthorized, Detail::PendingSubscription));
            }
            // XEP-0060 §6.1.6: without multiple subscriptions, the state as it is.
            return Ok(Answer::with(self.state(node, existing)));
        }
        // One subscription to a collection per account (Openfire's rule).
        if node.is_collection() && node.subscriptions_of(&bare).next().is_some() {
            return Err(Refusal::of(Condition::Conflict));
        }
        // XEP-0060 §6.1.3.9.
        if !node.has_room_for(&bare) {
            return Err(Refusal::with(Condition::PolicyViolation, Detail::TooManySubscriptions));
        }
        let path = node.config.path.clone();
        let state = self.first_state(node, &bare);
        let mut subscription = self.affordable_subscription(jid, state)?;
        let deliver =
            options.and_then(|options| form::flag(form::submitted(options)?, "pubsub#deliver"));
        subscription.deliver = deliver.unwrap_or(true);
        let payload = self.state(self.node_or_root(element)?, &subscription);
        let mut events = match state {
            State::Pending => self.approval_requests(&path, &subscription),
            State::Subscribed => Vec::new(),
        };
        events.extend(self.add_subscription(&path, subscription, &mut None));
        Ok(Answer { payload, events })
    }

    /// `<unsubscribe/>`; any resource of an account may end the subscription of another (recorded:
    /// ps_unsub_*).
    pub(super) fn unsubscribe(
        &mut self,
        request: &Request<'_>,
        element: &Element,
    ) -> Result<Answer, Refusal> {
        let node = self.node_or_root(element)?;
        let jid = self.address(subscriber(element)?)?;
        let foreign = jid.bare() != request.bare;
        if foreign && self.policy.checks_unsubscriber_first {
            return Err(Refusal::of(Condition::Forbidden));
        }
        if node.subscription(&jid).is_none() {
            return Err(Refusal::with(Condition::UnexpectedRequest, Detail::NotSubscribed));
        }
        if foreign {
            return Err(Refusal::of(Condition::Forbidden));
        }
        let leak = request.faults.lasting(Name::LeakAfterUnsubscribe);
        let path = node.config.path.clone();
        if let Some(node) = self.nodes.get_mut(&path) {
            node.cancel(&jid);
            if leak && !node.leaked.iter().any(|leaked| **leaked == jid) {
                node.leaked.push(jid.into());
            }
        }
        Ok(Answer::default())
    }

    /// `<options/>`: reads or changes how one subscription is served. Only `pubsub#deliver` has an
    /// effect.
    pub(super) fn options(
        &mut self,
        request: &Request<'_>,
        element: &Element,
    ) -> Result<Answer, Refusal> {
        let node = self.node_or_root(element)?;
        let text = subscriber(element)?;
        let jid = self.address(text)?;
        let not_subscribed = Refusal::with(Condition::UnexpectedRequest, Detail::NotSubscribed);
        let subscription = node.subscription(&jid).ok_or(not_subscribed)?;
        // XEP-0060 §6.3.4.1.
        if jid.bare() != request.bare {
            return Err(Refusal::of(Condition::Forbidden));
        }
        if !request.set {
            let form = subscription_form::options(&node.config.path, subscription.deliver);
            let attributes = [("node", node.config.path.as_str()), ("jid", text)];
            let options = tag("options", &attributes, &form);
            return Ok(Answer::with(tag("pubsub", &[("xmlns", ns::PUBSUB)], &options)));
        }
        let submitted =
            form::submitted(element).ok_or_else(|| Refusal::of(Condition::BadRequest))?;
        let path = node.config.path.clone();
        if let Some(deliver) = form::flag(submitted, "pubsub#deliver")
            && let Some(subscription) =
                self.nodes.get_mut(&path).and_then(|node| node.subscription_mut(&jid))
        {
            subscription.deliver = deliver;
        }
        Ok(Answer::default())
    }

    /// An address in a request.
    pub(super) fn address(&self, text: &str) -> Result<Jid, Refusal> {
        Jid::parse(text).map_err(|_| {
            if self.policy.crashes {
                Refusal::Crash
            } else {
                Refusal::with(Condition::BadRequest, Detail::InvalidJid)
            }
        })
    }

    /// Whether an account may subscribe to a node at all.
    fn admit(&self, request: &Request<'_>, node: &Node, bare: &Jid) -> Result<(), Refusal> {
        node.admit_subscriber(bare)?;
        // XEP-0060 §6.1.3.6 and §6.1.3.8.
        if !self.is_registered(request, bare)
            || node.affiliation(bare) == Some(Affiliation::Outcast)
        {
            return Err(Refusal::of(Condition::Forbidden));
        }
        match (node.config.subscribe, self.policy.names_missing_feature) {
            (true, _) => Ok(()),
            // XEP-0060 §6.1.3.10.
            (false, true) => Err(Refusal::unsupported("subscribe")),
            // Recorded: acc_subscriptions_disabled.
            (false, false) => Err(Refusal::of(Condition::NotAllowed)),
        }
    }

    fn is_registered(&self, request: &Request<'_>, bare: &Jid) -> bool {
        bare.domain == self.domain
            && bare.local.as_deref().is_some_and(|local| request.accounts.is_registered(local))
    }

    fn first_state(&self, node: &Node, bare: &Jid) -> State {
        // XEP-0060 §6.1.4.
        if node.config.access == AccessModel::Authorize && !node.is_owner(bare) {
            State::Pending
        } else {
            State::Subscribed
        }
    }

    /// The payload that tells the state of a subscription.
    fn state(&self, node: &Node, subscription: &Subscription) -> String {
        let jid = subscription.jid.to_string();
        let mut attributes =
            vec![("jid", jid.as_str()), ("subscription", subscription.state.name())];
        if !node.is_root() {
            attributes.insert(0, ("node", &node.config.path));
        }
        let options = if self.policy.offers_options { "<subscribe-options/>" } else { "" };
        tag("pubsub", &[("xmlns", ns::PUBSUB)], &tag("subscription", &attributes, options))
    }
}

/// The outcome of a request about a subscription; none for other requests.
pub(super) fn fact(request: &Request<'_>, refusal: Option<&Refusal>) -> Option<Fact> {
    let pubsub = request.iq.children().next().filter(|_| request.set)?;
    let mut named = ["subscribe", "unsubscribe"]
        .into_iter()
        .filter_map(|verb| Some((verb, pubsub.child(ns::PUBSUB, verb)?)));
    let (verb, element) = named.next()?;
    let node = element.attr("node").unwrap_or_default().to_owned();
    Some(match (refusal, verb) {
        (Some(refusal), verb) => {
            Fact::SubscriptionRefused { node, verb, condition: refusal.condition() }
        }
        (None, "subscribe") => Fact::Subscribed { node },
        (None, _) => Fact::Unsubscribed { node },
    })
}

/// The subscriber, as written, that a request must name.
fn subscriber(element: &Element) -> Result<&str, Refusal> {
    element.attr("jid").ok_or_else(|| Refusal::with(Condition::BadRequest, Detail::JidRequired))
}
