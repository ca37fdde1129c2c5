//! The command line: its arguments and its commands.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::Styles;
use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use files::Unwritten;
use runner::BuiltIn;
use textual::{invisible, program};
use verdict::Exit;

use crate::{Suite, commands, environment, failure, help_names, output};

/// A conformance suite and a fake server for the Cisco Finesse notification service: XMPP over
/// WebSocket (RFC 7395), SASL PLAIN, resource binding, presence, XEP-0060.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// The home of a project: its clients, targets, cases and transcripts [default: the nearest
    /// `conformance/` made by `init`, in this folder or one above it]
    #[arg(long, global = true, value_name = "DIR")]
    home: Option<PathBuf>,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Init(commands::init::Args),
    Conformance(commands::conformance::Args),
    Gate(commands::gate::Args),
    Mock(Box<commands::mock::Args>),
    Report(commands::report::Args),
    Compare(commands::compare::Args),
    Review(commands::review::Args),
    Show(commands::show::Args),
    Fmt(commands::fmt::Args),
    Lint(commands::lint::Args),
    Statements(commands::statements::Args),
    New(commands::new::Args),
    Targets(commands::targets::Args),
    Pin(commands::pin::Args),
    #[cfg(unix)]
    Lab(commands::lab::Args),
    Record(commands::record::Args),
    Explain(commands::explain::Args),
    Probe(commands::probe::Args),
    Listen(commands::listen::Args),
    Nodes(commands::nodes::Args),
    Sweep(commands::sweep::Args),
    Expect(commands::expect::Args),
    Readme(commands::readme::Args),
    Bench(commands::bench::Args),
    Transports(commands::transports::Args),
    Book(commands::book::Args),
    Completions(commands::completions::Args),
    Man(commands::man::Args),
}

/// The program that runs the command line.
#[derive(Debug, Clone, Copy)]
pub struct Program {
    /// The files of the suite and the pages of the book, for use outside the repository.
    pub built_in: BuiltIn,
    /// The text behind the name in `--version`.
    pub version: &'static str,
}

/// Parses the arguments of this process and runs the command.
pub fn run(program: Program) -> ExitCode {
    let Program { built_in, version } = program;
    commands::known::mask_panics();
    output::decide_colours();
    let cli = match read(command(version)) {
        Ok(cli) => cli,
        Err(error) => {
            let is_answer = !error.use_stderr();
            return match print(&error, command(version)) {
                Err(error) if is_answer => exit(failure::end(&Unwritten::stdout(error))),
                _ => exit(if is_answer { Exit::Green } else { Exit::Usage }),
            };
        }
    };
    let suite = || -> anyhow::Result<Suite> {
        Ok(match &cli.home {
            Some(home) => Suite::with_home(home, built_in)?,
            None => Suite::find(&std::env::current_dir()?, built_in)?,
        })
    };
    let done = match &cli.command {
        Command::Init(args) => commands::init::run(args, cli.home.as_deref()),
        Command::Conformance(args) => {
            suite().and_then(|suite| commands::conformance::run(args, &suite))
        }
        Command::Gate(args) => suite().and_then(|suite| commands::gate::run(args, &suite)),
        Command::Mock(args) => commands::mock::run(args, suite().ok().as_ref()),
        Command::Report(args) => suite().and_then(|suite| commands::report::run(args, &suite)),
        Command::Compare(args) => suite().and_then(|suite| commands::compare::run(args, &suite)),
        Command::Review(args) => suite().and_then(|suite| commands::review::run(args, &suite)),
        Command::Show(args) => suite().and_then(|suite| commands::show::run(args, &suite)),
        Command::Fmt(args) => suite().and_then(|suite| commands::fmt::run(args, &suite)),
        Command::Lint(args) => suite().and_then(|suite| commands::lint::run(args, &suite)),
        Command::Statements(args) => {
            suite().and_then(|suite| commands::statements::run(args, &suite))
        }
        Command::New(args) => suite().and_then(|suite| commands::new::run(args, &suite)),
        Command::Targets(args) => suite().and_then(|suite| commands::targets::run(args, &suite)),
        Command::Pin(args) => commands::pin::run(args),
        #[cfg(unix)]
        Command::Lab(args) => suite().and_then(|suite| commands::lab::run(args, &suite)),
        Command::Sweep(args) => suite().and_then(|suite| commands::sweep::run(args, &suite)),
        Command::Expect(args) => suite().and_then(|suite| commands::expect::run(args, &suite)),
        Command::Readme(args) => suite().and_then(|suite| commands::readme::run(args, &suite)),
        Command::Record(args) => commands::record::run(args, suite().ok().as_ref()),
        Command::Explain(args) => commands::explain::run(args),
        Command::Probe(args) => commands::probe::run(args, suite().ok().as_ref()),
        Command::Listen(args) => commands::listen::run(args, suite().ok().as_ref()),
        Command::Nodes(args) => suite().and_then(|suite| commands::nodes::run(args, &suite)),
        Command::Bench(args) => commands::bench::run(args),
        Command::Transports(args) => commands::transports::run(args),
        Command::Book(args) => {
            suite().and_then(|suite| commands::book::run(args, &suite, &command(version)))
        }
        Command::Completions(args) => commands::completions::run(args, command(version)),
        Command::Man(args) => commands::man::run(args, command(version)),
    };
    match done {
        Ok(code) => exit(code),
        Err(error) => exit(failure::end(error.as_ref())),
    }
}

/// Reads the arguments of this process.
fn read(command: clap::Command) -> Result<Cli, clap::Error> {
    let matches = command.try_get_matches();
    matches.and_then(|matches| Cli::from_arg_matches(&matches)).map_err(|error| {
        let words = std::env::args_os().skip(1);
        let words = words.map(|word| word.to_string_lossy().into_owned());
        without_secrets(with_right_command(error, words))
    })
}

/// Prints a mistake in the arguments. Invisible characters in what it repeats of them are written
/// as escapes, so that a terminal obeys none: then without colours, which are such characters too.
fn print(error: &clap::Error, command: clap::Command) -> io::Result<()> {
    if let Err(plain) = read(command.styles(Styles::plain()))
        && plain.use_stderr()
    {
        let text = plain.render().ansi().to_string();
        let shown = invisible::lines(&text);
        if shown != text {
            return io::stderr().write_all(shown.as_bytes());
        }
    }
    error.print()
}

/// An error about an option of the other command that plays cases names that command.
fn with_right_command(
    mut error: clap::Error,
    mut words: impl Iterator<Item = String>,
) -> clap::Error {
    let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg) else {
        return error;
    };
    let command = words.find(|word| matches!(word.as_str(), "conformance" | "gate"));
    let right = match (command.as_deref(), option.as_str()) {
        (Some("conformance"), "--client") => {
            format!("clients are tested by '{} gate --client NAME -- COMMAND'", program())
        }
        (Some("gate"), "--target" | "--url") => {
            format!("servers are tested by '{} conformance {option} …'", program())
        }
        _ => return error,
    };
    error.remove(ContextKind::SuggestedArg);
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![right.into()]));
    error
}

/// A mistake in the arguments, which is shown without the passwords that somebody typed.
fn without_secrets(mut error: clap::Error) -> clap::Error {
    let argument = error.get(ContextKind::InvalidArg).map(ToString::to_string).unwrap_or_default();
    if let Some(ContextValue::String(value)) = error.get(ContextKind::InvalidValue) {
        let is_secret = ["--user", "--token", "--password"].iter().any(|it| argument.contains(it));
        let value = if is_secret { "***".to_owned() } else { mask::url(value).into_owned() };
        error.insert(ContextKind::InvalidValue, ContextValue::String(value));
    }
    error
}

/// The command line with this program's name and version, and without variables that are empty.
fn command(version: &'static str) -> clap::Command {
    environment::without_empty(help_names::with_program_name(Cli::command()).version(version))
}

fn exit(code: Exit) -> ExitCode {
    ExitCode::from(code.code())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_of_the_other_command_names_that_command() {
        for (line, wanted) in [
            (["x", "conformance", "--client", "mine"], "clients are tested by '"),
            (["x", "gate", "--target", "mock"], "servers are tested by '"),
            (["x", "gate", "--url", "ws://h/"], "conformance --url …'"),
        ] {
            let Err(error) = Cli::try_parse_from(line) else { panic!("{line:?}") };
            let words = line.into_iter().skip(1).map(str::to_owned);
            let shown = with_right_command(error, words).to_string();
            assert!(shown.contains(wanted), "{shown}");
            assert_eq!(shown.matches("tip:").count(), 1, "{shown}");
        }
    }
}
