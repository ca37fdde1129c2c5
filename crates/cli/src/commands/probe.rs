//! `probe`: connects to a server once, step by step, and describes it; or to two, and compares
//! them.

use std::time::Duration;

use ::probe::{
    ApiDepth, Depth, ProbePlan, ProbeReport, StepOutcome, draft, json, pairs, probe, text,
};
use anyhow::{Context as _, bail};
use live::Cleared;
use runner::{Endpoint, Target};
use serde_json::json;
use textual::{invisible, program};
use verdict::Exit;

use super::quantity::{YEAR, duration};
use super::server_options::ServerOptions;
use super::{complain, say, stopped, tell, venue, watch};
use crate::Suite;
use crate::output::has_colours;

/// Connect to a server once, and show each step with its time. If a step fails, show where to look.
///
/// First comes the REST API of Finesse, where there is one: SystemInfo, and the user of the
/// account. Then the WebSocket: address, TCP, TLS with its certificate, upgrade, open, features,
/// login, bind, presence and pubsub. Where the two say different things, the probe says so, and
/// what it means for clients. A password that the API refuses is not tried again. The agent becomes
/// available for a moment. The probe subscribes to no node and leaves nothing behind. Without an
/// account it ends after the features.
/// Last come the server's engine and version, as far as they can be told, and a draft of a target
/// file. Two servers, such as the two nodes of a pair, are compared instead.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask probe lab-uccx                        a target; set the variables of its file first
  cargo xtask probe --url wss://uccx.example.com:8445/ws/ --insecure
                                                    a server without a file, up to the features
  CONFORMANCE_PASSWORD=… cargo xtask probe --url wss://uccx.example.com:8445/ws/ --ca ca.pem --user 1001
  cargo xtask probe lab-uccx lab-uccx2              two nodes of a pair, side by side
  cargo xtask probe lab-uccx --watch=30s            again and again; shows what changes
  cargo xtask probe lab-uccx --json | jq .engine    for scripts
  cargo xtask probe lab-uccx --draft > lab-two.toml

Exit codes: 0 all requested steps succeeded · 1 --watch: something changed · 3 a step failed · 64 usage error, or an error in
target file or environment · 130 Ctrl-C")]
pub(crate) struct Args {
    #[command(flatten)]
    servers: Servers,

    /// Do not log in: end after the features
    #[arg(long)]
    no_login: bool,

    /// Probe again after each INTERVAL [default: 10s], and show what changes. A login that is
    /// refused is not repeated
    #[arg(long, value_name = "INTERVAL", num_args = 0..=1, require_equals = true, default_missing_value = "10s", value_parser = duration(watch::SHORTEST..=YEAR, "10s"), conflicts_with = "draft")]
    watch: Option<Duration>,

    /// With --watch: end after this time
    #[arg(long = "for", value_name = "DURATION", requires = "watch", default_value = "1h", value_parser = duration(Duration::ZERO..=YEAR, "1h"))]
    time: Duration,

    /// Print one JSON object instead of text; with --watch, one for each change
    #[arg(long, conflicts_with = "draft")]
    json: bool,

    /// Print only the draft of a target file
    #[arg(long)]
    draft: bool,
}

/// One server or several, by target or by URL.
#[derive(clap::Args)]
pub(super) struct Servers {
    /// The name of a target, or a .toml file
    #[arg(value_name = "TARGET", required_unless_present = "url")]
    target: Vec<String>,

    /// The URL of a server without a target file. The password of --user comes from the variable
    /// CONFORMANCE_PASSWORD
    #[arg(long, value_name = "wss://HOST:PORT/ws/", conflicts_with = "target")]
    url: Vec<String>,

    #[command(flatten)]
    server: ServerOptions,

    /// The account for the login, by its name in the target file
    #[arg(long, value_name = "NAME", default_value = "agent", conflicts_with = "url")]
    pub(super) account: String,
}

impl Servers {
    /// The servers, once it is certain that they were meant.
    pub(super) fn cleared(&self, suite: Option<&Suite>) -> anyhow::Result<Vec<Cleared>> {
        let by_url = |url: &String| venue::by_its_url(&self.server, Target::unknown(url), url);
        let by_name = |name: &String| self.by_name(name, suite);
        self.url.iter().map(by_url).chain(self.target.iter().map(by_name)).collect()
    }

    fn by_name(&self, name: &str, suite: Option<&Suite>) -> anyhow::Result<Cleared> {
        let Some(suite) = suite else {
            bail!(
                "target files belong to a suite, and there is none in this folder, above it, or built in; use --url instead"
            );
        };
        if is_address(name) {
            let masked = mask::url(name);
            bail!("{masked} is an address, and no target: give its URL: --url {}", url_of(name));
        }
        let target = suite.target(name)?;
        if let Endpoint::Fake { .. } = target.endpoint {
            bail!(
                "target {name} is a fake that runs inside the test process; start one with `{} mock`, and use its --url",
                program()
            );
        }
        let cleared = venue::by_its_file(target, &|name| std::env::var(name).ok())?;
        if !cleared.access.accounts.contains_key(&self.account) {
            let known: Vec<&str> = cleared.access.accounts.keys().map(String::as_str).collect();
            bail!(
                "target {name} has no account {}; its accounts are {}",
                self.account,
                known.join(", ")
            );
        }
        Ok(cleared)
    }
}

/// Whether a name can be no target's: it is a URL, or a host with a port.
fn is_address(name: &str) -> bool {
    let port =
        |name: &str| name.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    name.contains("://") || port(name)
}

/// The URL of an address; a host with a port is taken for one of Finesse.
fn url_of(address: &str) -> String {
    match address.contains("://") {
        true => mask::url(address).into_owned(),
        false => format!("wss://{address}/ws/"),
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args, suite: Option<&Suite>) -> anyhow::Result<Exit> {
    let cleared = args.servers.cleared(suite)?;
    if cleared.len() > 2 || (args.draft && cleared.len() > 1) {
        bail!("probe takes one server, or the two of a pair; --draft takes one");
    }
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    if let Some(interval) = args.watch {
        let watched = watch::Watch { interval, time: args.time, json: args.json };
        let once = async || all(args, &cleared).await;
        let exit = watch::run(&runtime, &watched, once);
        runtime.shutdown_background();
        return exit;
    }
    let stop = stopped()?;
    let found = runtime.block_on(async {
        tokio::select! {
            found = all(args, &cleared) => Some(found),
            () = stop => None,
        }
    });
    // Do not wait for a DNS resolver that hangs.
    runtime.shutdown_background();
    let Some(found) = found.transpose()? else {
        tell("interrupted");
        return Ok(Exit::Interrupted);
    };
    match (found.as_slice(), cleared.as_slice()) {
        ([first, second], _) => compare(first, second, args.json)?,
        ([found], [cleared]) => show(args, found, cleared)?,
        _ => (),
    }
    let is_broken =
        |found: &ProbeReport| found.steps.iter().any(|step| step.outcome == StepOutcome::Broke);
    Ok(if found.iter().any(is_broken) { Exit::Error } else { Exit::Green })
}

/// Probes all servers, one after the other.
async fn all(args: &Args, servers: &[Cleared]) -> anyhow::Result<Vec<ProbeReport>> {
    let mut all = Vec::new();
    for Cleared { target, access, .. } in servers {
        let promised = target.provides.iter().filter(|(need, _)| need.starts_with("node."));
        let plan = ProbePlan {
            access,
            account: &args.servers.account,
            depth: if args.no_login { Depth::Features } else { Depth::All },
            api: ApiDepth::User,
            patience: target.patience,
            nodes: promised.map(|(_, node)| node.clone()).filter(|node| !node.is_empty()).collect(),
        };
        let mut found = probe(&plan).await.map_err(anyhow::Error::msg)?;
        // The next one may be the same server, with the same account.
        found.lock = None;
        all.push(found.masked(&access.secrets()));
    }
    Ok(all)
}

/// Shows one server.
fn show(args: &Args, found: &ProbeReport, cleared: &Cleared) -> anyhow::Result<()> {
    let is_by_url = !args.servers.url.is_empty();
    let name = if is_by_url { "my-server" } else { cleared.target.name.as_str() };
    let mut warnings = cleared.warnings.clone();
    warnings.extend(found.wrong_domain(&cleared.access));
    let warnings = &warnings;
    if args.json {
        say(&serde_json::to_string_pretty(&json(found, warnings, name))?)?;
    } else if args.draft {
        say(draft(found, name).trim_end())?;
        if let Some(step) = found.steps.iter().find(|step| step.outcome == StepOutcome::Broke) {
            complain(&format!(
                "the draft is incomplete, since the probe ended at {}: {}",
                step.stage.word(),
                step.said
            ));
        }
    } else {
        let has_colours = has_colours(&std::io::stdout());
        say(text(found, warnings, name, has_colours).trim_end())?;
    }
    Ok(())
}

/// Shows two servers side by side.
fn compare(first: &ProbeReport, second: &ProbeReport, as_json: bool) -> anyhow::Result<()> {
    let pairs = pairs(&first.traits(), &second.traits());
    if as_json {
        let object = json!({
            "urls": [first.url, second.url],
            "in_service": [first.is_in_service(), second.is_in_service()],
            "differs": pairs.iter().filter(|pair| !pair.is_same()).map(|pair| pair.what).collect::<Vec<_>>(),
            "traits": pairs,
        });
        say(&serde_json::to_string_pretty(&object)?)?;
        return Ok(());
    }
    let line = |text: String| say(&invisible::escape(&text));
    line(format!("first   {}", first.url))?;
    line(format!("second  {}", second.url))?;
    say("")?;
    for pair in &pairs {
        if pair.is_same() {
            line(format!("  same     {:<14} {}", pair.what, pair.first))?;
        } else {
            let or_none =
                |text: &str| if text.is_empty() { "–".to_owned() } else { text.to_owned() };
            line(format!("  differs  {:<14} first   {}", pair.what, or_none(&pair.first)))?;
            line(format!("  {:<8} {:<14} second  {}", "", "", or_none(&pair.second)))?;
        }
    }
    let words = |found: &ProbeReport| match found.is_in_service() {
        Some(true) => "is in service",
        Some(false) => "is not in service",
        None => "was not asked to log in",
    };
    let verdict = match (first.is_in_service(), second.is_in_service()) {
        (Some(true), Some(true)) => "both are in service".to_owned(),
        (Some(false), Some(false)) => "neither is in service".to_owned(),
        _ => format!("the first {}, the second {}", words(first), words(second)),
    };
    say(&format!("\n{verdict}"))?;
    Ok(())
}
