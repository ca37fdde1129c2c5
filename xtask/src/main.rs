//! `cargo xtask …`: builds the tool when it is out of date, and hands everything over to it. Only
//! `dist` is its own, which builds the program for others.

mod cargo;
mod dist;
mod messages;

use std::io::{self, IsTerminal as _};
use std::process::{ExitCode, Stdio};

use cargo::Call;

#[expect(clippy::print_stderr, reason = "a program reports its own errors")]
fn main() -> ExitCode {
    run().unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::FAILURE
    })
}

fn run() -> io::Result<ExitCode> {
    let mut args = std::env::args_os().skip(1).peekable();
    if args.next_if(|arg| arg == "dist").is_some() {
        return dist::run(args);
    }
    let is_dumb = std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
    let is_terminal = io::stderr().is_terminal() && !is_dumb;
    let mut call = Call::of(args, is_terminal);
    let mut build = call.build.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    build = build.env_remove("CARGO_TERM_QUIET");
    let mut build = build
        .spawn()
        .map_err(|error| io::Error::other(format!("cargo could not be started: {error}")))?;
    let messages = build.stderr.take();
    let shown = std::thread::spawn(move || match messages {
        Some(messages) => messages::pass(messages, io::stderr(), is_terminal),
        None => Ok(()),
    });
    let tool = cargo::built(&mut build);
    let status = build.wait()?;
    // Messages that cannot be shown are lost; the build itself counts.
    let _ = shown.join();
    match tool {
        Some(tool) if status.success() => cargo::replace(call.tool(&tool)),
        _ => Ok(status
            .code()
            .and_then(|code| u8::try_from(code).ok())
            .map_or(ExitCode::FAILURE, ExitCode::from)),
    }
}
