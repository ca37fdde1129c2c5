//! The command line: arguments and wiring.

mod command_line;
mod commands;
mod described;
mod documents;
mod environment;
mod failure;
mod help_names;
mod output;
mod passage;
#[cfg(test)]
mod recipes;
mod rooms;

pub use command_line::{Program, run};
pub use passage::{PassageError, made_anew};
pub use runner::{BuiltIn, Files};
use suite::{HOME, MARK, Suite};
