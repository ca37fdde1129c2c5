//! Errors of requests: a status and a message with the repair.

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::Refusal;
use serde_json::json;

use crate::error::Error;

/// An error answer: status and message.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    message: String,
}

impl Problem {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(super) fn no_such_route() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "there is no such route; GET / lists the routes, GET /openapi.json describes them",
        )
    }

    pub(super) fn no_such_method() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "this route does not take that method; GET /openapi.json describes the methods",
        )
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let status = match &error {
            Error::Engine(engine::Error::Nobody { .. } | engine::Error::NoLeaf { .. }) => {
                StatusCode::NOT_FOUND
            }
            Error::Engine(engine::Error::NoWebSocket { .. })
            | Error::Unmet { .. }
            | Error::NoTranscript => StatusCode::CONFLICT,
            Error::Engine(engine::Error::World(refusal)) => match refusal {
                Refusal::UnknownAgent { .. }
                | Refusal::UnknownCall { .. }
                | Refusal::UnknownQueue { .. } => StatusCode::NOT_FOUND,
                Refusal::UnknownName(_) | Refusal::UnknownReason { .. } => StatusCode::BAD_REQUEST,
                _ => StatusCode::CONFLICT,
            },
            _ => StatusCode::BAD_REQUEST,
        };
        let mut message = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            message.push_str(&format!(": {cause}"));
            source = cause.source();
        }
        Self { status, message }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.message }).to_string();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status;
        let json = header::HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, json);
        response
    }
}
