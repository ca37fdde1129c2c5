//! Service discovery of the service and its nodes (XEP-0060 §5.1 to §5.5).

use stanza::{Element, ns};

use super::PubSub;
use super::node::Node;
use super::node_form;
use super::refusal::Refusal;
use super::request::{Answer, Request};
use super::tag::tag;
use crate::spelling::{Condition, echo};

impl PubSub {
    /// disco#info of the service, or of the node that the query names.
    pub(super) fn disco_info(
        &self,
        request: &Request<'_>,
        query: &Element,
    ) -> Result<Answer, Refusal> {
        let node = self.discovered(request, query)?;
        let content = match node {
            Some(node) => node_info(node),
            None => self.service_info(),
        };
        Ok(Answer::with(tag("query", &attributes(ns::DISCO_INFO, node), &content)))
    }

    /// disco#items: the nodes of the service, or the items of the node that the query names.
    pub(super) fn disco_items(
        &self,
        request: &Request<'_>,
        query: &Element,
    ) -> Result<Answer, Refusal> {
        let node = self.discovered(request, query)?;
        let host = self.host.as_str();
        let content: String = match node {
            Some(node) => {
                node.admit_reader(&request.bare)?;
                node.items(usize::MAX)
                    .map(|item| tag("item", &[("jid", host), ("name", &item.id)], ""))
                    .collect()
            }
            None => {
                let nodes =
                    self.nodes.values().filter(|node| !node.is_root()).map(|node| &node.config);
                let entry = |title: &str, path: &str| {
                    tag("item", &[("jid", host), ("name", title), ("node", path)], "")
                };
                nodes.map(|config| entry(&config.title, &config.path)).collect()
            }
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
        self.nodes.get(path).map(Some).ok_or_else(|| Refusal::of(Condition::ItemNotFound))
    }

    fn service_info(&self) -> String {
        let identity =
            [("category", "pubsub"), ("name", "Publish-Subscribe service"), ("type", "service")];
        let mut out = tag("identity", &identity, "") + &feature(ns::PUBSUB);
        out.extend(
            self.policy.features.iter().map(|name| feature(&format!("{}#{name}", ns::PUBSUB))),
        );
        out + &feature(ns::DISCO_INFO)
    }
}

/// Recorded: ps_disco_info_node.
fn node_info(node: &Node) -> String {
    let identity =
        tag("identity", &[("category", "pubsub"), ("type", node.config.kind.name())], "");
    identity + &feature(ns::PUBSUB) + &feature(ns::DISCO_INFO) + &node_form::meta_data(node)
}

fn feature(var: &str) -> String {
    tag("feature", &[("var", var)], "")
}

fn attributes<'a>(namespace: &'a str, node: Option<&'a Node>) -> Vec<(&'a str, &'a str)> {
    let mut attributes = vec![("xmlns", namespace)];
    attributes.extend(node.map(|node| ("node", node.config.path.as_str())));
    attributes
}
