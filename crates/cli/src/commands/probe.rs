//! `probe`: connects to a server once, step by step, and describes it.

use ::probe::{Depth, ProbePlan, StepOutcome, draft, json, probe, text};
use anyhow::{Context as _, bail};
use live::Cleared;
use runner::{Endpoint, Target};
use textual::program;
use verdict::Exit;

use super::server_options::ServerOptions;
use super::{complain, say, venue};
use crate::Suite;
use crate::output::has_colours;

/// Connect to a server once, and show each step with its time. If a step fails, show where to look.
///
/// The steps of the one connection are address, TCP, TLS with its certificate, upgrade, open,
/// features, login, bind, presence and pubsub. The agent becomes available for a moment. The probe
/// subscribes to no node and leaves nothing behind. Without an account it ends after the features.
/// Last come the server's engine and version, as far as they can be told, and a draft of a target
/// file.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask probe lab-uccx                        a target; set the variables of its file first
  cargo xtask probe --url wss://uccx.example.com:8445/ws/ --insecure
                                                    a server without a file, up to the features
  CONFORMANCE_PASSWORD=… cargo xtask probe --url wss://uccx.example.com:8445/ws/ --ca ca.pem --user 1001
  cargo xtask probe lab-uccx --json | jq .engine    for scripts
  cargo xtask probe lab-uccx --draft > lab-two.toml

Exit codes: 0 all requested steps succeeded · 3 a step failed · 64 usage error, or an error in target file or environment")]
pub(crate) struct Args {
    /// The name of a target, or a .toml file
    #[arg(value_name = "TARGET", required_unless_present = "url")]
    target: Option<String>,

    /// The URL of a server without a target file. The password of --user comes from the variable
    /// CONFORMANCE_PASSWORD
    #[arg(long, value_name = "wss://HOST:PORT/ws/", conflicts_with = "target")]
    url: Option<String>,

    #[command(flatten)]
    server: ServerOptions,

    /// The account for the login, by its name in the target file
    #[arg(long, value_name = "NAME", default_value = "agent", conflicts_with = "url")]
    account: String,

    /// Do not log in: end after the features
    #[arg(long)]
    no_login: bool,

    /// Print one JSON object instead of text
    #[arg(long, conflicts_with = "draft")]
    json: bool,

    /// Print only the draft of a target file
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
    // Do not wait for a DNS resolver that hangs.
    runtime.shutdown_background();
    let name = if args.url.is_some() { "my-server" } else { target.name.as_str() };
    if args.json {
        say(&serde_json::to_string_pretty(&json(&found, warnings, name, program()))?)?;
    } else if args.draft {
        say(draft(&found, name, program()).trim_end())?;
        if let Some(step) = found.steps.iter().find(|step| step.outcome == StepOutcome::Broke) {
            complain(&format!(
                "the draft is incomplete, since the probe ended at {}: {}",
                step.stage.word(),
                step.said
            ));
        }
    } else {
        let has_colours = has_colours(&std::io::stdout());
        say(text(&found, warnings, name, program(), has_colours).trim_end())?;
    }
    let broke = found.steps.iter().any(|step| step.outcome == StepOutcome::Broke);
    Ok(if broke { Exit::Error } else { Exit::Green })
}

fn cleared(args: &Args, suite: Option<&Suite>) -> anyhow::Result<Cleared> {
    if let Some(url) = &args.url {
        return venue::by_its_url(&args.server, Target::unknown(url), url);
    }
    let name = args.target.as_deref().unwrap_or_default();
    let Some(suite) = suite else {
        bail!(
            "target files belong to a suite, and there is none in this folder, above it, or built in; use --url instead"
        );
    };
    let target = suite.target(name)?;
    if let Endpoint::Fake { .. } = target.endpoint {
        bail!(
            "target {name} is a fake that runs inside the test process; start one with `{} mock`, and probe its --url",
            program()
        );
    }
    let cleared = venue::by_its_file(target, &|name| std::env::var(name).ok())?;
    if !cleared.access.accounts.contains_key(&args.account) {
        let known: Vec<&str> = cleared.access.accounts.keys().map(String::as_str).collect();
        bail!(
            "target {name} has no account {}; its accounts are {}",
            args.account,
            known.join(", ")
        );
    }
    Ok(cleared)
}
