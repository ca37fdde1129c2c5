//! The handshake to the letter of RFC 6455 §4.2.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rest::phrase;
use wire::extension::EXTENSIONS;
use wire::handshake::SUBPROTOCOL;
use wire::{Extension, HttpError};

use super::rfc7692::negotiate;
use super::{Answer, Proposal, VERSION, asks_for_websocket, bosh, is_last, response};
use crate::fault::Name;
use crate::transport::bosh::Reply;

/// The rights of a page of another origin at the address of BOSH (Fetch §3.3.3). Its
/// `Content-Type` makes browsers ask for them first.
const PREFLIGHT: [(&str, &str); 4] = [
    ("Allow", "OPTIONS, POST"),
    ORIGINS,
    ("Access-Control-Allow-Methods", "POST"),
    ("Access-Control-Allow-Headers", "Content-Type"),
];

/// XEP-0124 §5 has no word on browsers; without this one, none of another origin may ask.
const ORIGINS: (&str, &str) = ("Access-Control-Allow-Origin", "*");

/// Why a request is refused.
pub(super) struct Refused {
    status: u16,
    headers: Vec<(&'static str, &'static str)>,
    pub(super) reason: &'static str,
}

/// The answer to a request.
pub(super) fn answer(proposal: &Proposal<'_>) -> Answer {
    let request = proposal.request;
    if request.method == "OPTIONS" && bosh::is_path(request.path()) {
        let response = response(204, "No Content", &PREFLIGHT, "");
        return if is_last(request) {
            Answer::Close(response)
        } else {
            Answer::KeepAlive(response)
        };
    }
    let checked = check(proposal).or_else(|refused| {
        let any = proposal.faults.lasting(Name::AnyUpgrade);
        any.then_some(SUBPROTOCOL).ok_or(refused)
    });
    match checked {
        Ok(subprotocol) => {
            let request = &proposal.request.headers;
            let key = request.first("Sec-WebSocket-Key").unwrap_or_default();
            let (extension, compression) =
                negotiate(Extension::list(request), proposal.faults).unzip();
            let extension = extension.map(|extension| extension.to_string());
            let accept = proposal.accept(key);
            let mut headers = vec![
                ("Upgrade", "websocket"),
                ("Connection", "Upgrade"),
                ("Sec-WebSocket-Accept", &*accept),
                ("Sec-WebSocket-Protocol", subprotocol),
            ];
            headers.extend(extension.as_deref().map(|extension| (EXTENSIONS, extension)));
            Answer::Switch(response(101, "Switching Protocols", &headers, ""), compression)
        }
        Err(Refused { status, headers, reason }) => {
            Answer::Close(explained(status, &headers, reason))
        }
    }
}

/// Checks in the order of RFC 6455 §4.2.1, then §4.2.2; the subprotocol to answer with.
pub(super) fn check<'p>(proposal: &'p Proposal<'_>) -> Result<&'p str, Refused> {
    let request = proposal.request;
    let headers = &request.headers;
    // Item 1: a GET of HTTP/1.1 or higher.
    if request.version != "HTTP/1.1" {
        return refused(400, &[], "the handshake needs HTTP/1.1");
    }
    // Item 2. RFC 9112 §3.2: exactly one Host.
    if headers.all("Host").count() != 1 {
        return refused(400, &[], "there must be one Host header");
    }
    // §4.2.2 item 4, /resource name/.
    if !matches!(request.path(), "/ws" | "/ws/") {
        return refused(404, &[], "nothing is here");
    }
    if request.method != "GET" {
        return refused(405, &[("Allow", "GET")], "the handshake is a GET");
    }
    let is_exact = |name, token: &str| headers.first(name) == Some(token);
    if proposal.faults.lasting(Name::ExactTokens)
        && !(is_exact("Upgrade", "websocket") && is_exact("Connection", "Upgrade"))
    {
        return refused(400, &[], "Upgrade and Connection are not as they are most often");
    }
    // Item 3. RFC 9110 §15.5.22: 426 names what to upgrade to.
    if !asks_for_websocket(request) {
        let upgrade = [("Upgrade", "websocket"), ("Connection", "Upgrade")];
        return refused(426, &upgrade, "Upgrade: websocket is missing");
    }
    // Item 4.
    if !headers.has_token("Connection", "upgrade") {
        return refused(400, &[], "Connection: Upgrade is missing");
    }
    // Item 6 and §4.2.2 item 4, §4.4: the version is answered with the one that is spoken.
    let version = [("Sec-WebSocket-Version", VERSION)];
    match headers.first("Sec-WebSocket-Version") {
        None => return refused(400, &version, "Sec-WebSocket-Version is missing"),
        Some(VERSION) => {}
        Some(_) => return refused(426, &version, "only version 13 is spoken"),
    }
    // Item 5: 16 octets in base64.
    let key = headers.first("Sec-WebSocket-Key").unwrap_or_default();
    if headers.all("Sec-WebSocket-Key").count() != 1
        || STANDARD.decode(key).map_or(0, |octets| octets.len()) != 16
    {
        return refused(400, &[], "Sec-WebSocket-Key must be 16 octets in base64");
    }
    // RFC 7395 §3.1: without the subprotocol there is no XMPP.
    let Some(subprotocol) = proposal.subprotocol() else {
        return refused(400, &[], "the subprotocol xmpp is not offered");
    };
    Ok(subprotocol)
}

/// The answer of a session of BOSH, or what is said in its place (XEP-0124 §5, RFC 9110 §15).
pub(super) fn bosh(asked: &bosh::UnansweredRequest, reply: &Reply) -> Vec<u8> {
    let (status, kind, body) = match reply {
        Reply::Body(body) => (200, "text/xml; charset=utf-8", body.clone()),
        Reply::Typed(kind, body) => (200, kind.as_str(), body.clone()),
        Reply::Error(status, _) | Reply::Failure(status) => {
            (*status, "text/plain;charset=utf-8", format!("{}\n", phrase(*status)))
        }
    };
    let length = body.len().to_string();
    let mut headers = vec![("Content-Type", kind), ("Content-Length", &*length), ORIGINS];
    if asked.is_last() || matches!(reply, Reply::Failure(_)) {
        headers.push(("Connection", "close"));
    }
    response(status, phrase(status), &headers, &body)
}

/// The status for octets that are not HTTP.
pub(super) fn status(error: &HttpError) -> u16 {
    match error {
        HttpError::HeadTooLong { .. } => 431,
        HttpError::Malformed { .. } => 400,
    }
}

/// The answer to octets that are not HTTP.
pub(super) fn refuse(error: &HttpError) -> Vec<u8> {
    explained(status(error), &[], "this cannot be read as HTTP/1.1")
}

fn refused<T>(
    status: u16,
    headers: &[(&'static str, &'static str)],
    reason: &'static str,
) -> Result<T, Refused> {
    Err(Refused { status, headers: headers.to_vec(), reason })
}

fn explained(status: u16, headers: &[(&str, &str)], reason: &str) -> Vec<u8> {
    let body = format!("{reason}\n");
    let length = body.len().to_string();
    let mut all = headers.to_vec();
    all.push(("Content-Type", "text/plain;charset=utf-8"));
    all.push(("Content-Length", &length));
    // A 426 needs `upgrade` in Connection (RFC 9110 §7.8); all others say that this is the end.
    match all.iter_mut().find(|(name, _)| *name == "Connection") {
        Some(connection) => connection.1 = "Upgrade, close",
        None => all.push(("Connection", "close")),
    }
    response(status, phrase(status), &all, &body)
}
