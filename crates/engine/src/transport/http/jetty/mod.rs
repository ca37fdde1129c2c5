//! Jetty 9.4.18 and the parts of Openfire 4.4.4 that it serves, as they were recorded (http_*, and
//! the generated conversations of the area http).

mod bosh;
mod extensions;
mod field;
mod handshake;
mod java_uri;
mod octets;
mod page;
mod parser;
mod ranges;
mod refusal;
mod resource;
mod servlet;
mod target;
mod trace;
mod uri;

pub(super) use bosh::bosh;
pub(crate) use extensions::Compression;
pub(crate) use parser::Parser;
pub(crate) use refusal::Refusal;

use wire::RequestHead;

use super::{Answer, Proposal};
use field::Expectation;

/// Headers of the servlet of BOSH for browsers (recorded: http_path_httpbind).
const CROSS_ORIGIN: [(&str, &str); 4] = [
    ("Access-Control-Allow-Origin", "*"),
    (
        "Access-Control-Allow-Methods",
        "PROPFIND, PROPPATCH, COPY, MOVE, DELETE, MKCOL, LOCK, UNLOCK, PUT, GETLIB, VERSION-CONTROL, CHECKIN, CHECKOUT, UNCHECKOUT, REPORT, UPDATE, CANCELUPLOAD, HEAD, OPTIONS, GET, POST",
    ),
    (
        "Access-Control-Allow-Headers",
        "Overwrite, Destination, Content-Type, Depth, User-Agent, X-File-Size, X-Requested-With, If-Modified-Since, X-File-Name, Cache-Control",
    ),
    ("Access-Control-Max-Age", "86400"),
];

/// The policy for Flash (recorded: bosh_crossdomain).
const CROSS_DOMAIN: &str = "<?xml version=\"1.0\"?>\n<!DOCTYPE cross-domain-policy SYSTEM \"http://www.macromedia.com/xml/dtds/cross-domain-policy.dtd\">\n<cross-domain-policy>\n\t<site-control permitted-cross-domain-policies=\"all\"/>\n\t<allow-access-from domain=\"*\" to-ports=\"5222,5223,7070,8445\" secure=\"true\"/>\n</cross-domain-policy>\n";

/// Decides in Jetty's order: the message as such, the path, the method, then the handshake.
pub(super) fn answer(proposal: &Proposal<'_>) -> Answer {
    let request = proposal.request;
    let path = match admit(request).and_then(|()| target::path(request)) {
        Ok(path) => path,
        Err(refusal) => return Answer::Close(refuse(&refusal.of(&request.method))),
    };
    if proposal.host_is_foreign {
        // Recorded: tls_host_other.
        let reason = (400, "Host does not match SNI");
        return page::exception(target::raw_path(request), reason, &trace::host());
    }
    if path == "*" && request.method != "OPTIONS" {
        return page::error(proposal, 400, "Bad Request", &[]);
    }
    // The target of CONNECT is in no context, but for one of a single character, which counts as
    // `/` (`ContextHandler.doScope`).
    if !path.starts_with('/') && path.encode_utf16().count() > 1 {
        return page::error(proposal, 404, "Not Found", &[]);
    }
    if is_within("/http-bind", &path) {
        // POST has its answer from a session (recorded: http_path_httpbind, bosh_get, bosh_put).
        return match request.method.as_str() {
            "GET" | "HEAD" => page::error(proposal, 404, "Not Found", &CROSS_ORIGIN),
            _ => servlet::undone(proposal, &["GET", "HEAD", "POST"], &CROSS_ORIGIN),
        };
    }
    if is_within("/ws", &path) {
        return match handshake::is_asked(proposal) {
            true => handshake::answer(proposal),
            false => servlet::undone(proposal, &[], &[]),
        };
    }
    if path == "/crossdomain.xml" {
        return match request.method.as_str() {
            "GET" | "HEAD" => {
                page::answer(proposal, 200, "OK", &[("Content-Type", "text/xml")], CROSS_DOMAIN)
            }
            _ => servlet::undone(proposal, &["GET", "HEAD"], &[]),
        };
    }
    resource::answer(proposal, &path)
}

/// The answer to octets in which there is no request (recorded: http_bad_header,
/// http_bad_request_line, http_header_40k).
pub(super) fn refuse(refusal: &Refusal) -> Vec<u8> {
    page::bad_message(refusal)
}

/// The demands on a request once its head is complete (`HttpChannelOverHttp.headerComplete`).
pub(super) fn admit(request: &RequestHead) -> Result<(), Refusal> {
    let headers = &request.headers;
    match request.version.as_str() {
        "HTTP/1.0" => Ok(()),
        "HTTP/1.1" => {
            if field::expectation(headers) == Expectation::Unknown {
                return Err(Refusal::new(417, "Expectation Failed"));
            }
            // Recorded: http_connection_keepalive, http_no_connection_header. Of several lines the
            // last counts.
            let connection = headers.all("Connection").last().unwrap_or_default();
            if headers.first("Upgrade").is_some() && !field::contains(connection, "upgrade") {
                return Err(Refusal::bad_request());
            }
            Ok(())
        }
        _ => Err(Refusal::new(426, "Upgrade Required")),
    }
}

/// Whether a path is that of a context, or one below it.
fn is_within(context: &str, path: &str) -> bool {
    path.strip_prefix(context).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
