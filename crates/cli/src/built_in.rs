//! The suite as it was when this program was built: cases, fragments, baselines, targets; `build.rs` has the list.

/// Path and text of each file.
pub(crate) const BUILT_IN: runner::BuiltIn = include!(concat!(env!("OUT_DIR"), "/built_in.rs"));
