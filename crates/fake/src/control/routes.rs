//! The table of routes: method, path, handler.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Weak};

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, RawQuery};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{self, MethodFilter, MethodRouter};
use tokio::sync::watch;

use super::ask::{Ask, Outcome, Reply};
use super::calls;
use super::console;
use super::conversation as talk;
use super::explained::{self, Explainer, MAX_FILE};
use super::live;
use super::problem::Problem;
use super::publications;
use super::world;
use crate::server::FakeFinesse;

/// One line of the table.
pub(super) struct Route {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    handler: Handler,
}

type Later = Pin<Box<dyn Future<Output = Outcome> + Send>>;

#[derive(Clone, Copy)]
enum Handler {
    Now(fn(&FakeFinesse, &Ask) -> Outcome),
    Later(fn(Arc<FakeFinesse>, Ask) -> Later),
}

const fn now(
    method: &'static str,
    path: &'static str,
    handler: fn(&FakeFinesse, &Ask) -> Outcome,
) -> Route {
    Route { method, path, handler: Handler::Now(handler) }
}

pub(super) const ROUTES: &[Route] = &[
    now("GET", "/", talk::about),
    now("GET", "/openapi.json", talk::openapi),
    now("GET", "/console", console::page),
    now("GET", "/sessions", talk::sessions),
    now("POST", "/inject", talk::inject),
    now("POST", "/kick", talk::kick),
    now("POST", "/publish", talk::publish),
    now("GET", "/transcript", talk::transcript),
    now("DELETE", "/transcript", talk::forget_transcript),
    now("GET", "/transcript/live", live::transcript),
    Route { method: "POST", path: "/explain", handler: Handler::Later(explained::explain) },
    now("GET", "/events", publications::events),
    now("GET", "/faults", talk::faults),
    now("POST", "/faults", talk::add_fault),
    now("DELETE", "/faults", talk::remove_faults),
    now("DELETE", "/faults/{id}", talk::remove_fault),
    now("GET", "/faults/table", talk::fault_table),
    now("GET", "/expectations", talk::expectations),
    now("POST", "/expectations", talk::expect),
    now("POST", "/verify", talk::verify),
    Route { method: "POST", path: "/wait", handler: Handler::Later(talk::wait) },
    now("GET", "/world", world::all),
    now("GET", "/agents", world::agents),
    now("GET", "/agents/{id}", world::agent),
    now("POST", "/agents/{id}/state", world::change_state),
    now("POST", "/agents/{id}/ring", calls::ring),
    now("POST", "/agents/{id}/call", calls::make),
    now("POST", "/agents/{id}/consult", calls::consult),
    now("POST", "/agents/{id}/transfer-to", calls::transfer_to),
    now("POST", "/agents/{id}/drop-participant", calls::drop_participant),
    now("POST", "/agents/{id}/send-dtmf", calls::send_dtmf),
    now("POST", "/agents/{id}/listen-to", calls::listen_to),
    now("POST", "/agents/{id}/barge-in", calls::barge_in),
    now("POST", "/agents/{id}/preview", calls::preview),
    now("POST", "/agents/{id}/reclassify", calls::reclassify),
    now("POST", "/agents/{id}/schedule-callback", calls::schedule_callback),
    now("POST", "/agents/{id}/{action}", calls::act_of_agent),
    now("GET", "/calls", calls::all),
    now("GET", "/calls/{id}", calls::one),
    now("POST", "/calls/{id}/set-variable", calls::set_variable),
    now("POST", "/calls/{id}/set-wrap-up-reason", calls::set_wrap_up_reason),
    now("POST", "/calls/{id}/fails", calls::fails),
    now("POST", "/calls/{id}/{action}", calls::act_on_call),
    now("GET", "/queues", world::queues),
    now("POST", "/queues/{id}/call", world::call_queue),
    now("GET", "/systeminfo", world::system),
    now("PUT", "/systeminfo", world::set_system),
    now("POST", "/reset", talk::reset),
];

impl Route {
    /// The method as axum has it.
    pub(super) fn service(
        &self,
        fake: Weak<FakeFinesse>,
        closing: watch::Receiver<bool>,
        explainer: Option<Explainer>,
    ) -> MethodRouter {
        let (handler, route) = (self.handler, (self.method, self.path));
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
            let Some(running) = fake.upgrade() else {
                return Problem::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "the fake of this control port has stopped; start it again",
                )
                .into_response();
            };
            let path = path.map(|Path(path)| path).unwrap_or_default();
            let query = query.unwrap_or_default();
            let ask = Ask { route, path, query, headers, body, explainer };
            let outcome = match handler {
                Handler::Now(handler) => handler(&running, &ask),
                Handler::Later(handler) => handler(running, ask).await,
            };
            match outcome {
                Ok(Reply::Live(live)) => live.response(fake, closing),
                Ok(Reply::Json(status, value)) => {
                    respond(status, "application/json", format!("{value}\n"))
                }
                Ok(Reply::Page(page)) => {
                    let mut response = page.into_response();
                    for (name, value) in console::headers() {
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
