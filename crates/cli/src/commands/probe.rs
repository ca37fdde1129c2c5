//! `probe`: one gentle connection to a server, step by step, and what there is.

use std::io::IsTerminal as _;

use ::probe::{Depth, ProbePlan, StepOutcome, draft, json, probe, text};
use anyhow::{Context as _, bail};
use live::Cleared;
use runner::{Endpoint, Target};
use textual::program;
use verdict::Exit;

use super::spot::Spot;
use super::{complain, say, venue};
use crate::Suite;

/// Go to a server once, step by step, and say what is there, what each step took, and where it breaks with what to look at.
///
/// One connection: address, TCP, TLS with its certificate, upgrade, open, features, login, bind, presence, pubsub. The agent
/// becomes available for a moment; nothing is subscribed to, nothing is left behind. Without an account it goes as far as
/// the features. At the end there is the engine with its version, as far as it gives itself away, and a draft of a target
/// file.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask probe lab-uccx                        a target, with its file's variables set
  cargo xtask probe --url wss://uccx.example.com:8445/ws/ --insecure
                                                    no file yet: as far as the features
  CONFORMANCE_PASSWORD=… cargo xtask probe --url wss://uccx.example.com:8445/ws/ --ca ca.pem --user 1001
  cargo xtask probe lab-uccx --json | jq .engine    for programs
  cargo xtask probe lab-uccx --draft > lab-two.toml

Exit codes: 0 all the way, or as far as asked · 3 it broke somewhere · 64 usage, the target's file, or the environment")]
pub(crate) struct Args {
    /// A target: its name, or a .toml file
    #[arg(value_name = "TARGET", required_unless_present = "url")]
    target: Option<String>,

    /// A server that no file describes; the password for --user is taken from CONFORMANCE_PASSWORD
    #[arg(long, value_name = "wss://HOST:PORT/ws/", conflicts_with = "target")]
    url: Option<String>,

    #[command(flatten)]
    spot: Spot,

    /// The account to log in with
    #[arg(long, value_name = "NAME", default_value = "agent", conflicts_with = "url")]
    account: String,

    /// Do not log in: no further than the features
    #[arg(long)]
    no_login: bool,

    /// One JSON object in place of the text
    #[arg(long, conflicts_with = "draft")]
    json: bool,

    /// Only the draft of a target file
    #[arg(long)]
    draft: bool,
}

/// Runs the command.
pub(crate) fn run(args: &Args, suite: Option<&Suite>) -> anyhow::Result<Exit> {
    let cleared = cleared(args, suite)?;
    let Cleared { target, access, warnings } = &cleared;
    let promised = target.provides.iter().filter(|(need, _)| need.starts_with("node."));
    let plan = ProbePlan {
        access,
        account: &args.account,
        depth: if args.no_login { Depth::Features } else { Depth::All },
        patience: target.patience,
        nodes: promised.map(|(_, node)| node.clone()).filter(|node| !node.is_empty()).collect(),
    };
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    let found = runtime.block_on(probe(&plan)).map_err(anyhow::Error::msg)?;
    // A resolver that hangs must not hold the process.
    runtime.shutdown_background();
    let name = if args.url.is_some() { "my-server" } else { target.name.as_str() };
    if args.json {
        say(&serde_json::to_string_pretty(&json(&found, warnings, name, program()))?);
    } else if args.draft {
        say(draft(&found, name, program()).trim_end());
        if let Some(step) = found.steps.iter().find(|step| step.outcome == StepOutcome::Broke) {
            complain(&format!(
                "the draft ends where the probe did: {}: {}",
                step.stage.word(),
                step.said
            ));
        }
    } else {
        let has_colours = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        say(text(&found, warnings, name, program(), has_colours).trim_end());
    }
    let broke = found.steps.iter().any(|step| step.outcome == StepOutcome::Broke);
    Ok(if broke { Exit::Error } else { Exit::Green })
}

fn cleared(args: &Args, suite: Option<&Suite>) -> anyhow::Result<Cleared> {
    if let Some(url) = &args.url {
        return venue::on_the_spot(&args.spot, Target::unknown(url), url);
    }
    let name = args.target.as_deref().unwrap_or_default();
    let Some(suite) = suite else {
        bail!(
            "targets are files of a suite, and there is none here, above, or built in; --url needs none"
        );
    };
    let target = suite.target(name)?;
    if let Endpoint::Fake { .. } = target.endpoint {
        bail!(
            "target {name} is a fake that lives in the process of a run; start one with `{} mock`, and probe its --url",
            program()
        );
    }
    let cleared = venue::by_its_file(target, &|name| std::env::var(name).ok())?;
    if !cleared.access.accounts.contains_key(&args.account) {
        let known: Vec<&str> = cleared.access.accounts.keys().map(String::as_str).collect();
        bail!("target {name} has no account {}; it has {}", args.account, known.join(", "));
    }
    Ok(cleared)
}
