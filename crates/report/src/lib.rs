//! Reports of a run as text, HTML, Markdown, JSON lines, JUnit and GitHub annotations, and
//! comparisons of runs.
//!
//! [`Reports`] passes a run to one [`Reporter`](verdict::Reporter) for each requested [`Format`];
//! [`Progress`] is the live line on a terminal. [`read`] returns a run from a JSON report as the
//! same value, so [`Comparison`] and [`write_html`] accept both. Text from the wire is shown with
//! its invisible characters escaped: a peer cannot send escapes to the terminal or markup to the
//! page, and different values look different.

mod alike;
mod blocked;
mod clauses;
mod clip;
mod compare;
mod compare_text;
mod diff;
mod differences;
mod drift;
mod excerpt;
mod failure;
mod format;
mod github;
mod html;
mod join;
mod jsonl;
mod junit;
mod list;
mod markdown;
mod options;
mod overview;
mod paint;
mod progress;
mod reports;
mod summary;
mod table;
mod text;
mod totals;
mod tree;
mod worst;

pub use compare::{Change, Column, Comparison, Entry};
pub use compare_text::write_comparison;
pub use diff::unified;
pub use differences::{Pair, SharedChange, differences, drifted};
pub use format::{Error, Format, Request};
pub use html::write_html;
pub use join::{JoinError, Part, join};
pub use jsonl::{ReadError, read, write};
pub use options::Options;
pub use progress::Progress;
pub use reports::Reports;
