//! mitmproxy: its files of flows (tnetstrings), and its console's text with `flow_detail=3`.

use wire::Headers;

use super::lines::{Connections, Entry};
use super::source;
use crate::conversation::{
    Connection, Conversation, Exchange, MessageKind, SentMessage, Side, Sight, Url,
};

/// How deep values may nest.
const DEPTH: usize = 32;

/// A value of a tnetstring.
#[derive(Debug)]
enum Value<'a> {
    Octets(&'a [u8]),
    Number(f64),
    Bool(bool),
    List(Vec<Self>),
    Map(Vec<(&'a [u8], Self)>),
    Null,
}

impl<'a> Value<'a> {
    fn get(&self, name: &str) -> &Self {
        match self {
            Self::Map(members) => members
                .iter()
                .find(|(own, _)| *own == name.as_bytes())
                .map_or(&Self::Null, |(_, value)| value),
            _ => &Self::Null,
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Octets(octets) => String::from_utf8_lossy(octets).into_owned(),
            Self::Number(number) => number.to_string(),
            _ => String::new(),
        }
    }

    fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number).filter(|number| number.is_finite()),
            _ => None,
        }
    }

    fn list(&self) -> &[Self] {
        match self {
            Self::List(list) => list,
            _ => &[],
        }
    }

    fn seconds(&self) -> Option<i64> {
        #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
        self.number()
            .filter(|seconds| (0.0..9e12).contains(seconds))
            .map(|seconds| (seconds * 1e6) as i64)
    }
}

/// Whether octets begin as a file of flows.
pub(super) fn is_flows(octets: &[u8]) -> bool {
    let digits = octets.iter().take_while(|octet| octet.is_ascii_digit()).count();
    (1..=10).contains(&digits) && octets.get(digits) == Some(&b':') && value(octets, 0).is_some()
}

/// Reads flows.
pub(super) fn flows(name: &str, octets: &[u8]) -> Conversation {
    let mut found = Conversation {
        sources: vec![source(name, "flows of mitmproxy")],
        ..Conversation::default()
    };
    let mut rest = octets;
    while let Some((flow, after)) = value(rest, 0) {
        rest = after;
        take(&mut found, &flow);
    }
    if !rest.is_empty()
        && let Some(source) = found.sources.first_mut()
    {
        source.is_cut = true;
        source.remarks.push("The file breaks off in the middle of a flow.".to_owned());
    }
    found
}

fn value(octets: &[u8], depth: usize) -> Option<(Value<'_>, &[u8])> {
    let digits = octets.iter().take_while(|octet| octet.is_ascii_digit()).count();
    let length: usize = std::str::from_utf8(octets.get(..digits)?).ok()?.parse().ok()?;
    let start = digits + 1;
    let end = start.checked_add(length)?;
    let (content, kind) = (octets.get(start..end)?, *octets.get(end)?);
    if octets.get(digits) != Some(&b':') || depth > DEPTH {
        return None;
    }
    let text = || std::str::from_utf8(content).ok();
    let value = match kind {
        b',' | b';' => Value::Octets(content),
        b'#' | b'^' => Value::Number(text()?.parse().ok()?),
        b'!' => Value::Bool(content == b"true"),
        b'~' => Value::Null,
        b']' | b'}' => {
            let mut all = Vec::new();
            let mut rest = content;
            while !rest.is_empty() {
                let (one, after) = value(rest, depth + 1)?;
                all.push(one);
                rest = after;
            }
            if kind == b']' {
                Value::List(all)
            } else {
                let mut members = Vec::new();
                let mut all = all.into_iter();
                while let (Some(Value::Octets(name)), Some(value)) = (all.next(), all.next()) {
                    members.push((name, value));
                }
                Value::Map(members)
            }
        }
        _ => return None,
    };
    Some((value, &octets[end + 1..]))
}

fn headers(list: &Value<'_>) -> Headers {
    let pairs = list.list().iter().filter_map(|pair| match pair.list() {
        [name, value] => Some((name.text(), value.text())),
        _ => None,
    });
    Headers(pairs.collect())
}

fn take(found: &mut Conversation, flow: &Value<'_>) {
    let (request, response) = (flow.get("request"), flow.get("response"));
    let asked = headers(request.get("headers"));
    let scheme = request.get("scheme").text();
    let is_tls = scheme == "https";
    let host = asked.first("host").map_or_else(|| request.get("host").text(), str::to_owned);
    let (name, port) = crate::conversation::host_and_port(&host);
    let path = request.get("path").text();
    let mut url = Url {
        scheme,
        host: name.to_owned(),
        port: port.or_else(|| request.get("port").text().parse().ok()),
        path: path.split('?').next().unwrap_or_default().to_owned(),
        written: path,
    };
    let status = response.get("status_code").text().parse().ok();
    let answered = headers(response.get("headers"));
    let (began, ended) =
        (request.get("timestamp_start").seconds(), response.get("timestamp_end").seconds());
    let error = flow.get("error").get("msg").text();
    let websocket = flow.get("websocket");
    if !matches!(websocket, Value::Map(_)) && !asked.has_token("upgrade", "websocket") {
        found.exchanges.push(Exchange {
            source: 0,
            method: request.get("method").text(),
            url,
            asked,
            body: textual::clipped(&request.get("content").text(), 65_536).into_owned(),
            status,
            answered,
            answer: textual::clipped(&response.get("content").text(), 65_536).into_owned(),
            began,
            ended,
            error: (!error.is_empty()).then_some(error),
        });
        return;
    }
    let code = websocket.get("close_code").text().parse::<u16>().ok();
    let sight =
        Sight { upgrade: true, messages: true, control: false, end: false, beginning: true };
    let mut one = Connection::new(0, sight);
    (if is_tls { "wss" } else { "ws" }).clone_into(&mut url.scheme);
    one.url = url;
    one.began = began;
    one.upgrade.asked = Some(asked);
    one.upgrade.version = request.get("http_version").text();
    one.upgrade.status = status;
    one.upgrade.reason = response.get("reason").text();
    one.upgrade.answered = (!answered.0.is_empty()).then_some(answered);
    one.upgrade.body = textual::clipped(&response.get("content").text(), 65_536).into_owned();
    one.upgrade.asked_at = began;
    one.upgrade.answered_at = response.get("timestamp_start").seconds();
    one.upgrade.error = (!error.is_empty()).then_some(error);
    for message in websocket.get("messages").list() {
        let [kind, from_client, content, at, ..] = message.list() else { continue };
        let from =
            if matches!(from_client, Value::Bool(true)) { Side::Client } else { Side::Server };
        let what = match (kind.number(), content) {
            (Some(2.0), Value::Octets(octets)) => {
                one.hide(from, octets);
                MessageKind::Binary(octets.len())
            }
            _ => MessageKind::Text(content.text()),
        };
        one.said.push(SentMessage { at: at.seconds(), from, what });
    }
    let ended = websocket.get("timestamp_end").seconds();
    one.ended = ended.or_else(|| one.last_said());
    if let Some(code) = code.filter(|code| *code != 1006) {
        let from = if matches!(websocket.get("closed_by_client"), Value::Bool(true)) {
            Side::Client
        } else {
            Side::Server
        };
        one.said.push(SentMessage {
            at: ended,
            from,
            what: MessageKind::Close {
                code: Some(code),
                reason: websocket.get("close_reason").text(),
            },
        });
    }
    found.connections.push(one);
}

/// Whether a text is what mitmproxy prints.
pub(super) fn is_text(text: &str) -> bool {
    text.contains(" -> WebSocket text message -> ")
        || text.contains(" <- WebSocket text message <- ")
}

/// Reads what mitmproxy prints: heads with an indent of four, messages as indented XML.
pub(super) fn printed(name: &str, text: &str) -> Conversation {
    let mut connections = Connections::default();
    let mut under_way: Option<Entry> = None;
    let mut url = Url::default();
    for line in text.lines() {
        let indented = line.strip_prefix("    ");
        if let Some(entry) = begins(line, &mut url) {
            if let Some(entry) = under_way.replace(entry) {
                flush(&mut connections, &entry, &url);
            }
        } else if let (Some(inner), Some(entry)) = (indented, &mut under_way) {
            if !entry.text.is_empty() {
                entry.text.push('\n');
            }
            entry.text.push_str(inner);
        } else if !line.trim().is_empty()
            && let Some(entry) = under_way.take()
        {
            flush(&mut connections, &entry, &url);
        }
    }
    if let Some(entry) = under_way {
        flush(&mut connections, &entry, &url);
    }
    let mut source = source(name, "text of mitmproxy");
    source
        .remarks
        .push("mitmproxy's text has no times of messages, and indents their XML.".to_owned());
    Conversation { sources: vec![source], connections: connections.all, ..Conversation::default() }
}

fn flush(connections: &mut Connections, entry: &Entry, url: &Url) {
    let sight = Sight { upgrade: true, ..Sight::MESSAGES };
    let text = if entry.text.starts_with('<') { joined(&entry.text) } else { entry.text.clone() };
    connections.take(&Entry { text, ..entry.clone() }, sight);
    if let Some(connection) = connections.last().filter(|last| last.url.scheme.is_empty()) {
        url.scheme.clone_into(&mut connection.url.scheme);
    }
}

/// Indented XML on one line: white space between elements is the printer's.
fn joined(text: &str) -> String {
    text.lines().map(str::trim).collect()
}

/// The first line of a request, an answer or a message.
fn begins(line: &str, url: &mut Url) -> Option<Entry> {
    let entry = |from, text: String, connection: &str| {
        Some(Entry { at: None, connection: connection.to_owned(), from, text })
    };
    if let Some((client, _)) = line.split_once(" -> WebSocket ") {
        return entry(Side::Client, String::new(), client);
    }
    if let Some((client, _)) = line.split_once(" <- WebSocket ") {
        return entry(Side::Server, String::new(), client);
    }
    if let Some(rest) = line.trim_start().strip_prefix("<< ") {
        let status: String = rest.chars().take_while(char::is_ascii_digit).collect();
        let reason = rest[status.len()..].trim();
        let reason = reason.rsplit_once(' ').map_or("", |(reason, _)| reason);
        return (!status.is_empty()).then(|| Entry {
            at: None,
            connection: url.host.clone(),
            from: Side::Server,
            text: format!("HTTP/1.1 {status} {reason}"),
        });
    }
    let (client, rest) = line.split_once(": ")?;
    let (method, target) = rest.split_once(' ')?;
    if method.bytes().all(|octet| octet.is_ascii_uppercase()) && target.contains("://") {
        let parsed = Url::parse(target);
        let path = parsed.path.clone();
        *url = Url {
            scheme: if parsed.is_secure() { "wss" } else { "ws" }.to_owned(),
            host: client.to_owned(),
            ..parsed
        };
        return entry(Side::Client, format!("{method} {path} HTTP/1.1"), client);
    }
    None
}
