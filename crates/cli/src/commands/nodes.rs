//! `nodes`: makes the nodes that a target's file promises.

use anyhow::{Context as _, bail};
use case::Effects;
use files::Unwritten;
use live::{Cleared, Furnished, LastItem, Publisher, clear, furnish};
use probe::{ApiDepth, Depth, ProbePlan, Recognised, probe};
use runner::Endpoint;
use textual::{invisible, program};
use verdict::Exit;

use super::{complain, counted, say, venue};
use crate::Suite;

/// Make the nodes that a target's file lists under [provides], each configured as its name says.
///
/// The account `publisher` of the file makes the nodes and owns them. A node that it owns already
/// is configured again. The file must allow the effect `state`. For a lab; a Finesse has its own
/// nodes.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask nodes my-openfire              make them
  cargo xtask nodes my-openfire --remove     delete them, with their subscriptions

Exit codes: 0 all nodes are as their names say · 3 the server refused or could not be asked ·
64 usage error, or an error in target file or environment")]
pub(crate) struct Args {
    /// The name of a target, or a .toml file
    #[arg(value_name = "TARGET")]
    target: String,

    /// Delete the nodes
    #[arg(long)]
    remove: bool,
}

/// Runs the command.
pub(crate) fn run(args: &Args, suite: &Suite) -> anyhow::Result<Exit> {
    let target = suite.target(&args.target)?;
    if let Endpoint::Fake { .. } = target.endpoint {
        bail!("target {} is a fake, which has its nodes from the start", target.name);
    }
    let cleared = venue::by_its_file(target, &|name| std::env::var(name).ok())?;
    let name = &cleared.target.name;
    if !cleared.target.effects.contains(&Effects::State) {
        bail!(
            "making nodes changes the server: let target {name} say so, with \"state\" in `effects`"
        );
    }
    if cleared.access.publisher.is_none() {
        bail!(
            "nodes belong to the publisher: give target {name} an [account.publisher], and set its variables"
        );
    }
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    let done = runtime.block_on(carry_out(cleared, args.remove));
    runtime.shutdown_background();
    match done? {
        Ok(()) => Ok(Exit::Green),
        Err(why) => {
            complain(&format!(
                "{why}\n  step by step: {} probe {} --account agent",
                program(),
                args.target
            ));
            Ok(Exit::Error)
        }
    }
}

/// The inner error is the server's.
async fn carry_out(mut cleared: Cleared, remove: bool) -> anyhow::Result<Result<(), String>> {
    let Cleared { target, access, .. } = &mut cleared;
    let plan = ProbePlan {
        access,
        account: "agent",
        depth: Depth::Features,
        api: ApiDepth::Nothing,
        patience: target.patience,
        nodes: Vec::new(),
    };
    let found = probe(&plan).await.map_err(anyhow::Error::msg)?;
    if let Some((stage, trouble)) = &found.trouble {
        return Ok(Err(format!("{}: {trouble}", stage.word())));
    }
    let last_item = match found.engine().engine {
        Recognised::Openfire(_) => LastItem::Openfire,
        _ => LastItem::Standard,
    };
    let domain = access.domain.clone().or(found.facts.domain).unwrap_or_default();
    access.domain = Some(domain.clone());
    let Some(publisher) = Publisher::of(access) else { return Ok(Ok(())) };
    let [agent, other] = ["agent", "other"]
        .map(|account| format!("{}@{domain}", access.user(account).unwrap_or_default()));
    let mut publisher = match publisher.log_in().await {
        Ok(publisher) => publisher,
        Err(why) => return Ok(Err(format!("publisher: {why}"))),
    };
    let done = if remove {
        clear(&mut publisher, &target.provides).await
    } else {
        furnish(&mut publisher, &target.provides, &agent, &other, last_item).await
    };
    publisher.leave().await;
    match done {
        Ok(all) => Ok(Ok(show(&all, remove)?)),
        Err(why) => Ok(Err(why)),
    }
}

fn show(all: &[Furnished], remove: bool) -> Result<(), Unwritten> {
    let width = all.iter().map(|one| one.node.chars().count()).max().unwrap_or_default();
    for Furnished { need, node, was_there } in all {
        let word = match (remove, was_there) {
            (false, false) => "made",
            (false, true) => "configured",
            (true, true) => "deleted",
            (true, false) => "was not there",
        };
        say(&invisible::escape(&format!("  {word:<13}  {node:<width$}  {need}")))?;
    }
    say(&counted(all.len(), "node"))
}
