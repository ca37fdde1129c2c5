//! An explanation as text for a terminal.

use textual::invisible;

use crate::explanation::{Explanation, ShownConnection};
use crate::findings::{Finding, Weight};
use crate::ladder::{Rung, State};
use crate::run::Run;
use crate::seen::duration;

/// The widest line, in characters.
const WIDTH: usize = 100;

/// The explanation as text: the verdict, the steps of each connection, the findings.
pub fn text(explanation: &Explanation) -> String {
    let mut out = String::new();
    for source in &explanation.sources {
        line(&mut out, &format!("{}: {}", source.name, source.format));
        for remark in &source.remarks {
            wrapped(&mut out, "  ", remark);
        }
    }
    out.push('\n');
    match explanation.first() {
        None => line(&mut out, &format!("{}.", explanation.all_good())),
        Some(first) => {
            line(&mut out, &format!("Broken at: {}", first.step));
            let or = first.or.map_or_else(String::new, |other| {
                format!(", or {other}: this file cannot tell the two apart")
            });
            line(&mut out, &format!("Fault:     {}{or}", first.fault));
            wrapped(&mut out, "           ", &first.says);
        }
    }
    for connection in &explanation.connections {
        steps(&mut out, connection, explanation);
    }
    let rest: Vec<&Rung> =
        explanation.steps.iter().filter(|rung| rung.connection.is_none()).collect();
    if !rest.is_empty() {
        out.push_str("\nrequests\n");
        for one in rest {
            rung(&mut out, one);
        }
    }
    section(&mut out, "findings", Weight::Broken, &explanation.findings);
    section(&mut out, "remarks", Weight::Remark, &explanation.findings);
    out
}

/// The red cases of a run as text, each with its explanation.
pub fn text_of_run(run: &Run) -> String {
    let mut out = String::new();
    line(&mut out, &format!("{}: {}", run.file, run.words()));
    for case in &run.red {
        out.push('\n');
        line(&mut out, &format!("=== {}: {}", case.id, case.verdict));
        wrapped(&mut out, "    ", &format!("The case demands: {}.", case.claim));
        wrapped(&mut out, "    ", &format!("The run says: {}", case.result));
        out.push('\n');
        match &case.explanation {
            Ok(explanation) => out.push_str(&text(explanation)),
            Err(why) => wrapped(&mut out, "", why),
        }
    }
    out
}

fn steps(out: &mut String, connection: &ShownConnection, explanation: &Explanation) {
    out.push('\n');
    let began = connection.began.filter(|micros| *micros > 1_000_000_000_000_000);
    let began = began.and_then(|micros| jiff::Timestamp::from_microsecond(micros).ok());
    let began = began.map_or_else(String::new, |at| format!(", {at:.3}"));
    line(out, &format!("connection {}: {}{began}", connection.index + 1, connection.title));
    for one in explanation.steps.iter().filter(|rung| rung.connection == Some(connection.index)) {
        rung(out, one);
    }
}

fn rung(out: &mut String, rung: &Rung) {
    let mark = match rung.state {
        State::Done => "ok",
        State::Broken => "BROKEN",
        State::Missing => "MISSING",
        State::Absent => "-",
    };
    let took = rung
        .took
        .filter(|took| *took >= 0)
        .map_or_else(String::new, |took| format!("  {}", duration(took)));
    line(out, &format!("  {mark:<8}{:<10}{}{took}", rung.title, rung.what));
    if matches!(rung.state, State::Broken | State::Missing) && !rung.wanted.is_empty() {
        line(out, &format!("                    wanted: {} ({})", rung.wanted, rung.clause));
    }
}

fn section(out: &mut String, title: &str, weight: Weight, findings: &[Finding]) {
    let found: Vec<&Finding> = findings.iter().filter(|finding| finding.weight == weight).collect();
    if found.is_empty() {
        return;
    }
    out.push('\n');
    line(out, title);
    for (number, finding) in found.iter().enumerate() {
        let or = finding.or.map_or_else(String::new, |other| format!(" or {other}"));
        let at = finding
            .connection
            .map_or_else(String::new, |index| format!(", connection {}", index + 1));
        line(out, &format!("  {}. {} · {}{or}{at}", number + 1, finding.step, finding.fault));
        wrapped(out, "     ", &finding.says);
        if !finding.look.is_empty() {
            wrapped(out, "     ", &format!("Look at: {}", finding.look));
        }
        let case = finding.case.map_or_else(String::new, |case| format!(", case {case}"));
        line(out, &format!("     {}{case}  [{}]", finding.clause, finding.rule));
    }
}

fn line(out: &mut String, text: &str) {
    out.push_str(&invisible::escape(text));
    out.push('\n');
}

fn wrapped(out: &mut String, indent: &str, text: &str) {
    let mut row = String::new();
    for word in text.split(' ') {
        if !row.is_empty() && indent.len() + row.chars().count() + 1 + word.chars().count() > WIDTH
        {
            line(out, &format!("{indent}{row}"));
            row.clear();
        }
        if !row.is_empty() {
            row.push(' ');
        }
        row.push_str(word);
    }
    line(out, &format!("{indent}{row}"));
}
