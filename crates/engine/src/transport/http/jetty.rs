//! The handshake and the error pages of Jetty 9.4.18, as Openfire 4.4.4 was recorded to give them
//! (http_*).

use wire::extension::EXTENSIONS;
use wire::{Extension, HeadFault, HttpError};

use super::extensions::{Agreement, negotiate};
use super::{Answer, Proposal, VERSION, bosh, response, trace};
use crate::transport::bosh::Reply;

const SERVER: (&str, &str) = ("Server", "Jetty(9.4.18.v20190429)");
const HTML: (&str, &str) = ("Content-Type", "text/html;charset=iso-8859-1");
const NO_CACHE: (&str, &str) = ("Cache-Control", "must-revalidate,no-cache,no-store");
const SERVER_ERROR: (u16, &str) = (500, "Server Error");
const NOT_SUPPORTED: &str = "is not supported by this URL";

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

/// What Flash was told of who may ask (recorded: bosh_crossdomain).
const CROSS_DOMAIN: &str = "<?xml version=\"1.0\"?>\n<!DOCTYPE cross-domain-policy SYSTEM \"http://www.macromedia.com/xml/dtds/cross-domain-policy.dtd\">\n<cross-domain-policy>\n\t<site-control permitted-cross-domain-policies=\"all\"/>\n\t<allow-access-from domain=\"*\" to-ports=\"5222,5223,7070,8445\" secure=\"true\"/>\n</cross-domain-policy>\n";

/// When `/` was written, by the recorded server's clock (recorded: http_path_root).
const ROOT_DATE: &str = "Sun, 22 Nov 2026 07:31:43 GMT";

/// The page at `/` (recorded: http_path_root).
const ROOT: &str = "<html>\n  <head><title>Openfire HTTP Binding Service</title></head>\n  <body><font face=\"Arial, Helvetica\"><b>Openfire <a href=\"http://www.xmpp.org/extensions/xep-0124.html\">HTTP Binding</a> Service</b></font></body>\n</html>\n";

/// Decides in Jetty's order: the message as such, the path, the method, then the handshake.
pub(super) fn answer(proposal: &Proposal<'_>) -> Answer {
    let request = proposal.request;
    let headers = &request.headers;
    match request.version.as_str() {
        "HTTP/1.1" if headers.first("Host").is_none() => return bad_message((400, "No Host")),
        "HTTP/1.1" | "HTTP/1.0" => {}
        _ => return bad_message((426, "Upgrade Required")),
    }
    // Recorded: http_connection_keepalive, http_no_connection_header.
    let connection_upgrades = headers.has_token("Connection", "upgrade");
    if headers.first("Upgrade").is_some() && !connection_upgrades {
        return bad_message((400, "Bad Request"));
    }
    let path = request.path();
    if proposal.host_is_foreign {
        // Recorded: tls_host_other.
        return Answer::Close(stack_page(path, (400, "Host does not match SNI"), &trace::host()));
    }
    if path == "/" {
        return page_of_root(proposal, request.method == "HEAD");
    }
    if bosh::is_path(path) {
        return ended_by_version(request.version.as_str(), other_than_bosh(proposal));
    }
    if path == "/crossdomain.xml" && matches!(request.method.as_str(), "GET" | "HEAD") {
        return ended_by_version(request.version.as_str(), cross_domain(proposal));
    }
    if path != "/ws" && !path.starts_with("/ws/") {
        return ended_by_version(
            request.version.as_str(),
            error_page(proposal, 404, "Not Found", &[], request.method == "HEAD"),
        );
    }
    let upgrades =
        request.version == "HTTP/1.1" && connection_upgrades && proposal.asks_for_websocket();
    if request.method == "GET" && upgrades {
        return handshake(proposal, path);
    }
    ended_by_version(request.version.as_str(), unsupported_method(proposal))
}

/// The answer to octets that are not HTTP (recorded: http_bad_header, http_bad_request_line,
/// http_header_40k).
pub(super) fn refuse(error: &HttpError) -> Vec<u8> {
    bad_message_page(match error {
        HttpError::HeadTooLong { .. } => (431, "Request Header Fields Too Large"),
        HttpError::Malformed { fault: HeadFault::Method | HeadFault::Target, .. } => {
            (400, "No URI")
        }
        HttpError::Malformed { fault: HeadFault::Version, .. } => (400, "Unknown Version"),
        HttpError::Malformed { fault: HeadFault::HeaderName, .. } => {
            (400, "Illegal character SPACE=' '")
        }
        HttpError::Malformed { .. } => (400, "Bad Request"),
    })
}

/// Subprotocol before version before extensions before key (recorded: http_sub_and_version_bad,
/// http_key_and_version_missing).
fn handshake(proposal: &Proposal<'_>, path: &str) -> Answer {
    let headers = &proposal.request.headers;
    let Some(subprotocol) = proposal.subprotocol() else {
        return Answer::KeepAlive(error_page(
            proposal,
            503,
            "Endpoint Creation Failed",
            &[],
            false,
        ));
    };
    // Several header lines are one list, which is no number.
    let versions: Vec<&str> = headers.all("Sec-WebSocket-Version").collect();
    let version = versions.join(",");
    if version != VERSION {
        if !version.is_empty() && version.trim().parse::<i32>().is_err() {
            // Recorded: http_version_garbage, http_version_list.
            return Answer::Close(stack_page(path, SERVER_ERROR, &trace::version(&html(&version))));
        }
        let extra = [("Sec-WebSocket-Protocol", subprotocol), ("Sec-WebSocket-Version", VERSION)];
        return Answer::KeepAlive(error_page(
            proposal,
            400,
            "Unsupported websocket version specification",
            &extra,
            false,
        ));
    }
    let Ok(Agreement { accepted, compression }) = negotiate(Extension::list(headers)) else {
        // Recorded: http_ext_unknown_param_fallback.
        return Answer::Close(stack_page(path, SERVER_ERROR, &trace::extension()));
    };
    let Some(key) = headers.first("Sec-WebSocket-Key") else {
        // Recorded: http_key_missing.
        return Answer::Close(stack_page(path, SERVER_ERROR, &trace::key()));
    };
    // Recorded: http_valid. Any key is taken, even an empty one (http_key_empty).
    let accept = proposal.accept(key);
    let extensions: Vec<String> = accepted.iter().map(Extension::to_string).collect();
    let extensions = extensions.join(", ");
    let mut headers = vec![("Date", proposal.date), ("Sec-WebSocket-Protocol", subprotocol)];
    if !extensions.is_empty() {
        headers.push((EXTENSIONS, &extensions));
    }
    headers.extend([
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Accept", &accept),
        SERVER,
        ("Upgrade", "WebSocket"),
    ]);
    Answer::Switch(response(101, "Switching Protocols", &headers, ""), compression)
}

/// Recorded: http_method_*, http_10_plain.
fn unsupported_method(proposal: &Proposal<'_>) -> Vec<u8> {
    let method = proposal.request.method.as_str();
    let status = if proposal.request.version == "HTTP/1.0" { 400 } else { 405 };
    match method {
        // HEAD is done by GET.
        "GET" | "HEAD" => error_page(
            proposal,
            status,
            &format!("HTTP method GET {NOT_SUPPORTED}"),
            &[],
            method == "HEAD",
        ),
        "POST" => {
            error_page(proposal, status, &format!("HTTP method POST {NOT_SUPPORTED}"), &[], false)
        }
        "PUT" => empty(proposal, status, &format!("HTTP method PUT {NOT_SUPPORTED}"), &[]),
        "DELETE" => empty(proposal, status, &format!("Http method DELETE {NOT_SUPPORTED}"), &[]),
        "OPTIONS" => empty(proposal, 200, "OK", &[("Allow", "TRACE, OPTIONS")]),
        _ => empty(
            proposal,
            501,
            &format!(
                "Method {method} is not defined in RFC 2068 and is not supported by the Servlet API "
            ),
            &[],
        ),
    }
}

/// The servlet of BOSH takes POST, which is not answered here (recorded: bosh_get, bosh_put).
fn other_than_bosh(proposal: &Proposal<'_>) -> Vec<u8> {
    let request = proposal.request;
    let method = request.method.as_str();
    match method {
        "GET" | "HEAD" => error_page(proposal, 404, "Not Found", &CROSS_ORIGIN, method == "HEAD"),
        "PUT" => empty(proposal, 405, &format!("HTTP method PUT {NOT_SUPPORTED}"), &CROSS_ORIGIN),
        "DELETE" => {
            empty(proposal, 405, &format!("Http method DELETE {NOT_SUPPORTED}"), &CROSS_ORIGIN)
        }
        "OPTIONS" => {
            let allow = ("Allow", "GET, HEAD, POST, TRACE, OPTIONS");
            empty(proposal, 200, "OK", &[&CROSS_ORIGIN[..], &[allow]].concat())
        }
        "TRACE" => {
            let body = String::from_utf8_lossy(&request.to_bytes()).into_owned();
            let body = body.trim_end_matches("\r\n").to_owned() + "\r\n";
            let length = body.len().to_string();
            let mut headers = vec![("Date", proposal.date)];
            headers.extend(CROSS_ORIGIN);
            headers.extend([("Content-Type", "message/http"), ("Content-Length", &length), SERVER]);
            response(200, "OK", &headers, &body)
        }
        _ => {
            let reason = format!(
                "Method {method} is not defined in RFC 2068 and is not supported by the Servlet API "
            );
            // Jetty has pages for methods that it knows in any case (recorded: `get`).
            let has_page = ["GET", "POST", "HEAD"].iter().any(|it| method.eq_ignore_ascii_case(it));
            if has_page {
                error_page(proposal, 501, &reason, &CROSS_ORIGIN, false)
            } else {
                empty(proposal, 501, &reason, &CROSS_ORIGIN)
            }
        }
    }
}

/// The answer of a session, or of the servlet in its place (recorded: bosh_*).
pub(super) fn bosh(asked: &bosh::Asked, date: &str, reply: &Reply) -> Vec<u8> {
    let close = [("Connection", "close")];
    let says_close = asked.is_last() && asked.head.version == "HTTP/1.1";
    let mut headers = if says_close { close.to_vec() } else { Vec::new() };
    headers.push(("Date", date));
    headers.extend(CROSS_ORIGIN);
    let (status, reason, octets) = match reply {
        Reply::Body(body) => {
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

fn cross_domain(proposal: &Proposal<'_>) -> Vec<u8> {
    let length = CROSS_DOMAIN.len().to_string();
    let headers = [
        ("Date", proposal.date),
        ("Content-Type", "text/xml"),
        ("Content-Length", &*length),
        SERVER,
    ];
    response(200, "OK", &headers, if proposal.request.method == "HEAD" { "" } else { CROSS_DOMAIN })
}

fn page_of_root(proposal: &Proposal<'_>, head: bool) -> Answer {
    let length = ROOT.len().to_string();
    let headers = [
        ("Date", proposal.date),
        ("Last-Modified", ROOT_DATE),
        ("Content-Type", "text/html"),
        ("Accept-Ranges", "bytes"),
        ("Content-Length", &length),
        SERVER,
    ];
    Answer::KeepAlive(response(200, "OK", &headers, if head { "" } else { ROOT }))
}

/// HTTP/1.0 keeps no connection (recorded: http_10_plain).
fn ended_by_version(version: &str, response: Vec<u8>) -> Answer {
    if version == "HTTP/1.0" { Answer::Close(response) } else { Answer::KeepAlive(response) }
}

/// Jetty's error page, with the headers `extra` where it puts them.
fn error_page(
    proposal: &Proposal<'_>,
    status: u16,
    reason: &str,
    extra: &[(&str, &str)],
    head: bool,
) -> Vec<u8> {
    let body = page(proposal.request.path(), status, reason, "");
    let length = body.len().to_string();
    let mut headers = vec![("Date", proposal.date)];
    headers.extend_from_slice(extra);
    headers.extend([NO_CACHE, HTML, ("Content-Length", &length), SERVER]);
    response(status, reason, &headers, if head { "" } else { &body })
}

/// The page of an exception, with its trace. It has no date.
fn stack_page(path: &str, (status, reason): (u16, &str), trace: &str) -> Vec<u8> {
    let body = page(path, status, reason, trace);
    let length = body.len().to_string();
    let headers = [NO_CACHE, HTML, ("Content-Length", &*length), ("Connection", "close"), SERVER];
    response(status, reason, &headers, &body)
}

fn page(path: &str, status: u16, reason: &str, cause: &str) -> String {
    let path = html(path);
    format!(
        "<html>\n<head>\n<meta http-equiv=\"Content-Type\" content=\"text/html;charset=utf-8\"/>\n\
         <title>Error {status} {reason}</title>\n</head>\n<body><h2>HTTP ERROR {status}</h2>\n\
         <p>Problem accessing {path}. Reason:\n<pre>    {reason}</pre></p>{cause}\
         <hr><a href=\"http://eclipse.org/jetty\">Powered by Jetty:// 9.4.18.v20190429</a><hr/>\n\n</body>\n</html>\n"
    )
}

fn empty(proposal: &Proposal<'_>, status: u16, reason: &str, extra: &[(&str, &str)]) -> Vec<u8> {
    let mut headers = vec![("Date", proposal.date)];
    headers.extend_from_slice(extra);
    headers.extend([("Content-Length", "0"), SERVER]);
    response(status, reason, &headers, "")
}

fn bad_message(status: (u16, &str)) -> Answer {
    Answer::Close(bad_message_page(status))
}

/// Jetty's page for octets in which it has made out no request.
fn bad_message_page((status, reason): (u16, &str)) -> Vec<u8> {
    let body = format!("<h1>Bad Message {status}</h1><pre>reason: {reason}</pre>");
    let length = body.len().to_string();
    let headers = [HTML, ("Content-Length", &*length), ("Connection", "close"), SERVER];
    response(status, reason, &headers, &body)
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
