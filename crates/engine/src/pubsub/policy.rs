//! One switch for each difference between Openfire and XEP-0060.

/// The features that Openfire lists, in its order, each name behind the pubsub namespace and `#`
/// (recorded: ps_disco_info).
const OPENFIRE_FEATURES: &[&str] = &[
    "access-open",
    "collections",
    "config-node",
    "create-and-configure",
    "create-nodes",
    "delete-nodes",
    "get-pending",
    "instant-nodes",
    "item-ids",
    "meta-data",
    "modify-affiliations",
    "manage-subscriptions",
    "outcast-affiliation",
    "persistent-items",
    "presence-notifications",
    "publish",
    "publisher-affiliation",
    "purge-nodes",
    "retract-items",
    "retrieve-affiliations",
    "retrieve-default",
    "retrieve-items",
    "retrieve-subscriptions",
    "subscribe",
    "subscription-options",
    "publish-options",
];

/// The features that the engine has (XEP-0060 §10).
const FEATURES: &[&str] = &[
    "access-open",
    "config-node",
    "create-and-configure",
    "create-nodes",
    "delete-nodes",
    "instant-nodes",
    "item-ids",
    "last-published",
    "manage-subscriptions",
    "member-affiliation",
    "meta-data",
    "modify-affiliations",
    "outcast-affiliation",
    "persistent-items",
    "publish",
    "publish-options",
    "publisher-affiliation",
    "purge-nodes",
    "retract-items",
    "retrieve-affiliations",
    "retrieve-default",
    "retrieve-default-sub",
    "retrieve-items",
    "retrieve-subscriptions",
    "subscribe",
    "subscription-notifications",
    "subscription-options",
];

/// The policies of a publish-subscribe service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PubSubPolicy {
    /// Errors carry the numeric code of XEP-0086 (recorded; RFC 6120 §8.3.2 has no such attribute).
    pub(super) legacy_codes: bool,
    /// The features that disco#info of the service lists (XEP-0060 §10).
    pub(super) features: &'static [&'static str],
    /// A root collection exists: a request without `node` means it (recorded: ps_sub_no_node).
    pub(super) collections: bool,
    /// Requests are held to the schema: get or set as demanded, one payload (RFC 6120 §8.2.3), one
    /// action (XEP-0060 §6.1.1).
    pub(super) checks_requests: bool,
    /// A missing or malformed `jid` of a subscription ends in internal-server-error without payload
    /// (recorded: ps_sub_no_jid), as do a missing payload and a list for an unknown node.
    pub(super) crashes: bool,
    /// `<subscribe-options/>` in each subscription result (recorded; optional in XEP-0060 §6.3.7).
    pub(super) offers_options: bool,
    /// Options that come with a subscription stand behind it and name neither node nor JID, and the
    /// result tells what they are now (XEP-0060 §6.3.7); Openfire passes over all this (recorded:
    /// generated, pubsub_82).
    pub(super) explains_options: bool,
    /// The form of options has digests, leases and bodies (recorded: ps_options_get).
    pub(super) offers_digests: bool,
    /// Options that are set make a subscription wait for approval again, or let it wait no more, as
    /// the node would have it now; otherwise they only begin one that is not configured.
    pub(super) options_decide_anew: bool,
    /// The options that a new subscription gets can be asked for (XEP-0060 §6.4); to Openfire the
    /// element means nothing (recorded: ps_unknown_action).
    pub(super) tells_default_options: bool,
    /// A second request while one is pending is refused (XEP-0060 §6.1.3.7) instead of answered
    /// with the state (recorded: acc_authorize).
    pub(super) refuses_second_pending: bool,
    /// A node with subscriptions switched off names the missing feature (XEP-0060 §6.1.3.10)
    /// instead of not-allowed (recorded).
    pub(super) names_missing_feature: bool,
    /// The owner of a subscription is checked before its existence (XEP-0060 §6.2.3.3).
    pub(super) checks_unsubscriber_first: bool,
    /// Lists for one node still name it on each entry (XEP-0060 §5.6), which Openfire leaves out
    /// (recorded: ps_subscriptions).
    pub(super) repeats_node: bool,
    /// Affiliations in Openfire's manner: with `jid`, subscribers as `none`, item-not-found for
    /// none at all (recorded; XEP-0060 §5.7 wants an empty list). A word that is not known makes an
    /// outcast, and the last owner that would go is told without a condition.
    pub(super) lists_unaffiliated: bool,
    /// An owner's request without a node names what is missing (XEP-0060 §8.2.3.5); Openfire does
    /// so for the configuration alone.
    pub(super) explains_missing_node: bool,
    /// States of subscriptions that owners cannot set are refused (XEP-0060 §8.8.2); Openfire
    /// passes over them.
    pub(super) refuses_states: bool,
    /// Outcasts may publish where everybody may (XEP-0060 §4.5 shuts them out).
    pub(super) outcasts_publish: bool,
    /// Owners are told of items taken back if the node says so, and only then; otherwise also if
    /// the request does (XEP-0060 §7.2.2.1).
    pub(super) obeys_notify: bool,
    /// disco#items of a node tells its items to those alone who may read them (XEP-0060 §5.5).
    pub(super) hides_items: bool,
    /// An item comes as often as its id is asked for.
    pub(super) repeats_items: bool,
    /// Where subscriptions are switched off, subscribers cannot end theirs either
    /// (`PubSubEngine.unsubscribeNode`).
    pub(super) keeps_subscribers: bool,
    /// An owner has the answer behind what those are sent whose affiliations and subscriptions it
    /// changes (`PubSubEngine.modifyNodeSubscriptions`).
    pub(super) answers_last: bool,
    /// Lists of nodes are in the order of Java's table of their hashes.
    pub(super) hashes_nodes: bool,
    /// A purge takes the last item, too (XEP-0060 §8.5); Openfire keeps it in memory (recorded:
    /// generated, pubsub_276).
    pub(super) purges_last: bool,
    /// Nodes have the field `pubsub#send_last_published_item` (XEP-0060 §16.4.4).
    pub(super) knows_last_published: bool,
    /// Anybody may create nodes (recorded: ps_create_by_agent); otherwise forbidden (XEP-0060
    /// §8.1.1).
    pub(crate) anyone_creates: bool,
    /// The answer to a publication names node and item (XEP-0060 §7.1.2); Openfire's is empty
    /// (recorded: ps_pub_ok).
    pub(super) names_published_item: bool,
    /// The advertised `max_payload_size` is enforced (XEP-0060 §7.1.3.5); Openfire does not
    /// (recorded: ps_pub_big_payload).
    pub(super) limits_payload: bool,
    /// A publication holds one item at most (XEP-0060 §7.1.1); Openfire takes several (recorded:
    /// ps_pub_two_items).
    pub(super) single_item: bool,
    /// An access model that does not exist is refused (XEP-0060 §8.1.2); Openfire never answers
    /// (recorded: ps_create_bad_access_model).
    pub(super) refuses_access_models: bool,
    /// For an account without a service the sender's own answers (recorded: generated, iq_121);
    /// otherwise one without nodes.
    pub(super) senders_stand_in: bool,
    /// A notification of a personal service goes to each session that wants it, with the address of
    /// its publisher (`PEPService.sendNotification`).
    pub(super) delivers_to_sessions: bool,
    /// The subscriber hears when an owner changes a subscription (XEP-0060 §12.14); Openfire is
    /// silent (recorded: acc_authorize).
    pub(super) announces_states: bool,
}

impl PubSubPolicy {
    /// The features that disco#info lists, each a name behind the pubsub namespace and `#`.
    pub(crate) fn features(&self) -> &'static [&'static str] {
        self.features
    }

    /// Openfire 4.4.4 with multiple subscriptions off, as recorded.
    pub(crate) fn openfire() -> Self {
        Self {
            legacy_codes: true,
            features: OPENFIRE_FEATURES,
            collections: true,
            checks_requests: false,
            crashes: true,
            offers_options: true,
            explains_options: false,
            offers_digests: true,
            options_decide_anew: true,
            tells_default_options: false,
            refuses_second_pending: false,
            names_missing_feature: false,
            checks_unsubscriber_first: false,
            repeats_node: false,
            lists_unaffiliated: true,
            explains_missing_node: false,
            refuses_states: false,
            outcasts_publish: true,
            obeys_notify: false,
            hides_items: false,
            repeats_items: true,
            answers_last: true,
            keeps_subscribers: true,
            hashes_nodes: true,
            purges_last: false,
            knows_last_published: false,
            anyone_creates: true,
            names_published_item: false,
            limits_payload: false,
            single_item: false,
            refuses_access_models: false,
            senders_stand_in: true,
            delivers_to_sessions: true,
            announces_states: false,
        }
    }

    /// XEP-0060 to the letter; where it leaves a choice, the choice of its examples.
    pub(crate) fn strict() -> Self {
        Self {
            legacy_codes: false,
            features: FEATURES,
            collections: false,
            checks_requests: true,
            crashes: false,
            offers_options: false,
            explains_options: true,
            offers_digests: false,
            options_decide_anew: false,
            tells_default_options: true,
            refuses_second_pending: true,
            names_missing_feature: true,
            checks_unsubscriber_first: true,
            repeats_node: true,
            lists_unaffiliated: false,
            explains_missing_node: true,
            refuses_states: true,
            outcasts_publish: false,
            obeys_notify: true,
            hides_items: true,
            repeats_items: false,
            answers_last: false,
            keeps_subscribers: false,
            hashes_nodes: false,
            purges_last: true,
            knows_last_published: true,
            anyone_creates: false,
            names_published_item: true,
            limits_payload: true,
            single_item: true,
            refuses_access_models: true,
            senders_stand_in: false,
            delivers_to_sessions: false,
            announces_states: true,
        }
    }
}
