//! Recordings from a few lines: `C` and `S` say who speaks, `+9` lets nine seconds go by, `EOF S`
//! ends TCP, `|` breaks lines of a head.
#![allow(dead_code, reason = "not every test file uses all of it")]

use serde_json::{Value, json};

pub(crate) const GET: &str = "C GET /ws/ HTTP/1.1|Host: d:8445|Connection: Upgrade|Upgrade: websocket|Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==|Sec-WebSocket-Version: 13|Sec-WebSocket-Protocol: xmpp\n";
pub(crate) const UPGRADED: &str = "S HTTP/1.1 101 Switching Protocols|Upgrade: websocket|Connection: Upgrade|Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=|Sec-WebSocket-Protocol: xmpp\n";
pub(crate) const LOGIN: &str = "C <open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='d' version='1.0'/>
S <open xmlns='urn:ietf:params:xml:ns:xmpp-framing' from='d' id='1' version='1.0'/>
S <stream:features xmlns:stream='http://etherx.jabber.org/streams'><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms></stream:features>
C <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>ADEwMDEAaHVudGVyMjI=</auth>
S <success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>
C <open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='d' version='1.0'/>
S <open xmlns='urn:ietf:params:xml:ns:xmpp-framing' from='d' id='1' version='1.0'/>
S <stream:features xmlns:stream='http://etherx.jabber.org/streams'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></stream:features>
C <iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>r</resource></bind></iq>
S <iq xmlns='jabber:client' type='result' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>1001@d/r</jid></bind></iq>
C <presence xmlns='jabber:client'/>
";
pub(crate) const SUBSCRIBED: &str = "C <iq xmlns='jabber:client' type='set' id='u' to='pubsub.d'><pubsub xmlns='http://jabber.org/protocol/pubsub'><subscribe node='/finesse/api/User/1001' jid='1001@d/r'/></pubsub></iq>
S <iq xmlns='jabber:client' type='result' id='u' from='pubsub.d'><pubsub xmlns='http://jabber.org/protocol/pubsub'><subscription node='/finesse/api/User/1001' jid='1001@d/r' subscription='subscribed'/></pubsub></iq>
";
pub(crate) const EVENT: &str = "S <message xmlns='jabber:client' from='pubsub.d' to='1001@d/r'><event xmlns='http://jabber.org/protocol/pubsub#event'><items node='/finesse/api/User/1001'><item id='e'><notification xmlns='http://jabber.org/protocol/pubsub'>&lt;Update&gt;&lt;data/&gt;&lt;event&gt;PUT&lt;/event&gt;&lt;/Update&gt;</notification></item></items></event></message>\n";
pub(crate) const GOODBYE: &str = "C <presence xmlns='jabber:client' type='unavailable'/>
C <close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>
S <close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>
S [close 1000]
C [close 1000]
EOF S
";

/// The lines with their times, in seconds.
fn timed(lines: &str) -> impl Iterator<Item = (f64, &str)> {
    let mut now = 0.0;
    lines.lines().filter_map(move |line| {
        if let Some(seconds) = line.strip_prefix('+') {
            now += seconds.parse::<f64>().unwrap();
            return None;
        }
        now += 0.01;
        Some((now, line))
    })
}

/// A transcript of a case.
pub(crate) fn script(lines: &str) -> String {
    let mut text = "# a script\n# seconds, octets, what was said\n".to_owned();
    for (now, line) in timed(lines) {
        let (said, arrow) = match line {
            "EOF S" => ("[eof]", "<-"),
            "EOF C" => ("[eof]", "->"),
            line => (&line[2..], if line.starts_with("C ") { "->" } else { "<-" }),
        };
        let said = if said.contains(" HTTP/1.1") || said.starts_with("HTTP/1.1") {
            said.replace('|', "\n                         ")
        } else {
            said.to_owned()
        };
        text.push_str(&format!("{now:9.6} {:>6}  agent {arrow} {said}\n", said.len()));
    }
    text
}

fn instant(seconds: f64) -> String {
    format!("2026-11-29T12:{:02}:{:06.3}Z", (seconds / 60.0) as u32, seconds % 60.0)
}

fn headers(list: &[(&str, &str)]) -> Value {
    list.iter().map(|(name, value)| json!({"name": name, "value": value})).collect()
}

fn websocket(url: &str, began: f64, ended: f64, status: u16, messages: Vec<Value>) -> Value {
    json!({
        "_resourceType": "websocket",
        "startedDateTime": instant(began),
        "time": (ended - began) * 1000.0,
        "request": {"method": "GET", "url": url, "httpVersion": "HTTP/1.1", "headers": headers(&[("Upgrade", "websocket"), ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Sec-WebSocket-Protocol", "xmpp")])},
        "response": {"status": status, "statusText": "", "httpVersion": "HTTP/1.1", "headers": if status == 101 { headers(&[("Upgrade", "websocket"), ("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), ("Sec-WebSocket-Protocol", "xmpp")]) } else { json!([]) }, "content": {}},
        "_webSocketMessages": messages,
    })
}

fn archive(entries: Vec<Value>) -> String {
    json!({"log": {"version": "1.2", "creator": {"name": "WebInspector", "version": "537.36"}, "pages": [], "entries": entries}}).to_string()
}

/// A HAR with a failed WebSocket.
pub(crate) fn har_error(url: &str, error: &str) -> String {
    let message = json!({"type": "error", "time": 1_795_000_000.5, "opcode": -1, "data": error});
    archive(vec![websocket(url, 1.0, 1.2, 0, vec![message])])
}

/// A HAR with one request of REST.
pub(crate) fn har_answer(method: &str, path: &str, status: u16, error: &str) -> String {
    archive(vec![request(method, path, status, "", 1.0, error)])
}

pub(crate) fn rest(method: &str, path: &str, status: u16) -> String {
    har_answer(method, path, status, "")
}

fn request(method: &str, path: &str, status: u16, body: &str, at: f64, error: &str) -> Value {
    json!({
        "startedDateTime": instant(at),
        "time": 5.0,
        "request": {"method": method, "url": format!("https://d:8445{path}"), "headers": []},
        "response": {"status": status, "headers": [], "content": {"text": body}, "_error": if error.is_empty() { Value::Null } else { json!(error) }},
    })
}

/// A HAR with one WebSocket, and requests of REST in between: `REST PUT /path 202 BODY`. `WS` is
/// where the WebSocket begins, if not at once, and `END` where it ends, if not with its last
/// message.
pub(crate) fn har(lines: &str) -> String {
    let base = 1_795_953_600.0; // 2026-11-29T12:00:00Z
    let (mut entries, mut messages) = (Vec::new(), Vec::new());
    let (mut began, mut ended) = (0.0, 0.0);
    for (now, line) in timed(lines) {
        ended = now;
        if line == "WS" {
            began = now;
        } else if line == "END" {
            // The end of the connection alone.
        } else if let Some(rest) = line.strip_prefix("REST ") {
            let words: Vec<&str> = rest.splitn(4, ' ').collect();
            let body = words.get(3).copied().unwrap_or_default();
            entries.push(request(words[0], words[1], words[2].parse().unwrap(), body, now, ""));
        } else {
            let kind = if line.starts_with("C ") { "send" } else { "receive" };
            messages
                .push(json!({"type": kind, "time": base + now, "opcode": 1, "data": &line[2..]}));
        }
    }
    entries.push(websocket("wss://d:8445/ws/", began, ended, 101, messages));
    archive(entries)
}

fn event(node: &str, item: &str, to: &str, update: &str) -> String {
    let payload = update.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!(
        "S <message xmlns='jabber:client' from='pubsub.d' to='{to}'><event xmlns='http://jabber.org/protocol/pubsub#event'><items node='{node}'><item id='{item}'><notification xmlns='http://jabber.org/protocol/pubsub'>{payload}</notification></item></items></event></message>\n"
    )
}

pub(crate) fn user(node: &str, item: &str, to: &str, state: &str, changed: &str) -> String {
    event(
        node,
        item,
        to,
        &format!(
            "<Update><data><user><loginId>1001</loginId><state>{state}</state><stateChangeTime>{changed}</stateChangeTime></user></data><event>PUT</event></Update>"
        ),
    )
}

pub(crate) fn dialog(node: &str, item: &str, to: &str, state: &str, verb: &str) -> String {
    event(
        node,
        item,
        to,
        &format!(
            "<Update><data><dialogs><Dialog><id>7</id><state>{state}</state></Dialog></dialogs></data><event>{verb}</event></Update>"
        ),
    )
}

pub(crate) fn system_info(status: &str) -> String {
    event(
        "/finesse/api/SystemInfo",
        status,
        "1001@d",
        &format!(
            "<Update><data><systemInfo><status>{status}</status></systemInfo></data><event>PUT</event></Update>"
        ),
    )
}

pub(crate) fn api_errors(node: &str, to: &str) -> String {
    event(
        node,
        "9",
        to,
        "<Update><data><apiErrors><apiError><errorType>Invalid State</errorType><errorMessage>no</errorMessage></apiError></apiErrors></data><event>PUT</event></Update>",
    )
}
