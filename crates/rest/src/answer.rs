//! Answers: status, headers, body, and a note for the server's record.

use contact::Tree;

/// How every document begins.
const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";

/// An answer of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Header lines beside `Date`, `Content-Length` and `Connection`.
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
    /// Why the request was refused, in words for its author. Clients do not see it.
    pub note: Option<String>,
    /// The body as elements, before it is written.
    document: Option<Tree>,
}

impl Answer {
    /// An answer without a body.
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: String::new(), note: None, document: None }
    }

    /// 413: the body is longer than any that is read.
    pub fn too_long() -> Self {
        Self::empty(413)
    }

    /// 202: the request was accepted, and its result comes as an event.
    pub(crate) fn accepted() -> Self {
        Self::empty(202)
    }

    /// 200 with a document.
    pub(crate) fn document(tree: Tree) -> Self {
        Self::with_document(200, tree)
    }

    pub(crate) fn with_document(status: u16, tree: Tree) -> Self {
        let answer = Self::empty(status).header("Content-Type", "application/xml;charset=UTF-8");
        Self { document: Some(tree), ..answer }
    }

    /// The answer with its document in the body. Each list has at most so many elements.
    pub(crate) fn written(mut self, most: Option<usize>) -> Self {
        if let Some(tree) = self.document.take() {
            let tree = match most {
                Some(most) => tree.limited(most),
                None => tree,
            };
            self.body = format!("{DECLARATION}{tree}");
        }
        self
    }

    /// JSON, which is text already.
    pub(crate) fn json(status: u16, text: String) -> Self {
        Self::empty(status).header("Content-Type", "application/json;charset=UTF-8").body(text)
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The answer with words for the author of the request, if there are any.
    pub(crate) fn noted(mut self, note: Option<String>) -> Self {
        self.note = note;
        self
    }

    fn body(mut self, body: String) -> Self {
        self.body = body;
        self
    }

    /// The status line's phrase.
    pub fn phrase(&self) -> &'static str {
        phrase(self.status)
    }
}

/// The phrase of a status (RFC 9110 §15; RFC 6585 §4).
pub fn phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        202 => "Accepted",
        206 => "Partial Content",
        301 => "Moved Permanently",
        302 => "Found",
        307 => "Temporary Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        413 => "Payload Too Large",
        415 => "Unsupported Media Type",
        416 => "Range Not Satisfiable",
        426 => "Upgrade Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Refused",
    }
}
