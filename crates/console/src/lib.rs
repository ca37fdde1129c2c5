//! A port over something that runs: HTTP and JSON for programs, a page for browsers, and streams of
//! what happens.
//!
//! The fake and the recorder open one each. A table of routes says what can be asked for; the page
//! shows the parts whose routes are there.

mod ask;
mod explained;
mod explainer;
mod guard;
mod page;
mod port;
mod problem;
mod reply;
mod route;
mod stream;

pub use ask::Ask;
pub use explained::explain;
pub use explainer::Explainer;
pub use page::page;
pub use port::Port;
pub use problem::Problem;
pub use reply::{FutureOutcome, Outcome, Reply};
pub use route::{Route, later, now};
pub use stream::{BATCH, Batch, Feed, Live, StreamStart};
