//! `finesse-conformance`: the command line with the suite built in, so that the program works anywhere.

use std::process::ExitCode;

/// The suite as it was when this program was built, path and text of each file: cases, fragments, baselines, targets, clients.
const BUILT_IN: cli::BuiltIn = include!(concat!(env!("OUT_DIR"), "/built_in.rs"));

fn main() -> ExitCode {
    cli::run(BUILT_IN)
}
