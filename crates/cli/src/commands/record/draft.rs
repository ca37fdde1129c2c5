//! `record --case`: the draft case of a recording, written, and played against the fake.

use std::path::Path;

use ::record::Draft;
use anyhow::{Context as _, bail};
use case::print_case;
use clap::Parser as _;
use runner::Kind;
use suite::BASELINE;
use textual::Hint;
use transcript::Recording;
use verdict::{Exit, Verdict};

use crate::Suite;
use crate::commands::{conformance, diagnose, new, results, say};

/// The command line of a run of the draft.
#[derive(clap::Parser)]
struct Play {
    #[command(flatten)]
    args: conformance::Args,
}

/// Makes sure that a draft can be written, before anything is recorded.
pub(super) fn check(id: &str, suite: &Suite) -> anyhow::Result<()> {
    if !new::is_id(id) {
        bail!("--case {id}: wanted AREA/SLUG in lower-case words with hyphens, as in desk/login");
    }
    let file = suite.own(Kind::Cases, "a draft case needs")?.join(format!("{id}.case"));
    if file.path().exists() {
        bail!("--case {id}: {} exists already", file.shown().display());
    }
    Ok(())
}

/// Writes the draft, and plays it against a target.
pub(super) fn write(
    id: &str,
    recording: &Path,
    target: &str,
    suite: &Suite,
) -> anyhow::Result<Exit> {
    check(id, suite)?;
    let draft = ::record::draft(&Recording::read(recording)?)
        .with_context(|| recording.display().to_string())?;
    let file = suite.own(Kind::Cases, "a draft case needs")?.join(format!("{id}.case"));
    let shown = file.shown();
    let first = new::read(shown, text(id, &draft))?;
    let case = new::read(shown, print_case(&first))?;
    let mut library = match suite.library() {
        Ok(library) => library,
        Err(diagnostics) => {
            diagnose(&diagnostics);
            return Ok(Exit::Parse);
        }
    };
    files::write(file.path(), print_case(&case))?;
    say(&format!("wrote {}, a draft", shown.display()))?;
    for what in &draft.left_out {
        say(&format!("  left out: {what}"))?;
    }
    library.cases.push(case);
    let mut found = case::lint(&library);
    found.retain(|finding| finding.source.path == shown);
    if !found.is_empty() {
        diagnose(&found);
    }
    let play = Play::try_parse_from(["conformance", id, "--target", target]);
    let exit = conformance::run(&play.context("a run of the draft")?.args, suite)?;
    // Without a result the run has said why it did not begin.
    let run = results::last(suite, target).ok();
    let result = run.as_ref().and_then(|run| run.case(id));
    say(&match result.map(|result| result.verdict) {
        None | Some(Verdict::Unsupported | Verdict::Error) => format!(
            "the draft was not played against {target}, for the reason above\nnext: {}",
            elsewhere(id, target)
        ),
        Some(_) if matches!(exit, Exit::Green | Exit::Drift) => format!(
            "the draft plays against {target}\nnext: title, spec, level and why are yours to say; then `{}`",
            Hint::new(["review", id])
        ),
        Some(_) => format!(
            "the draft does not play against {target}: the step above is where that, or its accounts, differ from what \
             was recorded\nnext: `{}`",
            Hint::new(["show", id])
        ),
    })?;
    Ok(exit)
}

/// The next step with a draft that this target cannot play.
fn elsewhere(id: &str, target: &str) -> String {
    if target == BASELINE {
        return format!("mend {id}, then `{}`", Hint::new(["conformance", id]));
    }
    format!("`{}`, or take out the steps that {target} cannot play", Hint::new(["conformance", id]))
}

/// The draft as the text of a case.
fn text(id: &str, draft: &Draft) -> String {
    let mut head = toml::toml! {
        spec = ["robustness"]
        level = "must"
        roles = ["server"]
        tags = ["draft"]
    };
    let words = id.replace('/', ": ").replace('-', " ");
    head.insert("title".to_owned(), toml::Value::from(format!("draft: {words}")));
    let effects = if draft.changes { "calls" } else { "session" };
    head.insert("effects".to_owned(), toml::Value::from(effects));
    if !draft.needs.is_empty() {
        head.insert("needs".to_owned(), toml::Value::from(draft.needs.clone()));
    }
    if draft.is_bosh {
        head.insert("transports".to_owned(), toml::Value::from(vec!["bosh"]));
    }
    format!("+++\n{head}+++\n{}", draft.body)
}
