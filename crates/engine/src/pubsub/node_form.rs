//! The configuration of a node as a data form (XEP-0060 §8.2).

use stanza::{Element, Jid};

use super::config::{
    AccessModel, Association, Details, ItemReply, NodeConfig, NodeKind, PublishModel,
};
use super::form::{self, Detail, Field};
use super::node::Node;
use super::people::Affiliation;
use crate::budget::Budget;

const NODE_CONFIG: &str = "http://jabber.org/protocol/pubsub#node_config";
const META_DATA: &str = "http://jabber.org/protocol/pubsub#meta-data";

/// The fields of Openfire's default form, in its order (recorded: ps_default_config).
const DEFAULT_FIELDS: [&str; 16] = [
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
    "pubsub#leaf_node_association_policy",
    "pubsub#leaf_nodes_max",
];

/// Why a submitted configuration is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FormError {
    /// An access or publish model that does not exist.
    Model,
    /// A number that is none, a switch that is neither on nor off, or another word that the field
    /// does not know.
    Value,
    /// A node without owners, a collection that is none.
    Unacceptable,
}

/// The people that a submitted configuration names, instead of those that are there.
#[derive(Debug, Default)]
pub(super) struct NamedPeople {
    pub(super) owners: Option<Vec<Jid>>,
    pub(super) publishers: Option<Vec<Jid>>,
    /// The nodes that move into this collection.
    pub(super) children: Option<Vec<String>>,
}

/// A node, as its service shows it.
pub(super) struct Described<'a> {
    pub(super) node: &'a Node,
    /// The nodes that it holds.
    pub(super) children: Vec<&'a str>,
    /// The receiver of replies where the node has none.
    pub(super) item_reply: Option<ItemReply>,
}

/// The form with which an owner changes a node (recorded: ps_configure_get_owner).
pub(super) fn node_configuration(described: &Described<'_>) -> String {
    let path = &described.node.config.path;
    let instructions = format!("Please provide the configuration for node \"{path}\".");
    form::form("Node configuration", &instructions, NODE_CONFIG, &fields(described))
}

/// The form with the configuration of a new node (recorded: ps_default_config).
pub(super) fn default_configuration(config: NodeConfig) -> String {
    let node = Node::provided(config, "", &Budget::new(0), false);
    let all = fields(&Described { node: &node, children: Vec::new(), item_reply: None });
    let mut chosen: Vec<Field> = DEFAULT_FIELDS
        .iter()
        .filter_map(|var| all.iter().find(|field| field.var == *var).cloned())
        .collect();
    for field in &mut chosen {
        match field.var {
            // Openfire offers no choice here.
            "pubsub#itemreply" => field.options.clear(),
            // It has no words for these (`DefaultNodeConfiguration.getConfigurationForm`).
            "pubsub#leaf_node_association_policy" => {
                field.label = "???pubsub.form.conf.leaf_node_association???";
                field.options.iter_mut().for_each(|(_, label)| *label = "");
            }
            "pubsub#leaf_nodes_max" => field.label = "???pubsub.form.conf.leaf_nodes_max???",
            _ => {}
        }
    }
    let instructions = "Set the default configuration for newly created nodes.";
    form::form("Default Node configuration", instructions, NODE_CONFIG, &chosen)
}

/// The configuration that subscribers are told after a change (XEP-0060 §8.2.5.3).
pub(super) fn changed_configuration(described: &Described<'_>) -> String {
    form::result(NODE_CONFIG, &fields(described), Detail::Values)
}

/// The node's metadata for disco#info (XEP-0060 §5.4; recorded: ps_disco_info_node).
pub(super) fn meta_data(described: &Described<'_>) -> String {
    form::result(META_DATA, &fields(described), Detail::Full)
}

/// The service, as far as a configuration has to know it.
pub(super) trait NodeContext {
    /// Whether there is a collection of this id.
    fn is_collection(&self, path: &str) -> bool;
    /// Whether it is the root collection, which is not named.
    fn is_root(&self, path: &str) -> bool;
    /// Whether there is a node of this id.
    fn is_node(&self, path: &str) -> bool;
    /// Whether it knows the name `pubsub#send_last_published_item` (XEP-0060 §16.4.4).
    fn knows_last_published(&self) -> bool;
}

/// Whether a form is to be taken. Openfire throws where it is of no type that there is
/// (`DataForm.getType`).
pub(super) fn is_submitted(form: &Element) -> Result<bool, FormError> {
    match form.attr("type") {
        Some("submit") => Ok(true),
        None | Some("form" | "cancel" | "result") => Ok(false),
        Some(_) => Err(FormError::Value),
    }
}

/// Takes the values of a submitted form one after the other; fields that are not known are passed
/// over (recorded: openfire-measured C15). Fields taken before an error stay in `config`, and
/// people are named behind the last field but `pubsub#max_items`.
pub(super) fn apply(
    form: &Element,
    config: &mut NodeConfig,
    named: &mut NamedPeople,
    service: &dyn NodeContext,
) -> Result<(), FormError> {
    let people = |values: &[String]| {
        values.iter().filter_map(|value| Jid::parse(value).ok()).collect::<Vec<_>>()
    };
    let owners = form::field(form, "pubsub#owner").map(|values| people(&values));
    if owners.as_ref().is_some_and(Vec::is_empty) {
        return Err(FormError::Unacceptable);
    }
    for (var, values) in form::all_values(form) {
        let first = values.first().map(String::as_str);
        let flag = || form::switched(first).ok_or(FormError::Value);
        // Openfire writes a blank for what has no value.
        let text = || first.unwrap_or(" ").to_owned();
        let jids = || people(&values).iter().map(Jid::to_string).collect::<Vec<_>>();
        let details = &mut config.details;
        match var {
            "pubsub#title" => config.title = text(),
            "pubsub#description" => config.description = text(),
            "pubsub#subscribe" => config.subscribe = flag()?,
            "pubsub#subscription_required" => details.subscription_required = flag()?,
            "pubsub#deliver_payloads" => config.deliver_payloads = flag()?,
            "pubsub#notify_config" => config.notify_config = flag()?,
            "pubsub#notify_delete" => config.notify_delete = flag()?,
            "pubsub#notify_retract" => config.notify_retract = flag()?,
            "pubsub#presence_based_delivery" => details.presence_based_delivery = flag()?,
            "pubsub#type" => details.payload_type = text(),
            "pubsub#body_xslt" => details.body_xslt = text(),
            "pubsub#dataform_xslt" => details.dataform_xslt = text(),
            "pubsub#access_model" => {
                if let Some(model) = first {
                    config.access = model.parse().map_err(|_| FormError::Model)?;
                }
            }
            "pubsub#publish_model" => {
                if let Some(model) = first {
                    config.publish = model.parse().map_err(|_| FormError::Model)?;
                }
            }
            "pubsub#roster_groups_allowed" => details.roster_groups = values,
            "pubsub#contact" => details.contacts = jids(),
            "pubsub#language" => details.language = text(),
            "pubsub#itemreply" => {
                if let Some(reply) = first {
                    details.item_reply = Some(reply.parse().map_err(|_| FormError::Value)?);
                }
            }
            "pubsub#replyroom" => details.reply_rooms = jids(),
            "pubsub#replyto" => details.reply_to = jids(),
            "pubsub#collection" => {
                let parent = first.unwrap_or(" ");
                if !service.is_collection(parent) || parent == config.path {
                    return Err(FormError::Unacceptable);
                }
                details.collection = Some(parent.to_owned()).filter(|id| !service.is_root(id));
            }
            "pubsub#send_last_published_item" if service.knows_last_published() => {
                config.send_last_item = first != Some("never");
            }
            _ if config.kind == NodeKind::Leaf => leaf_value(var, first, config)?,
            // Any end of this name will do (`CollectionNode.configure`).
            _ if "pubsub#children".ends_with(var) => {
                if !values.iter().all(|child| service.is_node(child)) {
                    return Err(FormError::Unacceptable);
                }
                named.children = Some(values);
            }
            _ => collection_value(var, first, jids, details)?,
        }
    }
    named.owners = owners;
    named.publishers = form::field(form, "pubsub#publisher").map(|values| people(&values));
    // Only what is kept can be counted (recorded: generated, pubsub_210).
    if !config.persist_items {
        config.max_items = 1;
    } else if config.kind == NodeKind::Leaf
        && let Some(values) = form::field(form, "pubsub#max_items")
    {
        let most = values.first().map_or(Ok(50), |value| value.parse::<i32>());
        let most = most.map_err(|_| FormError::Value)?;
        config.max_items = usize::try_from(most).unwrap_or(usize::MAX);
    }
    Ok(())
}

/// A field of leaves alone.
fn leaf_value(var: &str, first: Option<&str>, config: &mut NodeConfig) -> Result<(), FormError> {
    let flag = || form::switched(first).ok_or(FormError::Value);
    match var {
        "pubsub#persist_items" => config.persist_items = flag()?,
        "pubsub#send_item_subscribe" => config.send_last_item = flag()?,
        "pubsub#max_payload_size" => {
            let size = first.map_or(Ok(5120), str::parse::<i32>).map_err(|_| FormError::Value)?;
            config.max_payload_size = usize::try_from(size).unwrap_or(0);
        }
        _ => {}
    }
    Ok(())
}

/// A field of collections alone, by its older or its newer name.
fn collection_value(
    var: &str,
    first: Option<&str>,
    jids: impl FnOnce() -> Vec<String>,
    details: &mut Details,
) -> Result<(), FormError> {
    match var {
        "pubsub#leaf_node_association_policy" | "pubsub#children_association_policy" => {
            if let Some(policy) = first {
                details.association = policy.parse().map_err(|_| FormError::Value)?;
            }
        }
        "pubsub#leaf_node_association_whitelist" | "pubsub#children_association_whitelist" => {
            details.associates = jids();
        }
        "pubsub#leaf_nodes_max" | "pubsub#children_max" => {
            let most = first.map_or(Ok(-1), str::parse::<i32>).map_err(|_| FormError::Value)?;
            details.most_children = usize::try_from(most).ok();
        }
        _ => {}
    }
    Ok(())
}

/// Whether the node is as publish-options demand (XEP-0060 §7.1.5); a field that is not known is
/// never met. None where Openfire throws: a field of the node that is compared has no value
/// (`PubSubEngine.nodeMeetsPreconditions`).
pub(super) fn preconditions_met(form: &Element, node: &Described<'_>) -> Option<bool> {
    let fields = fields(node);
    for (var, wanted) in form::all_values(form).filter(|(var, _)| *var != "FORM_TYPE") {
        let Some(held) = fields.iter().find(|field| field.var == var).map(|field| &field.values)
        else {
            return Some(false);
        };
        let is_met = if held.len() > 1 {
            held.iter().all(|value| wanted.contains(value))
                && wanted.iter().all(|value| held.contains(value))
        } else {
            let held = held.first()?;
            wanted.first().is_some_and(|wanted| {
                let flag = form::parse_flag(wanted);
                held == wanted || flag.is_some() && form::parse_flag(held) == flag
            })
        };
        if !is_met {
            return Some(false);
        }
    }
    Some(true)
}

/// Every field of a node's configuration, in Openfire's order.
fn fields(described: &Described<'_>) -> Vec<Field> {
    let Described { node, children, item_reply } = described;
    let config = &node.config;
    let details = &config.details;
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
        )
        .values(&details.collection),
        Field::flag("pubsub#subscribe", "Allow subscriptions to node", config.subscribe),
        Field::flag(
            "pubsub#subscription_required",
            "New subscriptions require configuration",
            details.subscription_required,
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
            details.presence_based_delivery,
        ),
        Field::text(
            "pubsub#type",
            "text-single",
            "Type of payload data to be provided at this node",
            &details.payload_type,
        ),
        Field::text("pubsub#body_xslt", "text-single", "Message body XSLT", &details.body_xslt),
        Field::text("pubsub#dataform_xslt", "text-single", "Payload XSLT", &details.dataform_xslt),
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
        )
        .values(&details.roster_groups),
        Field::empty("pubsub#contact", "jid-multi", "People to contact with questions")
            .values(&details.contacts),
        Field::text("pubsub#language", "text-single", "Default language", &details.language),
        Field::empty("pubsub#owner", "jid-multi", "Node owners")
            .values(node.people(Affiliation::Owner)),
        Field::empty("pubsub#publisher", "jid-multi", "Node publishers")
            .values(node.people(Affiliation::Publisher)),
        Field::empty(
            "pubsub#itemreply",
            "list-single",
            "Select entity that should receive replies to items",
        )
        .options(ItemReply::ALL.map(ItemReply::name))
        .values(details.item_reply.or(*item_reply).map(ItemReply::name)),
        Field::empty(
            "pubsub#replyroom",
            "jid-multi",
            "Multi-user chat room to which replies should be sent",
        )
        .values(&details.reply_rooms),
        Field::empty("pubsub#replyto", "jid-multi", "Users to which replies should be sent")
            .values(&details.reply_to),
    ];
    match config.kind {
        NodeKind::Leaf => fields.extend(leaf_fields(config)),
        NodeKind::Collection => fields.extend(collection_fields(details, children)),
    }
    fields
}

/// Each under its older and its newer name (recorded: generated, pubsub_444).
fn collection_fields(details: &Details, children: &[&str]) -> [Field; 7] {
    let policy = |var| {
        Field::text(
            var,
            "list-single",
            "Who may associate leaf nodes with a collection",
            details.association.name(),
        )
        .labelled(Association::ALL.map(|(policy, label)| (policy.name(), label)))
    };
    let whitelist = |var| {
        let label = "The list of JIDs that may associate leaf nodes with a collection";
        Field::empty(var, "jid-multi", label).values(&details.associates)
    };
    let most = |var| {
        let most = details.most_children.map_or_else(|| "-1".to_owned(), |most| most.to_string());
        let label = "The maximum number of child nodes that can be associated with a collection";
        Field::text(var, "text-single", label, &most)
    };
    [
        policy("pubsub#leaf_node_association_policy"),
        policy("pubsub#children_association_policy"),
        whitelist("pubsub#leaf_node_association_whitelist"),
        whitelist("pubsub#children_association_whitelist"),
        most("pubsub#leaf_nodes_max"),
        most("pubsub#children_max"),
        Field::empty(
            "pubsub#children",
            "text-multi",
            "The child nodes (leaf or collection) associated with a collection",
        )
        .values(children),
    ]
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
            &match config.max_items {
                usize::MAX => "-1".to_owned(),
                most => most.to_string(),
            },
        ),
        Field::text(
            "pubsub#max_payload_size",
            "text-single",
            "Max payload size in bytes",
            &config.max_payload_size.to_string(),
        ),
    ]
}
