//! The HTTP API of a served gate, on loopback: a client that runs for long asks here what to do,
//! and says what it saw and that it is done. Its users know it as the desk.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Request, State as Shared};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Map, Value};
use tokio::net::TcpListener;

use crate::contract::Contract;
use crate::queue::{CaseQueue, Refused, State};

/// The longest body that is read, in octets.
const MAX_BODY: usize = 64 << 10;

/// How long a request may take to come, and to be answered.
const REQUEST: Duration = Duration::from_secs(30);

/// What it says of itself.
const ABOUT: &str = "\
This is the desk of a conformance gate for clients that run for long. Text and JSON; any content type.

  GET  /next                     what to do next, as JSON: the variables of `gate --help` without CONFORMANCE_, in small letters.
                                 204 when no case waits. From now on a connection whose path names no case is for this one
  GET  /cases                    every case, what it asks for, and whether it is waiting, playing or over
  GET  /cases/AREA/SLUG          what one case asks for, as /next
  POST /cases/AREA/SLUG/reports  lines of JSON: what the application saw
  POST /cases/AREA/SLUG/end      an exit status, 0 if none: done; 89: this client does not do that
  POST /stop                     no more cases; those that nobody came for are errors
";

/// An API, not yet served.
pub(super) struct Api {
    listener: TcpListener,
    address: SocketAddr,
}

impl Api {
    /// Opens it at a loopback address; port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// The address cannot be listened on.
    pub(super) async fn open(address: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// Where it is.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers until it is dropped.
    pub(super) async fn serve(self, queue: Arc<CaseQueue>) {
        let router = Router::new()
            .route("/", get(|| async { ABOUT }))
            .route("/next", get(next))
            .route("/cases", get(list))
            .route("/cases/{area}/{slug}", get(contract))
            .route("/cases/{area}/{slug}/reports", post(reports))
            .route("/cases/{area}/{slug}/end", post(end))
            .route("/stop", post(stop))
            .fallback(|| async {
                (StatusCode::NOT_FOUND, "there is nothing here; GET / says what there is\n")
            })
            .layer(DefaultBodyLimit::max(MAX_BODY))
            .layer(middleware::from_fn(in_time))
            .layer(middleware::from_fn_with_state(Arc::clone(&queue), wait))
            .layer(middleware::from_fn(guard))
            .with_state(queue);
        // It ends with the task.
        let _ = axum::serve(self.listener, router).await;
    }
}

type Name = Path<(String, String)>;

fn id(Path((area, slug)): Name) -> String {
    format!("{area}/{slug}")
}

async fn next(Shared(queue): Shared<Arc<CaseQueue>>) -> Response {
    match queue.call(None) {
        Some((contract, state)) => told(&contract, state),
        None => StatusCode::NO_CONTENT.into_response(),
    }
}

async fn contract(Shared(queue): Shared<Arc<CaseQueue>>, name: Name) -> Response {
    match queue.call(Some(&id(name))) {
        Some((contract, state)) => told(&contract, state),
        None => refused(Refused::Unknown),
    }
}

fn told(contract: &Contract, state: State) -> Response {
    let variables = contract.environment();
    let mut said: Map<String, Value> = variables
        .iter()
        .filter_map(|(name, value)| {
            let name = name.strip_prefix("CONFORMANCE_")?.to_ascii_lowercase();
            Some((name, Value::from(value.as_str())))
        })
        .collect();
    said.insert("state".to_owned(), Value::from(state.word()));
    json(&Value::Object(said))
}

async fn list(Shared(queue): Shared<Arc<CaseQueue>>) -> Response {
    let line = |(case, asks, state): (String, String, State)| serde_json::json!({ "case": case, "do": asks, "state": state.word() });
    json(&queue.list().into_iter().map(line).collect())
}

async fn reports(Shared(queue): Shared<Arc<CaseQueue>>, name: Name, body: Bytes) -> Response {
    let id = id(name);
    let lines = body.split(|octet| *octet == b'\n').filter(|line| !line.trim_ascii().is_empty());
    for line in lines {
        let Ok(report) = serde_json::from_slice(line) else {
            let message = "wanted lines of JSON, an object each: {\"event\":\"error\",\"condition\":\"conflict\"}\n";
            return (StatusCode::BAD_REQUEST, message).into_response();
        };
        if let Err(why) = queue.report(&id, report) {
            return refused(why);
        }
    }
    StatusCode::NO_CONTENT.into_response()
}

async fn end(Shared(queue): Shared<Arc<CaseQueue>>, name: Name, body: String) -> Response {
    let status = match body.trim() {
        "" => Ok(0),
        status => status.parse(),
    };
    let Ok(status) = status else {
        let message =
            "wanted an exit status: nothing or 0 for done, 89 for what this client does not do\n";
        return (StatusCode::BAD_REQUEST, message).into_response();
    };
    match queue.end(&id(name), status) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(why) => refused(why),
    }
}

async fn stop(Shared(queue): Shared<Arc<CaseQueue>>) -> StatusCode {
    queue.close("it was stopped at the desk");
    StatusCode::NO_CONTENT
}

fn json(value: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], format!("{value}\n")).into_response()
}

fn refused(why: Refused) -> Response {
    let (status, message) = match why {
        Refused::Unknown => (StatusCode::NOT_FOUND, "no such case here; GET /cases lists them\n"),
        Refused::NotPlaying => (StatusCode::CONFLICT, "the case is not being played\n"),
        Refused::TooMany => (StatusCode::TOO_MANY_REQUESTS, "more reports wait than are read\n"),
    };
    (status, message).into_response()
}

/// A request whose body does not come holds nothing up.
async fn in_time(request: Request, next: Next) -> Response {
    let answered = tokio::time::timeout(REQUEST, next.run(request)).await;
    answered.unwrap_or_else(|_| StatusCode::REQUEST_TIMEOUT.into_response())
}

/// Who asks at once after the start must not hear that there is nothing.
async fn wait(Shared(queue): Shared<Arc<CaseQueue>>, request: Request, next: Next) -> Response {
    queue.complete().await;
    next.run(request).await
}

/// Pages of this machine may ask, pages of others may not: a contract has a password in it.
async fn guard(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let names = headers.get_all(header::HOST).iter().chain(headers.get_all(header::ORIGIN));
    let is_foreign =
        |name: &axum::http::HeaderValue| !name.to_str().is_ok_and(wire::http::names_loopback);
    let origin = headers.get(header::ORIGIN).cloned();
    if names.into_iter().any(is_foreign) {
        return (StatusCode::FORBIDDEN, "the desk is for this machine alone\n").into_response();
    }
    let mut response = next.run(request).await;
    if let Some(origin) = origin {
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    response
}
