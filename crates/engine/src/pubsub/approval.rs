//! Subscriptions that owners decide about (XEP-0060 §8.6), and subscribers that bounce (§12.4).

use std::sync::Arc;
use std::time::Duration;

use stanza::{Element, Jid, ns};

use super::PubSub;
use super::form;
use super::node::Node;
use super::people::Affiliation;
use super::subscription_form;
use super::subscriptions::{State, Subscription};
use crate::outgoing::{Addressed, Circular};

impl PubSub {
    /// A message from a client to the service: an owner's decision, or a bounced notification.
    /// Others are dropped.
    pub(crate) fn handle_message(
        &mut self,
        now: Duration,
        message: &Element,
        from: &Jid,
    ) -> Vec<Addressed> {
        self.now = now;
        if message.attr("type") == Some("error") {
            // Only `cancel` counts; without `<error/>` nothing does (recorded: ev_error_message_*).
            let error = message.child(ns::CLIENT, "error").and_then(|error| error.attr("type"));
            if error == Some("cancel") {
                self.forget(&from.bare());
            }
            return Vec::new();
        }
        let is_normal = matches!(message.attr("type"), None | Some("normal"));
        match form::submitted(message).filter(|_| is_normal) {
            Some(form) => self.decide(form, from),
            None => Vec::new(),
        }
    }

    /// The forms in which the owners are asked to approve a subscription.
    pub(super) fn approval_requests(
        &self,
        path: &str,
        subscription: &Subscription,
    ) -> Vec<Addressed> {
        let Some(node) = self.nodes.get(path) else { return Vec::new() };
        let subid = subscription.subid.as_deref().unwrap_or_default();
        let form = subscription_form::approval(path, &subscription.jid.to_string(), subid);
        let circular = Circular::new(&self.place.jid, None, form);
        node.people(Affiliation::Owner).map(|owner| circular.to(owner.clone())).collect()
    }

    /// Approves the subscriptions of an account that has become an owner (`Node.addOwner`).
    pub(super) fn approve_owner(&mut self, path: &str, owner: &Jid) -> Vec<Addressed> {
        let Some(node) = self.nodes.get(path) else { return Vec::new() };
        let waits = |it: &&Subscription| it.state == State::Pending;
        let pending = node.subscriptions_of(owner).filter(waits);
        let pending: Vec<Arc<Jid>> = pending.map(|it| Arc::clone(&it.jid)).collect();
        let granted = pending.iter().map(|jid| self.grant_subscription(path, jid, &mut None));
        granted.flatten().collect()
    }

    /// Makes a subscription in force, new or pending, and sends the last item where the node wants
    /// that. Nothing happens where there is no room for it.
    pub(super) fn grant_subscription(
        &mut self,
        path: &str,
        jid: &Jid,
        last_item: &mut Option<Arc<Circular>>,
    ) -> Vec<Addressed> {
        let Some(node) = self.nodes.get(path) else { return Vec::new() };
        let bare = jid.bare();
        let required = node.config.details.subscription_required;
        let granted = match node.subscription(jid) {
            Some(known) if known.state != State::Pending => false,
            Some(_) => self.nodes.get_mut(path).is_some_and(|node| {
                node.change_subscription(jid, |pending| pending.state = State::Subscribed)
            }),
            None if !node.has_room_for(&bare) => false,
            None => {
                let state = if required { State::Unconfigured } else { State::Subscribed };
                let subscription = self.new_subscription(jid.clone(), state);
                self.nodes.get_mut(path).is_some_and(|node| node.subscribe(subscription))
            }
        };
        if !granted {
            return Vec::new();
        }
        let mut events: Vec<Addressed> =
            self.state_change(path, jid, "subscribed").into_iter().collect();
        events.extend(self.send_last_item(path, jid, last_item));
        let node = self.nodes.get(path);
        if node.is_some_and(|node| {
            node.config.details.presence_based_delivery && node.subscriptions_of(&bare).count() == 1
        }) {
            events.extend(self.ask_for_presence(&bare));
        }
        events
    }

    /// Ends a subscription on an owner's word.
    pub(super) fn end_subscription(&mut self, path: &str, jid: &Jid) -> Vec<Addressed> {
        if self.nodes.get(path).is_none_or(|node| node.subscription(jid).is_none()) {
            return Vec::new();
        }
        let mut events = self.cancel(path, jid);
        events.extend(self.state_change(path, jid, "none"));
        events
    }

    /// A notification came back, since its receiver has no session (recorded: var1_bounce).
    pub(crate) fn bounced(&mut self, to: &Jid) {
        self.forget(&to.bare());
    }

    /// Ends every subscription of an account, on all nodes (recorded: ev_error_message_to_pubsub).
    fn forget(&mut self, bare: &Jid) {
        let subscribes = |node: &&Node| node.subscriptions_of(bare).next().is_some();
        let nodes = self.nodes.values().filter(subscribes);
        let paths: Vec<String> = nodes.map(|node| node.config.path.clone()).collect();
        for path in paths {
            if let Some(node) = self.nodes.get_mut(&path) {
                node.cancel_all(bare);
            }
        }
    }

    fn decide(&mut self, form: &Element, from: &Jid) -> Vec<Addressed> {
        let field = |name| form::value(form, name);
        if field("FORM_TYPE").as_deref() != Some(subscription_form::SUBSCRIBE_AUTHORIZATION) {
            return Vec::new();
        }
        let (Some(path), Some(subid)) = (field("pubsub#node"), field("pubsub#subid")) else {
            return Vec::new();
        };
        let Some(node) = self.nodes.get(&path).filter(|node| node.is_owner(&from.bare())) else {
            return Vec::new();
        };
        let pending = node.subscriptions.iter().find(|known| known.subid.as_ref() == Some(&subid));
        let Some(jid) = pending.map(|subscription| subscription.jid.clone()) else {
            return Vec::new();
        };
        match form::flag(form, "pubsub#allow") {
            Some(true) => self.grant_subscription(&path, &jid, &mut None),
            Some(false) => self.end_subscription(&path, &jid),
            None => Vec::new(),
        }
    }
}
