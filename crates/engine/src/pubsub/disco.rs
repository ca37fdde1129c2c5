//! Service discovery of the service and its nodes (XEP-0060 §5.1 to §5.5).

use stanza::{Element, Jid, ns};

use super::PubSub;
use super::config::NodeConfig;
use super::node::Node;
use super::node_form;
use super::refusal::Refusal;
use super::request::{Answer, Request};
use super::tag::tag;
use crate::fault::Name;
use crate::spelling::{Condition, echo, is_caps_node};

impl PubSub {
    /// disco#info of the service, or of the node that the query names.
    pub(super) fn disco_info(
        &self,
        request: &Request<'_>,
        query: &Element,
    ) -> Result<Answer, Refusal> {
        // Recorded: generated, pubsub_206.
        if self.is_elsewhere(request) {
            return Err(Refusal::of(Condition::ItemNotFound));
        }
        let of_caps =
            query.attr("node").filter(|node| self.policy.collections && is_caps_node(node));
        let node = if of_caps.is_some() { None } else { self.discovered(request, query)? };
        let content = match node {
            Some(node) => self.node_info(node),
            None => self.service_info(!request.faults.lasting(Name::HideFeatures)),
        };
        let mut attributes = attributes(ns::DISCO_INFO, node);
        attributes.extend(of_caps.map(|node| ("node", node)));
        Ok(Answer::with(tag("query", &attributes, &content)))
    }

    /// disco#items: the nodes of the service, or the items of the node that the query names.
    pub(super) fn disco_items(
        &self,
        request: &Request<'_>,
        query: &Element,
    ) -> Result<Answer, Refusal> {
        let elsewhere = self.is_elsewhere(request);
        let node = if elsewhere { None } else { self.discovered(request, query)? };
        let host = self.place.address.as_str();
        let entry = |node: &Node| {
            let NodeConfig { title, path, .. } = &node.config;
            tag("item", &[("jid", host), ("name", title), ("node", path)], "")
        };
        let content: String = match node {
            Some(node) if node.is_collection() => self.children(node).map(entry).collect(),
            Some(node) => {
                if self.policy.hides_items {
                    self.demand_reader(request, node)?;
                }
                self.items_of(node)
                    .list(None)
                    .into_iter()
                    .map(|item| tag("item", &[("jid", host), ("name", &item.id)], ""))
                    .collect()
            }
            // Openfire's nodes are nobody's at the address.
            None if elsewhere => String::new(),
            None => match self.nodes.get(self.place.root()).filter(|_| self.policy.collections) {
                Some(root) => self.children(root).map(entry).collect(),
                None => self.nodes.values().map(entry).collect(),
            },
        };
        // An empty query is the received one, with its end tag (recorded: ps_disco_items_node).
        Ok(Answer::with(if content.is_empty() {
            echo(query, ns::CLIENT)
        } else {
            tag("query", &attributes(ns::DISCO_ITEMS, node), &content)
        }))
    }

    fn discovered(&self, request: &Request<'_>, query: &Element) -> Result<Option<&Node>, Refusal> {
        // XEP-0030 §3.1: a query is a get.
        if request.set && self.policy.checks_requests {
            return Err(Refusal::of(Condition::BadRequest));
        }
        let Some(path) = query.attr("node") else { return Ok(None) };
        self.existing(path).map(Some)
    }

    /// Whether a request goes to an account of the service's host, of which there are none.
    fn is_elsewhere(&self, request: &Request<'_>) -> bool {
        let to = request.iq.attr("to").and_then(|to| Jid::parse(to).ok());
        self.policy.collections
            && !self.place.is_personal()
            && to.is_some_and(|to| to.local.is_some())
    }

    /// The disco#info of a node, if there is one of this name.
    pub(crate) fn named_info(&self, path: &str) -> Option<String> {
        self.nodes.get(path).map(|node| self.node_info(node))
    }

    /// Recorded: ps_disco_info_node.
    fn node_info(&self, node: &Node) -> String {
        let kind = node.config.kind.name();
        let identity = tag("identity", &[("category", "pubsub"), ("type", kind)], "");
        let meta_data = node_form::meta_data(&self.described(node));
        identity + &feature(ns::PUBSUB) + &feature(ns::DISCO_INFO) + &meta_data
    }

    fn service_info(&self, all: bool) -> String {
        let identity =
            [("category", "pubsub"), ("name", "Publish-Subscribe service"), ("type", "service")];
        let mut out = tag("identity", &identity, "") + &feature(ns::PUBSUB);
        let names = self.policy.features.iter().filter(|_| all);
        out.extend(names.map(|name| feature(&format!("{}#{name}", ns::PUBSUB))));
        out + &feature(ns::DISCO_INFO)
    }
}

fn feature(var: &str) -> String {
    tag("feature", &[("var", var)], "")
}

fn attributes<'a>(namespace: &'a str, node: Option<&'a Node>) -> Vec<(&'a str, &'a str)> {
    let mut attributes = vec![("xmlns", namespace)];
    attributes.extend(node.map(|node| ("node", node.config.path.as_str())));
    attributes
}
