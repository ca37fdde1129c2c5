//! How long the bodies of requests may be, and whether their length can be told.

use wire::http::request_body;
use wire::{BodyKind, RequestHead};

use crate::dialect::Dialect;

/// The longest body that is read, in octets: the longest log of a desktop has 1,048,576 characters
/// (Cisco DevNet, "ClientLog").
const LONGEST_BODY: usize = 5 << 20;

/// The longest body of BOSH that is read, in octets, as of messages on a WebSocket.
pub(super) const LONGEST_STANZAS: usize = 1 << 20;

/// How the body of a request that is read whole ends, and the most octets of it; nothing where its
/// length cannot be told. `body` is what the reader of heads says. Openfire's port of BOSH is
/// Jetty; before the REST API of Finesse is another server.
pub(super) fn of_body(
    dialect: Dialect,
    request: &RequestHead,
    body: BodyKind,
    is_bosh: bool,
) -> Option<(BodyKind, usize)> {
    match (is_bosh, dialect) {
        (true, _) => Some((body, LONGEST_STANZAS)),
        (false, Dialect::Rfc) => Some((body, LONGEST_BODY)),
        (false, Dialect::Openfire) => {
            has_countable_body(request).then(|| (request_body(request), LONGEST_BODY))
        }
    }
}

/// Whether the end of a body can be told (RFC 9112 §6.3 items 4 and 5): it is in chunks, or has one
/// length. Otherwise its octets would be taken for the next request. Jetty reads signs too
/// (`HttpParser.convertContentLength`).
pub(super) fn has_countable_body(request: &RequestHead) -> bool {
    if let Some(last) = request.headers.tokens("Transfer-Encoding").last() {
        return last.eq_ignore_ascii_case("chunked");
    }
    let mut lengths = request.headers.tokens("Content-Length");
    lengths.next().is_none_or(|first| {
        let is_number = first.bytes().all(|octet| octet.is_ascii_digit());
        is_number && first.parse::<u64>().is_ok() && lengths.all(|other| other == first)
    })
}
