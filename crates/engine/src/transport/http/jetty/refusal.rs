//! The objections of Jetty 9.4.18 to octets in which it has made out no request.

use std::borrow::Cow;
use std::fmt;

/// The reason for which octets are no request, and the status that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(super) status: u16,
    pub(super) reason: Cow<'static, str>,
    /// The method was read already, and is one whose answer has no body.
    pub(super) is_head: bool,
}

impl Refusal {
    pub(super) fn new(status: u16, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { status, reason: reason.into(), is_head: false }
    }

    /// A length that is no number.
    pub(crate) fn invalid_length() -> Self {
        Self::new(400, "Invalid Content-Length Value")
    }

    /// A bad request without words of its own.
    pub(super) fn bad_request() -> Self {
        Self::new(400, "Bad Request")
    }

    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    /// The same, of a request with this method.
    pub(super) fn of(self, method: &str) -> Self {
        Self { is_head: method.eq_ignore_ascii_case("HEAD"), ..self }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.reason)
    }
}
