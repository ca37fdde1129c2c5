//! The parts of a request for a WebSocket (RFC 6455 §4.1), and the answer to each.

use wire::{RequestHead, accept_value};

use crate::context::Context;
use crate::fault::{Faults, Name};
use crate::transport::Connection;

/// The handshake that a request proposes, if it is one for it.
pub(super) struct Proposal<'r> {
    pub(super) request: &'r RequestHead,
    /// The time of day, as the `Date` header has it (RFC 9110 §5.6.7).
    pub(super) date: &'r str,
    pub(super) faults: &'r Faults,
    /// TLS was opened by a name of the certificate, and the Host header has none of them.
    pub(super) host_is_foreign: bool,
    /// The accept value is to be wrong.
    pub(super) wrong_accept: bool,
}

impl Proposal<'_> {
    /// The subprotocol to answer with: `xmpp`, compared with its case, or none.
    pub(super) fn subprotocol(&self) -> Option<&str> {
        let mut offered = self.request.headers.tokens("Sec-WebSocket-Protocol");
        if self.faults.lasting(Name::EchoFirstSubprotocol) {
            offered.next()
        } else {
            offered.find(|name| *name == wire::handshake::SUBPROTOCOL)
        }
    }

    /// The value that proves the handshake (RFC 6455 §4.2.2 item 5.4).
    pub(super) fn accept(&self, key: &str) -> String {
        let accept = accept_value(key);
        if !self.wrong_accept {
            return accept;
        }
        let first = if accept.starts_with('A') { 'B' } else { 'A' };
        accept.chars().skip(1).fold(String::from(first), |mut text, c| {
            text.push(c);
            text
        })
    }
}

/// A client that did not name the server, or by no name of its certificate, may say any host
/// (openfire-measured C4).
pub(super) fn host_is_foreign(
    cx: &Context,
    connection: &Connection,
    request: &RequestHead,
) -> bool {
    let own = &cx.settings.host_names;
    let is_own = |name: &str| own.iter().any(|own| own.eq_ignore_ascii_case(name));
    let host = request.headers.first("Host").unwrap_or_default();
    connection.server_name.as_deref().is_some_and(is_own) && !is_own(without_port(host))
}

/// The host of a Host header (RFC 9110 §7.2), an IPv6 address without its brackets.
fn without_port(host: &str) -> &str {
    match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    }
}
