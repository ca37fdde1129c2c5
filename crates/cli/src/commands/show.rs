//! `show`: prints the transcript of a case's last run, or the case.

use std::path::Path;

use anyhow::{Context as _, bail};
use case::{Role, Source};
use suite::BASELINE;
use textual::{Hint, invisible};
use transcript::Recording;
use verdict::Exit;

use super::run::played;
use super::{choice, diagnose, rerender, say};
use crate::Suite;

/// Show the transcript of a case's last run, or the case itself, or a recording.
///
/// By default the transcript is normalised like a snapshot: names for values of the target,
/// numbered placeholders for generated values, no times. It is in the notation of cases and can
/// serve as a draft of a case. With --raw each line has its time in seconds, its size in octets,
/// and `~` if no step of the case asked for it. Neither form contains passwords.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask show bind/twice
  cargo xtask show bind/twice --raw | less
  cargo xtask show bind/twice --target mock-strict
  cargo xtask show bind/twice --case
  cargo xtask show desk.jsonl                         a recording of `record`
  diff <(cargo xtask show bind/twice --target mock) <(cargo xtask show bind/twice --target lab-uccx)")]
pub(crate) struct Args {
    /// The id or file of a case, or the file of a recording
    #[arg(value_name = "CASE")]
    case: String,

    /// Show times, sizes in octets, and all values as sent
    #[arg(long)]
    raw: bool,

    /// Show the case itself, or a fragment (`_fragments/ready`), including built-in ones
    #[arg(long = "case", conflicts_with_all = ["raw", "target"])]
    source: bool,

    /// The target or client of the run [default: that of the case's last run]
    #[arg(long, value_name = "NAME")]
    target: Option<String>,
}

/// Runs the command.
pub(crate) fn run(args: &Args, suite: &Suite) -> anyhow::Result<Exit> {
    if let Some(path) = recording(&args.case) {
        let recording = Recording::read(path)?;
        let text = if args.raw {
            transcript::readable(&recording).0
        } else {
            transcript::body(&recording)
        };
        say(invisible::lines(&text).trim_end())?;
        return Ok(Exit::Green);
    }
    let id = choice::id_of(&args.case);
    if args.source {
        return source(suite, &id);
    }
    let target = args.target.clone().or_else(|| last(suite, &id));
    let target = target.unwrap_or_else(|| BASELINE.to_owned());
    let place = suite.transcripts(&target).join(&id);
    let path = place.with_extension(if args.raw { "txt" } else { "jsonl" });
    if !path.is_file() {
        bail!(missing(suite, &id, args.target.as_deref()));
    }
    let text = if args.raw {
        files::read_text(&path, files::LARGE).with_context(|| path.display().to_string())?
    } else {
        transcript::body(&Recording::read(&path)?)
    };
    say(invisible::lines(&text).trim_end())?;
    Ok(Exit::Green)
}

/// The file of a recording, if the argument is one.
fn recording(name: &str) -> Option<&Path> {
    let path = Path::new(name);
    (path.extension().is_some_and(|end| end == "jsonl") && path.is_file()).then_some(path)
}

/// The text of a case or fragment.
fn source(suite: &Suite, id: &str) -> anyhow::Result<Exit> {
    let library = match suite.library() {
        Ok(library) => library,
        Err(diagnostics) => {
            diagnose(&diagnostics);
            return Ok(Exit::Parse);
        }
    };
    let sources: Vec<(String, &Source)> = library
        .cases
        .iter()
        .map(|case| (case.id.clone(), &*case.source))
        .chain(
            library
                .fragments
                .iter()
                .map(|(name, fragment)| (format!("_fragments/{name}"), &*fragment.source)),
        )
        .collect();
    let Some((_, source)) = sources.iter().find(|(known, _)| known == id) else {
        let ids: Vec<&str> = sources.iter().map(|(known, _)| known.as_str()).collect();
        bail!(choice::no_case_called(id, &ids));
    };
    say(source.text.trim_end())?;
    Ok(Exit::Green)
}

/// The target or client of the last run of a case.
fn last(suite: &Suite, id: &str) -> Option<String> {
    let runs = rerender::targets(suite).into_iter().filter_map(|target| {
        let path = suite.transcripts(&target).join(format!("{id}.jsonl"));
        Some((path.metadata().ok()?.modified().ok()?, target))
    });
    runs.max().map(|(_, target)| target)
}

/// The message for a missing transcript, with the command to run.
fn missing(suite: &Suite, id: &str, target: Option<&str>) -> String {
    let on = target.map_or_else(String::new, |target| format!(" on {target}"));
    let mut message = format!("no transcript of {id}{on}");
    if let Ok(library) = suite.library() {
        let Some(case) = library.cases.iter().find(|case| case.id == id) else {
            let ids: Vec<&str> = library.cases.iter().map(|case| case.id.as_str()).collect();
            return choice::no_case_called(id, &ids);
        };
        let is_for_clients = case.head.roles.iter().any(|role| role.value == Role::Client);
        let role = if is_for_clients { Role::Client } else { Role::Server };
        let is_there = target.is_none_or(|name| match role {
            Role::Client => suite.client(name).is_ok(),
            Role::Server => suite.target(name).is_ok(),
        });
        message.extend(is_there.then(|| format!("; run `{}` first", played(id, role, target))));
    }
    message.extend(last(suite, id).map(|other| {
        format!("\nthere is one of {other}: `{}`", Hint::new(["show", id, "--target", &other]))
    }));
    message
}
