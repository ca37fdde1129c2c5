//! The subcommands, one a file.

mod address;
mod begun;
pub(crate) mod bench;
pub(crate) mod book;
mod ca_file;
mod choice;
pub(crate) mod compare;
pub(crate) mod completions;
pub(crate) mod conformance;
mod descriptors;
pub(crate) mod expect;
pub(crate) mod explain;
mod explainer;
pub(crate) mod fmt;
pub(crate) mod gate;
pub(crate) mod init;
mod interrupt;
pub(crate) mod known;
#[cfg(unix)]
pub(crate) mod lab;
pub(crate) mod lint;
pub(crate) mod listen;
pub(crate) mod man;
pub(crate) mod mock;
pub(crate) mod new;
pub(crate) mod nodes;
mod pending;
pub(crate) mod pin;
pub(crate) mod probe;
mod quantity;
pub(crate) mod readme;
pub(crate) mod record;
mod references;
pub(crate) mod report;
mod rerender;
mod results;
pub(crate) mod review;
mod run;
mod served;
mod server_options;
pub(crate) mod show;
mod spoken;
pub(crate) mod statements;
pub(crate) mod sweep;
pub(crate) mod targets;
pub(crate) mod transports;
mod venue;
mod watch;

pub(crate) use crate::output::{complain, diagnose, say, tell, warn};
use interrupt::{EndsProcess, interrupts, stopped};

/// `1 case`, `2 cases`.
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
