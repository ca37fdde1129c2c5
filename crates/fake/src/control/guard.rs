//! Access to the control port: from this machine only. Every refusal is JSON.

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::problem::Problem;

/// The longest refusal of axum that is turned into JSON, in octets.
const MAX_MESSAGE: usize = 4096;

/// A page in a browser must not reach the port, neither by a cross-origin request nor by a name
/// that it made to resolve to this machine. All programs on this machine may.
pub(super) async fn guard(request: Request, next: Next) -> Response {
    if let Some(name) = foreign(request.headers()) {
        let message = format!("the control port is for this machine alone, and {name} is not it");
        return Problem::new(StatusCode::FORBIDDEN, message).into_response();
    }
    let response = next.run(request).await;
    let is_json = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes() == b"application/json");
    if is_json || response.status().is_success() {
        return response;
    }
    let status = response.status();
    let body = to_bytes(response.into_body(), MAX_MESSAGE).await.unwrap_or_default();
    Problem::new(status, String::from_utf8_lossy(&body)).into_response()
}

/// The name of a host that is not this machine, in Host or Origin.
fn foreign(headers: &HeaderMap) -> Option<String> {
    let hosts = headers.get_all(header::HOST).iter();
    let origins = headers.get_all(header::ORIGIN).iter();
    hosts.chain(origins).find_map(|value| {
        let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (!wire::http::names_loopback(&text)).then_some(text)
    })
}
