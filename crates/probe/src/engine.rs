//! Recognises the server's engine by its capabilities, its answers and its habits.

use remote::Url;
use stanza::caps::ver;

use super::openfire::{self, CAPS_NODE, Openfire};
use super::{Facts, ProbeReport};

/// The recognised engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recognised {
    /// Openfire, with release and settings if its hash is known.
    Openfire(Option<Openfire>),
    /// Another engine, by its own name or by known habits.
    Named(String),
    /// The engine is not recognised.
    Unknown,
}

/// The recognised engine, with the evidence.
pub struct Conclusion {
    /// The recognised engine.
    pub engine: Recognised,
    /// Name and version as far as known, one line.
    pub summary: String,
    /// The evidence, one line each.
    pub because: Vec<String>,
}

impl ProbeReport {
    /// Recognises the engine from the facts of the probe.
    pub fn engine(&self) -> Conclusion {
        let facts = &self.facts;
        let node = facts.caps.as_ref().map_or("", |(node, _)| node.as_str());
        let own_name = own_name(facts);
        let named =
            |name: &str| own_name.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(name));
        if node.starts_with(CAPS_NODE) || named("openfire") || named("openfire server") {
            return self.openfire();
        }
        let known = [
            ("Prosody", "http://prosody.im", looks_like_prosody as fn(&Facts) -> bool),
            ("ejabberd", "http://www.process-one.net/en/ejabberd", looks_like_ejabberd),
        ];
        for (name, caps, looks) in known {
            let mut because = Vec::new();
            if node.starts_with(caps) {
                because.push(format!("its capabilities are those of {node}"));
            }
            if named(name) {
                because.push(format!(
                    "it says so when asked for its identity: {}",
                    own_name.as_deref().unwrap_or_default()
                ));
            }
            if looks(facts) {
                because.push("ids and headers are as it writes them".to_owned());
            }
            if !because.is_empty() {
                let summary = versioned(name, facts);
                return Conclusion { engine: Recognised::Named(name.to_owned()), summary, because };
            }
        }
        match own_name {
            Some(name) => Conclusion {
                summary: versioned(&name, facts),
                engine: Recognised::Named(name),
                because: vec!["it says so when asked".to_owned()],
            },
            None => Conclusion {
                engine: Recognised::Unknown,
                summary: "not recognised".to_owned(),
                because: vec![
                    "it announces no capabilities, and disco#info was not asked or not answered"
                        .to_owned(),
                ],
            },
        }
    }

    fn openfire(&self) -> Conclusion {
        let facts = &self.facts;
        let mut because = Vec::new();
        let announced = facts.caps.as_ref().map_or("", |(_, hash)| hash.as_str());
        let host = Url::parse(&self.url).ok().map(|url| url.host);
        let domains: Vec<&str> =
            facts.domain.as_deref().into_iter().chain(host.as_deref()).collect();
        let found = openfire::recognise(announced, &domains);
        let own_version = facts
            .version
            .as_ref()
            .map(|(_, version)| version.as_str())
            .filter(|text| !text.is_empty());
        let summary = match (own_version, &found) {
            (Some(version), _) => format!("Openfire {version}"),
            (None, Some(found)) => format!("Openfire {}", found.versions.join(", or ")),
            (None, None) => match jetty(facts) {
                Some(versions) => format!("Openfire, most likely {versions}"),
                None => "Openfire, version unknown".to_owned(),
            },
        };
        if own_version.is_some() {
            because.push("it says so when asked for its version".to_owned());
        }
        match &found {
            Some(found) if found.domain.is_some() => because.push(format!(
                "the hash of its capabilities, {announced}, is that of Openfire {} with this domain and the settings below",
                found.versions.join(", or ")
            )),
            Some(found) => because.push(format!(
                "the hash of its capabilities, {announced}, is that of Openfire {} with the settings below",
                found.versions.join(", or ")
            )),
            None if announced.is_empty() => {
                because.push("it shows no hash of its capabilities, as Openfire does from 4.3 on".to_owned());
            }
            None => because.push(format!(
                "the hash of its capabilities, {announced}, is that of no candidate: 4.5 or later (whose hash covers the \
                 machine), a plugin that adds features, or administrators of its own"
            )),
        }
        if let Some(info) = &facts.info {
            let same = ver(info) == announced;
            because.push(format!(
                "the {} features that it lists on request {} that hash",
                info.features.len(),
                if same { "have" } else { "do not have" }
            ));
        }
        if let Some(versions) = jetty(facts) {
            because.push(format!("its web server is the Jetty of Openfire {versions}"));
        }
        Conclusion { engine: Recognised::Openfire(found), summary, because }
    }
}

/// The server's own name: from its identity (XEP-0030), or from its version (XEP-0092).
fn own_name(facts: &Facts) -> Option<String> {
    let identity = facts.info.as_ref().and_then(|info| {
        info.identities
            .iter()
            .find(|identity| identity.category == "server")
            .map(|own| own.name.clone())
    });
    let name = facts.version.as_ref().map(|(name, _)| name.clone());
    identity.into_iter().chain(name).find(|name| !name.is_empty())
}

fn versioned(name: &str, facts: &Facts) -> String {
    match &facts.version {
        Some((_, version)) if !version.is_empty() => format!("{name} {version}"),
        _ => format!("{name}, version unknown"),
    }
}

/// The releases of Openfire with the Jetty version in `Server`, according to their build files.
fn jetty(facts: &Facts) -> Option<&'static str> {
    let server = facts.answer.as_ref()?.headers.first("Server")?;
    let version = server.trim().strip_prefix("Jetty(")?;
    [
        ("9.2.14", "4.2"),
        ("9.4.12", "4.3"),
        ("9.4.18", "4.4"),
        ("9.4.28", "4.5"),
        ("9.4.3", "4.6"),
        ("9.4.43", "4.7"),
        ("10.0", "4.8 or 4.9"),
        ("12.0", "5"),
    ]
    .into_iter()
    .filter(|(prefix, _)| version.starts_with(prefix))
    .max_by_key(|(prefix, _)| prefix.len())
    .map(|(_, versions)| versions)
}

/// Recorded from 0.12.3: cross-origin headers with the 101, and a UUID as the id of the stream.
fn looks_like_prosody(facts: &Facts) -> bool {
    let id = facts.stream_id.as_deref().unwrap_or_default();
    let is_uuid = id.len() == 36 && id.chars().filter(|c| *c == '-').count() == 4;
    let answer = facts.answer.as_ref();
    is_uuid && answer.is_some_and(|answer| answer.headers.first("Access-Control-Max-Age").is_some())
}

/// Recorded from 23.01: a small s in `Sec-Websocket-Protocol`, and a long decimal number as the id
/// of the stream.
fn looks_like_ejabberd(facts: &Facts) -> bool {
    let id = facts.stream_id.as_deref().unwrap_or_default();
    let answer = facts.answer.as_ref();
    let spelt = |answer: &wire::ResponseHead| {
        answer.headers.0.iter().any(|(name, _)| name == "Sec-Websocket-Protocol")
    };
    id.len() >= 16 && id.chars().all(|c| c.is_ascii_digit()) && answer.is_some_and(spelt)
}
