//! Responses as octets (RFC 9112 §4).

use rest::Answer;
use wire::http::Headers;
use wire::{RequestHead, ResponseHead};

/// A response head and its body.
pub(super) fn response(status: u16, reason: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let head = ResponseHead::new(status, reason, Headers(headers.collect()));
    let mut octets = head.to_bytes();
    octets.extend_from_slice(body.as_bytes());
    octets
}

/// The head of the response with an answer of the REST API.
pub(crate) fn head_of(answer: &Answer, date: &str, is_last: bool) -> String {
    let length = answer.body.len().to_string();
    let mut headers = vec![("Date", date)];
    // A value that a client chose has no line breaks: it came as a header itself.
    headers.extend(answer.headers.iter().map(|(name, value)| (*name, value.as_str())));
    headers.push(("Content-Length", &length));
    if is_last {
        headers.push(("Connection", "close"));
    }
    let octets = response(answer.status, answer.phrase(), &headers, "");
    String::from_utf8_lossy(&octets).into_owned()
}

/// The client may send the body that it holds back (RFC 9110 §15.2.1).
pub(crate) fn go_on() -> Vec<u8> {
    response(100, "Continue", &[], "")
}

/// Whether no request follows on the connection. RFC 9112 §9.3: HTTP/1.0 keeps a connection only
/// where it asks for that.
pub(crate) fn is_last(request: &RequestHead) -> bool {
    match request.version.as_str() {
        "HTTP/1.0" => !request.headers.has_token("Connection", "keep-alive"),
        _ => request.headers.has_token("Connection", "close"),
    }
}
