//! `targets`: lists the targets and their missing settings.

use files::Unwritten;
use runner::{Endpoint, Kind, Server, Target};
use verdict::Exit;

use super::{complain, say};
use crate::Suite;

/// List and check the target files, with their kind and unset variables.
#[derive(clap::Args)]
#[command(after_help = "\
Targets are files targets/NAME.toml; `cargo xtask conformance --target NAME` plays against one. This command connects to no server.")]
pub(crate) struct Args {}

/// Runs the command.
pub(crate) fn run(_: &Args, suite: &Suite) -> anyhow::Result<Exit> {
    let mut exit = Exit::Green;
    for name in suite.layers().names(Kind::Targets) {
        match suite.target(&name) {
            Ok(target) => describe(&target)?,
            Err(error) => {
                complain(&error.to_string());
                exit = Exit::Usage;
            }
        }
    }
    Ok(exit)
}

fn describe(target: &Target) -> Result<(), Unwritten> {
    match &target.endpoint {
        Endpoint::Fake { profile } => say(&format!("{:<16} fake, profile {profile}", target.name)),
        Endpoint::Server(server) => {
            let effects: Vec<String> = target.effects.iter().map(ToString::to_string).collect();
            say(&format!("{:<16} server, {}", target.name, server.url))?;
            say(&format!("{:16}   effects   {}", "", effects.join(", ")))?;
            wants(server)
        }
    }
}

fn wants(server: &Server) -> Result<(), Unwritten> {
    let unset = server.unset(&|name| std::env::var(name).ok());
    let lines = [("not set", &unset.required), ("optional", &unset.optional)];
    for (what, names) in lines.into_iter().filter(|(_, names)| !names.is_empty()) {
        say(&format!("{:16}   {what:<9} {}", "", names.join(", ")))?;
    }
    let needs_url = server.i_may_test.is_none() || !server.accounts.contains_key("agent");
    if needs_url {
        say(&format!(
            "{:16}   only with --url, since its file has no i_may_test or no [account.agent]",
            ""
        ))?;
    } else if unset.required.is_empty() {
        say(&format!("{:16}   ready", ""))?;
    }
    Ok(())
}
