//! A node's life: created (XEP-0060 §8.1), configured (§8.2), purged (§8.5), deleted (§8.4).

use stanza::{Element, Jid, ns};

use super::PubSub;
use super::config::{Association, DEFAULT_OWNER};
use super::event::Audience;
use super::form;
use super::node::Node;
use super::node_form::{self, FormError, NamedPeople, NodeContext};
use super::people::Affiliation;
use super::refusal::{Detail, Refusal};
use super::request::{Answer, Request};
use super::tag::tag;
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
        options: Option<&Element>,
    ) -> Result<Answer, Refusal> {
        // XEP-0060 §8.1.1: here the account that owns Finesse's nodes is the one with the
        // privilege.
        if !self.policy.anyone_creates && request.bare.local.as_deref() != Some(DEFAULT_OWNER) {
            return Err(Refusal::of(Condition::Forbidden));
        }
        if self.place.is_personal() && !self.place.is_admin(&request.bare) {
            return Err(Refusal::of(Condition::Forbidden));
        }
        let options = options.and_then(form::publish_options);
        let form = form::merged(configure.and_then(form::within), options);
        let path = match element.attr("node") {
            Some(path) => path.to_owned(),
            None => ids::alphanumeric(&mut self.chance, 15),
        };
        let (node, children) = self.prepared(request, &path, form.as_deref(), false)?;
        self.insert(node);
        self.adopt(&path, children);
        let payload = match element.attr("node") {
            Some(_) => String::new(),
            None => {
                let created = tag("create", &[("node", &path)], "");
                tag("pubsub", &[("xmlns", ns::PUBSUB)], &created)
            }
        };
        Ok(Answer { before: self.announce(&path), payload, ..Answer::default() })
    }

    /// A new node is told of in the collections around it, and its people are asked for their
    /// presence if it goes by that.
    fn announce(&self, path: &str) -> Vec<Addressed> {
        let mut stanzas = self.broadcast_child(path);
        if self.nodes.get(path).is_some_and(|it| it.config.details.presence_based_delivery) {
            stanzas.extend(self.ask_people(path));
        }
        stanzas
    }

    /// A personal service makes a node that its account publishes to, with the options of the
    /// publication as its configuration (XEP-0163 §3). Returns what is told of it if they have done
    /// all that they are for: otherwise the node must be as they demand. Openfire makes one for a
    /// publication to nobody before it looks at the options (`IQPEPHandler`).
    pub(super) fn create_at_publish(
        &mut self,
        request: &Request<'_>,
        element: &Element,
        configure: Option<&Element>,
        options: Option<&Element>,
    ) -> Result<Option<Vec<Addressed>>, Refusal> {
        let to_nobody = !request.is_addressed && self.policy.crashes && self.place.is_personal();
        let Some(path) = element.attr("node") else {
            return if to_nobody { Err(Refusal::Crash) } else { Ok(None) };
        };
        let auto = options.and_then(|options| form::field(options, "pubsub#auto-create"));
        let auto = auto.is_none_or(|values| {
            values.first().is_some_and(|it| it == "1" || it.eq_ignore_ascii_case("true"))
        });
        let makes = (auto || to_nobody) && self.place.is_admin(&request.bare);
        if !makes || self.nodes.contains_key(path) {
            return Ok(None);
        }
        let configure = configure.filter(|_| !to_nobody).and_then(form::within);
        let form = form::merged(configure, options);
        let prepared = match self.prepared(request, path, form.as_deref(), to_nobody) {
            Err(Refusal::Silence) if to_nobody => Err(Refusal::Crash),
            // Options that are not acceptable are passed over.
            Err(Refusal::Error(Condition::ItemNotFound | Condition::NotAcceptable, _))
                if to_nobody =>
            {
                self.prepared(request, path, None, to_nobody)
            }
            prepared => prepared,
        };
        let (node, _) = prepared?;
        self.insert(node);
        Ok((!to_nobody).then(|| self.announce(path)))
    }

    /// A new node that is not in its place yet, and the nodes that move into it; a leaf whatever
    /// the form says, if it is to be one.
    fn prepared(
        &self,
        request: &Request<'_>,
        path: &str,
        form: Option<&Element>,
        is_leaf: bool,
    ) -> Result<(Node, Option<Vec<String>>), Refusal> {
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
        let mut config = self.new_config(path);
        if !is_leaf && value("pubsub#node_type").as_deref() == Some("collection") {
            if !self.policy.collections {
                return Err(Refusal::unsupported("collections"));
            }
            config = config.collection();
        } else if let Some(parent) = parent {
            self.demand_room(request, parent)?;
        }
        config.owners = vec![request.bare.to_string()];
        let mut named = NamedPeople::default();
        if let Some(form) = form {
            // An exception inside Openfire that nobody hears of (recorded:
            // ps_create_bad_access_model).
            let refusal = |error| match error {
                FormError::Model | FormError::Value if self.policy.crashes => Refusal::Silence,
                error => self.form_refusal(error),
            };
            if node_form::is_submitted(form).map_err(refusal)? {
                node_form::apply(form, &mut config, &mut named, self).map_err(refusal)?;
            }
        }
        let full = || Refusal::of(Condition::ResourceConstraint);
        let openfire = self.policy.lists_unaffiliated;
        let node = Node::made(config, &self.domain, &self.memory, openfire);
        let mut node = node.ok_or_else(full)?;
        let children = std::mem::take(&mut named.children);
        if name_people(&mut node, named).is_none() {
            return Err(full());
        }
        Ok((node, children))
    }

    /// Whether a collection takes one more leaf of this sender.
    fn demand_room(&self, request: &Request<'_>, parent: &Node) -> Result<(), Refusal> {
        let details = &parent.config.details;
        let welcome = self.is_admin(parent, &request.bare)
            || match details.association {
                Association::All => true,
                Association::Owners => false,
                // A bare address on the list admits no session (`CollectionNode`).
                Association::Whitelist => details.associates.contains(&request.from.to_string()),
            };
        if !welcome {
            return Err(Refusal::of(Condition::Forbidden));
        }
        match details.most_children {
            Some(most)
                if self.children(parent).filter(|it| !it.is_collection()).count() >= most =>
            {
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
        let config = self.new_config("");
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
        let form = node_form::node_configuration(&self.described(node));
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
        match node_form::is_submitted(form) {
            Ok(true) => {}
            Err(error) if self.policy.crashes => return Err(self.form_refusal(error)),
            Ok(false) | Err(_) => return Ok(Answer::default()),
        }
        let (mut config, mut named) = (node.config.clone(), NamedPeople::default());
        let taken = node_form::apply(form, &mut config, &mut named, self);
        let path = config.path.clone();
        let by_presence = node.config.details.presence_based_delivery;
        let full = Refusal::of(Condition::ResourceConstraint);
        // Openfire keeps the fields that it has read before an exception.
        if taken.is_err() && !self.policy.crashes {
            return taken.map(|()| Answer::default()).map_err(|error| self.form_refusal(error));
        }
        let moves = node.config.details.collection != config.details.collection;
        let node = self.nodes.get_mut(&path).ok_or(full)?;
        if !node.configure(config) {
            return Err(full);
        }
        if moves {
            self.instance.left_out.remove(&path);
        }
        let now_by_presence = node.config.details.presence_based_delivery;
        let notifies = node.config.notify_config;
        let children = std::mem::take(&mut named.children);
        let appointed = name_people(node, named).ok_or(full)?;
        self.adopt(&path, children);
        if let Err(error) = taken {
            return Err(self.form_refusal(error));
        }
        let mut events = Vec::new();
        for owner in appointed {
            events.extend(self.approve_owner(&path, &owner));
        }
        if notifies {
            // XEP-0060 §8.2.5.3.
            let node = self.existing(&path)?;
            let changed = if node.config.deliver_payloads {
                node_form::changed_configuration(&self.described(node))
            } else {
                String::new()
            };
            let event = tag("configuration", &[("node", &path)], &changed);
            events.extend(self.broadcast(&path, Audience::Subscribed, &event));
        }
        if now_by_presence && !by_presence {
            events.extend(self.ask_people(&path));
        }
        Ok(Answer::after(events))
    }

    /// `<delete/>`; all subscribers are told, in any state (recorded: ev_delete_node).
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
        let collection = node.is_collection();
        let up = node.config.details.collection.clone();
        let event = tag("delete", &[("node", &path)], "");
        let events = if told { self.broadcast(&path, Audience::All, &event) } else { Vec::new() };
        self.nodes.remove(&path);
        self.drop_items(&path, true);
        self.instance.left_out.remove(&path);
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
        // Openfire takes a collection for a leaf, and throws.
        if node.is_collection() && self.policy.crashes {
            return Err(Refusal::Crash);
        }
        // XEP-0060 §8.5.3.3.
        if node.is_collection() || !node.config.persist_items {
            return Err(Refusal::unsupported("persistent-items"));
        }
        let path = node.config.path.clone();
        let told = node.config.notify_retract || !self.policy.obeys_notify;
        self.drop_items(&path, self.policy.purges_last);
        if !told {
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

    /// Asks all people of a node that begins to go by presence to show theirs, whether they
    /// subscribe or not (`Node.addPresenceSubscriptions`). No account hears of its end: the
    /// node that ends is asked whether it is in need, and is (`cancelPresenceSubscriptions`).
    fn ask_people(&self, path: &str) -> Vec<Addressed> {
        let people = self.nodes.get(path).map(|node| node.people.iter()).into_iter().flatten();
        let asked = people.filter(|person| person.affiliation != Affiliation::Outcast);
        asked.filter_map(|person| self.ask_for_presence(&person.jid)).collect()
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

impl NodeContext for PubSub {
    fn is_root(&self, path: &str) -> bool {
        path == self.place.root()
    }

    fn is_collection(&self, path: &str) -> bool {
        self.policy.collections && self.nodes.get(path).is_some_and(Node::is_collection)
    }

    fn is_node(&self, path: &str) -> bool {
        self.nodes.contains_key(path)
    }

    fn knows_last_published(&self) -> bool {
        self.policy.knows_last_published
    }
}

/// Puts the owners and publishers that a configuration names in the place of those that are there.
/// The new owners; none when there is no room for the people.
fn name_people(node: &mut Node, named: NamedPeople) -> Option<Vec<Jid>> {
    let lists = [(named.owners, Affiliation::Owner), (named.publishers, Affiliation::Publisher)];
    let mut appointed = Vec::new();
    for (people, affiliation) in lists {
        let Some(people) = people else { continue };
        let gone: Vec<Jid> =
            node.people(affiliation).filter(|jid| !people.contains(jid)).cloned().collect();
        gone.iter().for_each(|jid| node.dismiss(jid));
        for jid in people {
            if node.affiliation(&jid) == Some(affiliation) {
                continue;
            }
            if !node.affiliate(&jid, Some(affiliation)) {
                return None;
            }
            if affiliation == Affiliation::Owner {
                appointed.push(jid);
            }
        }
    }
    Some(appointed)
}
