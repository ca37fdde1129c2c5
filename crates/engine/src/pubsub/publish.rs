//! Publishing items (XEP-0060 §7.1), by clients and by the server itself.

use std::sync::Arc;
use std::time::Duration;

use stanza::{Element, Jid, ns};
use thiserror::Error;

use super::PubSub;
use super::event::Change;
use super::form;
use super::kept::Item;
use super::node::Node;
use super::node_form;
use super::refusal::{Detail, Refusal};
use super::request::{Answer, Request};
use super::tag::tag;
use crate::fault::Name;
use crate::outgoing::Addressed;
use crate::spelling::{Condition, echo};

/// Why the server's own publication fails.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum PublishError {
    /// No node of this path, or a collection.
    #[error("there is no leaf node {path:?}")]
    NoLeaf {
        /// The path asked for.
        path: String,
    },
    /// The payload is not one XML element.
    #[error("the payload is not one XML element")]
    Payload(#[source] stanza::Error),
}

impl From<PublishError> for crate::error::Error {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::NoLeaf { path } => Self::NoLeaf { path },
            PublishError::Payload(cause) => Self::Payload(cause),
        }
    }
}

impl PubSub {
    /// Publishes `payload` to a node in the server's name, under an id that the service makes.
    pub(crate) fn publish(
        &mut self,
        now: Duration,
        path: &str,
        payload: &str,
    ) -> Result<Vec<Addressed>, PublishError> {
        let payload = stanza::parse(payload).map_err(PublishError::Payload)?;
        self.publish_element(now, path, payload)
    }

    /// The same with a payload that is an element already.
    pub(crate) fn publish_element(
        &mut self,
        now: Duration,
        path: &str,
        payload: Element,
    ) -> Result<Vec<Addressed>, PublishError> {
        self.now = now;
        let node = self.nodes.get(path).filter(|node| !node.is_collection());
        let requires_item = node
            .ok_or_else(|| PublishError::NoLeaf { path: path.to_owned() })?
            .config
            .requires_item();
        let items = if requires_item {
            let publisher = Jid { local: None, domain: self.domain.clone(), resource: None };
            let id = self.item_ids.next();
            let (payload, share) = (Some(payload), self.memory.nothing());
            vec![Arc::new(Item { id, payload, publisher, created: now, share })]
        } else {
            Vec::new()
        };
        Ok(self.publish_items(path, &items))
    }

    /// `<publish/>` of a client.
    pub(super) fn publish_request(
        &mut self,
        request: &Request<'_>,
        element: &Element,
        configure: Option<&Element>,
        options: Option<&Element>,
    ) -> Result<Answer, Refusal> {
        let submitted = options.and_then(form::publish_options);
        let told = self.create_at_publish(request, element, configure, submitted)?;
        let node = self.named_node(element)?;
        if let Some(form) = submitted.filter(|_| told.is_none()) {
            match node_form::preconditions_met(form, &self.described(node)) {
                Some(true) => {}
                None if self.policy.crashes => return Err(Refusal::Silence),
                Some(false) | None => {
                    return Err(Refusal::with(Condition::Conflict, Detail::PreconditionNotMet));
                }
            }
        }
        // XEP-0060 §7.1.3.1.
        if !node.may_publish(&request.bare, self.policy.outcasts_publish)
            && !self.place.is_admin(&request.bare)
        {
            return Err(Refusal::of(Condition::Forbidden));
        }
        if node.is_collection() {
            return Err(Refusal::unsupported("publish"));
        }
        let offered: Vec<&Element> =
            element.children().filter(|child| child.is(ns::PUBSUB, "item")).collect();
        let (offered, refused) = match self.check_items(node, &offered) {
            Ok(()) => (offered, None),
            Err(refusal) if request.faults.lasting(Name::PartialBatches) => {
                (offered.into_iter().take(1).collect(), Some(refusal))
            }
            Err(refusal) => return Err(refusal),
        };
        let path = node.config.path.clone();
        let publisher = request.from;
        let mut items = Vec::with_capacity(offered.len());
        for item in offered {
            let id = match item.attr("id") {
                Some(id) => id.to_owned(),
                None if request.faults.lasting(Name::SameIds) => "same".to_owned(),
                None => self.item_ids.next(),
            };
            let old = self.nodes.get(&path).and_then(|node| self.items_of(node).get(&id));
            if let Some(old) = old.filter(|_| request.faults.lasting(Name::KeepOldItems)) {
                items.push(Arc::clone(old));
                continue;
            }
            let payload = item.children().next().cloned();
            let (publisher, share) = (publisher.clone(), self.memory.nothing());
            let mut item = Item { id, payload, publisher, created: request.now, share };
            if !item.is_affordable() {
                return Err(Refusal::of(Condition::ResourceConstraint));
            }
            items.push(Arc::new(item));
        }
        let payload = self.published(&path, &items);
        let events = self.publish_items(&path, &items);
        if let Some(refusal) = refused {
            return Err(refusal);
        }
        Ok(Answer { before: told.unwrap_or_default(), payload, events, ..Answer::default() })
    }

    fn publish_items(&mut self, path: &str, items: &[Arc<Item>]) -> Vec<Addressed> {
        self.keep_items(path, items);
        self.broadcast_items(path, Change::Published(items))
    }

    /// Whether the items fit the node (XEP-0060 §7.1.3.5 to §7.1.3.7).
    fn check_items(&self, node: &Node, items: &[&Element]) -> Result<(), Refusal> {
        let bad = |detail| Err(Refusal::with(Condition::BadRequest, detail));
        if items.is_empty() && node.config.requires_item() {
            return bad(Detail::ItemRequired);
        }
        if !items.is_empty() && !node.config.requires_item() {
            return bad(Detail::ItemForbidden);
        }
        if items.len() > 1 && self.policy.single_item {
            return Err(Refusal::of(Condition::BadRequest));
        }
        for item in items {
            let mut payloads = item.children();
            let payload = payloads.next();
            if payload.is_none() && node.config.deliver_payloads {
                return bad(Detail::PayloadRequired);
            }
            if payloads.next().is_some() {
                return bad(Detail::InvalidPayload);
            }
            let size = payload.map_or(0, |payload| echo(payload, "").len());
            if self.policy.limits_payload && size > node.config.max_payload_size {
                return Err(Refusal::with(Condition::NotAcceptable, Detail::PayloadTooBig));
            }
        }
        Ok(())
    }

    /// The result of a publication (XEP-0060 §7.1.2); Openfire's is empty (recorded: ps_pub_ok).
    fn published(&self, path: &str, items: &[Arc<Item>]) -> String {
        if !self.policy.names_published_item {
            return String::new();
        }
        let items: String = items.iter().map(|item| tag("item", &[("id", &item.id)], "")).collect();
        tag("pubsub", &[("xmlns", ns::PUBSUB)], &tag("publish", &[("node", path)], &items))
    }
}
