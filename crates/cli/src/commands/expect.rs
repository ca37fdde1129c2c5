//! `expect`: lists the last result of a case as a deviation of its target or client.

use std::time::SystemTime;

use anyhow::{Context as _, bail};
use case::Role;
use runner::{Folder, Kind, Selector, Target, TargetError};
use textual::program;
use verdict::CaseResult;
use verdict::{Exit, Verdict};

use super::run::played;
use super::{choice, complain, results, say};
use crate::Suite;

/// List the last result of a case as a known deviation of a target or client.
///
/// The entry takes step and outcome from the last run. It is appended to targets/NAME.toml or
/// clients/NAME.toml; the rest of the file does not change. A deviation is a fact about that server
/// or client, never a way to make a run green: state in the reason how it deviates, and link to the
/// evidence. From the next run on the case is EXPECTED. When the deviation no longer happens, the
/// case is red again.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask expect lab-uccx stream/malformed-xml --reason 'ignores a message that does not parse'
  cargo xtask expect lab-uccx bind/twice --reason '…' --link https://tickets.example.com/4711 --until 2027-06-30
  cargo xtask expect lab-uccx presence/unavailable --reason '…' --sometimes
  cargo xtask expect mine keepalive/client-whitespace --reason '…'         a client: clients/mine.toml

Exit codes: 0 listed · 1 nothing to list, or listed already · 64 usage error, or an error in the target's file")]
pub(crate) struct Args {
    /// The name of a target or client, or the .toml file of a target
    #[arg(value_name = "NAME")]
    target: String,

    /// The id or file of a case
    #[arg(value_name = "CASE")]
    case: String,

    /// How the server or client deviates
    #[arg(long, value_name = "TEXT")]
    reason: String,

    /// The evidence: a page, a ticket, or a file of the repository
    #[arg(long, value_name = "URL|FILE")]
    link: Option<String>,

    /// The last day of the deviation: afterwards the case is red again
    #[arg(long, value_name = "YYYY-MM-DD")]
    until: Option<String>,

    /// The deviation happens only now and then
    #[arg(long)]
    sometimes: bool,
}

/// Runs the command.
pub(crate) fn run(args: &Args, suite: &Suite) -> anyhow::Result<Exit> {
    let (target, kind) = subject(&args.target, suite)?;
    let id = choice::id_of(&args.case);
    let run = match results::last(suite, &target.name) {
        Ok(run) => Some(run),
        Err(error) if error.is::<results::NoResults>() => None,
        Err(error) => return Err(error),
    };
    let Some(result) = run.as_ref().and_then(|run| run.case(&id)) else {
        bail!(unplayed(suite, &id, &args.target, kind));
    };
    let step = match step(&target, result) {
        Ok(step) => step,
        Err(why) => {
            complain(&why);
            return Ok(Exit::Fail);
        }
    };
    let (path, text) = file(args, suite, kind)?;
    let shown = path.shown().display().to_string();
    let entry = entry(args, &id, result.verdict.word(), step);
    let longer = format!("{}\n\n{entry}", text.trim_end());
    // Parse the entry before it is written.
    match kind {
        Kind::Clients => {
            suite.any_client(&target.name)?.client_of(&target.name, &shown, &longer)?
        }
        _ => Target::parse(&target.name, &shown, &longer)?,
    };
    files::write(path.path(), longer)?;
    say(&format!("listed in {shown}:\n\n{}", entry.trim_end()))?;
    say(&format!(
        "\nplay the case again: {}\nthen accept the transcript of the deviation: {} review {id}",
        played(&id, role(kind), Some(&args.target)),
        program()
    ))?;
    Ok(Exit::Green)
}

/// The target or client of a name, and the kind of its file.
pub(super) fn subject(name: &str, suite: &Suite) -> anyhow::Result<(Target, Kind)> {
    let unknown = match suite.target(name) {
        Ok(target) => return Ok((target, Kind::Targets)),
        Err(unknown @ TargetError::Unknown { .. }) => unknown,
        Err(error) => return Err(error.into()),
    };
    match suite.client(name) {
        Ok(client) => Ok((client, Kind::Clients)),
        Err(TargetError::UnknownClient { known, how, .. }) => {
            Err(anyhow::anyhow!("{unknown}; of clients {known} (for a new client, {how})"))
        }
        Err(error) => Err(error.into()),
    }
}

/// The side that results of a kind of file are of.
fn role(kind: Kind) -> Role {
    if kind == Kind::Clients { Role::Client } else { Role::Server }
}

/// The step to list, or why there is none.
fn step<'r>(target: &Target, result: &'r CaseResult) -> Result<&'r str, String> {
    let id = &result.id;
    let why = match result.verdict {
        Verdict::Fail | Verdict::NonStrict | Verdict::Info => {
            let failure = result.failure.as_ref().map(|failure| failure.step.as_str());
            let step = failure.or(result.note.as_deref()).filter(|step| !step.is_empty());
            let Some(step) = step else {
                return Err(format!(
                    "{id} took a branch without a label, so no entry can name it; add a label to the branch in the case file"
                ));
            };
            let is_listed = target.deviations_of(id).any(|listed| {
                step.starts_with(&listed.step) && listed.outcome == result.verdict
            });
            if is_listed {
                return Err(format!("{id} is listed already with this step and outcome; play the case again"));
            }
            return Ok(step);
        }
        Verdict::Pass => "passed in the last run; there is no deviation to list".to_owned(),
        Verdict::Expected => "is listed already, and the deviation happened as listed".to_owned(),
        Verdict::Drift => format!(
            "holds, but its transcript changed; accept it with {} review {id}, or list the case under [volatile] \
             in {}.toml if it came out in another way though nothing changed",
            program(),
            target.name
        ),
        Verdict::UnexpectedPass => "has a listed deviation that did not happen; remove the entry from the file".to_owned(),
        Verdict::Unsupported => "was not played; list features that a target does not have under [lacks] in its file".to_owned(),
        Verdict::Flaky => "had different results when repeated; find out why, or play it without --retries and list the result with --sometimes".to_owned(),
        Verdict::Error => "could not be played; a deviation cannot excuse that".to_owned(),
        Verdict::Blocked => match &result.owner {
            Some(owner) => format!("got stuck before its own question; list {owner} instead, which tests the step"),
            None => "got stuck before its own question".to_owned(),
        },
    };
    Err(format!("{id} {why}"))
}

fn unplayed(suite: &Suite, id: &str, name: &str, kind: Kind) -> String {
    if let Ok(library) = suite.library() {
        let ids: Vec<&str> = library.cases.iter().map(|case| case.id.as_str()).collect();
        if !ids.contains(&id) {
            return choice::no_case_called(id, &ids);
        }
        let selector = [Selector::Id(id.to_owned())];
        if runner::select(&library, role(kind), &selector, None).is_empty() {
            let side = if kind == Kind::Clients { "servers" } else { "clients" };
            return format!("{id} is for {side}, so {name} has no result of it");
        }
    }
    format!("{id} has no result for {name}; {}", played(id, role(kind), Some(name)))
}

/// The file for the entry, and its text. The file of a built-in target is copied into the project.
fn file(args: &Args, suite: &Suite, kind: Kind) -> anyhow::Result<(Folder, String)> {
    if args.target.ends_with(".toml") {
        let text = files::read_text(args.target.as_ref(), files::SMALL)
            .with_context(|| args.target.clone())?;
        return Ok((Folder::new(&args.target, &args.target), text));
    }
    let name = format!("{}.toml", args.target);
    let files = suite.own(kind, "a list of deviations needs")?;
    let found = suite.layers().read(kind, &name)?;
    Ok((files.join(&name), found.map(|found| found.text).unwrap_or_default()))
}

fn entry(args: &Args, id: &str, outcome: &str, step: &str) -> String {
    let today = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let today = today.split('T').next().unwrap_or_default().to_owned();
    let mut lines = vec!["[[deviation]]".to_owned()];
    let mut line = |key: &str, value: &str| {
        lines.push(format!("{key:<7} = {}", toml::Value::String(value.to_owned())));
    };
    line("case", id);
    line("step", step);
    line("outcome", outcome);
    line("reason", &args.reason);
    if let Some(link) = &args.link {
        line("link", link);
    }
    line("since", &today);
    if let Some(until) = &args.until {
        line("until", until);
    }
    if args.sometimes {
        lines.push("sometimes = true".to_owned());
    }
    lines.join("\n") + "\n"
}
