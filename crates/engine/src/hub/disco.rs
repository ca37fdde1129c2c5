//! Service discovery of the server and its accounts, and the caps hash that follows from it
//! (XEP-0030, XEP-0115).

use stanza::caps::{DiscoInfo, Field, Form, Identity, ver};
use stanza::{Element, escape, ns};

use super::Hub;
use super::commands::{self, COMMANDS};
use super::components::Component;
use super::iq_stanza::{Addressee, Iq};
use super::reply::Reply;
use crate::context::Context;
use crate::dialect::Dialect;
use crate::profile::Profile;
use crate::spelling::{CAPS_NODE, Condition, echo_with, is_caps_node};

const PROTOCOL: &str = "http://jabber.org/protocol/";

/// The disco#info of the node of the commands.
const COMMAND_LIST: &str = "<identity category=\"automation\" type=\"command-list\"/>\
    <feature var=\"http://jabber.org/protocol/commands\"/><feature var=\"jabber:x:data\"/>\
    <feature var=\"http://jabber.org/protocol/disco#info\"/>";

pub(super) const OFFLINE: &str = "http://jabber.org/protocol/offline";

/// The disco#info of the node of messages that wait, of which there are never any.
const OFFLINE_LIST: &str = "<identity category=\"automation\" type=\"message-list\"/>\
    <feature var=\"http://jabber.org/protocol/offline\"/>\
    <feature var=\"http://jabber.org/protocol/disco#info\"/><x xmlns=\"jabber:x:data\" type=\"result\">\
    <field var=\"FORM_TYPE\" type=\"hidden\"><value>http://jabber.org/protocol/offline</value></field>\
    <field var=\"number_of_messages\"><value>0</value></field></x>";

/// The features of the domain in the order in which Openfire 4.4.4 lists them, with the settings of
/// UCCX (recorded: disco_info_caps_node). `~` stands for [`PROTOCOL`].
const SERVER_FEATURES: [&str; 46] = [
    "~pubsub#retrieve-default",
    "~pubsub#purge-nodes",
    "vcard-temp",
    "~pubsub#subscribe",
    "~pubsub#subscription-options",
    "~pubsub#create-nodes",
    "~pubsub#outcast-affiliation",
    "~pubsub#get-pending",
    "urn:xmpp:blocking",
    "~pubsub#presence-notifications",
    "urn:xmpp:ping",
    "jabber:iq:register",
    "~pubsub#delete-nodes",
    "~pubsub#config-node",
    "~pubsub#retrieve-items",
    "~pubsub#auto-create",
    "~disco#items",
    "~pubsub#item-ids",
    "~pubsub#meta-data",
    "jabber:iq:roster",
    "~pubsub#instant-nodes",
    "~pubsub#modify-affiliations",
    "~pubsub#persistent-items",
    "~pubsub#create-and-configure",
    "~pubsub",
    "~pubsub#publisher-affiliation",
    "~pubsub#access-open",
    "~pubsub#retrieve-affiliations",
    "jabber:iq:version",
    "~pubsub#retract-items",
    "urn:xmpp:time",
    "~pubsub#manage-subscriptions",
    "jabber:iq:privacy",
    "urn:xmpp:bookmarks-conversion:0",
    "jabber:iq:last",
    "~commands",
    "~offline",
    "~pubsub#publish-options",
    "urn:xmpp:carbons:2",
    "~address",
    "~pubsub#publish",
    "~pubsub#collections",
    "~pubsub#retrieve-subscriptions",
    "~disco#info",
    "jabber:iq:private",
    "~rsm",
];

/// The features of the domain in the dialect of the specifications, beside those of the service
/// that each account has: exactly those that the engine has handlers for.
const RFC_FEATURES: [&str; 7] = [
    "~disco#info",
    "~disco#items",
    "~pubsub",
    "jabber:iq:roster",
    "jabber:iq:version",
    "urn:xmpp:ping",
    "urn:xmpp:time",
];

/// `<c/>` of the stream features (XEP-0115 §6.3).
pub(crate) fn caps_element(domain: &str, profile: &Profile) -> String {
    format!(
        "<c xmlns=\"{}\" hash=\"sha-1\" node=\"{CAPS_NODE}\" ver=\"{}\"/>",
        ns::CAPS,
        ver(&server_disco(domain, profile))
    )
}

impl Hub {
    /// The reply to a disco#info request to the server or an account. The known features are put
    /// into the query as it came, so the node is repeated.
    pub(super) fn disco_info(&mut self, cx: &mut Context, iq: &Iq<'_>, query: &Element) -> Reply {
        let is_account = matches!(iq.addressee(), Addressee::OwnAccount | Addressee::OtherAccount);
        let is_registered = iq
            .to
            .and_then(|to| to.local.as_deref())
            .is_none_or(|account| !cx.is_openfire() || cx.settings.accounts.is_registered(account));
        match query.attr("node") {
            Some(COMMANDS) if cx.is_openfire() => Reply::Result(echo_with(query, COMMAND_LIST)),
            // It is the asker's, whoever is asked (`IQOfflineMessagesHandler.hasInfo`).
            Some(OFFLINE) if cx.is_openfire() => Reply::Result(echo_with(query, OFFLINE_LIST)),
            // The node of the caps counts as no node.
            Some(node) if !is_caps_node(node) => {
                if is_account && cx.is_openfire() && !commands::exists(node) {
                    self.personal_node_info(cx, iq, query, node)
                } else {
                    Reply::Error(Condition::ItemNotFound)
                }
            }
            _ if !is_registered => Reply::Error(Condition::ItemNotFound),
            _ if is_account => Reply::Result(account_info(&cx.settings.profile, query)),
            _ => Reply::Result(server_info(&cx.settings.domain, &cx.settings.profile, query)),
        }
    }

    /// The reply to a disco#items request to the server or an account.
    pub(super) fn disco_items(&mut self, cx: &mut Context, iq: &Iq<'_>, query: &Element) -> Reply {
        if iq.is_set() && cx.is_openfire() {
            return Reply::Error(Condition::FeatureNotImplemented);
        }
        match query.attr("node").filter(|_| cx.is_openfire()) {
            // No account may run a command, and no message waits.
            Some(node) if node == COMMANDS || node == OFFLINE || commands::exists(node) => {
                Reply::Result(no_items(query))
            }
            Some(_) => Reply::Error(Condition::ItemNotFound),
            None if matches!(iq.addressee(), Addressee::OwnAccount | Addressee::OtherAccount) => {
                self.account_items(cx, iq, query)
            }
            None => Reply::Result(server_items(cx, query)),
        }
    }
}

/// The disco#info answer of the domain.
fn server_info(domain: &str, profile: &Profile, query: &Element) -> String {
    let info = server_disco(domain, profile);
    // Recorded order: category, name, type.
    let mut out = "<identity category=\"server\" name=\"Openfire Server\" type=\"im\"/>\
        <identity category=\"pubsub\" type=\"pep\"/>"
        .to_owned();
    push_features(&mut out, info.features.iter());
    out.push_str(&format!("<x xmlns=\"{}\" type=\"result\">", ns::DATA_FORMS));
    for form in &info.forms {
        out.push_str(&format!(
            "<field var=\"FORM_TYPE\" type=\"hidden\"><value>{}</value></field>",
            form.form_type
        ));
        for field in &form.fields {
            out.push_str(&format!("<field var=\"{}\">", field.var));
            for value in &field.values {
                out.push_str(&format!("<value>{}</value>", escape::text(value)));
            }
            out.push_str("</field>");
        }
    }
    out.push_str("</x>");
    echo_with(query, &out)
}

/// The disco#items answer of the domain: its services.
fn server_items(cx: &Context, query: &Element) -> String {
    let items: String = Component::names(cx)
        .iter()
        .map(|(host, name)| {
            format!("<item jid=\"{host}.{}\" name=\"{name}\"/>", cx.settings.domain)
        })
        .collect();
    echo_with(query, &items)
}

/// A disco#items answer without items (recorded: disco_items_own_bare).
pub(super) fn no_items(query: &Element) -> String {
    echo_with(query, "")
}

/// The disco#info answer of any account (recorded: disco_info_own_bare).
pub(super) fn account_info(profile: &Profile, query: &Element) -> String {
    let mut out = "<identity category=\"pubsub\" type=\"pep\"/>\
        <identity category=\"account\" type=\"registered\"/>"
        .to_owned();
    let own = |feature: &&String| {
        feature.starts_with(&format!("{PROTOCOL}pubsub")) || *feature == ns::DISCO_INFO
    };
    push_features(&mut out, server_features(profile).iter().filter(own));
    echo_with(query, &out)
}

fn server_disco(domain: &str, profile: &Profile) -> DiscoInfo {
    DiscoInfo {
        identities: vec![
            Identity {
                category: "server".into(),
                kind: "im".into(),
                name: "Openfire Server".into(),
                ..Identity::default()
            },
            Identity { category: "pubsub".into(), kind: "pep".into(), ..Identity::default() },
        ],
        features: server_features(profile),
        forms: vec![Form {
            form_type: "http://jabber.org/network/serverinfo".into(),
            fields: vec![Field {
                var: "admin-addresses".into(),
                values: vec![format!("xmpp:admin@{domain}"), "mailto:admin@example.com".into()],
            }],
        }],
    }
}

fn server_features(profile: &Profile) -> Vec<String> {
    let whole = |feature: &&str| feature.replacen('~', PROTOCOL, 1);
    match profile.dialect {
        Dialect::Openfire => SERVER_FEATURES.iter().map(whole).collect(),
        Dialect::Rfc => {
            let of_accounts = profile.pubsub.features();
            let of_accounts = of_accounts.iter().map(|name| format!("{PROTOCOL}pubsub#{name}"));
            RFC_FEATURES.iter().map(whole).chain(of_accounts).collect()
        }
    }
}

fn push_features<'a>(out: &mut String, features: impl Iterator<Item = &'a String>) {
    for feature in features {
        out.push_str(&format!("<feature var=\"{feature}\"/>"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_one_of_the_tech_note() {
        let caps = |domain| caps_element(domain, &Profile::openfire_4_4());
        assert!(caps("uccxpub.prabhat.com").contains("k3mOuil8afx3OTZxYy6yxLmFsok="));
        assert!(caps("finesse.example.com").contains("bUYDeA/aFX75u/ftaqVeHRF57Uw="));
    }

    #[test]
    fn the_answer_hashes_to_what_is_announced() {
        let asked = stanza::parse(&format!("<query xmlns='{}'/>", ns::DISCO_INFO));
        let openfire = Profile::openfire_4_4();
        let info =
            server_info("localhost", &openfire, &asked.expect("the question is well-formed"));
        let query = stanza::parse(&info).expect("the answer is well-formed");
        assert_eq!(query.children().filter(|child| child.name.local == "feature").count(), 46);
        assert_eq!(ver(&server_disco("localhost", &openfire)), "wCWoEgTmuVT3XurZinUyyg9WgY0=");
    }
}
