//! `finesse-conformance`: the command line.

mod commands;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use finesse_conformance::Suite;
use runner::verdict::Exit;

/// A conformance suite and a fake server for the Cisco Finesse notification service: XMPP over WebSocket
/// (RFC 7395), SASL PLAIN, resource binding, presence, XEP-0060.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Conformance(commands::conformance::Args),
    Gate(commands::gate::Args),
    Mock(commands::mock::Args),
    Compare(commands::compare::Args),
    Review(commands::review::Args),
    Show(commands::show::Args),
    Fmt(commands::fmt::Args),
    Lint(commands::lint::Args),
    New(commands::new::Args),
    Targets(commands::targets::Args),
    Pin(commands::pin::Args),
    #[cfg(unix)]
    Lab(commands::lab::Args),
    Probe(commands::probe::Args),
    Sweep(commands::sweep::Args),
    Expect(commands::expect::Args),
    Readme(commands::readme::Args),
    Bench(commands::bench::Args),
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let is_answer = !error.use_stderr();
            // A closed pipe is no reason to complain.
            let _ = error.print();
            return exit(if is_answer { Exit::Green } else { Exit::Usage });
        }
    };
    let suite = || -> anyhow::Result<Suite> { Ok(Suite::find(&std::env::current_dir()?)?) };
    let done = match &cli.command {
        Command::Conformance(args) => {
            suite().and_then(|suite| commands::conformance::run(args, &suite))
        }
        Command::Gate(args) => suite().and_then(|suite| commands::gate::run(args, &suite)),
        Command::Mock(args) => commands::mock::run(args),
        Command::Compare(args) => suite().and_then(|suite| commands::compare::run(args, &suite)),
        Command::Review(args) => suite().and_then(|suite| commands::review::run(args, &suite)),
        Command::Show(args) => suite().and_then(|suite| commands::show::run(args, &suite)),
        Command::Fmt(args) => suite().and_then(|suite| commands::fmt::run(args, &suite)),
        Command::Lint(args) => suite().and_then(|suite| commands::lint::run(args, &suite)),
        Command::New(args) => suite().and_then(|suite| commands::new::run(args, &suite)),
        Command::Targets(args) => suite().and_then(|suite| commands::targets::run(args, &suite)),
        Command::Pin(args) => commands::pin::run(args),
        #[cfg(unix)]
        Command::Lab(args) => suite().and_then(|suite| commands::lab::run(args, &suite)),
        Command::Sweep(args) => suite().and_then(|suite| commands::sweep::run(args, &suite)),
        Command::Expect(args) => suite().and_then(|suite| commands::expect::run(args, &suite)),
        Command::Readme(args) => suite().and_then(|suite| commands::readme::run(args, &suite)),
        Command::Probe(args) => commands::probe::run(args, suite().ok().as_ref()),
        Command::Bench(args) => commands::bench::run(args),
    };
    match done {
        Ok(code) => exit(code),
        Err(error) => {
            commands::complain(&format!("{error:#}"));
            exit(Exit::Usage)
        }
    }
}

fn exit(code: Exit) -> ExitCode {
    ExitCode::from(code.code())
}
