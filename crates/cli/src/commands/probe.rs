//! `probe`: one gentle connection to a server, step by step, and what there is.

use std::fmt::Write as _;
use std::io::IsTerminal as _;

use ::probe::{
    Depth, Finding, ProbeReport, ProbeStep, Recognised, Route, StepOutcome, StepReport, draft,
    probe,
};
use anyhow::{Context as _, bail};
use live::Cleared;
use runner::{Endpoint, Target};
use textual::{invisible, program};
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
    let route = Route {
        access,
        account: &args.account,
        depth: if args.no_login { Depth::Features } else { Depth::All },
        patience: target.patience,
        nodes: promised.map(|(_, node)| node.clone()).filter(|node| !node.is_empty()).collect(),
    };
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    let found = runtime.block_on(probe(&route)).map_err(anyhow::Error::msg)?;
    // A resolver that hangs must not hold the process.
    runtime.shutdown_background();
    let name = if args.url.is_some() { "my-server" } else { target.name.as_str() };
    if args.json {
        say(&serde_json::to_string_pretty(&json(&found, warnings, name))?);
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
        say(text(&found, warnings, name).trim_end());
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

/// The width of a line of text.
const WIDTH: usize = 100;

/// Where what is said of a step begins.
const INDENT: usize = 29;

/// The report for people.
fn text(found: &ProbeReport, warnings: &[String], name: &str) -> String {
    let paint =
        Paint { on: std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() };
    let mut out = format!("probe of {}\n", invisible::escape(&found.url));
    for warning in warnings {
        let _ = writeln!(out, "{}  {}", paint.yellow("warning"), invisible::escape(warning));
    }
    out.push('\n');
    for step in &found.steps {
        line(&mut out, step, paint);
    }
    let Finding { engine, summary, because } = found.engine();
    if reached(found, ProbeStep::Features) {
        let _ =
            writeln!(out, "\n{}", paint.bold(&format!("engine  {}", invisible::escape(&summary))));
        for why in &because {
            folded(&mut out, "        ", &format!("because {}", invisible::escape(why)));
        }
        if let Recognised::Openfire(Some(known)) = &engine {
            match &known.domain {
                Some(domain) => {
                    let _ = writeln!(
                        out,
                        "        the hash covers the XMPP domain, so {domain} is right"
                    );
                }
                None => out.push_str("        the hash does not cover the XMPP domain\n"),
            }
            out.push_str("\nsettings that follow from the hash\n");
            for setting in &known.settings {
                let uccx = if setting.as_uccx { "as on UCCX" } else { "not as on UCCX" };
                let _ = writeln!(out, "  {:<45} {uccx}", setting.setting);
                let _ = writeln!(out, "      {}", paint.dim(setting.means));
            }
        }
    }
    if !found.nodes.is_empty() {
        out.push_str("\nnodes of [provides]\n");
        for (node, there) in &found.nodes {
            let _ = writeln!(
                out,
                "  {:<45} {}",
                invisible::escape(node),
                if *there { "there" } else { "no such node" }
            );
        }
    }
    if reached(found, ProbeStep::Upgrade) {
        let _ = writeln!(out, "\ndraft of a target file (--draft > targets/NAME.toml)\n");
        for row in draft(found, name, program()).lines() {
            let _ = writeln!(out, "{}", format!("    {row}").trim_end());
        }
    }
    out
}

fn reached(found: &ProbeReport, stage: ProbeStep) -> bool {
    found.steps.iter().any(|step| step.stage == stage && step.outcome == StepOutcome::Ok)
}

fn line(out: &mut String, step: &StepReport, paint: Paint) {
    let word = match step.outcome {
        StepOutcome::Ok => "ok   ".to_owned(),
        StepOutcome::Broke => paint.red("BROKE"),
        StepOutcome::Skipped => "-    ".to_owned(),
    };
    let took = match step.outcome {
        StepOutcome::Skipped => String::new(),
        _ => format!("{} ms", step.took.as_millis()),
    };
    let mut said = invisible::escape(&step.said).into_owned();
    if step.outcome == StepOutcome::Skipped {
        said = paint.dim(&said);
    }
    let _ = writeln!(
        out,
        "{}",
        format!("  {word}  {:<8} {took:>9}  {said}", step.stage.word()).trim_end()
    );
    for (label, value) in &step.details {
        let _ = writeln!(
            out,
            "{:INDENT$}{} {}",
            "",
            paint.dim(&format!("{label:<8}")),
            invisible::escape(value)
        );
    }
    for look_at in &step.look_at {
        folded(
            out,
            &format!("{:INDENT$}", ""),
            &format!("look at  {}", invisible::escape(look_at)),
        );
    }
}

/// A line that is folded between words; what follows the first stands a little deeper.
fn folded(out: &mut String, indent: &str, text: &str) {
    let mut row = String::new();
    let mut deeper = "";
    for word in text.split(' ') {
        if !row.is_empty()
            && indent.len() + deeper.len() + row.chars().count() + word.chars().count() >= WIDTH
        {
            let _ = writeln!(out, "{indent}{deeper}{row}");
            deeper = "         ";
            row.clear();
        }
        if !row.is_empty() {
            row.push(' ');
        }
        row.push_str(word);
    }
    let _ = writeln!(out, "{indent}{deeper}{row}");
}

/// The report for programs.
fn json(found: &ProbeReport, warnings: &[String], name: &str) -> serde_json::Value {
    let Finding { engine, summary, because } = found.engine();
    let known = match &engine {
        Recognised::Openfire(Some(known)) => Some(known),
        _ => None,
    };
    let kind = match &engine {
        Recognised::Openfire(_) => "Openfire",
        Recognised::Named(name) => name,
        Recognised::Unknown => "unknown",
    };
    let node = |(node, there): &(String, bool)| serde_json::json!({ "node": node, "there": there });
    serde_json::json!({
        "url": found.url,
        "user": found.user,
        "warnings": warnings,
        "steps": found.steps,
        "broke": found.steps.iter().find(|step| step.outcome == StepOutcome::Broke).map(|step| step.stage),
        "engine": {
            "name": kind,
            "summary": summary,
            "because": because,
            "versions": known.map(|known| &known.versions),
            "settings": known.map(|known| &known.settings),
            "domain": known.and_then(|known| known.domain.as_ref()),
        },
        "domain": found.facts.domain,
        "pubsub": found.facts.pubsub,
        "subscriptions": found.facts.subscriptions,
        "nodes": found.nodes.iter().map(node).collect::<Vec<_>>(),
        "draft": draft(found, name, program()),
    })
}

/// Colours of the terminal, or none.
#[derive(Clone, Copy)]
struct Paint {
    on: bool,
}

impl Paint {
    fn style(self, style: anstyle::Style, text: &str) -> String {
        if self.on { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    fn red(self, text: &str) -> String {
        self.style(anstyle::AnsiColor::Red.on_default().bold(), text)
    }

    fn yellow(self, text: &str) -> String {
        self.style(anstyle::AnsiColor::Yellow.on_default().bold(), text)
    }

    fn bold(self, text: &str) -> String {
        self.style(anstyle::Style::new().bold(), text)
    }

    fn dim(self, text: &str) -> String {
        self.style(anstyle::Style::new().dimmed(), text)
    }
}
