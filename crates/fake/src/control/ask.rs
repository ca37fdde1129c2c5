//! A request of the control port, as its handler sees it.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::explain::explain;
use super::explained::Explainer;
use super::problem::Problem;
use super::stream::Live;

/// A request: the values in path and query, and the body.
#[derive(Debug, Default)]
pub(super) struct Ask {
    /// Method and path of the route, as in the table.
    pub(super) route: (&'static str, &'static str),
    pub(super) path: BTreeMap<String, String>,
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// Explains files, if the opener of the port handed it in.
    pub(super) explainer: Option<Explainer>,
}

/// The result of a handler.
pub(super) type Outcome = Result<Reply, Problem>;

/// A successful answer.
pub(super) enum Reply {
    Json(StatusCode, Value),
    Text(&'static str, String),
    /// The page of the console.
    Page(String),
    /// Server-sent events.
    Live(Live),
}

impl Ask {
    /// The body as JSON; Content-Type is ignored. An empty body is an object without members.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let body: &[u8] = if self.body.is_empty() { b"{}" } else { &self.body };
        let (method, path) = self.route;
        serde_json::from_slice(body)
            .map_err(|error| Problem::bad_request(explain(&error, body, method, path)))
    }

    /// A value in the path.
    pub(super) fn segment(&self, name: &str) -> &str {
        self.path.get(name).map(String::as_str).unwrap_or_default()
    }

    /// A number in the path.
    pub(super) fn number(&self, name: &str) -> Result<u64, Problem> {
        number(name, "in the path", self.segment(name))
    }

    /// A value of the query.
    pub(super) fn query(&self, name: &str) -> Option<&str> {
        let pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next()
    }

    /// A number of the query.
    pub(super) fn query_number(&self, name: &str) -> Result<Option<u64>, Problem> {
        self.query(name).map(|text| number(name, "in the query", text)).transpose()
    }
}

fn number(name: &str, place: &str, text: &str) -> Result<u64, Problem> {
    let message = || format!("{name} {place} must be a whole number, and is {text:?}");
    text.parse().map_err(|_| Problem::bad_request(message()))
}

impl Reply {
    pub(super) fn ok(value: Value) -> Outcome {
        Ok(Self::Json(StatusCode::OK, value))
    }

    pub(super) fn created(value: Value) -> Outcome {
        Ok(Self::Json(StatusCode::CREATED, value))
    }
}
