//! What a case came to, and a run: one value from the judge to the reports, to `results.jsonl` and back.
//!
//! [`CaseResult::is_red`] is the only definition of red. Whatever ends a run early, plays a case again, counts it or colours
//! it asks there, and [`Run::exit`] makes the exit code of it.

mod close;
mod exit;
mod failure;
mod result;
mod run;
mod said;
mod word;

pub use close::CloseAxis;
pub use exit::Exit;
pub use failure::{Closest, Difference, Excerpt, Failure};
pub use result::{CaseResult, Drift, Listed};
pub use run::{Ending, Finding, Head, Reporter, Run, VERSION, instant, millis};
pub use said::{LineKind, TranscriptLine, lines_of};
pub use word::{Strictness, Verdict};
