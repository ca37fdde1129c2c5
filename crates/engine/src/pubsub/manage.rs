//! A node's life: created (XEP-0060 §8.1), configured (§8.2), purged (§8.5), deleted (§8.4).

use stanza::{Element, Jid, ns};

use super::PubSub;
use super::config::{Association, DEFAULT_OWNER};
use super::event::Audience;
use super::form;
use super::node::Node;
use super::node_form::{self, FormError, Known, Named};
use super::people::Affiliation;
use super::refusal::{Detail, Refusal};
use super::request::{Answer, Request};
use super::tag::tag;
use crate::budget::Weigh;
use crate::ids;
use crate::outgoing::Addressed;
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
        if self.place.is_personal() && !self.place.is_admin(&request.bare) {
            return Err(Refusal::of(Condition::Forbidden));
        }
        let form = configure.and_then(form::within);
        let path = match element.attr("node") {
            Some(path) => path.to_owned(),
            None => ids::alphanumeric(&mut self.chance, 15),
        };
        let (node, parent) = self.prepared(request, &path, form)?;
        if let Some(parent) = parent {
            self.demand_room(request, parent)?;
        }
        self.insert(node);
        let payload = match element.attr("node") {
            Some(_) => String::new(),
            None => {
                let created = tag("create", &[("node", &path)], "");
                tag("pubsub", &[("xmlns", ns::PUBSUB)], &created)
            }
        };
        Ok(Answer { before: self.broadcast_child(&path), payload, ..Answer::default() })
    }

    /// A personal service makes a node that its account publishes to, with the options of the
    /// publication as its configuration (XEP-0163 §3); false where nothing is made.
    pub(super) fn create_at_publish(
        &mut self,
        request: &Request<'_>,
        element: &Element,
        options: Option<&Element>,
    ) -> Result<bool, Refusal> {
        let Some(path) = element.attr("node") else { return Ok(false) };
        if !self.place.is_admin(&request.bare) || self.nodes.contains_key(path) {
            return Ok(false);
        }
        let (node, _) = self.prepared(request, path, options)?;
        self.insert(node);
        Ok(true)
    }

    /// A new node that is not in its place yet, and the collection that it will be in.
    fn prepared(
        &self,
        request: &Request<'_>,
        path: &str,
        form: Option<&Element>,
    ) -> Result<(Node, Option<&Node>), Refusal> {
        let mut parent = self.nodes.get(self.place.root()).filter(|_| self.policy.collections);
        let value = |var: &str| form.and_then(|form| form::value(form, var));
        if let Some(named) = value("pubsub#collection").filter(|_| self.policy.collections) {
            let named = self.existing(&named)?;
            if !named.is_collection() {
                return Err(Refusal::of(Condition::NotAcceptable));
            }
            parent = Some(named);
        }
        if self.nodes.contains_key(path) {
            return Err(Refusal::of(Condition::Conflict));
        }
        if self.nodes.len() >= self.provided + MOST_NODES {
            return Err(Refusal::of(Condition::ResourceConstraint));
        }
        let mut config = self.place.new_node(path);
        if value("pubsub#node_type").as_deref() == Some("collection") {
            if !self.policy.collections {
                return Err(Refusal::unsupported("collections"));
            }
            config = config.collection();
        }
        config.owners = vec![request.bare.to_string()];
        let submitted = form.filter(|form| form.attr("type") == Some("submit"));
        let kind = config.kind;
        let named = match submitted {
            Some(form) => node_form::apply(form, &mut config, self).map_err(|error| {
                // An exception inside Openfire that nobody hears of (recorded:
                // ps_create_bad_access_model).
                let thrown = self.policy.crashes && error != FormError::Unacceptable;
                if thrown { Refusal::Silence } else { self.form_refusal(error) }
            })?,
            None => Named::default(),
        };
        config.kind = kind;
        let full = || Refusal::of(Condition::ResourceConstraint);
        let share = self.memory.share(config.weight()).ok_or_else(full)?;
        let mut node = self.new_node(config, share);
        if !name_people(&mut node, named) {
            return Err(full());
        }
        Ok((node, parent))
    }

    /// Whether a collection takes one more node of this sender.
    fn demand_room(&self, request: &Request<'_>, parent: &Node) -> Result<(), Refusal> {
        let details = &parent.config.details;
        let welcome = self.is_admin(parent, &request.bare)
            || match details.association {
                Association::All => true,
                Association::Owners => false,
                Association::Whitelist => details.associates.contains(&request.bare.to_string()),
            };
        if !welcome {
            return Err(Refusal::of(Condition::Forbidden));
        }
        match details.most_children {
            Some(most) if self.children(parent).count() >= most => {
                Err(Refusal::with(Condition::Conflict, Detail::MaxNodesExceeded))
            }
            _ => Ok(()),
        }
    }

    /// `<default/>`: the configuration that a new node gets.
    pub(super) fn default_configuration(
        &self,
        request: &Request<'_>,
        element: &Element,
    ) -> Result<Answer, Refusal> {
        let config = self.place.new_node("");
        let config = match element.attr("type") {
            None | Some("leaf") => config,
            _ if self.policy.collections => config.collection(),
            _ => return Err(Refusal::unsupported("collections")),
        };
        Ok(Answer::echoing(request, element, &node_form::default_configuration(config)))
    }

    /// `<configure/>` as a get: the form.
    pub(super) fn configuration(
        &self,
        request: &Request<'_>,
        element: &Element,
    ) -> Result<Answer, Refusal> {
        let node = self.configurable(request, element)?;
        let form = node_form::node_configuration(node, &self.child_ids(node));
        Ok(Answer::echoing(request, element, &form))
    }

    /// `<configure/>` as a set: the form, filled in.
    pub(super) fn configure(
        &mut self,
        request: &Request<'_>,
        element: &Element,
    ) -> Result<Answer, Refusal> {
        let node = self.configurable(request, element)?;
        let form = form::within(element).ok_or_else(|| Refusal::of(Condition::BadRequest))?;
        if form.attr("type") != Some("submit") {
            return Ok(Answer::default());
        }
        let mut config = node.config.clone();
        let taken = node_form::apply(form, &mut config, self);
        // A leaf stays a leaf: its items and subscriptions mean nothing elsewhere.
        config.kind = node.config.kind;
        let path = config.path.clone();
        let by_presence = node.config.details.presence_based_delivery;
        let full = Refusal::of(Condition::ResourceConstraint);
        // Openfire keeps the fields that it has read before an exception.
        if taken.is_err() && !self.policy.crashes {
            return taken.map(|_| Answer::default()).map_err(|error| self.form_refusal(error));
        }
        let node = self.nodes.get_mut(&path).ok_or(full)?;
        if !node.configure(config) {
            return Err(full);
        }
        let named = match taken {
            Ok(named) => named,
            Err(error) => return Err(self.form_refusal(error)),
        };
        if !name_people(node, named) {
            return Err(full);
        }
        let now_by_presence = node.config.details.presence_based_delivery;
        let mut events = Vec::new();
        if node.config.notify_config {
            // XEP-0060 §8.2.5.3.
            let node = self.existing(&path)?;
            let changed = if node.config.deliver_payloads {
                node_form::changed_configuration(node, &self.child_ids(node))
            } else {
                String::new()
            };
            let event = tag("configuration", &[("node", &path)], &changed);
            events = self.broadcast(&path, Audience::Subscribed, &event);
        }
        if by_presence != now_by_presence {
            events.extend(self.follow_presence(&path, now_by_presence));
        }
        Ok(Answer::after(events))
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
        if self.is_root(node) {
            return Err(Refusal::of(Condition::NotAllowed));
        }
        let (path, told) = (node.config.path.clone(), node.config.notify_delete);
        let by_presence = node.config.details.presence_based_delivery;
        let collection = node.is_collection();
        let up = node.config.details.collection.clone();
        let event = tag("delete", &[("node", &path)], "");
        let mut events =
            if told { self.broadcast(&path, Audience::All, &event) } else { Vec::new() };
        if by_presence {
            events.extend(self.follow_presence(&path, false));
        }
        self.nodes.remove(&path);
        if collection {
            self.release_children(&path, up.as_deref());
        }
        Ok(Answer::after(events))
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
        node.purge(self.policy.purges_last);
        if !node.config.notify_retract && self.policy.obeys_notify {
            return Ok(Answer::default());
        }
        let event = tag("purge", &[("node", &path)], "");
        Ok(Answer::after(self.broadcast(&path, Audience::Subscribed, &event)))
    }

    /// The node that is to be configured; the account of a personal service may mean its root.
    fn configurable(&self, request: &Request<'_>, element: &Element) -> Result<&Node, Refusal> {
        let node = match element.attr("node") {
            None if self.place.is_admin(&request.bare) => self.node_or_root(element)?,
            _ => self.named_node(element)?,
        };
        self.demand_owner(request, node)?;
        Ok(node)
    }

    /// A node begins or ceases to go by the presence of its subscribers.
    fn follow_presence(&mut self, path: &str, begins: bool) -> Vec<Addressed> {
        let Some(node) = self.nodes.get_mut(path) else { return Vec::new() };
        let mut accounts: Vec<Jid> = node
            .subscriptions
            .iter()
            .filter(|subscription| subscription.options.shows.is_empty())
            .map(|subscription| subscription.jid.bare())
            .collect();
        accounts.dedup();
        if !begins {
            node.config.details.presence_based_delivery = false;
        }
        accounts
            .iter()
            .filter_map(|account| {
                if begins { self.ask_for_presence(account) } else { self.leave_presence(account) }
            })
            .collect()
    }

    fn form_refusal(&self, error: FormError) -> Refusal {
        match error {
            FormError::Unacceptable => Refusal::of(Condition::NotAcceptable),
            _ if self.policy.crashes => Refusal::Crash,
            // XEP-0060 §8.1.2.
            FormError::Model => {
                Refusal::with(Condition::NotAcceptable, Detail::UnsupportedAccessModel)
            }
            // XEP-0060 §8.2.5.2.
            FormError::Value => Refusal::of(Condition::NotAcceptable),
        }
    }
}

impl Known for PubSub {
    fn is_collection(&self, path: &str) -> bool {
        self.policy.collections && self.nodes.get(path).is_some_and(Node::is_collection)
    }

    fn knows_last_published(&self) -> bool {
        self.policy.knows_last_published
    }
}

/// Puts the owners and publishers that a configuration names in the place of those that are there;
/// false when there is no room for them.
fn name_people(node: &mut Node, named: Named) -> bool {
    let lists = [(named.owners, Affiliation::Owner), (named.publishers, Affiliation::Publisher)];
    for (people, affiliation) in lists {
        let Some(people) = people else { continue };
        let gone: Vec<Jid> =
            node.people(affiliation).filter(|jid| !people.contains(jid)).cloned().collect();
        for jid in gone {
            node.affiliate(&jid, None);
        }
        if !people.iter().all(|jid| node.affiliate(jid, Some(affiliation))) {
            return false;
        }
    }
    true
}
