//! The handshake of RFC 6455 §4.2 as Jetty 9.4.18 does it (`WebSocketServerFactory`).

use wire::Extension;
use wire::extension::EXTENSIONS;

use super::super::{Answer, Proposal, VERSION, response};
use super::extensions::{Agreement, negotiate};
use super::java_uri::{Complaint, complaint};
use super::{field, page, target, trace};

const SERVER_ERROR: (u16, &str) = (500, "Server Error");

/// Whether a request is for the handshake. All others are for the servlet itself.
pub(super) fn is_asked(proposal: &Proposal<'_>) -> bool {
    let request = proposal.request;
    let is_upgrade =
        |value: &str| value.split(',').any(|token| token.trim().eq_ignore_ascii_case("upgrade"));
    // Of several lines the first counts, and that of the protocol is no list.
    proposal
        .request
        .headers
        .first("Upgrade")
        .is_some_and(|value| value.eq_ignore_ascii_case("websocket"))
        && request.headers.first("Connection").is_some_and(is_upgrade)
        && request.method.eq_ignore_ascii_case("GET")
        && request.version == "HTTP/1.1"
}

/// Address before subprotocol before version before extensions before key (recorded:
/// http_sub_and_version_bad, http_key_and_version_missing).
pub(super) fn answer(proposal: &Proposal<'_>) -> Answer {
    let path = target::raw_path(proposal.request);
    let failed = |trace: &str| page::exception(path, SERVER_ERROR, trace);
    let headers = &proposal.request.headers;
    if let Some(trace) = address_fault(proposal) {
        return failed(&trace);
    }
    let Some(subprotocol) = proposal.subprotocol() else {
        return page::error(proposal, 503, "Endpoint Creation Failed", &[]);
    };
    // Recorded: http_version_garbage, http_version_list.
    let version = headers.first("Sec-WebSocket-Version").unwrap_or("-1");
    match version.parse::<i32>().map(|version| version.to_string()) {
        Err(_) => return failed(&trace::version(&page::html(version))),
        Ok(version) if version != VERSION => {
            let extra =
                [("Sec-WebSocket-Protocol", subprotocol), ("Sec-WebSocket-Version", VERSION)];
            let reason = "Unsupported websocket version specification";
            return page::error(proposal, 400, reason, &extra);
        }
        Ok(_) => {}
    }
    let Ok(Agreement { accepted, compression }) = negotiate(Extension::list(headers)) else {
        // Recorded: http_ext_unknown_param_fallback.
        return failed(&trace::extension());
    };
    let Some(key) = headers.first("Sec-WebSocket-Key") else {
        // Recorded: http_key_missing.
        return failed(&trace::key());
    };
    // Recorded: http_valid. Any key is taken, even an empty one (http_key_empty).
    let accept = proposal.accept(key);
    let extensions: Vec<String> = accepted.iter().map(Extension::to_string).collect();
    let extensions = extensions.join(", ");
    let mut headers = page::connection(proposal);
    headers.extend([("Date", proposal.date), ("Sec-WebSocket-Protocol", subprotocol)]);
    if !extensions.is_empty() {
        headers.push((EXTENSIONS, &extensions));
    }
    headers.extend([
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Accept", &accept),
        page::SERVER,
        ("Upgrade", "WebSocket"),
    ]);
    let octets = response(101, "Switching Protocols", &headers, "");
    if field::is_persistent(proposal.request) && !page::waits(proposal) {
        Answer::Switch(octets, compression)
    } else {
        // The generator of the answer ends the connection, since it was told to.
        Answer::Close(octets)
    }
}

/// Java's complaint about the address of the request, as a trace (`ServletUpgradeRequest`).
fn address_fault(proposal: &Proposal<'_>) -> Option<String> {
    let uri = target::uri(proposal.request);
    let host = proposal.request.headers.all("Host").last().unwrap_or_default();
    let (host, port) = match uri.host {
        Some(host) => (host, uri.port),
        None => field::authority(host)?,
    };
    let authority = match port {
        // That of plain HTTP is not written.
        ..=0 | 80 => host.to_owned(),
        _ => format!("{host}:{port}"),
    };
    let path = target::raw_path(proposal.request);
    if let Some(Complaint { what, index }) = complaint("ws", &authority, path, uri.query) {
        let query = uri.query.map(|query| format!("?{query}")).unwrap_or_default();
        let address = format!("ws://{authority}{path}{query}");
        return Some(trace::address(&page::html(&format!("{what} at index {index}: {address}"))));
    }
    (port > i32::from(u16::MAX)).then(|| trace::port(port))
}
