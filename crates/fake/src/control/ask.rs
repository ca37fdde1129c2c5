//! A request of the control port, as its handler sees it.

use serde::de::DeserializeOwned;

use super::explain::explain;
use super::problem::Problem;
use crate::server::FakeFinesse;

pub(super) use console::Ask;

/// The result of a handler.
pub(super) type Outcome = console::Outcome<FakeFinesse>;

/// A successful answer.
pub(super) type Reply = console::Reply<FakeFinesse>;

/// The body of a request as JSON.
pub(super) trait Body {
    /// Content-Type is ignored. An empty body is an object without members.
    fn json<T: DeserializeOwned>(&self) -> Result<T, Problem>;
}

impl Body for Ask {
    fn json<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let body: &[u8] = if self.body.is_empty() { b"{}" } else { &self.body };
        let (method, path) = self.route;
        serde_json::from_slice(body)
            .map_err(|error| Problem::bad_request(explain(&error, body, method, path)))
    }
}
