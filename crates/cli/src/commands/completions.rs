//! `completions`: a script with which a shell completes commands and options.

use clap::Command;
use clap_complete::Shell;
use verdict::Exit;

use super::say;

/// Print a script with which a shell completes commands and options.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  finesse-conformance completions bash > /etc/bash_completion.d/finesse-conformance
  finesse-conformance completions fish > ~/.config/fish/completions/finesse-conformance.fish
  finesse-conformance completions zsh > ~/.zfunc/_finesse-conformance")]
pub(crate) struct Args {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

/// Runs the command for a whole command line.
pub(crate) fn run(args: &Args, mut command: Command) -> anyhow::Result<Exit> {
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    say(String::from_utf8_lossy(&script).trim_end())?;
    Ok(Exit::Green)
}
