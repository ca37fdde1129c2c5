//! Annotations for GitHub Actions: workflow commands that mark red results on lines of case files.

use std::borrow::Cow;
use std::io::{self, Write};

use textual::{Hint, invisible};
use verdict::{BUILT_IN, CaseResult, Reporter, Run, Verdict};

use crate::differences::drifted;
use crate::failure::id_of;
use crate::list::cases_of;
use crate::totals;
use crate::worst::worst_first;

/// GitHub shows this many annotations of a kind for one step of a job.
const SHOWN: usize = 10;

/// Writes the commands when the run ends.
pub(crate) struct Github {
    out: Box<dyn Write + Send>,
}

struct Annotation {
    kind: &'static str,
    file: String,
    /// Line and column, from 1.
    place: (usize, usize),
    title: String,
    message: String,
}

impl Github {
    /// A report on `out`.
    pub(crate) fn new(out: Box<dyn Write + Send>) -> Self {
        Self { out }
    }
}

impl Reporter for Github {
    fn ended(&mut self, run: &Run) -> io::Result<()> {
        for kind in ["error", "warning"] {
            let all: Vec<Annotation> =
                annotations(run).into_iter().filter(|one| one.kind == kind).collect();
            for one in all.iter().take(SHOWN) {
                self.annotate(one)?;
            }
            if all.len() > SHOWN {
                let message = format!(
                    "{} more {kind}s of the conformance run against {} are in its other reports",
                    all.len() - SHOWN,
                    run.target()
                );
                writeln!(self.out, "::notice title=conformance::{}", data(&message))?;
            }
        }
        if let Some(fresh) = totals::fresh(run) {
            writeln!(self.out, "::notice title=conformance::{}", data(&fresh))?;
        }
        self.out.flush()
    }
}

impl Github {
    fn annotate(&mut self, one: &Annotation) -> io::Result<()> {
        let Annotation { kind, file, place: (line, column), title, message } = one;
        let place = if file.is_empty() {
            String::new()
        } else {
            format!("file={},line={line},col={column},", property(file))
        };
        writeln!(self.out, "::{kind} {place}title={}::{}", property(title), data(message))
    }
}

/// The annotations of a run; findings without a case come first.
fn annotations(run: &Run) -> Vec<Annotation> {
    let beyond = run.findings().into_iter().map(|finding| Annotation {
        kind: "error",
        file: String::new(),
        place: (1, 1),
        title: format!("{} on {}", finding.kind, run.target()),
        message: finding.text,
    });
    let differences = drifted(run);
    let shared = |case: &CaseResult| {
        let of_it = |one: &&crate::SharedChange<'_>| one.cases.contains(&case.id.as_str());
        let sizes: Vec<String> = differences
            .iter()
            .filter(of_it)
            .map(|one| format!("{} in {}", one.size(), cases_of(one.cases.len())))
            .collect();
        sizes.join("; ")
    };
    let strictness = run.strictness();
    let cases = worst_first(run)
        .into_iter()
        .filter(|case| case.is_red(strictness) || case.verdict == Verdict::Flaky);
    // Blocked cases come last, since GitHub may not show all.
    let (blocked, others): (Vec<&CaseResult>, Vec<&CaseResult>) =
        cases.partition(|case| case.verdict == Verdict::Blocked);
    let cases = others.into_iter().chain(blocked).map(|case| {
        let mut message = format!("{}\n{}", case.message(strictness), case.title);
        message.push_str(&format!("\n{}", case.spec.join(", ")));
        if case.drifts() {
            message.push_str(&format!("\n{}", shared(case)));
        }
        let failure = case.failure.as_ref();
        let mut file = failure.map_or(&case.source, |failure| &failure.file).clone();
        if file.starts_with(BUILT_IN) {
            // The repository has no such file.
            let show = Hint::new(["show", id_of(&file).unwrap_or(&case.id), "--case"]);
            message.push_str(&format!("\n`{show}`"));
            file.clear();
        }
        Annotation {
            kind: kind(case, run),
            file,
            place: failure.map_or((1, 1), |failure| (failure.line, failure.column)),
            title: format!("{} {} on {}", case.verdict, case.id, run.target()),
            message: message.trim_end().to_owned(),
        }
    });
    beyond.chain(cases).collect()
}

fn kind(case: &CaseResult, run: &Run) -> &'static str {
    let is_soft = !case.is_worse_than_drift(run.strictness());
    if is_soft && !run.strictness().strict { "warning" } else { "error" }
}

/// Escapes the text of a command. GitHub decodes exactly these escapes (actions/toolkit,
/// `command.ts`).
fn data(text: &str) -> String {
    let lines: Vec<Cow<'_, str>> = text.lines().map(invisible::escape).collect();
    lines.join("\n").replace('%', "%25").replace('\n', "%0A")
}

/// Value of a property of a command.
fn property(text: &str) -> String {
    invisible::escape(text).replace('%', "%25").replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_in_a_command_is_escaped() {
        assert_eq!(data("100 %\nof\u{1b}[2J ::error::"), "100 %25%0Aof\\u{1b}[2J ::error::");
        assert_eq!(property("a,b: 1%\n"), "a%2Cb%3A 1%25\\n");
    }
}
