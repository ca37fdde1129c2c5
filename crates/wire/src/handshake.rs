//! The opening handshake of a well-behaved client: its request, and its judgement of the answer
//! (RFC 6455 §4.1).

use std::net::Ipv6Addr;

use thiserror::Error;

use crate::{
    accept::accept_value,
    http::{Headers, RequestHead, ResponseHead},
};

/// The subprotocol of XMPP over WebSocket (RFC 7395 §3.1).
pub const SUBPROTOCOL: &str = "xmpp";

/// The `User-Agent` (RFC 9110 §10.1.5) of a client that only looks whether a server is ready and
/// never logs in. Explanations leave it out.
pub const ONLY_LOOKS: &str = "finesse-conformance (no login)";

/// The version of the WebSocket protocol (RFC 6455 §4.1 item 9).
pub const VERSION: &str = "13";

/// The smallest legal request for XMPP, with the port always named in `Host`. An IPv6 literal may
/// come with or without its brackets.
#[must_use]
pub fn client_request(host: &str, port: u16, path: &str, key: &str) -> RequestHead {
    let host = match host.parse::<Ipv6Addr>() {
        Ok(address) => format!("[{address}]:{port}"),
        Err(_) => format!("{host}:{port}"),
    };
    let lines = [
        ("Host", host.as_str()),
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Key", key),
        ("Sec-WebSocket-Version", VERSION),
        ("Sec-WebSocket-Protocol", SUBPROTOCOL),
    ];
    RequestHead {
        method: "GET".to_owned(),
        target: path.to_owned(),
        version: "HTTP/1.1".to_owned(),
        headers: Headers(lines.map(|(name, value)| (name.to_owned(), value.to_owned())).into()),
    }
}

/// A fault in the answer to an upgrade, for which a client fails the connection.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HandshakeFault {
    /// Another status than 101: plain HTTP, not WebSocket (RFC 6455 §4.1 response item 1).
    #[error("status {0} instead of 101")]
    Status(u16),
    /// `Upgrade` is missing or is not `websocket` (item 2).
    #[error("no Upgrade: websocket")]
    Upgrade,
    /// `Connection` has no token `Upgrade` (item 3).
    #[error("no Connection: Upgrade")]
    Connection,
    /// `Sec-WebSocket-Accept` is missing or does not follow from the key (item 4).
    #[error("wrong Sec-WebSocket-Accept: wanted {wanted}, got {got:?}")]
    Accept {
        /// The value that follows from the key.
        wanted: String,
        /// The value from the server, if any.
        got: Option<String>,
    },
    /// An extension that the client did not offer (item 5).
    #[error("extension that was not offered: {0}")]
    Extension(String),
    /// A subprotocol that the client did not offer (item 6).
    #[error("subprotocol that was not offered: {0}")]
    Subprotocol(String),
    /// No subprotocol although the client offered some: it is not XMPP then (RFC 7395 §3.1).
    #[error("no subprotocol")]
    NoSubprotocol,
}

/// Judges the answer to `request` as a client must (RFC 6455 §4.1, RFC 7395 §3.1).
///
/// # Errors
///
/// The first rule, in the order of the RFC, that the answer breaks.
pub fn check_response(
    request: &RequestHead,
    response: &ResponseHead,
) -> Result<(), HandshakeFault> {
    let headers = &response.headers;
    if response.status != 101 {
        return Err(HandshakeFault::Status(response.status));
    }
    if !headers.first("Upgrade").is_some_and(|value| value.trim().eq_ignore_ascii_case("websocket"))
    {
        return Err(HandshakeFault::Upgrade);
    }
    if !headers.has_token("Connection", "Upgrade") {
        return Err(HandshakeFault::Connection);
    }
    let wanted = accept_value(request.headers.first("Sec-WebSocket-Key").unwrap_or_default());
    let got = headers.first("Sec-WebSocket-Accept").map(str::trim);
    if got != Some(&wanted) {
        return Err(HandshakeFault::Accept { wanted, got: got.map(str::to_owned) });
    }
    check_extensions(request, headers)?;
    check_subprotocol(request, headers)
}

/// RFC 6455 §4.1 response item 5, §9.1: only the names are compared, parameters are the extension's
/// own affair.
fn check_extensions(request: &RequestHead, answer: &Headers) -> Result<(), HandshakeFault> {
    fn name(extension: &str) -> &str {
        extension.split(';').next().unwrap_or_default().trim()
    }
    let offered: Vec<&str> = request.headers.tokens("Sec-WebSocket-Extensions").map(name).collect();
    match answer.tokens("Sec-WebSocket-Extensions").map(name).find(|used| !offered.contains(used)) {
        Some(used) => Err(HandshakeFault::Extension(used.to_owned())),
        None => Ok(()),
    }
}

/// RFC 6455 §4.1 response item 6, RFC 7395 §3.1.
fn check_subprotocol(request: &RequestHead, answer: &Headers) -> Result<(), HandshakeFault> {
    let mut offered = request.headers.tokens("Sec-WebSocket-Protocol");
    match answer.first("Sec-WebSocket-Protocol").map(str::trim) {
        Some(chosen) if offered.any(|name| name == chosen) => Ok(()),
        Some(chosen) => Err(HandshakeFault::Subprotocol(chosen.to_owned())),
        None if offered.next().is_some() => Err(HandshakeFault::NoSubprotocol),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
    const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    fn check(lines: &[(&str, &str)]) -> Result<(), HandshakeFault> {
        let request = client_request("localhost", 8445, "/ws/", KEY);
        let headers =
            lines.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        check_response(&request, &ResponseHead::new(101, "Switching Protocols", Headers(headers)))
    }

    #[test]
    fn the_request_is_minimal() {
        let request = client_request("localhost", 8445, "/ws/", KEY);
        assert_eq!(
            String::from_utf8(request.to_bytes()).unwrap(),
            "GET /ws/ HTTP/1.1\r\nHost: localhost:8445\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Protocol: xmpp\r\n\r\n"
        );
        let literal = client_request("::1", 80, "/ws/", KEY);
        assert_eq!(literal.headers.first("host"), Some("[::1]:80"));
    }

    // Recorded from Openfire 4.4.4, and as a proxy may change it.
    #[test]
    fn good_answers_pass() {
        let openfire = [
            ("Date", "Sun, 22 Nov 2026 07:33:06 GMT"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", ACCEPT),
            ("Server", "Jetty(9.4.18.v20190429)"),
            ("Upgrade", "WebSocket"),
            ("Sec-WebSocket-Protocol", "xmpp"),
        ];
        assert_eq!(check(&openfire), Ok(()));
        let proxied = [
            ("upgrade", "websocket"),
            ("connection", "keep-alive, upgrade"),
            ("sec-websocket-accept", ACCEPT),
            ("sec-websocket-protocol", "xmpp"),
        ];
        assert_eq!(check(&proxied), Ok(()));
    }

    #[test]
    fn each_fault_has_its_name() {
        let upgrade = ("Upgrade", "websocket");
        let connection = ("Connection", "Upgrade");
        let accept = ("Sec-WebSocket-Accept", ACCEPT);
        let protocol = ("Sec-WebSocket-Protocol", "xmpp");
        let extension =
            ("Sec-WebSocket-Extensions", "permessage-deflate; client_no_context_takeover");
        let wanted = || ACCEPT.to_owned();
        let table: [(&[(&str, &str)], HandshakeFault); 8] = [
            (&[connection, accept, protocol], HandshakeFault::Upgrade),
            (&[("Upgrade", "h2c"), connection, accept, protocol], HandshakeFault::Upgrade),
            (
                &[upgrade, ("Connection", "keep-alive"), accept, protocol],
                HandshakeFault::Connection,
            ),
            (
                &[upgrade, connection, protocol],
                HandshakeFault::Accept { wanted: wanted(), got: None },
            ),
            (
                &[upgrade, connection, ("Sec-WebSocket-Accept", "x"), protocol],
                HandshakeFault::Accept { wanted: wanted(), got: Some("x".to_owned()) },
            ),
            (
                &[upgrade, connection, accept, protocol, extension],
                HandshakeFault::Extension("permessage-deflate".to_owned()),
            ),
            (
                &[upgrade, connection, accept, ("Sec-WebSocket-Protocol", "mqtt")],
                HandshakeFault::Subprotocol("mqtt".to_owned()),
            ),
            (&[upgrade, connection, accept], HandshakeFault::NoSubprotocol),
        ];
        for (lines, fault) in table {
            assert_eq!(check(lines), Err(fault));
        }
    }

    #[test]
    fn another_status_is_plain_http() {
        let request = client_request("localhost", 8445, "/ws/", KEY);
        let response = ResponseHead::new(405, "Method Not Allowed", Headers::default());
        assert_eq!(check_response(&request, &response), Err(HandshakeFault::Status(405)));
    }
}
