//! The subcommands, one a file.

pub(crate) mod bench;
mod choice;
pub(crate) mod compare;
pub(crate) mod conformance;
mod descriptors;
pub(crate) mod expect;
pub(crate) mod fmt;
pub(crate) mod gate;
pub(crate) mod init;
#[cfg(unix)]
pub(crate) mod lab;
pub(crate) mod lint;
pub(crate) mod mock;
pub(crate) mod new;
mod pending;
pub(crate) mod pin;
pub(crate) mod probe;
pub(crate) mod readme;
mod references;
mod rerender;
mod results;
pub(crate) mod review;
mod run;
mod served;
pub(crate) mod show;
mod spot;
pub(crate) mod sweep;
pub(crate) mod targets;
mod venue;

use std::io::Write as _;

use anyhow::Context as _;

/// Says on standard error what is wrong.
pub(crate) fn complain(message: &str) {
    let style = anstyle::AnsiColor::Red.on_default().bold();
    // A closed pipe is no reason to complain further.
    let _ = writeln!(anstream::stderr(), "{style}error{style:#}: {message}");
}

/// Says on standard error what is to be known and stops nothing.
pub(crate) fn warn(message: &str) {
    let style = anstyle::AnsiColor::Yellow.on_default().bold();
    let _ = writeln!(anstream::stderr(), "{style}warning{style:#}: {message}");
}

/// Says on standard error how things are: standard output is for reports.
pub(crate) fn tell(text: &str) {
    let _ = writeln!(anstream::stderr(), "{text}");
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

/// Resolves at Ctrl-C, or at the signal that a supervisor sends; listens for them from now on.
#[cfg(unix)]
fn stopped() -> anyhow::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind| signal(kind).context("cannot wait for signals");
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => (),
            _ = terminate.recv() => (),
        }
    })
}

/// Resolves at Ctrl-C; listens for it from now on.
#[cfg(windows)]
fn stopped() -> anyhow::Result<impl Future<Output = ()>> {
    let mut interrupt = tokio::signal::windows::ctrl_c().context("cannot wait for signals")?;
    Ok(async move {
        interrupt.recv().await;
    })
}

/// `1 case`, `2 cases`.
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
