//! The subcommands, one a file.

mod address;
pub(crate) mod bench;
mod choice;
pub(crate) mod compare;
pub(crate) mod conformance;
mod descriptors;
pub(crate) mod expect;
pub(crate) mod fmt;
pub(crate) mod gate;
pub(crate) mod init;
pub(crate) mod known;
#[cfg(unix)]
pub(crate) mod lab;
pub(crate) mod lint;
pub(crate) mod listen;
pub(crate) mod mock;
pub(crate) mod new;
pub(crate) mod nodes;
mod pending;
pub(crate) mod pin;
pub(crate) mod probe;
pub(crate) mod readme;
mod references;
pub(crate) mod report;
mod rerender;
mod results;
pub(crate) mod review;
mod run;
mod served;
mod server_options;
pub(crate) mod show;
pub(crate) mod sweep;
pub(crate) mod targets;
mod venue;
mod watch;

use anyhow::Context as _;

pub(crate) use crate::output::{complain, diagnose, say, tell, warn};

/// A future that resolves at Ctrl-C or SIGTERM. Signals are handled from the call on.
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

/// A future that resolves at Ctrl-C. Signals are handled from the call on.
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
