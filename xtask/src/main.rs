//! `cargo xtask …`: builds the tool when it is out of date, and hands everything over to it.

mod cargo;

use std::io::{self, IsTerminal as _};
use std::process::ExitCode;

#[expect(clippy::print_stderr, reason = "a program reports its own errors")]
fn main() -> ExitCode {
    let tool = cargo::run(std::env::args_os().skip(1), io::stderr().is_terminal());
    cargo::replace(tool).unwrap_or_else(|error| {
        eprintln!("error: cargo could not be started: {error}");
        ExitCode::FAILURE
    })
}
