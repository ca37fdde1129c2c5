//! A finished run as text, HTML, Markdown, JSON lines, JUnit and GitHub annotations; and two runs side by side.
//!
//! [`Reports`] passes a run, as it goes, to one [`Reporter`](verdict::Reporter) for each [`Format`] asked for; [`Progress`] is
//! the live line for a terminal. A run that [`read`] takes from a JSON report is the same value as one that has just ended, so
//! [`Comparison`] and [`write_html`] do not care where a run comes from. Text that came over the wire is shown with its
//! invisible characters escaped, so that no peer can steer a terminal or a page, and no two values look alike that are not.

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
mod jsonl;
mod junit;
mod list;
mod markdown;
mod paint;
mod progress;
mod reports;
mod table;
mod text;
mod totals;
mod tree;

pub use compare::{Change, Column, Comparison, Entry};
pub use compare_text::write_comparison;
pub use diff::unified;
pub use differences::{Difference, Pair, differences, drifted};
pub use format::{Error, Format, Options, Request};
pub use html::write_html;
pub use jsonl::{ReadError, read, write};
pub use progress::Progress;
pub use reports::Reports;
