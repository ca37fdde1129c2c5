//! The data forms about one subscription: its options (XEP-0060 §6.3) and its approval (§8.6).

use super::form::{self, Detail, Field};
use super::node::Node;
use super::options::Options;

/// The type of the form of the options of a subscription.
pub(super) const SUBSCRIBE_OPTIONS: &str = "http://jabber.org/protocol/pubsub#subscribe_options";

/// The type of the form in which owners approve or deny a subscription.
pub(super) const SUBSCRIBE_AUTHORIZATION: &str =
    "http://jabber.org/protocol/pubsub#subscribe_authorization";

/// The form for the options of a subscription (recorded: ps_options_get).
pub(super) fn options(node: &Node, options: &Options, digests: bool) -> String {
    let path = &node.config.path;
    let instructions =
        format!("Please provide the subscription configuration for node \"{path}\".");
    let fields = fields(node.is_collection(), options, digests);
    form::form("Subscription configuration", &instructions, SUBSCRIBE_OPTIONS, &fields)
}

/// The options that a subscription has, for those who need not fill them in (XEP-0060 §6.3.7,
/// §6.4.2).
pub(super) fn given_options(options: &Options, digests: bool) -> String {
    form::result(SUBSCRIBE_OPTIONS, &fields(false, options, digests), Detail::Values)
}

/// The fields of options; `digests` is whether there are digests, leases and bodies.
fn fields(of_collection: bool, options: &Options, digests: bool) -> Vec<Field> {
    let mut fields = vec![Field::flag("pubsub#deliver", "Enable delivery?", options.deliver)];
    if digests {
        fields.extend([
            Field::flag("pubsub#digest", "Receive digest notifications?", options.digest),
            Field::text(
                "pubsub#digest_frequency",
                "text-single",
                "Minimum number of milliseconds between sending any two notification digests",
                &options.digest_frequency.to_string(),
            ),
            Field::empty("pubsub#expire", "text-single", "Requested lease period")
                .values(options.expire.map(humantime::format_rfc3339_millis)),
            Field::flag(
                "pubsub#include_body",
                "Receive message body in addition to payload?",
                options.include_body,
            ),
        ]);
    }
    fields.push(
        Field::empty(
            "pubsub#show-values",
            "list-multi",
            "Presence types which are allowed to receive notifications",
        )
        .options(["away", "chat", "dnd", "online", "xa"])
        .values(&options.shows),
    );
    if of_collection {
        fields.extend([
            Field::text(
                "pubsub#subscription_type",
                "list-single",
                "Receive notification of items or nodes",
                if options.items { "items" } else { "nodes" },
            )
            .options(["items", "nodes"]),
            Field::text(
                "pubsub#subscription_depth",
                "list-single",
                "Receive notification from all or direct child nodes",
                if options.all_levels { "all" } else { "1" },
            )
            .options(["1", "all"]),
        ]);
    }
    if !of_collection || options.items {
        fields.push(
            Field::empty("x-pubsub#keywords", "text-single", "Keyword to match")
                .values(&options.keyword),
        );
    }
    fields
}

/// The question to an owner whether `jid` may subscribe (recorded: acc_authorize_form).
pub(super) fn approval(path: &str, jid: &str, subid: &str) -> String {
    let fields = [
        Field::text("pubsub#subid", "hidden", "", subid),
        Field::text("pubsub#node", "text-single", "Node ID", path),
        Field::text("pubsub#subscriber_jid", "jid-single", "Subscriber Address", jid),
        Field::flag("pubsub#allow", "Allow this JID to subscribe to this pubsub node?", false),
    ];
    let instructions = "Use the following form to approve or deny the subscription request.";
    form::form("PubSub subscriber request", instructions, SUBSCRIBE_AUTHORIZATION, &fields)
}
