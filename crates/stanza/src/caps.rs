//! The verification string of entity capabilities (XEP-0115 §5).

use crate::{Element, ns};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

/// The answer of an entity to disco#info.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DiscoInfo {
    /// Identities; the order does not matter.
    pub identities: Vec<Identity>,
    /// Features; the order does not matter.
    pub features: Vec<String>,
    /// Forms (XEP-0128); the order does not matter.
    pub forms: Vec<Form>,
}

/// One identity (XEP-0030 §3.1); fields that are not given are empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    /// `category`
    pub category: String,
    /// `type`
    pub kind: String,
    /// `xml:lang`
    pub lang: String,
    /// `name`
    pub name: String,
}

/// A data form with additional information (XEP-0128).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form {
    /// The value of its hidden field `FORM_TYPE`.
    pub form_type: String,
    pub fields: Vec<Field>,
}

/// A field of a form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Field {
    /// `var`
    pub var: String,
    /// Its values; the order does not matter.
    pub values: Vec<String>,
}

impl DiscoInfo {
    /// Reads a disco#info `<query/>` (XEP-0030 §3.1, XEP-0128).
    pub fn of(query: &Element) -> Self {
        let mut info = Self::default();
        for child in query.children() {
            let text = |name| child.attr(name).unwrap_or_default().to_owned();
            match (child.name.ns.as_str(), child.name.local.as_str()) {
                (ns::DISCO_INFO, "identity") => info.identities.push(Identity {
                    category: text("category"),
                    kind: text("type"),
                    lang: child.attr_ns(ns::XML, "lang").unwrap_or_default().to_owned(),
                    name: text("name"),
                }),
                (ns::DISCO_INFO, "feature") => info.features.push(text("var")),
                (ns::DATA_FORMS, "x") => info.forms.push(Form::of(child)),
                _ => {}
            }
        }
        info
    }
}

impl Form {
    fn of(x: &Element) -> Self {
        let mut form = Self::default();
        for field in x.children().filter(|child| child.is(ns::DATA_FORMS, "field")) {
            let values: Vec<String> = field
                .children()
                .filter(|child| child.is(ns::DATA_FORMS, "value"))
                .map(Element::text)
                .collect();
            match field.attr("var").unwrap_or_default() {
                "FORM_TYPE" => form.form_type = values.into_iter().next().unwrap_or_default(),
                var => form.fields.push(Field { var: var.to_owned(), values }),
            }
        }
        form
    }
}

/// The attribute `ver` of `<c hash="sha-1"/>` for this information (XEP-0115 §5.1).
pub fn ver(info: &DiscoInfo) -> String {
    STANDARD.encode(Sha1::digest(verification_string(info)))
}

// Steps 1 to 7; comparing strings in Rust is the collation i;octet.
fn verification_string(info: &DiscoInfo) -> String {
    let mut pieces = Vec::new();
    for identity in sorted(info.identities.iter()) {
        let Identity { category, kind, lang, name } = identity;
        pieces.push(format!("{category}/{kind}/{lang}/{name}"));
    }
    pieces.extend(sorted(info.features.iter()).into_iter().cloned());
    let mut forms: Vec<&Form> = info.forms.iter().collect();
    forms.sort_by(|a, b| a.form_type.cmp(&b.form_type));
    for form in forms {
        pieces.push(form.form_type.clone());
        let mut fields: Vec<&Field> = form.fields.iter().collect();
        fields.sort_by(|a, b| a.var.cmp(&b.var));
        for field in fields {
            pieces.push(field.var.clone());
            pieces.extend(sorted(field.values.iter()).into_iter().cloned());
        }
    }
    pieces.into_iter().map(|piece| piece + "<").collect()
}

fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.collect();
    items.sort();
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(category: &str, kind: &str, lang: &str, name: &str) -> Identity {
        Identity {
            category: category.into(),
            kind: kind.into(),
            lang: lang.into(),
            name: name.into(),
        }
    }

    fn field(var: &str, values: &[&str]) -> Field {
        Field { var: var.into(), values: values.iter().map(|value| (*value).to_owned()).collect() }
    }

    #[test]
    fn simple_example_of_the_specification() {
        let info = DiscoInfo {
            identities: vec![identity("client", "pc", "", "Exodus 0.9.1")],
            features: [
                "http://jabber.org/protocol/disco#info",
                "http://jabber.org/protocol/disco#items",
                "http://jabber.org/protocol/muc",
                "http://jabber.org/protocol/caps",
            ]
            .map(String::from)
            .to_vec(),
            forms: vec![],
        };
        assert_eq!(ver(&info), "QgayPKawpkPSDYmwT/WM94uAlu0=");
    }

    #[test]
    fn complex_example_of_the_specification() {
        let info = DiscoInfo {
            identities: vec![
                identity("client", "pc", "en", "Psi 0.11"),
                identity("client", "pc", "el", "Ψ 0.11"),
            ],
            features: [
                "http://jabber.org/protocol/caps",
                "http://jabber.org/protocol/disco#info",
                "http://jabber.org/protocol/disco#items",
                "http://jabber.org/protocol/muc",
            ]
            .map(String::from)
            .to_vec(),
            forms: vec![Form {
                form_type: "urn:xmpp:dataforms:softwareinfo".into(),
                fields: vec![
                    field("ip_version", &["ipv6", "ipv4"]),
                    field("os", &["Mac"]),
                    field("os_version", &["10.5.1"]),
                    field("software", &["Psi"]),
                    field("software_version", &["0.11"]),
                ],
            }],
        };
        assert_eq!(ver(&info), "q07IKJEyjvHSyhy//CH0CxmKi8w=");
    }

    /// The set that Openfire 4.4.4 with the settings of UCCX was recorded to serve.
    fn openfire(domain: &str) -> DiscoInfo {
        const PUBSUB: &[&str] = &[
            "access-open",
            "auto-create",
            "collections",
            "config-node",
            "create-and-configure",
            "create-nodes",
            "delete-nodes",
            "get-pending",
            "instant-nodes",
            "item-ids",
            "manage-subscriptions",
            "meta-data",
            "modify-affiliations",
            "outcast-affiliation",
            "persistent-items",
            "presence-notifications",
            "publish",
            "publish-options",
            "publisher-affiliation",
            "purge-nodes",
            "retract-items",
            "retrieve-affiliations",
            "retrieve-default",
            "retrieve-items",
            "retrieve-subscriptions",
            "subscribe",
            "subscription-options",
        ];
        const OTHER: &[&str] = &[
            "jabber:iq:last",
            "jabber:iq:privacy",
            "jabber:iq:private",
            "jabber:iq:register",
            "jabber:iq:roster",
            "jabber:iq:version",
            "vcard-temp",
            "urn:xmpp:blocking",
            "urn:xmpp:bookmarks-conversion:0",
            "urn:xmpp:carbons:2",
            "urn:xmpp:ping",
            "urn:xmpp:time",
            "http://jabber.org/protocol/address",
            "http://jabber.org/protocol/commands",
            "http://jabber.org/protocol/disco#info",
            "http://jabber.org/protocol/disco#items",
            "http://jabber.org/protocol/offline",
            "http://jabber.org/protocol/rsm",
            "http://jabber.org/protocol/pubsub",
        ];
        let pubsub =
            PUBSUB.iter().map(|feature| format!("http://jabber.org/protocol/pubsub#{feature}"));
        let features: Vec<String> =
            OTHER.iter().map(|feature| (*feature).to_owned()).chain(pubsub).collect();
        assert_eq!(features.len(), 46);
        let admin = format!("xmpp:admin@{domain}");
        DiscoInfo {
            identities: vec![
                identity("server", "im", "", "Openfire Server"),
                identity("pubsub", "pep", "", ""),
            ],
            features,
            forms: vec![Form {
                form_type: "http://jabber.org/network/serverinfo".into(),
                fields: vec![field("admin-addresses", &[&admin, "mailto:admin@example.com"])],
            }],
        }
    }

    #[test]
    fn what_is_read_from_an_answer_hashes_to_what_it_announces() {
        let mut query = String::from("<query xmlns='http://jabber.org/protocol/disco#info'>");
        let info = openfire("localhost");
        for Identity { category, kind, name, .. } in &info.identities {
            query.push_str(&format!(
                "<identity category='{category}' type='{kind}' name='{name}'/>"
            ));
        }
        for feature in &info.features {
            query.push_str(&format!("<feature var='{feature}'/>"));
        }
        query.push_str("<x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'><value>http://jabber.org/network/serverinfo</value></field><field var='admin-addresses'><value>xmpp:admin@localhost</value><value>mailto:admin@example.com</value></field></x></query>");
        let read = DiscoInfo::of(&crate::parse(&query).unwrap());
        assert_eq!(read, info);
        assert_eq!(ver(&read), "wCWoEgTmuVT3XurZinUyyg9WgY0=");
    }

    #[test]
    fn openfire_of_four_domains() {
        for (domain, expected) in [
            ("uccxpub.prabhat.com", "k3mOuil8afx3OTZxYy6yxLmFsok="),
            ("finesse.example.com", "bUYDeA/aFX75u/ftaqVeHRF57Uw="),
            ("uccx.example.com", "3ThVsfvr/jyTqZVexl6nGJhK5/Y="),
            ("localhost", "wCWoEgTmuVT3XurZinUyyg9WgY0="),
        ] {
            assert_eq!(ver(&openfire(domain)), expected, "{domain}");
        }
    }
}
