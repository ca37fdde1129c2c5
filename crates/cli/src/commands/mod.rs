//! The subcommands, one a file.

pub(crate) mod conformance;
pub(crate) mod mock;

use std::io::Write as _;

/// Says on standard error what is wrong.
pub(crate) fn complain(message: &str) {
    let style = anstyle::AnsiColor::Red.on_default().bold();
    // A closed pipe is no reason to complain further.
    let _ = writeln!(anstream::stderr(), "{style}error{style:#}: {message}");
}

/// Says on standard output what was asked for.
pub(crate) fn say(text: &str) {
    let _ = writeln!(anstream::stdout(), "{text}");
}
