//! Results of cases and runs, from the judge to the reports, to `results.jsonl` and back.
//!
//! [`CaseResult::is_red`] is the only definition of red: for `--fail-fast`, `--retries`, counts and
//! colours. [`Run::exit`] derives the exit code from it.

mod blocked;
mod close;
mod exit;
mod failure;
mod result;
mod run;
mod said;
mod selection;
mod word;

pub use case::BUILT_IN;
pub use close::CloseAxis;
pub use exit::Exit;
pub use failure::{BasicStep, Closest, Difference, Excerpt, Failure};
pub use result::{BaselineDeviation, CaseResult, Comparison, Drift, ListedDeviation};
pub use run::{Ending, Fact, Finding, Head, Reporter, Run, VERSION, instant, millis};
pub use said::{LineKind, TranscriptLine, clipped, lines_of};
pub use selection::{Selection, Shard};
pub use word::{Strictness, Verdict};
