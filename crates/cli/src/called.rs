//! The command line, called what people call it.

use clap::Command;
use clap::builder::StyledStr;
use textual::program;

/// What the help of commands is written with.
const WRITTEN: &str = "cargo xtask";

/// The same command line, whose help says what people call this program.
pub(crate) fn as_people_do(command: Command) -> Command {
    let command = command.name(program()).bin_name(program());
    if program() == WRITTEN { command } else { renamed(command) }
}

fn renamed(mut command: Command) -> Command {
    let said = |text: &StyledStr| StyledStr::from(text.to_string().replace(WRITTEN, program()));
    if let Some(text) = command.get_about().map(said) {
        command = command.about(text);
    }
    if let Some(text) = command.get_long_about().map(said) {
        command = command.long_about(text);
    }
    if let Some(text) = command.get_after_help().map(said) {
        command = command.after_help(text);
    }
    if let Some(text) = command.get_after_long_help().map(said) {
        command = command.after_long_help(text);
    }
    let command = command.mut_args(|mut arg| {
        if let Some(text) = arg.get_help().map(said) {
            arg = arg.help(text);
        }
        if let Some(text) = arg.get_long_help().map(said) {
            arg = arg.long_help(text);
        }
        arg
    });
    command.mut_subcommands(renamed)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::as_people_do;
    use crate::command_line::Cli;

    #[test]
    fn no_help_names_a_program_that_is_not_there() {
        let mut command = as_people_do(Cli::command());
        command.build();
        let mut all = vec![command.render_long_help().to_string()];
        for sub in command.get_subcommands_mut() {
            all.push(sub.render_help().to_string());
            all.push(sub.render_long_help().to_string());
        }
        assert!(all.len() > 30, "{}", all.len());
        assert!(all.iter().all(|help| !help.contains("cargo xtask")), "{all:?}");
        assert!(all[1].contains("Usage: finesse-conformance "), "{}", all[1]);
    }
}
