//! A line of a table of routes: method, path, handler.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, RawQuery};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{self, MethodFilter, MethodRouter};
use tokio::sync::watch;

use crate::ask::Ask;
use crate::explained::MAX_FILE;
use crate::explainer::Explainer;
use crate::page;
use crate::problem::Problem;
use crate::reply::{FutureOutcome, Outcome, Reply};

/// A line of the table of something.
pub struct Route<S> {
    pub method: &'static str,
    pub path: &'static str,
    /// The names that its query may have.
    query: &'static [&'static str],
    handler: Handler<S>,
}

enum Handler<S> {
    Now(fn(&S, &Ask) -> Outcome<S>),
    Later(fn(Arc<S>, Ask) -> FutureOutcome<S>),
}

impl<S> Clone for Handler<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Handler<S> {}

/// A route whose handler answers at once.
pub const fn now<S>(
    method: &'static str,
    path: &'static str,
    handler: fn(&S, &Ask) -> Outcome<S>,
) -> Route<S> {
    Route { method, path, query: &[], handler: Handler::Now(handler) }
}

/// A route whose handler may wait.
pub const fn later<S>(
    method: &'static str,
    path: &'static str,
    handler: fn(Arc<S>, Ask) -> FutureOutcome<S>,
) -> Route<S> {
    Route { method, path, query: &[], handler: Handler::Later(handler) }
}

impl<S> Route<S> {
    /// The same, with a query of these names.
    #[must_use]
    pub const fn with_query(mut self, names: &'static [&'static str]) -> Self {
        self.query = names;
        self
    }
}

impl<S: Send + Sync + 'static> Route<S> {
    /// The method as axum has it.
    pub(crate) fn service(
        &self,
        source: Weak<S>,
        closing: watch::Receiver<bool>,
        explainer: Option<Explainer>,
    ) -> MethodRouter {
        let (handler, route, names) = (self.handler, (self.method, self.path), self.query);
        let method = match self.method {
            "GET" => MethodFilter::GET,
            "PUT" => MethodFilter::PUT,
            "DELETE" => MethodFilter::DELETE,
            _ => MethodFilter::POST,
        };
        let answer = async move |path: Option<Path<BTreeMap<String, String>>>,
                                 RawQuery(query): RawQuery,
                                 headers: HeaderMap,
                                 body: Bytes|
                    -> Response {
            let Some(running) = source.upgrade() else {
                return Problem::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "the program behind this port has stopped; start it again",
                )
                .into_response();
            };
            let path = path.map(|Path(path)| path).unwrap_or_default();
            let query = query.unwrap_or_default();
            let ask = Ask { route, path, query, headers, body, explainer };
            let outcome = match (ask.has_query_of(names), handler) {
                (Err(problem), _) => Err(problem),
                (Ok(()), Handler::Now(handler)) => handler(&running, &ask),
                (Ok(()), Handler::Later(handler)) => handler(running, ask).await,
            };
            match outcome {
                Ok(Reply::Live(live)) => live.response(source, closing),
                Ok(Reply::Json(status, value)) => {
                    respond(status, "application/json", format!("{value}\n"))
                }
                Ok(Reply::Page(page)) => {
                    let mut response = page.into_response();
                    for (name, value) in page::headers() {
                        response.headers_mut().insert(name, value);
                    }
                    response
                }
                Ok(Reply::Text(kind, text)) => respond(StatusCode::OK, kind, text),
                Err(problem) => problem.into_response(),
            }
        };
        let service = routing::on(method, answer);
        match self.path {
            // Not JSON for this port, but a file that somebody has.
            "/explain" => service.layer(DefaultBodyLimit::max(MAX_FILE)),
            _ => service,
        }
    }
}

fn respond(status: StatusCode, kind: &'static str, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, kind)], body).into_response()
}
