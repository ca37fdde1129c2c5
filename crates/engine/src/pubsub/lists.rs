//! Lists of an account's own: its subscriptions (XEP-0060 §5.6) and affiliations (§5.7).

use stanza::Element;

use super::PubSub;
use super::node::Node;
use super::people::Affiliation;
use super::refusal::Refusal;
use super::request::{Answer, Request};
use super::subscriptions::Subscription;
use super::tag::tag;
use crate::spelling::Condition;

impl PubSub {
    /// All subscriptions of the sender's account, oldest first, or those at one node.
    pub(super) fn subscriptions(
        &self,
        request: &Request<'_>,
        element: &Element,
    ) -> Result<Answer, Refusal> {
        let filter = element.attr("node");
        let mut found: Vec<(&Node, &Subscription)> = match filter {
            Some(path) => {
                let unknown = if self.policy.crashes {
                    Refusal::Crash
                } else {
                    Refusal::of(Condition::ItemNotFound)
                };
                let node = self.nodes.get(path).ok_or(unknown)?;
                node.subscriptions_of(&request.bare)
                    .map(|subscription| (node, subscription))
                    .collect()
            }
            None => {
                let of_node = |node| {
                    let mine = Node::subscriptions_of(node, &request.bare);
                    mine.map(move |subscription| (node, subscription))
                };
                self.listed().into_iter().flat_map(of_node).collect()
            }
        };
        if !self.policy.hashes_nodes {
            found.sort_by_key(|(_, subscription)| subscription.serial);
        }
        let names_node = filter.is_none() || self.policy.repeats_node;
        let entries: String = found
            .iter()
            .map(|(node, subscription)| {
                let jid = subscription.jid.to_string();
                let mut attributes =
                    vec![("jid", jid.as_str()), ("subscription", subscription.state.name())];
                if names_node && !self.is_root(node) {
                    attributes.insert(0, ("node", &node.config.path));
                }
                tag("subscription", &attributes, "")
            })
            .collect();
        Ok(Answer::echoing(request, element, &entries))
    }

    /// All affiliations of the sender's account. In Openfire's manner a subscriber without one is
    /// listed as `none`, an account without any gets item-not-found (recorded: affiliations_get).
    pub(super) fn affiliations(
        &self,
        request: &Request<'_>,
        element: &Element,
    ) -> Result<Answer, Refusal> {
        let openfire = self.policy.lists_unaffiliated;
        let filter = element.attr("node").filter(|_| !openfire);
        if let Some(path) = filter
            && !self.nodes.contains_key(path)
        {
            return Err(Refusal::of(Condition::ItemNotFound));
        }
        let jid = request.bare.to_string();
        let entries: String = self
            .listed()
            .into_iter()
            .filter(|node| filter.is_none_or(|path| path == node.config.path))
            .filter_map(|node| {
                let name = self.affiliation_name(node.affiliation(&request.bare)?);
                let mut attributes = vec![("affiliation", name)];
                if openfire {
                    attributes.insert(0, ("jid", &jid));
                }
                if !self.is_root(node) {
                    attributes.insert(0, ("node", &node.config.path));
                }
                Some(tag("affiliation", &attributes, ""))
            })
            .collect();
        if openfire && entries.is_empty() {
            return Err(Refusal::of(Condition::ItemNotFound));
        }
        Ok(Answer::echoing(request, element, &entries))
    }

    /// The word for an affiliation.
    pub(super) fn affiliation_name(&self, affiliation: Affiliation) -> &'static str {
        match affiliation {
            Affiliation::Owner => "owner",
            Affiliation::Publisher => "publisher",
            Affiliation::Member if self.policy.lists_unaffiliated => "none",
            Affiliation::Member => "member",
            Affiliation::Outcast => "outcast",
        }
    }
}
