//! `man`: the manual pages.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Command;
use clap_mangen::Man;
use verdict::Exit;

use super::say;

/// Print the manual page, or write the pages of all commands into a folder.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  finesse-conformance man | man -l -
  finesse-conformance man --out ~/.local/share/man/man1")]
pub(crate) struct Args {
    /// Write a page for the program, and one for each command, into this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Runs the command for a whole command line.
pub(crate) fn run(args: &Args, mut command: Command) -> anyhow::Result<Exit> {
    // Otherwise commands lack the options that all share, and their full names.
    command.build();
    let Some(folder) = &args.out else {
        say(page(command)?.trim_end())?;
        return Ok(Exit::Green);
    };
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let program = command.get_name().to_owned();
    let subs: Vec<Command> = command.get_subcommands().cloned().collect();
    for sub in subs.into_iter().filter(|sub| sub.get_name() != "help") {
        let name = format!("{program}-{}", sub.get_name());
        let sub = sub.display_name(name.clone());
        files::write(&folder.join(format!("{name}.1")), &page(sub)?)?;
    }
    files::write(&folder.join(format!("{program}.1")), &page(command)?)?;
    Ok(Exit::Green)
}

/// A page in roff, without the values of environment variables.
fn page(command: Command) -> anyhow::Result<String> {
    let mut roff = Vec::new();
    Man::new(command).render(&mut roff)?;
    Ok(String::from_utf8(roff)?)
}
