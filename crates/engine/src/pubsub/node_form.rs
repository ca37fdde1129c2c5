//! The configuration of a node as a data form (XEP-0060 §8.2).

use stanza::Element;

use super::config::{AccessModel, NodeConfig, NodeKind, PublishModel};
use super::form::{self, Detail, Field};
use super::node::{Affiliation, Node};
use crate::budget::Budget;

const NODE_CONFIG: &str = "http://jabber.org/protocol/pubsub#node_config";
const META_DATA: &str = "http://jabber.org/protocol/pubsub#meta-data";

/// The fields of Openfire's default form, in its order (recorded: ps_default_config).
const DEFAULT_FIELDS: [&str; 14] = [
    "pubsub#subscribe",
    "pubsub#deliver_payloads",
    "pubsub#notify_config",
    "pubsub#notify_delete",
    "pubsub#notify_retract",
    "pubsub#presence_based_delivery",
    "pubsub#send_item_subscribe",
    "pubsub#persist_items",
    "pubsub#max_items",
    "pubsub#max_payload_size",
    "pubsub#access_model",
    "pubsub#publish_model",
    "pubsub#language",
    "pubsub#itemreply",
];

/// Why a submitted configuration is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FormError {
    /// An access or publish model that does not exist.
    Model,
    /// Another value that the field cannot have.
    Value,
}

/// The form with which an owner changes a node (recorded: ps_configure_get_owner).
pub(super) fn node_configuration(node: &Node) -> String {
    let path = &node.config.path;
    let instructions = format!("Please provide the configuration for node \"{path}\".");
    form::form("Node configuration", &instructions, NODE_CONFIG, &fields(node))
}

/// The form with the configuration of a new node (recorded: ps_default_config).
pub(super) fn default_configuration() -> String {
    let node = Node::new(NodeConfig::new(""), "", Budget::new(0).nothing());
    let all = fields(&node);
    let mut chosen: Vec<Field> = DEFAULT_FIELDS
        .iter()
        .filter_map(|var| all.iter().find(|field| field.var == *var).cloned())
        .collect();
    // Openfire offers no choice here.
    if let Some(reply) = chosen.last_mut() {
        reply.options.clear();
    }
    let instructions = "Set the default configuration for newly created nodes.";
    form::form("Default Node configuration", instructions, NODE_CONFIG, &chosen)
}

/// The configuration that subscribers are told after a change (XEP-0060 §8.2.5.3).
pub(super) fn changed_configuration(node: &Node) -> String {
    form::result(NODE_CONFIG, &fields(node), Detail::Values)
}

/// The node's metadata for disco#info (XEP-0060 §5.4; recorded: ps_disco_info_node).
pub(super) fn meta_data(node: &Node) -> String {
    form::result(META_DATA, &fields(node), Detail::Full)
}

/// Takes the values of a submitted form; fields that are not known are passed over (recorded:
/// openfire-measured C15).
pub(super) fn apply(form: &Element, config: &mut NodeConfig) -> Result<(), FormError> {
    for (var, value) in form::values(form) {
        let flag = || form::parse_flag(&value).ok_or(FormError::Value);
        let number = || value.parse().map_err(|_| FormError::Value);
        match var {
            "pubsub#title" => config.title = value,
            "pubsub#description" => config.description = value,
            "pubsub#node_type" => {
                config.kind =
                    if value == "collection" { NodeKind::Collection } else { NodeKind::Leaf };
            }
            "pubsub#subscribe" => config.subscribe = flag()?,
            "pubsub#deliver_payloads" => config.deliver_payloads = flag()?,
            "pubsub#notify_config" => config.notify_config = flag()?,
            "pubsub#notify_delete" => config.notify_delete = flag()?,
            "pubsub#notify_retract" => config.notify_retract = flag()?,
            "pubsub#send_item_subscribe" => config.send_last_item = flag()?,
            // The name of the same switch in XEP-0060 §16.4.4.
            "pubsub#send_last_published_item" => config.send_last_item = value != "never",
            "pubsub#persist_items" => config.persist_items = flag()?,
            "pubsub#max_items" => config.max_items = number()?,
            "pubsub#max_payload_size" => config.max_payload_size = number()?,
            "pubsub#access_model" => config.access = value.parse().map_err(|_| FormError::Model)?,
            "pubsub#publish_model" => {
                config.publish = value.parse().map_err(|_| FormError::Model)?
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether the node is as publish-options demand (XEP-0060 §7.1.5); a field that is not known is
/// never met.
pub(super) fn preconditions_met(form: &Element, node: &Node) -> bool {
    let fields = fields(node);
    form::values(form).filter(|(var, _)| *var != "FORM_TYPE").all(|(var, value)| {
        let held =
            fields.iter().find(|field| field.var == var).and_then(|field| field.values.first());
        held.is_some_and(|held| {
            *held == value
                || form::parse_flag(&value).is_some_and(|flag| form::parse_flag(held) == Some(flag))
        })
    })
}

/// Every field of a node's configuration, in Openfire's order.
fn fields(node: &Node) -> Vec<Field> {
    let config = &node.config;
    let people = |affiliation| node.people(affiliation).map(str::to_owned).collect();
    let mut fields = vec![
        Field::text("pubsub#title", "text-single", "Short name for the node", &config.title),
        Field::text(
            "pubsub#description",
            "text-single",
            "Description of the node",
            &config.description,
        ),
        Field::text(
            "pubsub#node_type",
            "text-single",
            "Whether the node is a leaf (default) or a collection",
            config.kind.name(),
        ),
        Field::empty(
            "pubsub#collection",
            "text-single",
            "The collection with which a node is affiliated.",
        ),
        Field::flag("pubsub#subscribe", "Allow subscriptions to node", config.subscribe),
        Field::flag(
            "pubsub#subscription_required",
            "New subscriptions require configuration",
            false,
        ),
        Field::flag(
            "pubsub#deliver_payloads",
            "Deliver payloads with event notifications",
            config.deliver_payloads,
        ),
        Field::flag(
            "pubsub#notify_config",
            "Notify subscribers when the node configuration changes",
            config.notify_config,
        ),
        Field::flag(
            "pubsub#notify_delete",
            "Notify subscribers when the node is deleted",
            config.notify_delete,
        ),
        Field::flag(
            "pubsub#notify_retract",
            "Notify subscribers when items are removed from the node",
            config.notify_retract,
        ),
        Field::flag(
            "pubsub#presence_based_delivery",
            "Only deliver notifications to available users",
            false,
        ),
        Field::text(
            "pubsub#type",
            "text-single",
            "Type of payload data to be provided at this node",
            "",
        ),
        Field::text("pubsub#body_xslt", "text-single", "Message body XSLT", ""),
        Field::text("pubsub#dataform_xslt", "text-single", "Payload XSLT", ""),
        Field::text(
            "pubsub#access_model",
            "list-single",
            "Specify who may subscribe and retrieve items",
            config.access.name(),
        )
        .options(AccessModel::ALL.map(AccessModel::name)),
        Field::text(
            "pubsub#publish_model",
            "list-single",
            "Publisher model",
            config.publish.name(),
        )
        .options(PublishModel::ALL.map(PublishModel::name)),
        Field::empty(
            "pubsub#roster_groups_allowed",
            "list-multi",
            "Roster groups allowed to subscribe",
        ),
        Field::empty("pubsub#contact", "jid-multi", "People to contact with questions"),
        Field::text("pubsub#language", "text-single", "Default language", "English"),
        Field {
            values: people(Affiliation::Owner),
            ..Field::empty("pubsub#owner", "jid-multi", "Node owners")
        },
        Field {
            values: people(Affiliation::Publisher),
            ..Field::empty("pubsub#publisher", "jid-multi", "Node publishers")
        },
        Field::empty(
            "pubsub#itemreply",
            "list-single",
            "Select entity that should receive replies to items",
        )
        .options(["owner", "publisher"]),
        Field::empty(
            "pubsub#replyroom",
            "jid-multi",
            "Multi-user chat room to which replies should be sent",
        ),
        Field::empty("pubsub#replyto", "jid-multi", "Users to which replies should be sent"),
    ];
    if config.kind == NodeKind::Leaf {
        fields.extend(leaf_fields(config));
    }
    fields
}

fn leaf_fields(config: &NodeConfig) -> [Field; 4] {
    [
        Field::flag(
            "pubsub#send_item_subscribe",
            "Send items to new subscribers",
            config.send_last_item,
        ),
        Field::flag("pubsub#persist_items", "Persist items to storage", config.persist_items),
        Field::text(
            "pubsub#max_items",
            "text-single",
            "Max number of items to persist",
            &config.max_items.to_string(),
        ),
        Field::text(
            "pubsub#max_payload_size",
            "text-single",
            "Max payload size in bytes",
            &config.max_payload_size.to_string(),
        ),
    ]
}
