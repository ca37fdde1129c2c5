//! The cases of a long run by what they came to, the gravest first.

use std::io::{self, Write};

use textual::invisible;
use verdict::{CaseResult, Run, Strictness, Verdict};

use crate::clip;
use crate::list::{cases_of, shown};
use crate::paint::Paint;
use crate::worst::{ORDER, worst_first};

/// From this number of cases on, a tree of all of them fills more than a screen.
const LONG: usize = 40;

/// The longest message, in characters.
const MESSAGE: usize = 76;

/// Whether a run is shown by verdicts, not as a tree.
pub(crate) fn is_apt(run: &Run) -> bool {
    run.cases.len() >= LONG
}

/// Writes a group for each verdict but `pass`, a line for each case: all that are red or break a
/// recommendation, a few of the others.
pub(crate) fn write(out: &mut dyn Write, run: &Run, paint: Paint) -> io::Result<()> {
    let sorted = worst_first(run);
    for verdict in ORDER {
        let cases: Vec<&CaseResult> =
            sorted.iter().copied().filter(|case| case.verdict == verdict).collect();
        if cases.is_empty() {
            continue;
        }
        let heading = format!("{verdict}: {}, {}", cases_of(cases.len()), meaning(verdict));
        writeln!(out, "\n{}", paint.verdict(verdict, &heading))?;
        let is_listed = matches!(
            verdict,
            Verdict::Fail | Verdict::Error | Verdict::UnexpectedPass | Verdict::NonStrict
        );
        let few = shown(cases.len(), is_listed);
        let names: Vec<_> =
            cases.iter().take(few).map(|case| invisible::escape(&case.id)).collect();
        let column = names.iter().map(|name| name.chars().count()).max().unwrap_or_default();
        for (case, name) in cases.iter().zip(names) {
            let message = remark(case, run.strictness());
            let message = paint.dim(&message);
            writeln!(out, "  {}", format!("{name:column$}   {message}").trim_end())?;
        }
        if few < cases.len() {
            writeln!(out, "  and {} more", cases.len() - few)?;
        }
    }
    let pass = run.count(Verdict::Pass);
    if pass > 0 {
        writeln!(out, "\n{}", paint.verdict(Verdict::Pass, &format!("pass: {}", cases_of(pass))))?;
    }
    Ok(())
}

/// The line about a case: the broken demand, or the reason for its verdict.
fn remark(case: &CaseResult, strictness: Strictness) -> String {
    let message = match case.verdict {
        Verdict::Fail | Verdict::NonStrict | Verdict::Flaky => case.title.clone(),
        // One change is in many transcripts, and shown once below.
        Verdict::Drift if case.drift.as_ref().is_some_and(|drift| !drift.new) => {
            return String::new();
        }
        _ => case.message(strictness),
    };
    clip::one(&invisible::escape(&message), MESSAGE).into_owned()
}

fn meaning(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "as demanded",
        Verdict::NonStrict => "a recommendation is broken, or the answer is allowed and inferior",
        Verdict::Info => "nothing is demanded",
        Verdict::Drift => "the claim holds, the transcript is not the accepted one",
        Verdict::Fail => "a demand is broken",
        Verdict::Error => "not played",
        Verdict::Blocked => "an earlier step failed, the question was not reached",
        Verdict::Unsupported => "not possible here",
        Verdict::Expected => "as listed",
        Verdict::UnexpectedPass => "listed, and did not happen",
        Verdict::Flaky => "not the same each time",
    }
}
