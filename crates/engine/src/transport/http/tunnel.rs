//! The page through which pages of the desktop hear events: they put it into a frame.

use wire::RequestHead;

use super::{Answer, is_last, response};
use crate::context::Context;

/// A WebSocket to the service, and messages to the page around it. A real server has a page of its
/// own here; this one has its messages alone (Finesse JavaScript Library 10.5.1, `MasterTunnel`).
const PAGE: &str = include_str!("tunnel.html");

/// The path of the page. Clients leave out the last slash, too.
pub(super) const PATH: &str = "tunnel";

/// The answer to a request for the page, where there is a web application to serve it.
pub(crate) fn answer(cx: &Context, request: &RequestHead) -> Option<Answer> {
    let path = rest::plain_path(request);
    if !cx.settings.profile.web_application
        || !super::asks_for_file(request)
        || path.trim_matches('/') != PATH
    {
        return None;
    }
    let date = httpdate::fmt_http_date(cx.settings.calendar.at(cx.now));
    let length = PAGE.len().to_string();
    let mut headers = vec![
        ("Date", date.as_str()),
        ("Content-Type", "text/html; charset=utf-8"),
        ("Cache-Control", "no-cache"),
        ("Content-Length", &length),
    ];
    let is_last = is_last(request);
    if is_last {
        headers.push(("Connection", "close"));
    }
    let body = if request.method == "HEAD" { "" } else { PAGE };
    let octets = response(200, "OK", &headers, body);
    Some(if is_last { Answer::Close(octets) } else { Answer::KeepAlive(octets) })
}
