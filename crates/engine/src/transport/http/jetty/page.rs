//! Answers of Jetty 9.4.18: heads, and the pages for errors.

use super::super::{Answer, Proposal, response};
use super::field::{self, Expectation};
use super::refusal::Refusal;
use super::target;

pub(super) const SERVER: (&str, &str) = ("Server", "Jetty(9.4.18.v20190429)");
pub(super) const HTML: (&str, &str) = ("Content-Type", "text/html;charset=iso-8859-1");
pub(super) const NO_CACHE: (&str, &str) = ("Cache-Control", "must-revalidate,no-cache,no-store");
const CLOSE: (&str, &str) = ("Connection", "close");

/// An answer with these headers and this content.
pub(super) fn answer(
    proposal: &Proposal<'_>,
    status: u16,
    reason: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    // No length is told where the connection ends and there is nothing (`HttpGenerator`).
    let is_typed = headers.iter().any(|(name, _)| *name == "Content-Type");
    let is_told = field::is_persistent(proposal.request) || is_typed || !body.is_empty();
    with_length(proposal, status, reason, headers, is_told.then_some(body.len()), body)
}

/// An answer that tells this length, whatever its content. It is the last if the request wants
/// that, or if the client still waits to be told that it may send its body.
pub(super) fn with_length(
    proposal: &Proposal<'_>,
    status: u16,
    reason: &str,
    headers: &[(&str, &str)],
    length: Option<usize>,
    body: &str,
) -> Answer {
    let persists = field::is_persistent(proposal.request);
    let waits = waits(proposal);
    let length = length.map(|length| length.to_string());
    let mut all = connection(proposal);
    all.push(("Date", proposal.date));
    all.extend_from_slice(headers);
    all.extend(length.iter().map(|length| ("Content-Length", &**length)));
    if waits && persists {
        all.push(CLOSE);
    }
    all.push(SERVER);
    let body = if is(proposal, "HEAD") { "" } else { body };
    let octets = response(status, reason, &all, body);
    if persists && !waits { Answer::KeepAlive(octets) } else { Answer::Close(octets) }
}

/// The header that says whether the connection stays, where HTTP does not say it by itself.
pub(super) fn connection(proposal: &Proposal<'_>) -> Vec<(&'static str, &'static str)> {
    match (proposal.request.version.as_str(), field::is_persistent(proposal.request)) {
        ("HTTP/1.0", true) => vec![("Connection", "keep-alive")],
        ("HTTP/1.1", false) => vec![CLOSE],
        _ => Vec::new(),
    }
}

/// Whether the client waits for a 100 (Continue), which no part of this server sends.
pub(super) fn waits(proposal: &Proposal<'_>) -> bool {
    proposal.request.version == "HTTP/1.1"
        && field::expectation(&proposal.request.headers) == Expectation::Continue
}

/// Jetty's error page, with the headers `extra` where it puts them. Only some methods get to see
/// it, and those that accept HTML (`ErrorHandler`).
pub(super) fn error(
    proposal: &Proposal<'_>,
    status: u16,
    reason: &str,
    extra: &[(&str, &str)],
) -> Answer {
    shown(proposal, target::raw_path(proposal.request), (status, reason), extra)
}

/// The same for a request that was passed on to another path.
pub(super) fn error_at(proposal: &Proposal<'_>, path: &str, status: u16, reason: &str) -> Answer {
    shown(proposal, path, (status, reason), &[])
}

fn shown(
    proposal: &Proposal<'_>,
    path: &str,
    (status, reason): (u16, &str),
    extra: &[(&str, &str)],
) -> Answer {
    if !["GET", "POST", "HEAD"].iter().any(|method| is(proposal, method)) {
        return answer(proposal, status, reason, extra, "");
    }
    let mut headers = extra.to_vec();
    headers.push(NO_CACHE);
    if !accepts_html(proposal) {
        return answer(proposal, status, reason, &headers, "");
    }
    headers.push(HTML);
    let body = page(path, status, reason, "");
    answer(proposal, status, reason, &headers, &body)
}

/// The page of an exception, with its trace. It has no date.
pub(super) fn exception(path: &str, (status, reason): (u16, &str), trace: &str) -> Answer {
    let body = page(path, status, reason, trace);
    let length = body.len().to_string();
    let headers = [NO_CACHE, HTML, ("Content-Length", &*length), CLOSE, SERVER];
    Answer::Close(response(status, reason, &headers, &body))
}

/// Jetty's page for octets in which it has made out no request.
pub(super) fn bad_message(refusal: &Refusal) -> Vec<u8> {
    let Refusal { status, reason, is_head } = refusal;
    let body = format!("<h1>Bad Message {status}</h1><pre>reason: {reason}</pre>");
    let length = body.len().to_string();
    let headers = [HTML, ("Content-Length", &*length), CLOSE, SERVER];
    response(*status, reason, &headers, if *is_head { "" } else { &body })
}

pub(super) fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

pub(super) fn page(path: &str, status: u16, reason: &str, cause: &str) -> String {
    let (path, reason) = (html(path), html(reason));
    format!(
        "<html>\n<head>\n<meta http-equiv=\"Content-Type\" content=\"text/html;charset=utf-8\"/>\n\
         <title>Error {status} {reason}</title>\n</head>\n<body><h2>HTTP ERROR {status}</h2>\n\
         <p>Problem accessing {path}. Reason:\n<pre>    {reason}</pre></p>{cause}\
         <hr><a href=\"http://eclipse.org/jetty\">Powered by Jetty:// 9.4.18.v20190429</a><hr/>\n\n</body>\n</html>\n"
    )
}

fn is(proposal: &Proposal<'_>, method: &str) -> bool {
    proposal.request.method.eq_ignore_ascii_case(method)
}

fn accepts_html(proposal: &Proposal<'_>) -> bool {
    let mut wanted = proposal.request.headers.all("Accept").peekable();
    wanted.peek().is_none()
        || wanted.any(|value| {
            ["text/html", "text/*", "*/*"].iter().any(|kind| field::contains(value, kind))
        })
}
