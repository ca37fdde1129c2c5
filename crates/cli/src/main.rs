//! The program behind `cargo xtask`: the command line without built-in files, so that a changed
//! case needs no build.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run(cli::Program { built_in: None, version: env!("CARGO_PKG_VERSION") })
}
