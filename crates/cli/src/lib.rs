//! Joins the fake to the runner: the venues at which cases are played, for the command line and for `cargo test`.

mod access;
#[cfg(unix)]
mod lab;
mod passage;
mod probe;
mod publisher;
mod remote;
mod suite;
mod survey;
mod sweep;

pub use access::{Access, Cleared, INSECURE};
#[cfg(unix)]
pub use lab::{Engine, Lab, LabError};
pub use passage::{PassageError, made_anew};
pub use probe::{
    Depth, Facts, Finding, Openfire, Outcome, Probe, Recognised, Route, Setting, Stage, StepReport,
    Subscription, draft, pin, probe,
};
pub use publisher::{LoggedIn, Publisher};
pub use remote::RemoteVenue;
pub use suite::{HOME, MARK, Suite, SuiteError};
pub use survey::{SurveyError, Surveyed, survey};
pub use sweep::{Leftover, Swept, judge, remove};
