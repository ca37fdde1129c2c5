//! Access to a port: programs of this machine, and browsers with its token. Every refusal
//! is JSON.

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use wire::net::LocalAccess;

use crate::explained::MAX_FILE;
use crate::problem::Problem;

/// The longest body that is read, in octets.
pub(crate) const MAX_BODY: usize = 4 << 20;

/// The longest refusal of axum that is turned into JSON, in octets.
const MAX_MESSAGE: usize = 4096;

/// Lets requests in as [`LocalAccess`] says. There are no CORS headers, so no page of another
/// origin can read an answer.
pub(crate) async fn guard(
    State(access): State<LocalAccess>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers().iter();
    let headers = headers.map(|(name, value)| (name.as_str(), value.as_bytes()));
    if let Err(denied) = access.check(request.uri().query(), headers) {
        return Problem::new(StatusCode::FORBIDDEN, denied.to_string()).into_response();
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
    let mut message = String::from_utf8_lossy(&body).into_owned();
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        message = format!(
            "the body is too long: {MAX_BODY} octets are the most, and {MAX_FILE} for a file to explain"
        );
    }
    Problem::new(status, message).into_response()
}
