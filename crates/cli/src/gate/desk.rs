//! The desk of a served gate, HTTP on loopback: a running client asks here for tasks, reports, and ends cases.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Request, State as Shared};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Map, Value};
use tokio::net::TcpListener;

use super::board::{Board, State, Untold};
use super::contract::Contract;

/// The longest accepted body, in octets.
const MAX_BODY: usize = 64 << 10;

/// The help page of the desk.
const ABOUT: &str = "\
This is the desk of a conformance gate for clients that run for long. Text and JSON; any content type.

  GET  /next                     the next task as JSON: the variables of `gate --help` in small letters, without CONFORMANCE_.
                                 204 if no case waits. Connections whose path names no case then belong to this one
  GET  /cases                    all cases with task and state: waiting, playing or over
  GET  /cases/AREA/SLUG          the task of one case, as from /next
  POST /cases/AREA/SLUG/reports  lines of JSON: reports of the application
  POST /cases/AREA/SLUG/end      an exit status: 0 or nothing for done, 89 to decline the task
  POST /stop                     end the run; cases that no client came for are errors
";

/// A desk that listens but does not answer yet.
pub(super) struct Desk {
    listener: TcpListener,
    address: SocketAddr,
}

impl Desk {
    /// Opens a desk at a loopback address; port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// The address cannot be listened on.
    pub(super) async fn open(address: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// The base URL, `http://ADDRESS:PORT`.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers requests until the future is dropped.
    pub(super) async fn serve(self, board: Arc<Board>) {
        let router = Router::new()
            .route("/", get(|| async { ABOUT }))
            .route("/next", get(next))
            .route("/cases", get(list))
            .route("/cases/{area}/{slug}", get(contract))
            .route("/cases/{area}/{slug}/reports", post(reports))
            .route("/cases/{area}/{slug}/end", post(end))
            .route("/stop", post(stop))
            .fallback(|| async { (StatusCode::NOT_FOUND, "no such path; GET / lists the paths\n") })
            .layer(DefaultBodyLimit::max(MAX_BODY))
            .layer(middleware::from_fn_with_state(Arc::clone(&board), wait))
            .layer(middleware::from_fn(guard))
            .with_state(board);
        // The server ends with the task.
        let _ = axum::serve(self.listener, router).await;
    }
}

type Name = Path<(String, String)>;

fn id(Path((area, slug)): Name) -> String {
    format!("{area}/{slug}")
}

async fn next(Shared(board): Shared<Arc<Board>>) -> Response {
    match board.call(None) {
        Some((contract, state)) => told(&contract, state),
        None => StatusCode::NO_CONTENT.into_response(),
    }
}

async fn contract(Shared(board): Shared<Arc<Board>>, name: Name) -> Response {
    match board.call(Some(&id(name))) {
        Some((contract, state)) => told(&contract, state),
        None => refused(Untold::Unknown),
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

async fn list(Shared(board): Shared<Arc<Board>>) -> Response {
    let line = |(case, asks, state): (String, String, State)| serde_json::json!({ "case": case, "do": asks, "state": state.word() });
    json(&board.list().into_iter().map(line).collect())
}

async fn reports(Shared(board): Shared<Arc<Board>>, name: Name, body: Bytes) -> Response {
    let id = id(name);
    let lines = body.split(|octet| *octet == b'\n').filter(|line| !line.trim_ascii().is_empty());
    for line in lines {
        let Ok(report) = serde_json::from_slice(line) else {
            let message = "wanted lines of JSON, an object each: {\"event\":\"error\",\"condition\":\"conflict\"}\n";
            return (StatusCode::BAD_REQUEST, message).into_response();
        };
        if let Err(untold) = board.report(&id, report) {
            return refused(untold);
        }
    }
    StatusCode::NO_CONTENT.into_response()
}

async fn end(Shared(board): Shared<Arc<Board>>, name: Name, body: String) -> Response {
    let status = match body.trim() {
        "" => Ok(0),
        status => status.parse(),
    };
    let Ok(status) = status else {
        let message = "wanted an exit status: nothing or 0 for done, 89 to decline the task\n";
        return (StatusCode::BAD_REQUEST, message).into_response();
    };
    match board.end(&id(name), status) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(untold) => refused(untold),
    }
}

async fn stop(Shared(board): Shared<Arc<Board>>) -> StatusCode {
    board.close("the run was stopped at the desk");
    StatusCode::NO_CONTENT
}

fn json(value: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], format!("{value}\n")).into_response()
}

fn refused(untold: Untold) -> Response {
    let (status, message) = match untold {
        Untold::Unknown => (StatusCode::NOT_FOUND, "no such case here; GET /cases lists them\n"),
        Untold::NotPlaying => (StatusCode::CONFLICT, "the case is not being played\n"),
        Untold::TooMany => (StatusCode::TOO_MANY_REQUESTS, "too many reports are queued\n"),
    };
    (status, message).into_response()
}

/// Delays requests that come before all cases are open.
async fn wait(Shared(board): Shared<Arc<Board>>, request: Request, next: Next) -> Response {
    board.complete().await;
    next.run(request).await
}

/// Refuses web pages of other machines: a contract contains a password.
async fn guard(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let names = headers.get_all(header::HOST).iter().chain(headers.get_all(header::ORIGIN));
    let is_foreign =
        |name: &axum::http::HeaderValue| !name.to_str().is_ok_and(wire::http::names_loopback);
    let origin = headers.get(header::ORIGIN).cloned();
    if names.into_iter().any(is_foreign) {
        return (StatusCode::FORBIDDEN, "the desk answers only this machine\n").into_response();
    }
    let mut response = next.run(request).await;
    if let Some(origin) = origin {
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    response
}
