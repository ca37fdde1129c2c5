//! A request of a port, as its handler sees it.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::http::HeaderMap;

use crate::explainer::Explainer;
use crate::problem::Problem;

/// The name of the token in a query; any route may have it.
const TOKEN: &str = "token";

/// A request: the values in path and query, and the body.
#[derive(Debug, Default)]
pub struct Ask {
    /// Method and path of the route, as in the table.
    pub route: (&'static str, &'static str),
    pub path: BTreeMap<String, String>,
    pub query: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// Explains files, if the opener of the port handed it in.
    pub explainer: Option<Explainer>,
}

impl Ask {
    /// A value in the path.
    #[must_use]
    pub fn segment(&self, name: &str) -> &str {
        self.path.get(name).map(String::as_str).unwrap_or_default()
    }

    /// A number in the path.
    ///
    /// # Errors
    ///
    /// It is no number.
    pub fn number(&self, name: &str) -> Result<u64, Problem> {
        number(name, "in the path", self.segment(name))
    }

    /// A value of the query.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<&str> {
        self.pairs().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// Names and values of the query.
    fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.query.split('&').filter(|pair| !pair.is_empty());
        pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
    }

    /// Checks that the query has no other names than these, and that of the token.
    pub(crate) fn has_query_of(&self, names: &[&str]) -> Result<(), Problem> {
        let mut others = self.pairs().map(|(name, _)| name).filter(|name| *name != TOKEN);
        let Some(other) = others.find(|name| !names.contains(name)) else {
            return Ok(());
        };
        let (method, path) = self.route;
        let takes = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
        let message = format!("there is no {other:?} in the query: {method} {path} takes {takes}");
        Err(Problem::bad_request(message))
    }

    /// A number of the query.
    ///
    /// # Errors
    ///
    /// It is no number.
    pub fn query_number(&self, name: &str) -> Result<Option<u64>, Problem> {
        self.query(name).map(|text| number(name, "in the query", text)).transpose()
    }
}

fn number(name: &str, place: &str, text: &str) -> Result<u64, Problem> {
    let message = || format!("{name} {place} must be a whole number, and is {text:?}");
    text.parse().map_err(|_| Problem::bad_request(message()))
}
