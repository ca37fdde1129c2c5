//! Rough signatures of differences: differences of one cause mostly have the same.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use regex::Regex;

use crate::compare::{Difference, Kind};
use crate::operation::{Act, Operation};
use crate::recording::Recording;

const DOMAIN: &str = "uccx.example.com";

macro_rules! pattern {
    ($name:ident, $pattern:expr) => {
        static $name: LazyLock<Regex> =
            LazyLock::new(|| Regex::new($pattern).expect("a regular expression"));
    };
}

pattern!(ROOT, r#"(?s)^\s*<([\w:]+)\b((?:[^>"']|"[^"]*"|'[^']*')*?)(/?)>"#);
pattern!(ATTRIBUTE, r#"(?:^|\s)([\w:]+)=(?:"([^"]*)"|'([^']*)')"#);
pattern!(PLAIN, r"xmpp-sasl[^>]*>([A-Za-z0-9+/=]+)<");
pattern!(CONDITION, r"<error\b([^>]*)>(?:<text[^>]*>[^<]*</text>)?<([\w-]+)");
pattern!(NUMBER, r"\d+");
pattern!(TOKEN, r"g\d{5}|[A-Za-z0-9+/=]{12,}");
pattern!(STREAM_CONDITION, r#"<([\w-]+) xmlns="urn:ietf:params:xml:ns:xmpp-(?:streams|sasl)""#);

/// The client's act, the recorded outcome and the outcome here.
pub(crate) fn signature(recording: &Recording, difference: &Difference) -> String {
    if difference.kind == Kind::Lost {
        return "lost: the connection was ended or not upgraded before".to_owned();
    }
    let operation = recording.steps.get(difference.step).and_then(|step| step.operation.as_ref());
    let context = operation.map_or_else(|| "?".to_owned(), |operation| did(recording, operation));
    let owner = owner(recording, difference.connection);
    let seen = match operation.map(|operation| operation.connection) {
        Some(actor) if actor != difference.connection => {
            match self::owner(recording, actor) == owner {
                true => " (seen by a sibling)",
                false => " (seen by another account)",
            }
        }
        _ => "",
    };
    let shape_of = |message: &Option<crate::compare::Message>| match message {
        Some(message) => shape(recording, &message.text, owner.as_deref()),
        None => "-".to_owned(),
    };
    let (wanted, got) = (shape_of(&difference.wanted), shape_of(&difference.got));
    match (&difference.wanted, &difference.got) {
        _ if difference.kind == Kind::Order => format!("{context}{seen} || order || {wanted}"),
        (Some(then), Some(now)) if wanted == got => {
            let (then, now) = different_part(&then.normalised, &now.normalised);
            let short =
                |text: &str| anonymous(recording, text).chars().take(70).collect::<String>();
            format!("{context}{seen} || {wanted} || bytes: {} => {}", short(then), short(now))
        }
        _ => format!("{context}{seen} || want {wanted} || got {got}"),
    }
}

/// The act of a client, in a line.
pub(crate) fn did(recording: &Recording, operation: &Operation) -> String {
    let owner = owner(recording, operation.connection);
    match &operation.act {
        Act::Text(text) => said(recording, text, owner.as_deref()),
        Act::Http { octets, .. } => {
            let line = octets.split(|octet| *octet == b'\r' || *octet == b'\n').next();
            let line = String::from_utf8_lossy(line.unwrap_or_default()).into_owned();
            format!("http {}", line.trim_end_matches(" HTTP/1.1"))
        }
        Act::Request { head, body, .. } => {
            let body = body.as_deref().unwrap_or_default();
            let kind = if body.contains(" sid=") { "body" } else { "create" };
            let child = ROOT.captures(body).filter(|groups| groups[3].is_empty());
            let child = child.map(|groups| &body[groups[0].len()..]).unwrap_or_default();
            let line = head[0].split(' ').take(2).collect::<Vec<_>>().join(" ");
            format!("bosh {line} {kind} {}", said(recording, child, owner.as_deref()))
        }
        Act::Frames { frames, .. } => {
            let frames = frames.iter().map(|frame| {
                let more = if frame.fin { "" } else { "-" };
                let rsv = if frame.rsv == 0 { "" } else { " rsv" };
                let bare = if frame.masked { "" } else { " unmasked" };
                format!("{}{more}{rsv}{bare}", frame.opcode)
            });
            let frames: Vec<String> = frames.take(8).collect();
            format!("frames {}", frames.join(" "))
        }
        Act::Close { code, .. } => format!("ws close {code:?}"),
        Act::Drop => "drop".to_owned(),
    }
}

fn said(recording: &Recording, text: &str, owner: Option<&str>) -> String {
    let Some(root) = ROOT.captures(text) else {
        let start: String = text.chars().take(30).collect();
        return format!("text {:?}", NUMBER.replace_all(&start, "N"));
    };
    let attribute = |name: &str| attribute(&root[2], name);
    match &root[1] {
        name @ ("iq" | "message" | "presence") => {
            let kind = attribute("type").unwrap_or_else(|| "None".to_owned());
            let to = address_class(recording, attribute("to").as_deref(), owner);
            let from = if attribute("from").is_some() { " FROM" } else { "" };
            format!("{name} {kind} to={to} {}{from}", children(text))
        }
        name => {
            let attributes = root[2]
                .replace(" xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\"", "")
                .replace(" xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"", "");
            let attributes = TOKEN.replace_all(&attributes, "X").into_owned();
            format!("{name}{}", attributes.chars().take(90).collect::<String>())
        }
    }
}

/// A message of the server, in a few words.
fn shape(recording: &Recording, text: &str, owner: Option<&str>) -> String {
    let root = ROOT.captures(text).filter(|_| text.starts_with('<'));
    let Some(root) = root else {
        let first = text.lines().next().unwrap_or_default();
        return NUMBER.replace_all(&first.chars().take(60).collect::<String>(), "N").into_owned();
    };
    let mut shape = root[1].to_owned();
    if matches!(&*shape, "iq" | "message" | "presence") {
        let kind = attribute(&root[2], "type").unwrap_or_else(|| "None".to_owned());
        let from = address_class(recording, attribute(&root[2], "from").as_deref(), owner);
        shape += &format!(" {kind} from={from} {}", children(text));
        if let Some(error) = CONDITION.captures(text) {
            let code = attribute(&error[1], "code").unwrap_or_default();
            shape += &format!(" ERR:{} {code}", &error[2]);
        }
    } else if let Some(condition) = STREAM_CONDITION.captures(text) {
        shape += &format!(" {}", &condition[1]);
    }
    shape
}

/// The first child of a stanza with its namespace, and of a container the first within.
fn children(text: &str) -> String {
    let mut rest = text;
    let mut path = Vec::new();
    while path.len() < 3 {
        let Some(element) = ROOT.captures(rest) else { break };
        let namespace = attribute(&element[2], "xmlns").unwrap_or_default();
        let short = namespace.rsplit('/').next().unwrap_or_default();
        let braces = if short.is_empty() { String::new() } else { format!("{{{short}}}") };
        path.push(format!("{}{braces}", &element[1]));
        let is_container = ["pubsub", "private", "privacy", "roster", "offline", "blocking"]
            .iter()
            .any(|name| namespace.contains(name));
        if !element[3].is_empty() || (path.len() == 2 && !is_container) {
            break;
        }
        rest = &rest[element[0].len()..];
    }
    path.get(1..).unwrap_or_default().join("/")
}

fn attribute(attributes: &str, name: &str) -> Option<String> {
    let mut all = ATTRIBUTE.captures_iter(attributes);
    let found = all.find(|groups| &groups[1] == name)?;
    Some(found.get(2).or_else(|| found.get(3))?.as_str().to_owned())
}

fn address_class(recording: &Recording, address: Option<&str>, owner: Option<&str>) -> String {
    let Some(address) = address else { return "none".to_owned() };
    let known = match address {
        "" => Some("empty"),
        DOMAIN => Some("D"),
        _ if address == format!("pubsub.{DOMAIN}") => Some("PUBSUB"),
        _ if address.ends_with(&format!("conference.{DOMAIN}")) => Some("CONF"),
        _ => None,
    };
    if let Some(known) = known {
        return known.to_owned();
    }
    let (bare, resource) = match address.split_once('/') {
        Some((bare, _)) => (bare, "full"),
        None => (address, "bare"),
    };
    match bare.split_once('@') {
        Some((user, domain)) if domain.eq_ignore_ascii_case(DOMAIN) => {
            let is_account = recording.accounts.iter().any(|account| account == user);
            let whose = match owner == Some(user) {
                true => "own",
                false if is_account => "other",
                false => "nobody",
            };
            format!("{whose}-{resource}")
        }
        _ => "odd".to_owned(),
    }
}

/// The account that logs in on a connection.
fn owner(recording: &Recording, connection: char) -> Option<String> {
    let operations = recording.steps.iter().filter_map(|step| step.operation.as_ref());
    let mut texts =
        operations.filter(|operation| operation.connection == connection).filter_map(|operation| {
            match &operation.act {
                Act::Text(text) => Some(text.as_str()),
                Act::Request { body, .. } => body.as_deref(),
                _ => None,
            }
        });
    texts.find_map(|text| {
        let blob = STANDARD.decode(&PLAIN.captures(text)?[1]).ok()?;
        let blob = String::from_utf8_lossy(&blob).into_owned();
        let user = blob.split('\0').nth(1)?;
        recording.accounts.iter().find(|account| *account == user).cloned()
    })
}

fn anonymous(recording: &Recording, text: &str) -> String {
    let mut text = text.to_owned();
    for account in &recording.accounts {
        text = text.replace(account, "@A");
    }
    NUMBER.replace_all(&text, "N").replace('\n', "\\n")
}

/// The part in which two texts differ, from the beginning of a word on.
fn different_part<'t>(one: &'t str, other: &'t str) -> (&'t str, &'t str) {
    let same = one.char_indices().zip(other.chars()).find(|((_, a), b)| a != b);
    let start = same.map_or_else(|| one.len().min(other.len()), |((at, _), _)| at);
    let word = one[..start].rfind([' ', '<', '>', '"']).map_or(0, |at| at + 1);
    let (one, other) = (&one[word..], &other[word..]);
    let inside = start - word;
    let back = one[inside..].chars().rev().zip(other[inside..].chars().rev());
    let tail: usize =
        back.take_while(|(a, b)| a == b).map(|(character, _)| character.len_utf8()).sum();
    (&one[..one.len() - tail], &other[..other.len() - tail])
}
