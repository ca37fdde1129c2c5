//! The requests of BOSH (XEP-0124 §5).

use wire::RequestHead;

use super::is_last;

/// The folder of the servlet.
const FOLDER: &str = "http-bind";

/// A request of BOSH whose answer is not given yet.
#[derive(Debug)]
pub(crate) struct UnansweredRequest {
    pub(super) head: RequestHead,
}

impl UnansweredRequest {
    pub(crate) fn new(head: RequestHead) -> Self {
        Self { head }
    }

    /// Whether no request follows on the connection.
    pub(crate) fn is_last(&self) -> bool {
        is_last(&self.head)
    }

    /// Whether the answer may be compressed (RFC 9110 §12.5.3).
    pub(super) fn takes_gzip(&self) -> bool {
        let headers = &self.head.headers;
        // Jetty knows of one browser that cannot read what it asks for.
        let is_old = headers.first("User-Agent").is_some_and(|agent| agent.contains("MSIE 6.0"));
        !is_old && headers.tokens("Accept-Encoding").any(is_gzip)
    }
}

/// Whether a coding is gzip, with a weight above 0.
fn is_gzip(coding: &str) -> bool {
    let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
    let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok());
    name.trim().eq_ignore_ascii_case("gzip") && weight.is_none_or(|weight| weight > 0.0)
}

/// Whether the servlet is at this path or above it: without parameters, decoded, and with dots
/// resolved (RFC 3986 §5.2.4).
pub(super) fn is_path(path: &str) -> bool {
    let Some(path) = path.strip_prefix('/') else {
        return false;
    };
    let mut parts: Vec<String> = Vec::new();
    for part in path.split('/') {
        let part = rest::plain(part.split(';').next().unwrap_or_default());
        match part.as_str() {
            "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.first().is_some_and(|first| first == FOLDER)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Recorded: POST to each of them.
    #[test]
    fn the_servlet_has_all_below_its_folder() {
        for (path, has) in [
            ("/http-bind", true),
            ("/http-bind/", true),
            ("/http-bind/x", true),
            ("/http-bind//", true),
            ("/http-bind;x=y", true),
            ("/http-bind/%20", true),
            ("/http-bind/../http-bind/", true),
            ("/HTTP-BIND/", false),
            ("//http-bind/", false),
            ("/http-bindx", false),
            ("/http-bind/..", false),
            ("*", false),
        ] {
            assert_eq!(is_path(path), has, "{path}");
        }
    }

    #[test]
    fn gzip_is_taken_where_it_is_wanted() {
        for (codings, takes) in
            [("gzip, deflate", true), ("gzip;q=0", false), ("br", false), ("gzip;q=0.5", true)]
        {
            let head = format!("POST /http-bind/ HTTP/1.1\r\nAccept-Encoding: {codings}\r\n\r\n");
            let (head, _) = RequestHead::parse(head.as_bytes()).expect("HTTP").expect("a head");
            assert_eq!(UnansweredRequest::new(head).takes_gzip(), takes, "{codings}");
        }
    }
}
