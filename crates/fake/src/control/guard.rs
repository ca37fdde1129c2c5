//! Who may come in, and that every refusal is JSON.

use std::net::IpAddr;

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::problem::Problem;

/// The longest message of somebody else's that is made JSON of.
const MAX_MESSAGE: usize = 4096;

/// A page in a browser must not reach the port, neither by a request across origins nor by a name that it made to
/// resolve to this machine; whoever else is here may.
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
        (!is_loopback(&text)).then_some(text)
    })
}

fn is_loopback(text: &str) -> bool {
    let authority = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, _)) => host,
        None => authority.rsplit_once(':').map_or(authority, |(host, _)| host),
    };
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_few_names() {
        for own in [
            "127.0.0.1:80",
            "localhost",
            "LOCALHOST:1",
            "[::1]:80",
            "http://127.0.0.1:3",
            "http://[::1]",
        ] {
            assert!(is_loopback(own), "{own}");
        }
        for other in [
            "example.com",
            "127.0.0.1.example.com:80",
            "null",
            "",
            "https://localhost.example.com",
            "10.0.0.1",
        ] {
            assert!(!is_loopback(other), "{other}");
        }
    }
}
