//! What `cargo xtask` runs: the command line with nothing built in, so that a changed case wants no build.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run(&[])
}
