//! The route that explains a file: a HAR, a log, a transcript. The explanation is made by a
//! function that the opener of the port hands in, since nothing here knows of such files.

use std::fmt;
use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::Value;

use crate::ask::{Ask, Reply};
use crate::problem::Problem;
use crate::route::Later;

/// The longest file, in octets.
pub(crate) const MAX_FILE: usize = 64 << 20;

/// The longest name of a file that is passed on, in characters.
const MAX_NAME: usize = 200;

type Explain = dyn Fn(&str, &[u8]) -> Result<Value, String> + Send + Sync;

/// A function that explains the content of a file. It gets the name of the file, and the error says
/// why the file tells nothing.
#[derive(Clone)]
pub struct Explainer(Arc<Explain>);

impl Explainer {
    /// Made of the function.
    pub fn new(
        explain: impl Fn(&str, &[u8]) -> Result<Value, String> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(explain))
    }
}

impl fmt::Debug for Explainer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Explainer").finish_non_exhaustive()
    }
}

/// The explanation of the file that is the body.
pub fn explain<S: Send + Sync + 'static>(_: Arc<S>, ask: Ask) -> Later<S> {
    Box::pin(async move {
        let Some(Explainer(explain)) = ask.explainer.clone() else {
            return Err(Problem::new(
                StatusCode::NOT_FOUND,
                "this control port explains no files; the one of `mock --control` does",
            ));
        };
        let name: String = ask.query("name").unwrap_or("file").chars().take(MAX_NAME).collect();
        // It takes processor time, and the other tasks of this thread wait for no file.
        let explained = tokio::task::spawn_blocking(move || explain(&name, &ask.body)).await;
        let explained =
            explained.unwrap_or_else(|_| Err("the file cannot be explained".to_owned()));
        match explained {
            Ok(value) => Reply::ok(value),
            Err(why) => Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, why)),
        }
    })
}
