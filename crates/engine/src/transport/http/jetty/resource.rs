//! Files of the server, of which there is one, the page at `/` (`DefaultServlet`,
//! `ResourceService`).

use std::ops::RangeInclusive;

use super::super::{Answer, Proposal};
use super::{page, ranges, servlet, target};

/// When the page was written, by the recorded server's clock (recorded: http_path_root).
const DATE: &str = "Sun, 22 Nov 2026 07:31:43 GMT";

/// The page (recorded: http_path_root).
const PAGE: &str = "<html>\n  <head><title>Openfire HTTP Binding Service</title></head>\n  <body><font face=\"Arial, Helvetica\"><b>Openfire <a href=\"http://www.xmpp.org/extensions/xep-0124.html\">HTTP Binding</a> Service</b></font></body>\n</html>\n";

/// Between the parts of an answer with several ranges. Jetty draws it anew for each answer
/// (`MultiPartOutputStream`).
const BOUNDARY: &str = "jetty2029110369mx3yeu2v";

/// The answer to a request for a file.
pub(super) fn answer(proposal: &Proposal<'_>, path: &str) -> Answer {
    match proposal.request.method.as_str() {
        // The welcome file is asked for in the place of the folder.
        "GET" | "HEAD" | "POST" if path == "/" => sent(proposal, "/index.html"),
        "GET" | "HEAD" | "POST" if path == "/index.html" => {
            sent(proposal, target::raw_path(proposal.request))
        }
        "GET" | "HEAD" | "POST" => page::error(proposal, 404, "Not Found", &[]),
        "OPTIONS" => page::answer(proposal, 200, "OK", &[("Allow", "GET,HEAD,POST,OPTIONS")], ""),
        // A constraint of the application stands before the servlet (`webdefault.xml`).
        "TRACE" => page::error(proposal, 403, "Forbidden", &[]),
        _ => servlet::undone(proposal, &[], &[]),
    }
}

/// The page, or the answer that it is not wanted. Errors say that it was asked for by this path.
fn sent(proposal: &Proposal<'_>, path: &str) -> Answer {
    let headers = &proposal.request.headers;
    let written = httpdate::parse_http_date(DATE).ok();
    // Entity tags are off, so that `If-Match` and `If-None-Match` change nothing. Dates in other
    // forms than those of RFC 9110 §5.6.7 are read by the real server, too.
    if let Some(value) = headers.first("If-Modified-Since") {
        let date = value.split_once(';').map_or(value, |(date, _)| date.trim_end());
        let Ok(since) = httpdate::parse_http_date(date) else {
            return page::error_at(proposal, path, 400, &format!("Cannot convert date: {date}"));
        };
        if written <= Some(since) {
            return page::with_length(proposal, 304, "Not Modified", &[], None, "");
        }
    }
    let unmodified = headers.first("If-Unmodified-Since");
    let unmodified = unmodified.and_then(|date| httpdate::parse_http_date(date).ok());
    if unmodified.is_some_and(|since| written > Some(since)) {
        return page::error_at(proposal, path, 412, "Precondition Failed");
    }
    if headers.first("Range").is_none() {
        return page::answer(proposal, 200, "OK", &described("text/html", None), PAGE);
    }
    match &*ranges::satisfiable(headers.all("Range"), PAGE.len()) {
        [] => unsatisfied(proposal),
        [range] => {
            let place = place(range);
            let headers = described("text/html", Some(&place));
            page::answer(proposal, 206, "Partial Content", &headers, part(range))
        }
        several => {
            let kind = match headers.first("Request-Range") {
                // For browsers of old.
                Some(_) => "multipart/x-byteranges",
                None => "multipart/byteranges",
            };
            let kind = format!("{kind}; boundary={BOUNDARY}");
            let headers = described(&kind, None);
            page::answer(proposal, 206, "Partial Content", &headers, &parts(several))
        }
    }
}

/// The answer to a request for ranges of which there are none. It promises the whole page, says
/// nothing of it, and so ends the connection, unless there was nothing to say.
fn unsatisfied(proposal: &Proposal<'_>) -> Answer {
    let range = format!("bytes */{}", PAGE.len());
    let headers = described("text/html", Some(&range));
    let length = Some(PAGE.len());
    let phrase = "Range Not Satisfiable";
    match page::with_length(proposal, 416, phrase, &headers, length, "") {
        Answer::KeepAlive(octets) if proposal.request.method != "HEAD" => Answer::Close(octets),
        answer => answer,
    }
}

/// The headers that describe content of this type, and its place in the page.
fn described<'h>(kind: &'h str, range: Option<&'h str>) -> Vec<(&'static str, &'h str)> {
    let mut headers =
        vec![("Last-Modified", DATE), ("Content-Type", kind), ("Accept-Ranges", "bytes")];
    headers.extend(range.map(|range| ("Content-Range", range)));
    headers
}

fn place(range: &RangeInclusive<usize>) -> String {
    format!("bytes {}-{}/{}", range.start(), range.end(), PAGE.len())
}

fn part(range: &RangeInclusive<usize>) -> &'static str {
    // The page is ASCII, and the range is in it.
    PAGE.get(range.clone()).unwrap_or_default()
}

fn parts(ranges: &[RangeInclusive<usize>]) -> String {
    let mut body = String::new();
    for range in ranges {
        let (place, part) = (place(range), part(range));
        body += &format!(
            "--{BOUNDARY}\r\nContent-Type: text/html\r\nContent-Range: {place}\r\n\r\n{part}\r\n"
        );
    }
    body + &format!("--{BOUNDARY}--\r\n")
}
