//! Options by environment variables, as images and their composers give them.

use clap::Command;
use clap::builder::Resettable;

/// The command line without the variables that are empty: `NAME=` in the file of a composer stands
/// for the default, and an empty address or list would be an error.
pub(crate) fn without_empty(command: Command) -> Command {
    without(command, &|name| std::env::var_os(name).is_some_and(|value| value.is_empty()))
}

fn without(command: Command, is_empty: &dyn Fn(&str) -> bool) -> Command {
    let command = command.mut_args(|arg| {
        let name = arg.get_env().and_then(|name| name.to_str());
        if name.is_some_and(is_empty) { arg.env(Resettable::Reset) } else { arg }
    });
    command.mut_subcommands(|sub| without(sub, is_empty))
}

#[cfg(test)]
mod tests {
    use clap::Arg;

    use super::*;

    #[test]
    fn an_empty_variable_is_not_there() {
        let option = |name: &'static str| Arg::new(name).long(name).env(name);
        let inner = Command::new("inner").args([option("ONE"), option("TWO")]);
        let command = without(Command::new("outer").subcommand(inner), &|name| name == "ONE");
        let inner = command.find_subcommand("inner").expect("it is there");
        let names: Vec<_> = inner.get_arguments().filter_map(|arg| arg.get_env()).collect();
        assert_eq!(names, ["TWO"]);
    }
}
