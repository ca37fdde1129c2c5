//! A finished run as a value: what every format shows, what `results` keeps, and what [`crate::Comparison`] reads.
//!
//! `runner::outcome` → here → formats. Nothing beyond this folder looks at what the runner says, so a run that has just
//! ended and one that was read from a file are reported alike.

mod case;
mod of;
mod run;

pub use case::{Case, Closest, Deviation, Difference, Drift, Excerpt, Failure, Kind, Said};
pub use run::{Ending, Finding, Head, Run, VERSION};
