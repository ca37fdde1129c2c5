//! HTTP Archives (HAR 1.2) of Chrome, Edge, Firefox, HTTP Toolkit, Playwright and mitmproxy.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use wire::Headers;

use super::{source, text};
use crate::conversation::{
    Connection, Conversation, Exchange, MessageKind, SentMessage, Side, Sight, Upgrade, Url,
};

/// The longest body that is kept, in octets.
const MAX_BODY: usize = 256 * 1024;

/// Names under which programs write the messages of a WebSocket.
const MESSAGES: [&str; 3] = ["_webSocketMessages", "_websocketMessages", "webSocketMessages"];

/// Reads an archive.
///
/// # Errors
///
/// It is not JSON, or has no entries.
pub(super) fn read(name: &str, json: &str) -> Result<Conversation, String> {
    let mut source = source(name, "HAR");
    let parsed = serde_json::from_str(json).or_else(|_| {
        let json = text::without_halves(json);
        serde_json::from_str(&json).map_err(|error| (json, error))
    });
    let whole: Value = match parsed {
        Ok(value) => value,
        Err((json, error)) => {
            let end = text::closed(&json);
            let value = serde_json::from_str(&end)
                .map_err(|_| format!("a HAR that is not JSON: {error}"))?;
            source.is_cut = true;
            source
                .remarks
                .push("The file breaks off in the middle: the rest is not known.".to_owned());
            value
        }
    };
    let log = &whole["log"];
    let creator = log["creator"]["name"].as_str().unwrap_or_default();
    let browser = log["browser"]["name"].as_str().unwrap_or_default();
    if !creator.is_empty() {
        source.format = format!("HAR of {}", textual::clipped(creator, 60));
    }
    let Some(entries) = log["entries"].as_array() else {
        return Err("a HAR without entries".to_owned());
    };
    let mut found = Conversation::default();
    for entry in entries {
        if is_websocket(entry) {
            found.connections.push(connection(entry));
        } else {
            found.exchanges.push(exchange(entry));
        }
    }
    found.connections.sort_by_key(|one| one.began.unwrap_or(i64::MIN));
    found.exchanges.sort_by_key(|one| one.began.unwrap_or(i64::MIN));
    let is_firefox = [creator, browser].iter().any(|one| one.eq_ignore_ascii_case("firefox"));
    remarks(&found, is_firefox, &mut source.remarks);
    found.sources.push(source);
    Ok(found)
}

fn remarks(found: &Conversation, is_firefox: bool, remarks: &mut Vec<String>) {
    if found.connections.is_empty() {
        remarks.push(
            "There is no WebSocket in this HAR. The developer tools record one only if they were \
             open before the page connected: open them, reload the page, and export again. A page \
             on https:// that asks for ws:// is blocked by the browser and leaves no entry either."
                .to_owned(),
        );
    } else if is_firefox {
        remarks.push(
            "Firefox writes no messages of WebSockets into a HAR, so they are not known here. \
             Export from Chrome or Edge, or save the console of the page, or capture packets."
                .to_owned(),
        );
    } else {
        remarks.push(
            "A HAR shows neither ping, pong and close of a WebSocket nor how TCP ended: a clean \
             end, a cut and a connection that is still open look alike."
                .to_owned(),
        );
    }
}

fn messages(entry: &Value) -> Option<&Vec<Value>> {
    MESSAGES.iter().find_map(|name| entry[*name].as_array())
}

fn is_websocket(entry: &Value) -> bool {
    let url = entry["request"]["url"].as_str().unwrap_or_default();
    let scheme = url.split(':').next().unwrap_or_default();
    scheme.eq_ignore_ascii_case("ws")
        || scheme.eq_ignore_ascii_case("wss")
        || messages(entry).is_some()
        || entry["_resourceType"].as_str() == Some("websocket")
        || headers(&entry["request"], "Cookie").has_token("upgrade", "websocket")
}

fn connection(entry: &Value) -> Connection {
    let (request, response) = (&entry["request"], &entry["response"]);
    let said = messages(entry);
    let sight = Sight {
        upgrade: true,
        messages: said.is_some(),
        control: false,
        end: false,
        beginning: true,
    };
    let mut one = Connection::new(0, sight);
    one.url = Url::parse(request["url"].as_str().unwrap_or_default());
    // mitmproxy and HTTP Toolkit write https:// for wss://.
    match one.url.scheme.as_str() {
        "https" => "wss".clone_into(&mut one.url.scheme),
        "http" => "ws".clone_into(&mut one.url.scheme),
        _ => {}
    }
    one.began = instant(&entry["startedDateTime"]);
    one.ended = one
        .began
        .zip(micros(&entry["time"], 1_000.0))
        .map(|(began, took)| began.saturating_add(took));
    let status = response["status"]
        .as_u64()
        .and_then(|status| u16::try_from(status).ok())
        .filter(|status| *status != 0);
    let answered = headers(response, "Set-Cookie");
    let asked = headers(request, "Cookie");
    one.upgrade = Upgrade {
        asked: (!asked.0.is_empty()).then_some(asked),
        version: request["httpVersion"].as_str().unwrap_or_default().to_owned(),
        status,
        reason: response["statusText"].as_str().unwrap_or_default().to_owned(),
        answered: (!answered.0.is_empty()).then_some(answered),
        body: body(&response["content"]),
        error: response["_error"].as_str().or_else(|| entry["_error"].as_str()).map(str::to_owned),
        asked_at: one.began,
        answered_at: None,
    };
    for message in said.into_iter().flatten() {
        take(&mut one, message);
    }
    // The order is not guaranteed; the sort is stable, so that equal times keep theirs.
    if one.said.iter().all(|said| said.at.is_some()) {
        one.said.sort_by_key(|said| said.at);
    }
    if one.upgrade.status.is_none()
        && let Some(status) = one.upgrade.error.as_deref().and_then(status_in)
    {
        one.upgrade.status = Some(status);
    }
    one
}

/// The status in Chrome's words about a refused upgrade.
pub(super) fn status_in(error: &str) -> Option<u16> {
    let (_, rest) = error.split_once("Unexpected response code: ")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

fn take(one: &mut Connection, message: &Value) {
    let from = match message["type"].as_str().unwrap_or_default() {
        "send" | "sent" | "request" | "client" | "outgoing" => Side::Client,
        "receive" | "received" | "response" | "server" | "incoming" => Side::Server,
        "error" => {
            let error = message["data"].as_str().unwrap_or_default();
            if one.upgrade.error.is_none() {
                one.upgrade.error = Some(error.to_owned());
            } else {
                one.reported.push(error.to_owned());
            }
            return;
        }
        _ => return,
    };
    let at = match &message["time"] {
        Value::String(_) => instant(&message["time"]),
        // Seconds, or milliseconds as some programs write them.
        number => number.as_f64().and_then(|time| {
            let unit = if time > 1e11 { 1_000.0 } else { 1_000_000.0 };
            micros(number, unit)
        }),
    };
    let data = message["data"].as_str().unwrap_or_default();
    let what = match message["opcode"].as_i64() {
        Some(2) => {
            // A client that sends its stanzas as binary messages is to be seen as such.
            let octets = STANDARD.decode(data).unwrap_or_else(|_| data.into());
            one.hide(from, &octets);
            MessageKind::Binary(octets.len())
        }
        Some(8) => MessageKind::Close { code: None, reason: String::new() },
        Some(9) => MessageKind::Ping,
        Some(10) => MessageKind::Pong,
        _ => MessageKind::Text(data.to_owned()),
    };
    one.said.push(SentMessage { at, from, what });
}

fn exchange(entry: &Value) -> Exchange {
    let (request, response) = (&entry["request"], &entry["response"]);
    let began = instant(&entry["startedDateTime"]);
    let status = response["status"]
        .as_u64()
        .and_then(|status| u16::try_from(status).ok())
        .filter(|status| *status != 0);
    Exchange {
        source: 0,
        method: request["method"].as_str().unwrap_or_default().to_owned(),
        url: Url::parse(request["url"].as_str().unwrap_or_default()),
        asked: headers(request, "Cookie"),
        body: form(&request["postData"]),
        status,
        answered: headers(response, "Set-Cookie"),
        answer: body(&response["content"]),
        began,
        ended: began
            .zip(micros(&entry["time"], 1_000.0))
            .map(|(began, took)| began.saturating_add(took)),
        error: response["_error"].as_str().map(str::to_owned),
    }
}

/// The body of a request, which a file may show in parts alone.
fn form(posted: &Value) -> String {
    if let Some(text) = posted["text"].as_str() {
        return clipped(text);
    }
    let params = posted["params"].as_array().into_iter().flatten();
    let pairs = params.filter_map(|one| Some((one["name"].as_str()?, one["value"].as_str()?)));
    let pairs: Vec<String> = pairs.map(|(name, value)| format!("{name}={value}")).collect();
    clipped(&pairs.join("&"))
}

fn body(content: &Value) -> String {
    let written = content["text"].as_str().unwrap_or_default();
    if content["encoding"].as_str() == Some("base64") {
        let octets =
            STANDARD.decode(written.get(..MAX_BODY).unwrap_or(written)).unwrap_or_default();
        return clipped(&String::from_utf8_lossy(&octets));
    }
    clipped(written)
}

fn clipped(text: &str) -> String {
    text[..text.floor_char_boundary(MAX_BODY)].to_owned()
}

/// The headers of a request or an answer. Cookies that a browser shows in a list alone are put into
/// their header.
fn headers(of: &Value, cookie: &str) -> Headers {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let pair = |line: &Value| (text(&line["name"]), text(&line["value"]));
    let lines = of["headers"].as_array().into_iter().flatten();
    let mut headers = Headers(lines.map(pair).collect());
    if headers.first(cookie).is_none() {
        for (name, value) in of["cookies"].as_array().into_iter().flatten().map(pair) {
            headers.0.push((cookie.to_owned(), format!("{name}={value}")));
        }
    }
    headers
}

/// An instant as a HAR writes it. Chrome writes one before 1970 where it has none.
fn instant(value: &Value) -> Option<i64> {
    let instant: jiff::Timestamp = value.as_str()?.parse().ok()?;
    Some(instant.as_microsecond()).filter(|micros| *micros > 0)
}

fn micros(value: &Value, unit: f64) -> Option<i64> {
    let micros = value.as_f64()? * unit;
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    (micros.is_finite() && (0.0..9e18).contains(&micros)).then_some(micros as i64)
}
