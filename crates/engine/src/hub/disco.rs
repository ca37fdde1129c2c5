//! Service discovery of the server and its accounts, and the caps hash that follows from it
//! (XEP-0030, XEP-0115).

use stanza::caps::{DiscoInfo, Field, Form, Identity, ver};
use stanza::{Element, escape, ns};

const PROTOCOL: &str = "http://jabber.org/protocol/";

/// The node of the server's capabilities.
const CAPS_NODE: &str = "https://www.igniterealtime.org/projects/openfire/";

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

/// `<c/>` of the stream features (XEP-0115 §6.3).
pub(crate) fn caps_element(domain: &str) -> String {
    format!(
        "<c xmlns=\"{}\" hash=\"sha-1\" node=\"{CAPS_NODE}\" ver=\"{}\"/>",
        ns::CAPS,
        ver(&server_disco(domain))
    )
}

/// The disco#info answer of the domain; none for a node that does not exist. The node of the caps
/// counts as no node.
pub(crate) fn server_info(domain: &str, node: Option<&str>) -> Option<String> {
    if node.is_some_and(|node| !node.starts_with(&format!("{CAPS_NODE}#"))) {
        return None;
    }
    let node = node.map(|node| format!(" node=\"{}\"", escape::attr(node))).unwrap_or_default();
    let info = server_disco(domain);
    let mut out = format!("<query xmlns=\"{}\"{node}>", ns::DISCO_INFO);
    // Recorded order: category, name, type.
    out.push_str("<identity category=\"server\" name=\"Openfire Server\" type=\"im\"/><identity category=\"pubsub\" type=\"pep\"/>");
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
    out.push_str("</x></query>");
    Some(out)
}

/// The disco#items answer of the domain: its one service.
pub(crate) fn server_items(domain: &str) -> String {
    format!(
        "<query xmlns=\"{}\"><item jid=\"pubsub.{domain}\" name=\"Publish-Subscribe service\"/></query>",
        ns::DISCO_ITEMS
    )
}

/// The disco#info answer of any account (recorded: disco_info_own_bare).
pub(crate) fn account_info() -> String {
    let mut out = format!(
        "<query xmlns=\"{}\"><identity category=\"pubsub\" type=\"pep\"/><identity category=\"account\" type=\"registered\"/>",
        ns::DISCO_INFO
    );
    let own = |feature: &&String| {
        feature.starts_with(&format!("{PROTOCOL}pubsub")) || *feature == ns::DISCO_INFO
    };
    push_features(&mut out, server_features().iter().filter(own));
    out.push_str("</query>");
    out
}

/// The hash of a disco#info answer that a client gave, without forms.
pub(crate) fn ver_of(query: &Element) -> String {
    let mut info = DiscoInfo::default();
    for child in query.children() {
        let text = |name| child.attr(name).unwrap_or_default().to_owned();
        match child.name.local.as_str() {
            "identity" => info.identities.push(Identity {
                category: text("category"),
                kind: text("type"),
                lang: child.attr_ns(ns::XML, "lang").unwrap_or_default().to_owned(),
                name: text("name"),
            }),
            "feature" => info.features.push(text("var")),
            _ => {}
        }
    }
    ver(&info)
}

fn server_disco(domain: &str) -> DiscoInfo {
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
        features: server_features(),
        forms: vec![Form {
            form_type: "http://jabber.org/network/serverinfo".into(),
            fields: vec![Field {
                var: "admin-addresses".into(),
                values: vec![format!("xmpp:admin@{domain}"), "mailto:admin@example.com".into()],
            }],
        }],
    }
}

fn server_features() -> Vec<String> {
    SERVER_FEATURES.iter().map(|feature| feature.replacen('~', PROTOCOL, 1)).collect()
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
        assert!(caps_element("uccxpub.prabhat.com").contains("k3mOuil8afx3OTZxYy6yxLmFsok="));
        assert!(caps_element("finesse.example.com").contains("bUYDeA/aFX75u/ftaqVeHRF57Uw="));
    }

    #[test]
    fn the_answer_hashes_to_what_is_announced() {
        let info = server_info("localhost", None).expect("no node was asked for");
        let query = stanza::parse(&info).expect("the answer is well-formed");
        assert_eq!(query.children().filter(|child| child.name.local == "feature").count(), 46);
        assert_eq!(ver(&server_disco("localhost")), "wCWoEgTmuVT3XurZinUyyg9WgY0=");
        assert_eq!(server_info("localhost", Some("x")), None);
    }
}
