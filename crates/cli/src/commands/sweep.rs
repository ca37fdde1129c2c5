//! `sweep`: removes subscriptions that a killed run left on a server.

use std::collections::BTreeSet;

use ::probe::{ApiDepth, Depth, ProbePlan, ProbeReport, StepOutcome, probe};
use anyhow::{Context as _, bail};
use live::{Cleared, Leftover, judge, remove};
use remote::Access;
use runner::Endpoint;
use textual::invisible;
use verdict::Exit;

use super::{complain, counted, known, say, venue};
use crate::Suite;

/// Remove subscriptions that a killed run left on a server.
///
/// Subscriptions outlive their connection. A killed run cannot end its subscriptions; a run
/// interrupted with Ctrl-C does. The command first lists all subscriptions of the target's
/// accounts. It then removes those that cases make: under a resource that a case binds, or on a
/// node that [provides] reserves for cases. Others stay, since they may be the agent's own: under
/// the resource desktop, under other resources, and of the bare account to nodes of Finesse.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask sweep lab-uccx --dry-run     list what would be removed, and why
  cargo xtask sweep lab-uccx

Exit codes: 0 no subscription of a case is left · 1 one could not be removed · 3 the server could not be asked ·
64 usage error, or an error in target file or environment")]
pub(crate) struct Args {
    /// The name of a target, or a .toml file
    #[arg(value_name = "TARGET")]
    target: String,

    /// List the subscriptions and remove none
    #[arg(long)]
    dry_run: bool,
}

/// Runs the command.
pub(crate) fn run(args: &Args, suite: &Suite) -> anyhow::Result<Exit> {
    let target = suite.target(&args.target)?;
    if let Endpoint::Fake { .. } = target.endpoint {
        bail!(
            "target {} is a fake that ends with each case: no subscriptions are left behind",
            target.name
        );
    }
    let bound = bound(suite)?;
    let cleared = venue::by_its_file(target, &|name| std::env::var(name).ok())?;
    for warning in &cleared.warnings {
        say(&format!("warning: {warning}"))?;
    }
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    let mut worst = Exit::Green;
    for account in cleared.access.accounts.keys() {
        let done = runtime.block_on(sweep(&cleared, account, &bound, args.dry_run))?;
        worst = worst.max(done);
    }
    runtime.shutdown_background();
    Ok(worst)
}

/// All resources that cases bind.
fn bound(suite: &Suite) -> anyhow::Result<BTreeSet<String>> {
    let parse = |diagnostics: Vec<case::Diagnostic>| {
        anyhow::anyhow!("case files do not parse\n{}", case::render(&diagnostics, false))
    };
    let library = suite.library().map_err(parse)?;
    let mut bound = BTreeSet::new();
    for case in &library.cases {
        bound.extend(case::resources(&library.expand(case).map_err(parse)?));
    }
    Ok(bound)
}

async fn sweep(
    cleared: &Cleared,
    account: &str,
    bound: &BTreeSet<String>,
    dry_run: bool,
) -> anyhow::Result<Exit> {
    let Cleared { target, access, .. } = cleared;
    let patience = target.patience;
    let (depth, nodes) = (Depth::Services, Vec::new());
    let plan = ProbePlan { access, account, depth, api: ApiDepth::Nothing, patience, nodes };
    let found = probe(&plan).await.map_err(anyhow::Error::msg)?;
    let (Some(service), Some(domain), None) =
        (&found.facts.pubsub, &found.facts.domain, broken(&found))
    else {
        complain(&format!(
            "account {account}: {}",
            broken(&found).unwrap_or_else(|| "no publish-subscribe service".to_owned())
        ));
        return Ok(Exit::Error);
    };
    let all = judge(target, bound, &found);
    let user = access.user(account).unwrap_or_default();
    let subscriptions = counted(all.len(), "subscription");
    say(&format!("account {account}, {user}, at {}: {subscriptions}", known::without(service)))?;
    let ours: Vec<_> = all.iter().filter(|leftover| leftover.is_ours).collect();
    let widths = widths(&all);
    for leftover in all.iter().filter(|leftover| !leftover.is_ours) {
        say(&row("stays", leftover, widths, &leftover.because))?;
    }
    if dry_run {
        for leftover in &ours {
            say(&row("would go", leftover, widths, &leftover.because))?;
        }
        return Ok(Exit::Green);
    }
    if ours.is_empty() {
        return Ok(Exit::Green);
    }
    end(access, account, (service, domain), &ours, widths, patience).await
}

/// Removes the subscriptions of cases and prints each.
async fn end(
    access: &Access,
    account: &str,
    (service, domain): (&str, &str),
    ours: &[&Leftover],
    widths: (usize, usize),
    patience: f64,
) -> anyhow::Result<Exit> {
    let subscriptions: Vec<_> = ours.iter().map(|leftover| &leftover.subscription).collect();
    let swept = match remove(access, account, service, domain, &subscriptions, patience).await {
        Ok(swept) => swept,
        Err(trouble) => {
            complain(&format!(
                "account {account}: {trouble}; subscriptions may be left: run sweep again"
            ));
            return Ok(Exit::Error);
        }
    };
    let mut exit = Exit::Green;
    for (leftover, done) in ours.iter().zip(swept) {
        match done {
            Ok(()) => say(&row("removed", leftover, widths, &leftover.because))?,
            Err(trouble) => {
                say(&row("remains", leftover, widths, &trouble.to_string()))?;
                exit = Exit::Fail;
            }
        }
    }
    Ok(exit)
}

fn broken(found: &ProbeReport) -> Option<String> {
    let step = found.steps.iter().find(|step| step.outcome == StepOutcome::Broke)?;
    let look_at = step.look_at.iter().map(|line| format!("\n  look at  {line}"));
    Some(format!("{}: {}{}", step.stage.word(), step.said, look_at.collect::<String>()))
}

fn widths(all: &[Leftover]) -> (usize, usize) {
    let widest = |text: fn(&Leftover) -> &str| {
        all.iter().map(|leftover| text(leftover).chars().count()).max().unwrap_or_default()
    };
    (widest(|leftover| &leftover.subscription.node), widest(|leftover| &leftover.subscription.jid))
}

fn row(word: &str, leftover: &Leftover, (nodes, jids): (usize, usize), because: &str) -> String {
    let subscription = &leftover.subscription;
    let text = format!(
        "  {word:<8}  {:<nodes$}  {:<jids$}  {because}",
        subscription.node, subscription.jid
    );
    // Text from the wire must not contain terminal escapes.
    known::without(&invisible::escape(&text))
}
