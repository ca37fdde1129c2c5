//! Help texts with the name under which the program was started.

use clap::Command;
use clap::builder::StyledStr;
use textual::program;

/// The name in the sources of the help texts.
const WRITTEN: &str = "cargo xtask";

/// The command line with the program's present name in all help texts.
pub(crate) fn with_program_name(command: Command) -> Command {
    let command = command.name(program()).bin_name(program());
    if program() == WRITTEN { command } else { renamed(command) }
}

fn renamed(mut command: Command) -> Command {
    let renamed_text =
        |text: &StyledStr| StyledStr::from(text.to_string().replace(WRITTEN, program()));
    if let Some(text) = command.get_about().map(renamed_text) {
        command = command.about(text);
    }
    if let Some(text) = command.get_long_about().map(renamed_text) {
        command = command.long_about(text);
    }
    if let Some(text) = command.get_after_help().map(renamed_text) {
        command = command.after_help(text);
    }
    if let Some(text) = command.get_after_long_help().map(renamed_text) {
        command = command.after_long_help(text);
    }
    let command = command.mut_args(|mut arg| {
        if let Some(text) = arg.get_help().map(renamed_text) {
            arg = arg.help(text);
        }
        if let Some(text) = arg.get_long_help().map(renamed_text) {
            arg = arg.long_help(text);
        }
        arg
    });
    command.mut_subcommands(renamed)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::with_program_name;
    use crate::command_line::Cli;

    #[test]
    fn no_help_names_a_program_that_is_not_there() {
        let mut command = with_program_name(Cli::command());
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
