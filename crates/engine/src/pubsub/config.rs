//! The configuration of a node: access and publish models, kept items, notifications.

use std::str::FromStr;

/// The account that owns Finesse's nodes and publishes to them.
pub(super) const DEFAULT_OWNER: &str = "finesse";

/// A node as it is created. People are given by user name, or by bare JID where they belong
/// elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeConfig {
    /// The node id; case-sensitive.
    pub path: String,
    /// Leaf or collection.
    pub kind: NodeKind,
    /// The rule for subscribing and reading items (`pubsub#access_model`).
    pub access: AccessModel,
    /// The rule for publishing (`pubsub#publish_model`).
    pub publish: PublishModel,
    /// The first owners.
    pub owners: Vec<String>,
    /// The first publishers, beside the owners.
    pub publishers: Vec<String>,
    /// The first members, who count on a whitelist node.
    pub whitelist: Vec<String>,
    /// The first outcasts.
    pub outcasts: Vec<String>,
    /// Whether anybody can subscribe at all (`pubsub#subscribe`).
    pub subscribe: bool,
    /// Events and items carry the payload (`pubsub#deliver_payloads`).
    pub deliver_payloads: bool,
    /// Items are kept (`pubsub#persist_items`); without it only the last one is, in memory.
    pub persist_items: bool,
    /// How many items are kept (`pubsub#max_items`).
    pub max_items: usize,
    /// Octets a payload may have (`pubsub#max_payload_size`).
    pub max_payload_size: usize,
    /// A new subscriber gets the last item (`pubsub#send_item_subscribe`).
    pub send_last_item: bool,
    /// Subscribers hear of a changed configuration (`pubsub#notify_config`).
    pub notify_config: bool,
    /// Subscribers hear of the node's end (`pubsub#notify_delete`).
    pub notify_delete: bool,
    /// Subscribers hear of items taken back (`pubsub#notify_retract`).
    pub notify_retract: bool,
    /// A short name (`pubsub#title`).
    pub title: String,
    /// The purpose of the node (`pubsub#description`).
    pub description: String,
    /// All else that can be configured.
    pub details: Details,
}

/// The rest of a node's configuration: mostly told to those who ask, and without effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Details {
    /// A new subscription sends nothing until it is configured (`pubsub#subscription_required`).
    pub subscription_required: bool,
    /// Only available users get events (`pubsub#presence_based_delivery`).
    pub presence_based_delivery: bool,
    /// The namespace of the payloads (`pubsub#type`).
    pub payload_type: String,
    /// `pubsub#body_xslt`
    pub body_xslt: String,
    /// `pubsub#dataform_xslt`
    pub dataform_xslt: String,
    /// The groups of an owner's roster that a roster node admits (`pubsub#roster_groups_allowed`).
    pub roster_groups: Vec<String>,
    /// People to ask about the node (`pubsub#contact`).
    pub contacts: Vec<String>,
    /// The default language (`pubsub#language`).
    pub language: String,
    /// The receiver of replies to items (`pubsub#itemreply`).
    pub item_reply: Option<ItemReply>,
    /// Rooms that replies are sent to (`pubsub#replyroom`).
    pub reply_rooms: Vec<String>,
    /// Users that replies are sent to (`pubsub#replyto`).
    pub reply_to: Vec<String>,
    /// The collection that the node is in; none for the root (`pubsub#collection`).
    pub collection: Option<String>,
    /// The accounts that may put nodes into this collection
    /// (`pubsub#children_association_policy`).
    pub association: Association,
    /// Those who may, where there is a list of them (`pubsub#children_association_whitelist`).
    pub associates: Vec<String>,
    /// How many nodes a collection may have; none for no limit (`pubsub#children_max`).
    pub most_children: Option<usize>,
}

/// Whether the owner or the publisher gets replies to items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemReply {
    /// The owner of the node.
    Owner,
    /// The publisher of the item.
    Publisher,
}

/// The rule for putting nodes into a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Association {
    /// Anybody.
    All,
    /// Owners of the collection.
    Owners,
    /// Those on a list.
    Whitelist,
}

impl Default for Details {
    fn default() -> Self {
        Self {
            subscription_required: false,
            presence_based_delivery: false,
            payload_type: String::new(),
            body_xslt: String::new(),
            dataform_xslt: String::new(),
            roster_groups: Vec::new(),
            contacts: Vec::new(),
            language: "English".to_owned(),
            item_reply: None,
            reply_rooms: Vec::new(),
            reply_to: Vec::new(),
            collection: None,
            association: Association::All,
            associates: Vec::new(),
            most_children: None,
        }
    }
}

/// Whether a node holds items or other nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeKind {
    /// Holds items.
    Leaf,
    /// Holds nodes (XEP-0248).
    Collection,
}

/// The rule for subscribing to a node and reading its items (XEP-0060 §4.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessModel {
    /// Each subscription is approved by an owner.
    Authorize,
    /// Anybody.
    Open,
    /// Subscribers of an owner's presence.
    Presence,
    /// Members of a group of an owner's roster.
    Roster,
    /// Accounts affiliated with the node.
    Whitelist,
}

/// The rule for publishing to a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublishModel {
    /// Owners and publishers.
    Publishers,
    /// Subscribers too.
    Subscribers,
    /// Anybody but outcasts.
    Open,
}

impl From<&str> for NodeConfig {
    /// An open leaf of this path.
    fn from(path: &str) -> Self {
        Self::new(path)
    }
}

impl NodeConfig {
    /// An open leaf with the service's defaults, owned by the `finesse` account (recorded:
    /// ps_configure_get_owner).
    pub fn new(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            kind: NodeKind::Leaf,
            access: AccessModel::Open,
            publish: PublishModel::Publishers,
            owners: vec![DEFAULT_OWNER.to_owned()],
            publishers: Vec::new(),
            whitelist: Vec::new(),
            outcasts: Vec::new(),
            subscribe: true,
            deliver_payloads: true,
            persist_items: false,
            max_items: 1,
            max_payload_size: 5120,
            send_last_item: true,
            notify_config: true,
            notify_delete: true,
            notify_retract: true,
            title: String::new(),
            description: String::new(),
            details: Details::default(),
        }
    }

    /// The same node as a collection, which has no payloads to deliver (recorded: generated,
    /// pubsub_444).
    pub(super) fn collection(mut self) -> Self {
        self.kind = NodeKind::Collection;
        self.deliver_payloads = false;
        self
    }

    /// The same node with another access model.
    #[must_use]
    pub fn access(mut self, access: AccessModel) -> Self {
        self.access = access;
        self
    }

    /// The same node on which only `users` may subscribe.
    #[must_use]
    pub fn whitelist<I: IntoIterator<Item = S>, S: Into<String>>(mut self, users: I) -> Self {
        self.access = AccessModel::Whitelist;
        self.whitelist.extend(users.into_iter().map(Into::into));
        self
    }

    /// The same node with `user` shut out.
    #[must_use]
    pub fn outcast(mut self, user: impl Into<String>) -> Self {
        self.outcasts.push(user.into());
        self
    }

    /// The same node with subscriptions allowed or not.
    #[must_use]
    pub fn subscribe(mut self, allowed: bool) -> Self {
        self.subscribe = allowed;
        self
    }

    /// All lists and texts that a client can write, for their weight.
    pub(super) fn texts(&self) -> impl Iterator<Item = &String> {
        let details = &self.details;
        let lists = [
            &details.roster_groups,
            &details.contacts,
            &details.reply_rooms,
            &details.reply_to,
            &details.associates,
        ];
        let texts = [
            &self.title,
            &self.description,
            &details.payload_type,
            &details.body_xslt,
            &details.dataform_xslt,
            &details.language,
        ];
        texts.into_iter().chain(&details.collection).chain(lists.into_iter().flatten())
    }

    /// A publication must hold an item, and items have ids (XEP-0060 §7.1.3.7).
    pub(super) fn requires_item(&self) -> bool {
        self.persist_items || self.deliver_payloads
    }
}

impl NodeKind {
    /// The value of `pubsub#node_type`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Leaf => "leaf",
            Self::Collection => "collection",
        }
    }
}

impl AccessModel {
    /// All models, in the order of Openfire's form.
    pub(super) const ALL: [Self; 5] =
        [Self::Authorize, Self::Open, Self::Presence, Self::Roster, Self::Whitelist];

    /// The value of `pubsub#access_model`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Authorize => "authorize",
            Self::Open => "open",
            Self::Presence => "presence",
            Self::Roster => "roster",
            Self::Whitelist => "whitelist",
        }
    }
}

impl FromStr for AccessModel {
    type Err = UnknownModel;

    fn from_str(text: &str) -> Result<Self, UnknownModel> {
        Self::ALL.into_iter().find(|model| model.name() == text).ok_or(UnknownModel)
    }
}

impl PublishModel {
    /// All models, in the order of Openfire's form.
    pub(super) const ALL: [Self; 3] = [Self::Publishers, Self::Subscribers, Self::Open];

    /// The value of `pubsub#publish_model`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Publishers => "publishers",
            Self::Subscribers => "subscribers",
            Self::Open => "open",
        }
    }
}

impl FromStr for PublishModel {
    type Err = UnknownModel;

    fn from_str(text: &str) -> Result<Self, UnknownModel> {
        Self::ALL.into_iter().find(|model| model.name() == text).ok_or(UnknownModel)
    }
}

impl ItemReply {
    /// All of them, in the order of Openfire's form.
    pub(super) const ALL: [Self; 2] = [Self::Owner, Self::Publisher];

    /// The value of `pubsub#itemreply`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Publisher => "publisher",
        }
    }
}

impl FromStr for ItemReply {
    type Err = UnknownModel;

    fn from_str(text: &str) -> Result<Self, UnknownModel> {
        Self::ALL.into_iter().find(|reply| reply.name() == text).ok_or(UnknownModel)
    }
}

impl Association {
    /// All of them, in the order of Openfire's form, with their labels there.
    pub(super) const ALL: [(Self, &'static str); 3] = [
        (Self::All, "Anyone may associate leaf nodes with the collection"),
        (Self::Owners, "Only collection node owners may associate leaf nodes with the collection"),
        (Self::Whitelist, "Only those on a whitelist may associate leaf nodes with the collection"),
    ];

    /// The value of `pubsub#children_association_policy`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Owners => "owners",
            Self::Whitelist => "whitelist",
        }
    }
}

impl FromStr for Association {
    type Err = UnknownModel;

    fn from_str(text: &str) -> Result<Self, UnknownModel> {
        let mut all = Self::ALL.into_iter().map(|(policy, _)| policy);
        all.find(|policy| policy.name() == text).ok_or(UnknownModel)
    }
}

/// The text names no model of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such model or policy")]
pub struct UnknownModel;
