//! The route that explains a file: a HAR, a log, a transcript.

use std::sync::Arc;

use axum::http::StatusCode;
use tokio::sync::{Semaphore, oneshot};

use crate::ask::Ask;
use crate::explainer::Explainer;
use crate::problem::Problem;
use crate::reply::{FutureOutcome, Reply};

/// The longest file, in octets.
pub(crate) const MAX_FILE: usize = 64 << 20;

/// The longest name of a file that is passed on, in characters.
const MAX_NAME: usize = 200;

/// Files that are explained at the same time, of all ports.
static AT_ONCE: Semaphore = Semaphore::const_new(1);

/// Does work that takes processor time on a thread of its own; `None` if it panics.
///
/// Not on a blocking thread of the runtime: a runtime that ends waits for those, and an explanation
/// cannot be stopped.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let permit = AT_ONCE.acquire().await.ok()?;
    let (done, ended) = oneshot::channel();
    let thread = std::thread::Builder::new().name("explain".to_owned());
    let started = thread.spawn(move || {
        let made = work();
        // The client may have gone.
        let _ = done.send(made);
        drop(permit);
    });
    started.ok()?;
    ended.await.ok()
}

/// The explanation of the file that is the body.
pub fn explain<S: Send + Sync + 'static>(_: Arc<S>, ask: Ask) -> FutureOutcome<S> {
    Box::pin(async move {
        let Some(Explainer(explain)) = ask.explainer.clone() else {
            return Err(Problem::new(
                StatusCode::NOT_FOUND,
                "this control port explains no files; the one of `mock --control` does",
            ));
        };
        let name: String = ask.query("name").unwrap_or("file").chars().take(MAX_NAME).collect();
        let explained = aside(move || explain(&name, &ask.body)).await;
        let explained = explained.unwrap_or_else(|| Err("the file cannot be explained".to_owned()));
        match explained {
            Ok(value) => Reply::ok(value),
            Err(why) => Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, why)),
        }
    })
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_runtime_ends_amid_an_explanation() {
        let (go_on, wait) = mpsc::channel::<()>();
        let (begun, has_begun) = oneshot::channel();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.spawn(aside(move || {
            begun.send(()).unwrap();
            wait.recv()
        }));
        runtime.block_on(has_begun).unwrap();
        // This waits for threads of the runtime.
        drop(runtime);
        go_on.send(()).unwrap();
    }

    #[tokio::test]
    async fn a_panic_is_no_answer() {
        assert_eq!(aside(|| 1).await, Some(1));
        let panics: fn() -> i32 = || panic!("on purpose");
        assert_eq!(aside(panics).await, None);
    }
}
