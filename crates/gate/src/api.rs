//! The HTTP API of a served gate, on loopback: a client that runs for long asks here for its next
//! case, reports, and says that it is done.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Request, State as Shared};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next as Then};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Map, Value};
use tokio::net::TcpListener;
use tokio::sync::watch;
use wire::net::LocalAccess;

use crate::contract::Contract;
use crate::queue::{CaseQueue, Next, Refused, State};

/// The longest body that is read, in octets.
const MAX_BODY: usize = 64 << 10;

/// The answer to `GET /`.
const ABOUT: &str = "\
The HTTP API of a conformance gate, for a client that is already running. Text and JSON; any content type.

  GET  /next                     the next case that waits for a client, as JSON: the variables that `gate --help` lists,
                                 in small letters and without CONFORMANCE_. 204: no case waits at present, ask again.
                                 410: all cases are over. A connection whose path names no case is for the case named last
  GET  /cases                    all cases: their tasks, and whether they are waiting, playing or over
  GET  /cases/AREA/SLUG          one case, as /next shows it
  POST /cases/AREA/SLUG/reports  lines of JSON: reports of the application
  POST /cases/AREA/SLUG/end      an exit status: 0, or no body, for done; 89 to decline the case
  POST /stop                     end the gate; cases that no client came for are errors

A request of a browser needs the token: open the URL with `?token=…` that the gate printed.
";

/// An API, not yet served.
pub(super) struct Api {
    listener: TcpListener,
    address: SocketAddr,
    access: LocalAccess,
}

impl Api {
    /// Listens at a loopback address; port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// The address cannot be listened on.
    pub(super) async fn open(address: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address, access: LocalAccess::new() })
    }

    /// Its URL, for programs.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its URL with the token that a browser needs.
    pub(super) fn browser_url(&self) -> String {
        self.access.browser_url(&self.url())
    }

    /// Answers until it is told to stop, and then as far as a request is being answered.
    pub(super) async fn serve(self, queue: Arc<CaseQueue>, mut stopping: watch::Receiver<bool>) {
        let router = Router::new()
            .route("/", get(|| async { ABOUT }))
            .route("/next", get(next))
            .route("/cases", get(list))
            .route("/cases/{area}/{slug}", get(contract))
            .route("/cases/{area}/{slug}/reports", post(reports))
            .route("/cases/{area}/{slug}/end", post(end))
            .route("/stop", post(stop))
            .fallback(|| async {
                (StatusCode::NOT_FOUND, "there is no such route; GET / lists the routes\n")
            })
            .layer(DefaultBodyLimit::max(MAX_BODY))
            .layer(middleware::from_fn_with_state(Arc::clone(&queue), wait))
            .layer(middleware::from_fn_with_state(self.access, guard))
            .with_state(queue);
        let stopped = async move {
            // Without a sender nothing can stop it but the end of its task.
            if stopping.wait_for(|stopping| *stopping).await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        // An error ends the API alone; the run goes on.
        let _ = axum::serve(self.listener, router).with_graceful_shutdown(stopped).await;
    }
}

type Name = Path<(String, String)>;

fn id(Path((area, slug)): Name) -> String {
    format!("{area}/{slug}")
}

async fn next(Shared(queue): Shared<Arc<CaseQueue>>) -> Response {
    match queue.next() {
        Next::Case(contract, state) => shown(&contract, state),
        Next::None => StatusCode::NO_CONTENT.into_response(),
        Next::Finished => (StatusCode::GONE, "all cases are over; the gate ends\n").into_response(),
    }
}

async fn contract(Shared(queue): Shared<Arc<CaseQueue>>, name: Name) -> Response {
    match queue.case(&id(name)) {
        Some((contract, state)) => shown(&contract, state),
        None => refused(Refused::Unknown),
    }
}

fn shown(contract: &Contract, state: State) -> Response {
    let variables = contract.environment();
    let mut shown: Map<String, Value> = variables
        .iter()
        .filter_map(|(name, value)| {
            let name = name.strip_prefix("CONFORMANCE_")?.to_ascii_lowercase();
            Some((name, Value::from(value.as_str())))
        })
        .collect();
    shown.insert("state".to_owned(), Value::from(state.word()));
    json(&Value::Object(shown))
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
            let message = "each line of the body must be a JSON object, such as {\"event\":\"error\",\"condition\":\"conflict\"}\n";
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
            "the body must be an exit status: 0, or no body, for done; 89 to decline the case\n";
        return (StatusCode::BAD_REQUEST, message).into_response();
    };
    match queue.end(&id(name), status) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(why) => refused(why),
    }
}

async fn stop(Shared(queue): Shared<Arc<CaseQueue>>) -> StatusCode {
    queue.close("the gate was stopped by POST /stop");
    StatusCode::NO_CONTENT
}

fn json(value: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], format!("{value}\n")).into_response()
}

fn refused(why: Refused) -> Response {
    let (status, message) = match why {
        Refused::Unknown => (
            StatusCode::NOT_FOUND,
            "there is no such case; GET /cases lists the cases of this run\n",
        ),
        Refused::NotPlaying => (
            StatusCode::CONFLICT,
            "the case is not being played: no client has connected for it yet, or it is over\n",
        ),
        Refused::TooMany => (
            StatusCode::TOO_MANY_REQUESTS,
            "too many reports of this case are waiting; send the next ones later\n",
        ),
    };
    (status, message).into_response()
}

/// Holds up requests at the start of the run until the cases are open.
async fn wait(Shared(queue): Shared<Arc<CaseQueue>>, request: Request, then: Then) -> Response {
    queue.complete().await;
    then.run(request).await
}

/// Lets requests in as [`LocalAccess`] says: a contract has a password in it. There are no CORS
/// headers, so no page of another origin can read an answer.
async fn guard(Shared(access): Shared<LocalAccess>, request: Request, then: Then) -> Response {
    let headers = request.headers().iter();
    let headers = headers.map(|(name, value)| (name.as_str(), value.as_bytes()));
    match access.check(request.uri().query(), headers) {
        Ok(()) => then.run(request).await,
        Err(denied) => (StatusCode::FORBIDDEN, format!("{denied}\n")).into_response(),
    }
}
