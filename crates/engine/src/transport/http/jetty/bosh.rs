//! The answers of the servlet of BOSH.

use super::super::{bosh::UnansweredRequest, response};
use super::CROSS_ORIGIN;
use super::page::{HTML, NO_CACHE, SERVER, page};
use crate::transport::bosh::Reply;

/// The answer of a session, or of the servlet in its place (recorded: bosh_*).
pub(in super::super) fn bosh(asked: &UnansweredRequest, date: &str, reply: &Reply) -> Vec<u8> {
    let close = [("Connection", "close")];
    let says_close = asked.is_last() && asked.head.version == "HTTP/1.1";
    let mut headers = if says_close { close.to_vec() } else { Vec::new() };
    headers.push(("Date", date));
    headers.extend(CROSS_ORIGIN);
    let (status, reason, octets) = match reply {
        Reply::Body(body) | Reply::Typed(_, body) => {
            headers.push(("Content-Type", "text/xml;charset=utf-8"));
            headers.push(("Vary", "Accept-Encoding, User-Agent"));
            let octets = if asked.takes_gzip() {
                headers.push(("Content-Encoding", "gzip"));
                wire::deflate::gzip(body.as_bytes())
            } else {
                body.clone().into_bytes()
            };
            (200, "OK", octets)
        }
        Reply::Error(status, _) | Reply::Failure(status) => {
            if matches!(reply, Reply::Failure(_)) && !says_close {
                headers.extend(close);
            }
            headers.extend([NO_CACHE, HTML]);
            let reason = match reply {
                Reply::Error(_, Some(reason)) => reason,
                _ => rest::phrase(*status),
            };
            (*status, reason, page(asked.head.path(), *status, reason, "").into_bytes())
        }
    };
    let length = octets.len().to_string();
    headers.extend([("Content-Length", &*length), SERVER]);
    let mut response = response(status, reason, &headers, "");
    response.extend(octets);
    response
}
