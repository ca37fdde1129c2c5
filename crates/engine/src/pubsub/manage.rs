//! A node's life: created (XEP-0060 §8.1), configured (§8.2), purged (§8.5), deleted (§8.4).

use stanza::{Element, ns};

use super::PubSub;
use super::config::{DEFAULT_OWNER, NodeConfig, NodeKind};
use super::event::Audience;
use super::form;
use super::node::Node;
use super::node_form::{self, FormError};
use super::refusal::{Detail, Refusal};
use super::request::{Answer, Request};
use super::tag::tag;
use crate::budget::Weigh;
use crate::ids;
use crate::spelling::Condition;

/// Nodes that clients may create, beside those that were there from the start.
const MOST_NODES: usize = 4096;

impl PubSub {
    /// `<create/>`; without a node id the service makes one (an instant node).
    pub(super) fn create_request(
        &mut self,
        request: &Request<'_>,
        element: &Element,
        configure: Option<&Element>,
    ) -> Result<Answer, Refusal> {
        // XEP-0060 §8.1.1: here the account that owns Finesse's nodes is the one with the
        // privilege.
        if !self.policy.anyone_creates && request.bare.local.as_deref() != Some(DEFAULT_OWNER) {
            return Err(Refusal::of(Condition::Forbidden));
        }
        let path = match element.attr("node") {
            Some(path) => path.to_owned(),
            None => ids::alphanumeric(&mut self.chance, 15),
        };
        if self.nodes.contains_key(&path) {
            return Err(Refusal::of(Condition::Conflict));
        }
        if self.nodes.len() >= self.provided + MOST_NODES {
            return Err(Refusal::of(Condition::ResourceConstraint));
        }
        let mut config = NodeConfig::new(path.clone());
        config.owners = vec![request.bare.to_string()];
        if let Some(form) = configure.and_then(form::submitted) {
            node_form::apply(form, &mut config).map_err(|error| self.form_refusal(error))?;
        }
        if config.kind == NodeKind::Collection && !self.policy.collections {
            return Err(Refusal::unsupported("collections"));
        }
        let full = || Refusal::of(Condition::ResourceConstraint);
        let share = self.memory.share(config.weight()).ok_or_else(full)?;
        self.nodes.insert(path.clone(), Node::new(config, &self.domain, share));
        if element.attr("node").is_some() {
            return Ok(Answer::default());
        }
        let created = tag("create", &[("node", &path)], "");
        Ok(Answer::with(tag("pubsub", &[("xmlns", ns::PUBSUB)], &created)))
    }

    /// `<default/>`: the configuration that a new node gets.
    pub(super) fn default_configuration(&self) -> Answer {
        let form = node_form::default_configuration();
        Answer::with(tag("pubsub", &[("xmlns", ns::PUBSUB_OWNER)], &tag("default", &[], &form)))
    }

    /// `<configure/>` as a get: the form.
    pub(super) fn configuration(
        &self,
        request: &Request<'_>,
        element: &Element,
    ) -> Result<Answer, Refusal> {
        let node = self.owned_node(request, element)?;
        let form = node_form::node_configuration(node);
        let configure = tag("configure", &[("node", &node.config.path)], &form);
        Ok(Answer::with(tag("pubsub", &[("xmlns", ns::PUBSUB_OWNER)], &configure)))
    }

    /// `<configure/>` as a set: the form, filled in.
    pub(super) fn configure(
        &mut self,
        request: &Request<'_>,
        element: &Element,
    ) -> Result<Answer, Refusal> {
        let node = self.owned_node(request, element)?;
        let form = form::submitted(element).ok_or_else(|| Refusal::of(Condition::BadRequest))?;
        let mut config = node.config.clone();
        node_form::apply(form, &mut config).map_err(|error| self.form_refusal(error))?;
        // A leaf stays a leaf: its items and subscriptions mean nothing elsewhere.
        config.kind = node.config.kind;
        let path = config.path.clone();
        let Some(node) = self.nodes.get_mut(&path) else { return Ok(Answer::default()) };
        if !node.configure(config) {
            return Err(Refusal::of(Condition::ResourceConstraint));
        }
        if !node.config.notify_config {
            return Ok(Answer::default());
        }
        // XEP-0060 §8.2.5.3.
        let changed = if node.config.deliver_payloads {
            node_form::changed_configuration(node)
        } else {
            String::new()
        };
        let event = tag("configuration", &[("node", &path)], &changed);
        Ok(Answer::then(self.broadcast(&path, Audience::Subscribed, &event)))
    }

    /// `<delete/>`; everybody who subscribed is told, in whatever state (recorded: ev_delete_node).
    pub(super) fn delete(
        &mut self,
        request: &Request<'_>,
        element: &Element,
    ) -> Result<Answer, Refusal> {
        // Recorded: ps_delete_no_node, without the pubsub condition.
        if element.attr("node").is_none() {
            return Err(Refusal::of(Condition::BadRequest));
        }
        let node = self.owned_node(request, element)?;
        let (path, told) = (node.config.path.clone(), node.config.notify_delete);
        let event = tag("delete", &[("node", &path)], "");
        let events = if told { self.broadcast(&path, Audience::All, &event) } else { Vec::new() };
        self.nodes.remove(&path);
        Ok(Answer::then(events))
    }

    /// `<purge/>`; only of nodes that keep items.
    pub(super) fn purge(
        &mut self,
        request: &Request<'_>,
        element: &Element,
    ) -> Result<Answer, Refusal> {
        let node = self.owned_node(request, element)?;
        // XEP-0060 §8.5.3.3.
        if node.is_collection() || !node.config.persist_items {
            return Err(Refusal::unsupported("persistent-items"));
        }
        let path = node.config.path.clone();
        let Some(node) = self.nodes.get_mut(&path) else { return Ok(Answer::default()) };
        node.purge();
        if !node.config.notify_retract {
            return Ok(Answer::default());
        }
        let event = tag("purge", &[("node", &path)], "");
        Ok(Answer::then(self.broadcast(&path, Audience::Subscribed, &event)))
    }

    fn form_refusal(&self, error: FormError) -> Refusal {
        match error {
            FormError::Model if !self.policy.refuses_access_models => Refusal::Silence,
            // XEP-0060 §8.1.2.
            FormError::Model => {
                Refusal::with(Condition::NotAcceptable, Detail::UnsupportedAccessModel)
            }
            // XEP-0060 §8.2.5.2.
            FormError::Value => Refusal::of(Condition::NotAcceptable),
        }
    }
}
