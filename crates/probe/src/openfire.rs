//! Release and settings of an Openfire, from the hash of its capabilities (XEP-0115 §5).
//!
//! The hash is computed for every candidate. One that comes out the same leaves no doubt about its
//! input. The list of each release was read from its source, at the tags v4.3.0 to v4.8.3 of
//! igniterealtime/Openfire (`getFeatures` of every `ServerFeaturesProvider`, `PubSubModule`,
//! `IQPEPHandler`, `IQDiscoInfoHandler`), and for 4.4.4 it was recorded as well, with the settings
//! of UCCX and with those it comes with.

use stanza::caps::{DiscoInfo, Field, Form, Identity, ver};

/// The node of Openfire's capabilities since 4.3.0, which first shows them over WebSocket.
pub(super) const CAPS_NODE: &str = "https://www.igniterealtime.org/projects/openfire/";

const PROTOCOL: &str = "http://jabber.org/protocol/";

/// Features of all releases with default settings; `~` stands for [`PROTOCOL`].
const COMMON: [&str; 41] = [
    "jabber:iq:last",
    "jabber:iq:privacy",
    "jabber:iq:register",
    "jabber:iq:roster",
    "jabber:iq:version",
    "vcard-temp",
    "urn:xmpp:bookmarks-conversion:0",
    "urn:xmpp:carbons:2",
    "urn:xmpp:ping",
    "urn:xmpp:time",
    "~address",
    "~commands",
    "~disco#info",
    "~disco#items",
    "~offline",
    "~rsm",
    "~pubsub",
    "~pubsub#auto-create",
    "~pubsub#config-node",
    "~pubsub#create-and-configure",
    "~pubsub#create-nodes",
    "~pubsub#delete-nodes",
    "~pubsub#get-pending",
    "~pubsub#item-ids",
    "~pubsub#manage-subscriptions",
    "~pubsub#meta-data",
    "~pubsub#modify-affiliations",
    "~pubsub#outcast-affiliation",
    "~pubsub#persistent-items",
    "~pubsub#presence-notifications",
    "~pubsub#publish",
    "~pubsub#publish-options",
    "~pubsub#publisher-affiliation",
    "~pubsub#purge-nodes",
    "~pubsub#retract-items",
    "~pubsub#retrieve-affiliations",
    "~pubsub#retrieve-default",
    "~pubsub#retrieve-items",
    "~pubsub#retrieve-subscriptions",
    "~pubsub#subscribe",
    "~pubsub#subscription-options",
];

/// Releases with the same features.
struct Release {
    versions: &'static str,
    /// Features beyond [`COMMON`].
    more: &'static [&'static str],
    /// Whether `xmpp.pubsub.multiple-subscriptions` shows; before 4.4.3 its feature was always
    /// listed.
    shows_multiple: bool,
}

/// From 4.5.0 on the hash covers the machine as well (the form `urn:xmpp:dataforms:softwareinfo`),
/// unless `xmpp.iqdiscoinfo.xformsoftwareversion` is false; from 4.9 it is one of each user.
const RELEASES: [Release; 5] = [
    Release {
        versions: "4.3.0 to 4.4.2",
        more: &["jabber:iq:private", "urn:xmpp:blocking"],
        shows_multiple: false,
    },
    Release {
        versions: "4.4.3 or 4.4.4 (or 4.5 with xmpp.iqdiscoinfo.xformsoftwareversion=false)",
        more: &["jabber:iq:private", "urn:xmpp:blocking"],
        shows_multiple: true,
    },
    Release {
        versions: "4.6.0 to 4.7.3 with xmpp.iqdiscoinfo.xformsoftwareversion=false",
        more: &["~pubsub#auto-subscribe", "~pubsub#filtered-notifications"],
        shows_multiple: true,
    },
    Release {
        versions: "4.7.4 or 4.7.5 with xmpp.iqdiscoinfo.xformsoftwareversion=false",
        more: &["~pubsub#auto-subscribe", "~pubsub#filtered-notifications", "~pubsub#multi-items"],
        shows_multiple: true,
    },
    Release {
        versions: "4.8 with xmpp.iqdiscoinfo.xformsoftwareversion=false",
        more: &[
            "~pubsub#auto-subscribe",
            "~pubsub#filtered-notifications",
            "~pubsub#multi-items",
            "~caps",
        ],
        shows_multiple: true,
    },
];

/// Default access models of new nodes (XEP-0060 §4.5); Openfire comes with `open`.
const ACCESS: [&str; 5] = ["open", "presence", "roster", "authorize", "whitelist"];

/// The administrators in the form with contact addresses (XEP-0157).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Admins {
    /// `admin` with the address that setup gives it: the row that comes with the database.
    Stock,
    /// `admin` without an address.
    WithoutMail,
    /// No administrator, or `admin.disable-exposure`.
    Nobody,
}

/// Settings that show in the hash.
#[derive(Clone, Copy)]
struct Settings {
    multiple_subscriptions: bool,
    stores_offline: bool,
    collections: bool,
    instant_nodes: bool,
    access: &'static str,
    admins: Admins,
}

/// Releases and settings that follow from a hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Openfire {
    /// Releases that announce this hash, e.g. `4.4.3 or 4.4.4`; several where they list the same.
    pub versions: Vec<&'static str>,
    /// Settings that follow, each with what it means here.
    pub settings: Vec<OpenfireSetting>,
    /// The XMPP domain, where it is part of what was hashed: the hash confirms it.
    pub domain: Option<String>,
}

/// An Openfire setting that follows from a hash.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct OpenfireSetting {
    /// Name and value in Openfire.
    pub setting: String,
    /// The effect for clients.
    pub means: &'static str,
    /// Whether UCCX has the same value, by the hash in Cisco's note.
    pub as_uccx: bool,
}

/// The meaning of `announced` for an Openfire whose domain is one of `domains`; none, when no
/// candidate comes out the same.
pub(super) fn recognise(announced: &str, domains: &[&str]) -> Option<Openfire> {
    let mut found: Option<Openfire> = None;
    for release in &RELEASES {
        for settings in settings() {
            if !release.shows_multiple && !settings.multiple_subscriptions {
                continue;
            }
            let domain =
                domains.iter().find(|domain| ver(&info(release, settings, domain)) == announced);
            let Some(domain) = domain else { continue };
            let found = found.get_or_insert_with(|| Openfire {
                versions: Vec::new(),
                settings: settings.named(release),
                domain: (settings.admins != Admins::Nobody).then(|| (*domain).to_owned()),
            });
            found.versions.push(release.versions);
        }
    }
    found
}

fn settings() -> impl Iterator<Item = Settings> {
    let both = [false, true];
    let admins = [Admins::Stock, Admins::WithoutMail, Admins::Nobody];
    let mut all = Vec::new();
    for (multiple_subscriptions, stores_offline) in
        both.into_iter().flat_map(|a| both.map(|b| (a, b)))
    {
        for (collections, instant_nodes) in both.into_iter().flat_map(|a| both.map(|b| (a, b))) {
            for (access, admins) in ACCESS.into_iter().flat_map(|a| admins.map(|b| (a, b))) {
                all.push(Settings {
                    multiple_subscriptions,
                    stores_offline,
                    collections,
                    instant_nodes,
                    access,
                    admins,
                });
            }
        }
    }
    all.into_iter()
}

impl Settings {
    fn named(self, release: &Release) -> Vec<OpenfireSetting> {
        let setting = |setting: &str, means, as_uccx| OpenfireSetting {
            setting: setting.to_owned(),
            means,
            as_uccx,
        };
        let mut named = Vec::new();
        if release.shows_multiple {
            named.push(if self.multiple_subscriptions {
                setting(
                    "xmpp.pubsub.multiple-subscriptions=true",
                    "subscriptions have a subid, and ending one needs it",
                    false,
                )
            } else {
                setting(
                    "xmpp.pubsub.multiple-subscriptions=false",
                    "subscriptions have no subid; subscribing again changes nothing",
                    true,
                )
            });
        }
        named.push(if self.stores_offline {
            setting(
                "xmpp.offline.type=store…",
                "messages to an agent who is away are kept and come at the next login",
                false,
            )
        } else {
            setting(
                "xmpp.offline.type=bounce or drop",
                "messages to an agent who is away are lost",
                true,
            )
        });
        named.push(OpenfireSetting {
            setting: format!("new nodes are {}", self.access),
            means: "the default access to a node, if its creator set none",
            as_uccx: self.access == "open",
        });
        if !self.collections {
            named.push(setting("collection nodes are off", "nodes cannot be grouped", false));
        }
        if !self.instant_nodes {
            named.push(setting("instant nodes are off", "nodes must be named when created", false));
        }
        named.push(match self.admins {
            Admins::Stock => setting(
                "administrator admin, admin@example.com",
                "the account that comes with the database is still there",
                true,
            ),
            Admins::WithoutMail => setting(
                "administrator admin, without address",
                "the account has been edited",
                false,
            ),
            Admins::Nobody => setting(
                "no administrator is shown",
                "admin.disable-exposure=true, or there is none; the hash does not cover the domain",
                false,
            ),
        });
        named
    }
}

fn info(release: &Release, settings: Settings, domain: &str) -> DiscoInfo {
    let mut features: Vec<&str> = COMMON.iter().chain(release.more).copied().collect();
    let optional = [
        (settings.multiple_subscriptions, "~pubsub#multi-subscribe"),
        (settings.stores_offline, "msgoffline"),
        (settings.collections, "~pubsub#collections"),
        (settings.instant_nodes, "~pubsub#instant-nodes"),
    ];
    features.extend(optional.into_iter().filter(|(is_on, _)| *is_on).map(|(_, feature)| feature));
    let access = format!("{PROTOCOL}pubsub#access-{}", settings.access);
    let admin = format!("xmpp:admin@{domain}");
    let addresses = match settings.admins {
        Admins::Stock => vec![admin, "mailto:admin@example.com".to_owned()],
        Admins::WithoutMail => vec![admin],
        Admins::Nobody => Vec::new(),
    };
    let field = Field { var: "admin-addresses".to_owned(), values: addresses };
    let form =
        Form { form_type: "http://jabber.org/network/serverinfo".to_owned(), fields: vec![field] };
    let identity = |category: &str, kind: &str, name: &str| Identity {
        category: category.to_owned(),
        kind: kind.to_owned(),
        lang: String::new(),
        name: name.to_owned(),
    };
    DiscoInfo {
        identities: vec![
            identity("server", "im", "Openfire Server"),
            identity("pubsub", "pep", ""),
        ],
        features: features
            .into_iter()
            .map(|feature| feature.replacen('~', PROTOCOL, 1))
            .chain([access])
            .collect(),
        forms: if settings.admins == Admins::Nobody { Vec::new() } else { vec![form] },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings_of(found: &Openfire) -> Vec<&str> {
        found.settings.iter().map(|setting| setting.setting.as_str()).collect()
    }

    // The hash in Cisco's note on the WebSocket of Finesse.
    #[test]
    fn the_hash_of_a_uccx() {
        let found = recognise("k3mOuil8afx3OTZxYy6yxLmFsok=", &["uccxpub.prabhat.com"]).unwrap();
        assert_eq!(found.versions.len(), 1);
        assert!(found.versions[0].starts_with("4.4.3 or 4.4.4"), "{found:?}");
        assert!(found.settings.iter().all(|setting| setting.as_uccx), "{found:?}");
        assert_eq!(found.domain.as_deref(), Some("uccxpub.prabhat.com"));
    }

    // Recorded: stock_features, an Openfire 4.4.4 with the settings that it comes with.
    #[test]
    fn the_hash_of_an_openfire_as_it_comes() {
        let found =
            recognise("n0ILstbu5yMwWqm85rJfJvsyKEY=", &["x.test", "uccx.example.com"]).unwrap();
        // With multiple subscriptions, releases before 4.4.3 list the same.
        assert_eq!(found.versions.len(), 2);
        assert_eq!(found.domain.as_deref(), Some("uccx.example.com"));
        assert!(settings_of(&found).contains(&"xmpp.offline.type=store…"), "{found:?}");
    }

    #[test]
    fn a_hash_of_another_domain_or_of_nothing_known_says_nothing() {
        assert_eq!(recognise("k3mOuil8afx3OTZxYy6yxLmFsok=", &["uccx.example.com"]), None);
        assert_eq!(recognise("wBr6DNC6Vxj+iDPS/AmhkECMTr8=", &["finesse.test"]), None);
        assert_eq!(recognise("", &[]), None);
    }

    #[test]
    fn without_the_form_the_domain_is_not_part_of_the_hash() {
        let settings = Settings {
            multiple_subscriptions: false,
            stores_offline: false,
            collections: true,
            instant_nodes: true,
            access: "whitelist",
            admins: Admins::Nobody,
        };
        let hash = ver(&info(&RELEASES[3], settings, "any.test"));
        let found = recognise(&hash, &["other.test"]).unwrap();
        assert!(found.versions[0].starts_with("4.7.4"), "{found:?}");
        assert_eq!(found.domain, None);
        assert!(settings_of(&found).contains(&"new nodes are whitelist"), "{found:?}");
    }
}
