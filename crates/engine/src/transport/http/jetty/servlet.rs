//! Methods that a servlet does not do, as the servlet API has them answered (`HttpServlet`), and
//! those that every servlet does.

use std::collections::{HashMap, HashSet};

use super::super::{Answer, Proposal};
use super::page;
use crate::java::bucket;

const NOT_SUPPORTED: &str = "is not supported by this URL";

/// How Jetty spells the names of headers that it knows, whatever the request does (`HttpHeader`).
const KNOWN: [&str; 71] = [
    "Accept",
    "Accept-Charset",
    "Accept-Encoding",
    "Accept-Language",
    "Accept-Ranges",
    "Age",
    "Allow",
    "Authorization",
    "Cache-Control",
    "Connection",
    "Content-Encoding",
    "Content-Language",
    "Content-Length",
    "Content-Location",
    "Content-MD5",
    "Content-Range",
    "Content-Type",
    "Cookie",
    "Date",
    "ETag",
    "Expect",
    "Expires",
    "Forwarded",
    "From",
    "Host",
    "HTTP2-Settings",
    "identity",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "If-Range",
    "If-Unmodified-Since",
    "Keep-Alive",
    "Last-Modified",
    "Location",
    "Max-Forwards",
    "MIME-Version",
    "Negotiate",
    "Origin",
    "Pragma",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Proxy-Connection",
    "Range",
    "Referer",
    "Request-Range",
    "Retry-After",
    "Sec-WebSocket-Accept",
    "Sec-WebSocket-Extensions",
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Protocol",
    "Sec-WebSocket-Version",
    "Server",
    "Servlet-Engine",
    "Set-Cookie",
    "Set-Cookie2",
    "Strict-Transport-Security",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "User-Agent",
    "Vary",
    "Via",
    "Warning",
    "WWW-Authenticate",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Forwarded-Server",
    "X-Powered-By",
];

/// How Jetty spells values that it knows, for headers that say how to treat a request.
const KNOWN_VALUES: [(&str, &str); 11] = [
    ("Accept", "*/*"),
    ("Accept-Encoding", "gzip"),
    ("Accept-Encoding", "gzip, deflate"),
    ("Cache-Control", "max-age=0"),
    ("Cache-Control", "no-cache"),
    ("Connection", "Upgrade"),
    ("Connection", "close"),
    ("Connection", "keep-alive"),
    ("Content-Type", "text/xml"),
    ("Pragma", "no-cache"),
    ("Transfer-Encoding", "chunked"),
];

/// The answer of a servlet to a method other than `done`, with the headers `extra` (recorded:
/// http_method_*, http_10_plain).
pub(super) fn undone(proposal: &Proposal<'_>, done: &[&str], extra: &[(&str, &str)]) -> Answer {
    let method = proposal.request.method.as_str();
    let status = if proposal.request.version == "HTTP/1.1" { 405 } else { 400 };
    let words = match method {
        // HEAD is done by GET.
        "GET" | "HEAD" => format!("HTTP method GET {NOT_SUPPORTED}"),
        "POST" | "PUT" => format!("HTTP method {method} {NOT_SUPPORTED}"),
        "DELETE" => format!("Http method DELETE {NOT_SUPPORTED}"),
        "TRACE" => return trace(proposal, extra),
        "OPTIONS" => {
            let allowed = [done, &["TRACE", "OPTIONS"]].concat().join(", ");
            let headers = [extra, &[("Allow", &*allowed)]].concat();
            return page::answer(proposal, 200, "OK", &headers, "");
        }
        _ => {
            let words = format!(
                "Method {method} is not defined in RFC 2068 and is not supported by the Servlet API "
            );
            return page::error(proposal, 501, &words, extra);
        }
    };
    page::error(proposal, status, &words, extra)
}

/// The request as it was understood (RFC 9110 §9.3.8). Its headers stand in the order of a hash
/// table.
fn trace(proposal: &Proposal<'_>, extra: &[(&str, &str)]) -> Answer {
    let request = proposal.request;
    let path = super::target::raw_path(request);
    let mut body = format!("TRACE {path} {}", request.version);
    let names: Vec<&str> = request.headers.0.iter().map(|(name, _)| known(name)).collect();
    let mut values = HashMap::new();
    for (name, value) in &request.headers.0 {
        values.entry(name.to_ascii_lowercase()).or_insert(value);
    }
    for name in hashed(&names) {
        let value = values.get(&name.to_ascii_lowercase()).map_or("", |value| value.as_str());
        body += &format!("\r\n{name}: {}", as_known(name, value));
    }
    body += "\r\n";
    let headers = [extra, &[("Content-Type", "message/http")]].concat();
    page::answer(proposal, 200, "OK", &headers, &body)
}

/// A value with its beginning as Jetty spells it, where it knows that (`HttpParser.CACHE`).
fn as_known(name: &str, value: &str) -> String {
    let begins = |known: &&str| {
        value.get(..known.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(known))
    };
    let known = KNOWN_VALUES.iter().filter(|(of, _)| *of == name).map(|(_, known)| *known);
    match known.filter(begins).max_by_key(|known| known.len()) {
        Some(known) => known.to_owned() + &value[known.len()..],
        None => value.to_owned(),
    }
}

fn known(name: &str) -> &str {
    KNOWN.into_iter().find(|known| known.eq_ignore_ascii_case(name)).unwrap_or(name)
}

/// Names in the order of a `HashSet` of Java that was made for so many.
fn hashed<'n>(names: &[&'n str]) -> Vec<&'n str> {
    let mut seen = HashSet::new();
    let mut different: Vec<&str> =
        names.iter().copied().filter(|name| seen.insert(*name)).collect();
    let mut size = names.len().max(1).next_power_of_two();
    // It grows beyond three quarters.
    while different.len() * 4 > size * 3 {
        size *= 2;
    }
    // The length of a head is limited.
    let buckets = u32::try_from(size).unwrap_or(1 << 31);
    different.sort_by_key(|name| bucket(name, buckets));
    different
}

#[cfg(test)]
mod tests {
    use super::*;

    // Recorded: http_132 of the generated conversations.
    #[test]
    fn names_stand_in_the_order_of_their_hashes() {
        let names = [
            "Host",
            "Upgrade",
            "Connection",
            "Sec-WebSocket-Key",
            "Sec-WebSocket-Version",
            "Sec-WebSocket-Protocol",
        ];
        let wanted = [
            "Connection",
            "Sec-WebSocket-Key",
            "Sec-WebSocket-Version",
            "Host",
            "Upgrade",
            "Sec-WebSocket-Protocol",
        ];
        assert_eq!(hashed(&names), wanted);
    }

    // `HttpParser.parseFields`.
    #[test]
    fn values_begin_as_they_are_known() {
        let table = [
            ("Connection", "UPGRADE", "Upgrade"),
            ("Connection", "Close, upgrade", "close, upgrade"),
            ("Connection", "TE, upgrade", "TE, upgrade"),
            ("Accept-Encoding", "GZIP, DEFLATE, br", "gzip, deflate, br"),
            ("Transfer-Encoding", "Chunked", "chunked"),
            ("Upgrade", "WebSocket", "WebSocket"),
        ];
        for (name, value, shown) in table {
            assert_eq!(as_known(name, value), shown);
        }
    }
}
