//! A request as the API reads it: method, path, query, request id, body.

use wire::RequestHead;

/// The base of all paths of the API.
pub(crate) const BASE: &str = "/finesse/api";

/// The path at which agents with single sign-on get tokens.
pub(crate) const TOKEN_PATH: &str = "/desktop/sso/token";

/// The media type of a form.
const FORM: &str = "application/x-www-form-urlencoded";

/// A request.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) head: &'a RequestHead,
    pub(crate) method: &'a str,
    /// The parts of the path below the base, decoded.
    pub(crate) path: Vec<String>,
    /// The parameters of the query, decoded, in order.
    query: Vec<(String, String)>,
    /// The id by which the client knows the event; empty for none.
    pub(crate) request: &'a str,
    pub(crate) body: &'a [u8],
}

/// Whether a request is one for the API, by its path.
pub fn is_for_api(head: &RequestHead) -> bool {
    let path = head.path();
    let is_below = |rest: &str| rest.is_empty() || rest.starts_with('/');
    path == TOKEN_PATH || path.strip_prefix(BASE).is_some_and(is_below)
}

impl<'a> Call<'a> {
    pub(crate) fn new(head: &'a RequestHead, body: &'a [u8]) -> Self {
        let query = head.target.split_once('?').map_or("", |(_, query)| query);
        Self {
            head,
            method: &head.method,
            path: parts(head),
            query: pairs(query),
            request: head.headers.first("requestId").unwrap_or_default(),
            body,
        }
    }

    /// A parameter of the query.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// A parameter of a form in the body.
    pub(crate) fn form(&self, name: &str) -> Option<String> {
        let kind = self.head.headers.first("Content-Type").unwrap_or_default();
        let is_form = kind.trim().to_ascii_lowercase().starts_with(FORM);
        let form = std::str::from_utf8(self.body).ok().filter(|_| is_form)?;
        pairs(form).into_iter().find(|(own, _)| own == name).map(|(_, value)| value)
    }

    /// Whether this is a request for a token, and not for an object of the API.
    pub(crate) fn is_for_token(&self) -> bool {
        self.head.path() == TOKEN_PATH
    }

    /// The host by which the client reaches the server, with its port.
    pub(crate) fn host(&self) -> Option<&str> {
        self.head.headers.first("Host").filter(|host| !host.is_empty())
    }
}

/// Names and values that `&` separates (URL standard, "application/x-www-form-urlencoded").
fn pairs(text: &str) -> Vec<(String, String)> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    let decode = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name, true), decoded(value, true))
    };
    pairs.map(decode).collect()
}

/// The path of a request for the API as the API reads it: decoded, without query and needless
/// slashes.
pub fn path(head: &RequestHead) -> String {
    if !head.path().starts_with(BASE) {
        return plain_path(head);
    }
    let parts = parts(head);
    [BASE].into_iter().chain(parts.iter().map(String::as_str)).collect::<Vec<_>>().join("/")
}

/// The path of any request, decoded, without its query.
pub fn plain_path(head: &RequestHead) -> String {
    decoded(head.path(), false)
}

/// The parts of a path below the base, decoded.
fn parts(head: &RequestHead) -> Vec<String> {
    let path = head.path().strip_prefix(BASE).unwrap_or_default();
    path.split('/').filter(|part| !part.is_empty()).map(|part| decoded(part, false)).collect()
}

/// A text without its percent-encoding.
pub fn plain(text: &str) -> String {
    decoded(text, false)
}

/// Percent-encoding (RFC 3986 §2.1); in a query, `+` is a blank. Text that does not decode to UTF-8
/// stays as it is.
pub(crate) fn decoded(text: &str, plus: bool) -> String {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let value = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (first, value) {
            (b'%', Some(value)) => {
                octets.push(value);
                rest = &tail[2..];
            }
            (b'+', _) if plus => {
                octets.push(b' ');
                rest = tail;
            }
            (octet, _) => {
                octets.push(*octet);
                rest = tail;
            }
        }
    }
    String::from_utf8(octets).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_queries_are_decoded() {
        let octets = b"GET /finesse/api//User/a%40b/Dialogs/?nocache=1&category=NOT%5FREADY&x=a+b HTTP/1.1\r\n\r\n";
        let (head, _) = RequestHead::parse(octets).unwrap().unwrap();
        let call = Call::new(&head, b"");
        assert_eq!(call.path, ["User", "a@b", "Dialogs"]);
        assert_eq!(path(&head), "/finesse/api/User/a@b/Dialogs");
        assert_eq!(call.parameter("category"), Some("NOT_READY"));
        assert_eq!(call.parameter("x"), Some("a b"));
        assert!(is_for_api(&head));
        assert_eq!(
            (decoded("%zz%e9%", false), decoded("%", false)),
            ("%zz%e9%".into(), "%".into())
        );
    }

    #[test]
    fn other_paths_are_not_for_the_api() {
        for target in ["/ws/", "/finesse/apix", "/finesse", "/http-bind/"] {
            let octets = format!("GET {target} HTTP/1.1\r\n\r\n");
            let (head, _) = RequestHead::parse(octets.as_bytes()).unwrap().unwrap();
            assert!(!is_for_api(&head), "{target}");
        }
    }
}
