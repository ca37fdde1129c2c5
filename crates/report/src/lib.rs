//! Events of a run as text, JSON lines and JUnit.
//!
//! A [`Format`] makes a [`Reporter`](runner::outcome::Reporter) that writes to any `Write`; [`Several`] feeds more than
//! one of them, and [`Progress`] is the live line for a terminal. Text that came over the wire is shown with its
//! invisible characters escaped, so that no peer can steer the terminal and no two values look alike that are not.

mod blocked;
mod clip;
mod diff;
mod drift;
mod excerpt;
mod failure;
mod format;
mod invisible;
mod json;
mod junit;
mod list;
mod paint;
mod progress;
mod red;
mod several;
mod table;
mod text;
mod totals;
mod tree;

pub use diff::unified;
pub use format::{Error, Format, Options, Request};
pub use progress::Progress;
pub use several::Several;
