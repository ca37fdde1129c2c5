//! The subcommands, one a file.

mod choice;
pub(crate) mod conformance;
pub(crate) mod fmt;
pub(crate) mod lint;
pub(crate) mod mock;
pub(crate) mod new;
mod pending;
pub(crate) mod pin;
mod references;
mod rerender;
pub(crate) mod review;
pub(crate) mod show;
pub(crate) mod targets;
mod venue;

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

/// Shows on standard error what is wrong with case files.
pub(crate) fn diagnose(diagnostics: &[case::Diagnostic]) {
    if !diagnostics.is_empty() {
        let _ = writeln!(anstream::stderr(), "{}", case::render(diagnostics, true));
    }
}

/// `1 case`, `2 cases`.
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
