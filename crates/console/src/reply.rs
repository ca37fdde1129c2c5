//! The answer of a handler.

use std::pin::Pin;

use axum::http::StatusCode;
use serde_json::Value;

use crate::problem::Problem;
use crate::stream::Live;

/// The result of a handler of something.
pub type Outcome<S> = Result<Reply<S>, Problem>;

/// The outcome of a handler that waits.
pub type FutureOutcome<S> = Pin<Box<dyn Future<Output = Outcome<S>> + Send>>;

/// A successful answer.
pub enum Reply<S> {
    Json(StatusCode, Value),
    Text(&'static str, String),
    /// The page of the console.
    Page(String),
    /// Server-sent events.
    Live(Live<S>),
}

impl<S> Reply<S> {
    /// 200 with JSON.
    ///
    /// # Errors
    ///
    /// None; handlers end with it.
    pub fn ok(value: Value) -> Outcome<S> {
        Ok(Self::Json(StatusCode::OK, value))
    }

    /// 201 with JSON.
    ///
    /// # Errors
    ///
    /// None; handlers end with it.
    pub fn created(value: Value) -> Outcome<S> {
        Ok(Self::Json(StatusCode::CREATED, value))
    }
}
