//! `finesse-conformance`: the command line with the suite built in, for use in any folder.

use std::process::ExitCode;

/// The suite at build time, as path and text of each file: cases, fragments, baselines, targets,
/// clients.
const BUILT_IN: cli::BuiltIn = include!(concat!(env!("OUT_DIR"), "/built_in.rs"));

fn main() -> ExitCode {
    cli::run(cli::Program { built_in: BUILT_IN, version: env!("FINESSE_VERSION") })
}
