//! Items after their publication: reading them (XEP-0060 §6.5), taking them back (§7.2).

use std::collections::HashSet;
use std::sync::Arc;

use stanza::{Element, ns};

use super::PubSub;
use super::event::{Change, item_xml, whole_item_xml};
use super::kept::Item;
use super::node::Node;
use super::people::Affiliation;
use super::refusal::{Detail, Refusal};
use super::request::{Answer, Request};
use super::tag::tag;
use crate::fault::Name;
use crate::spelling::Condition;

/// Octets of an answer behind which no item comes twice.
const MOST_REPEATED: usize = 16 << 10;

impl PubSub {
    /// `<items/>`: all that are kept, the newest few, or some by id; ids that do not exist are
    /// passed over.
    pub(super) fn items(
        &self,
        request: &Request<'_>,
        element: &Element,
    ) -> Result<Answer, Refusal> {
        let node = self.named_node(element)?;
        if node.is_collection() {
            return Err(Refusal::unsupported("retrieve-items"));
        }
        self.demand_reader(request, node)?;
        let is_readable =
            |item: &&Arc<Item>| request.late.is_none_or(|late| item.created + late <= request.now);
        let wanted: Vec<&Element> =
            element.children().filter(|child| child.is(ns::PUBSUB, "item")).collect();
        // Text that is no number counts as no limit (recorded: ps_items).
        let limit = element.attr("max_items").and_then(|limit| limit.parse::<i32>().ok());
        let items = self.items_of(node);
        let items = if wanted.is_empty() || limit.is_some() && self.policy.crashes {
            let found = items.list(limit).into_iter().filter(is_readable);
            found.map(|item| item_xml(node, item, ns::PUBSUB, None)).collect()
        } else {
            // Openfire gives an item as often as it is asked for; here a long answer has each once.
            let (mut given, mut text) = (HashSet::new(), String::new());
            for id in wanted.iter().filter_map(|wanted| wanted.attr("id")) {
                let is_new = given.insert(id);
                let repeats = self.policy.repeats_items && text.len() < MOST_REPEATED;
                if let Some(item) = items.get(id).filter(is_readable).filter(|_| is_new || repeats)
                {
                    text += &whole_item_xml(item, ns::PUBSUB);
                }
            }
            text
        };
        let items = tag("items", &[("node", &node.config.path)], &items);
        Ok(Answer::with(tag("pubsub", &[("xmlns", ns::PUBSUB)], &items)))
    }

    /// `<retract/>`: allowed to owners, and to the publisher of the item.
    pub(super) fn retract(
        &mut self,
        request: &Request<'_>,
        element: &Element,
    ) -> Result<Answer, Refusal> {
        let node = self.named_node(element)?;
        let item_required = Refusal::with(Condition::BadRequest, Detail::ItemRequired);
        let wanted: Vec<&Element> =
            element.children().filter(|child| child.is(ns::PUBSUB, "item")).collect();
        if wanted.is_empty() {
            return Err(item_required);
        }
        // XEP-0060 §7.2.3.5.
        if node.is_collection() || !node.config.requires_item() {
            return Err(Refusal::unsupported("persistent-items"));
        }
        let mut gone = Vec::with_capacity(wanted.len());
        let mut refused = None;
        for wanted in wanted {
            let id = wanted.attr("id").ok_or(item_required);
            match id.and_then(|id| self.retractable(request, node, id)) {
                Ok(item) if gone.iter().any(|known| Arc::ptr_eq(known, item)) => {}
                Ok(item) => gone.push(Arc::clone(item)),
                Err(refusal) if request.faults.lasting(Name::PartialBatches) => {
                    refused = Some(refusal);
                    break;
                }
                Err(refusal) => return Err(refusal),
            }
        }
        if request.faults.lasting(Name::IgnoreRetract) {
            return Ok(Answer::default());
        }
        // The attribute asks for what the node may not do of itself (XEP-0060 §7.2.2.1).
        let asked = matches!(element.attr("notify"), Some("1" | "true"));
        let told = node.config.notify_retract || asked && self.policy.obeys_notify;
        let path = node.config.path.clone();
        gone.iter().for_each(|item| self.drop_item(&path, &item.id));
        if let Some(refusal) = refused {
            return Err(refusal);
        }
        if !told {
            return Ok(Answer::default());
        }
        Ok(Answer::then(self.broadcast_items(&path, Change::Retracted(&gone))))
    }

    /// The item of this id, if the sender may take it back. Its existence is checked before the
    /// sender's rights (recorded: ev_retract_purge_transient).
    fn retractable<'n>(
        &'n self,
        request: &Request<'_>,
        node: &'n Node,
        id: &str,
    ) -> Result<&'n Arc<Item>, Refusal> {
        let item =
            self.items_of(node).get(id).ok_or_else(|| Refusal::of(Condition::ItemNotFound))?;
        if !self.is_admin(node, request.from) && item.publisher.bare() != request.bare {
            return Err(Refusal::of(Condition::Forbidden));
        }
        Ok(item)
    }

    /// Refuses those who may not read the items of a node (XEP-0060 §6.5.9).
    pub(super) fn demand_reader(&self, request: &Request<'_>, node: &Node) -> Result<(), Refusal> {
        if !self.is_admin(node, &request.bare) {
            self.demand_access(request, node, &request.bare)?;
        }
        if node.affiliation(&request.bare) == Some(Affiliation::Outcast) {
            return Err(Refusal::of(Condition::Forbidden));
        }
        Ok(())
    }
}
