//! The statuses of the fake's errors.

use axum::http::StatusCode;
use engine::Refusal;

use crate::error::Error;

pub(super) use console::Problem;

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
        Self::new(status, message)
    }
}
