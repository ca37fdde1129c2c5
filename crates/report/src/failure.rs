//! The paragraph about one case that needs a look.

use std::io::{self, Write};

use textual::{Hint, invisible};
use verdict::{CaseResult, Closest, Failure, Run, Verdict};

use crate::clip;
use crate::excerpt;
use crate::list::cases_of;
use crate::paint::Paint;
use crate::table;
use crate::worst::Blocks;

/// The longest quote of a transcript line, in characters.
const QUOTE: usize = 100;

/// The longest question and answer, in characters.
const WORDS: usize = 160;

/// Writes heading, place, closest message, and where to read on.
pub(crate) fn write(
    out: &mut dyn Write,
    case: &CaseResult,
    (run, blocks): (&Run, &Blocks<'_>),
    paint: Paint,
) -> io::Result<()> {
    heading(out, case, paint)?;
    writeln!(out)?;
    if let Some(failure) = &case.failure {
        mismatch(out, failure, paint)?;
        exchange(out, failure, paint)?;
    }
    row(out, "claim", &case.title, paint)?;
    if let Some(why) = &case.why {
        row(out, "means", why, paint)?;
    }
    let blocked = blocks.by(&case.id);
    if blocked > 0 {
        row(out, "blocks", &format!("{}, mend this one first", cases_of(blocked)), paint)?;
    }
    if let Some(note) = &case.note {
        row(out, case.note_label(), note, paint)?;
    }
    if case.has_bad_end(run.strictness()) {
        row(out, "close", &format!("{}, red with --strict", case.close), paint)?;
    }
    if let Some(failure) = &case.failure {
        let id = id_of(&failure.file).unwrap_or(&case.id);
        row(out, "case", &Hint::new(["show", id, "--case"]).to_string(), paint)?;
    }
    if let Some(path) = &case.transcript {
        row(out, "transcript", path, paint)?;
    }
    output(out, case, paint)?;
    // Without a file of the target there is no place to list something about it.
    if case.verdict == Verdict::Fail && !run.head.nameless {
        let (target, id) = (invisible::escape(&case.target), invisible::escape(&case.id));
        let hint = Hint::new(["expect", &target, &id, "--reason", "…"]);
        let text = format!("if {target} is known to do this, list it: {hint}");
        writeln!(out, "  {}", paint.dim(&text))?;
    }
    Ok(())
}

/// The name of a case or fragment by its file. Where the suite is built into the program there is
/// no such file to open, but the name shows its text.
pub(crate) fn id_of(file: &str) -> Option<&str> {
    let (_, name) = file.rsplit_once("cases/")?;
    name.strip_suffix(".case")
}

/// The last lines on standard error of a client under test.
pub(crate) fn output(out: &mut dyn Write, case: &CaseResult, paint: Paint) -> io::Result<()> {
    if case.output.is_empty() {
        return Ok(());
    }
    row(out, "output", "the client's last lines on standard error", paint)?;
    for line in &case.output {
        writeln!(out, "             {}", clip::one(&invisible::escape(line), QUOTE))?;
    }
    Ok(())
}

/// `FAIL  area/slug   must   RFC 6455 §4.2.1   target mock   412 ms`.
pub(crate) fn heading(out: &mut dyn Write, case: &CaseResult, paint: Paint) -> io::Result<()> {
    let word = paint.verdict(case.verdict, &case.verdict.word().to_uppercase());
    let id = paint.bold(&invisible::escape(&case.id));
    let spec = case.spec.join(", ");
    let target = invisible::escape(&case.target);
    writeln!(out, "{word}  {id}   {}   {spec}   target {target}   {} ms", case.level, case.millis)
}

/// The failed step, and the closest message.
pub(crate) fn mismatch(out: &mut dyn Write, failure: &Failure, paint: Paint) -> io::Result<()> {
    let path = invisible::escape(&failure.file);
    writeln!(out, "  {path}:{}:{}", failure.line, failure.column)?;
    excerpt::write(out, failure, paint)?;
    writeln!(out)?;
    if let Some(closest) = &failure.closest {
        nearest(out, closest, paint)?;
        writeln!(out)?;
    }
    Ok(())
}

/// The question, and the right answers.
fn exchange(out: &mut dyn Write, failure: &Failure, paint: Paint) -> io::Result<()> {
    if let Some(question) = &failure.question {
        row(out, "last said", &clip::one(question, WORDS), paint)?;
    }
    for (number, answer) in failure.answers.iter().enumerate() {
        let label = if number == 0 { "wanted" } else { "or" };
        row(out, label, &clip::one(answer, WORDS), paint)?;
    }
    Ok(())
}

/// `  label      value`, the value without line breaks.
pub(crate) fn row(out: &mut dyn Write, label: &str, value: &str, paint: Paint) -> io::Result<()> {
    writeln!(out, "  {} {}", paint.dim(&format!("{label:<10}")), invisible::escape(value))
}

fn nearest(out: &mut dyn Write, closest: &Closest, paint: Paint) -> io::Result<()> {
    let line = closest.line.map_or_else(String::new, |line| format!(" (transcript line {line})"));
    writeln!(out, "  closest {} received{line}", invisible::escape(&closest.kind))?;
    if closest.rows.is_empty() {
        let text = invisible::escape(&closest.text);
        return writeln!(out, "      {}", clip::one(&text, QUOTE));
    }
    table::write(out, &closest.rows, paint)
}
