//! An explanation as a JSON object.

use serde_json::{Value, json as object};
use textual::invisible::is_invisible;

use crate::explanation::Explanation;
use crate::findings::{Finding, Weight};
use crate::ladder::Rung;
use crate::run::Run;

/// The explanation as one object: the verdict first, then all findings and steps.
pub fn json(explanation: &Explanation) -> String {
    printed(&value(explanation))
}

/// The red cases of a run as one object, each with the object of its explanation.
pub fn json_of_run(run: &Run) -> String {
    let red: Vec<Value> = run
        .red
        .iter()
        .map(|case| {
            object!({
                "case": case.id,
                "verdict": case.verdict,
                "claim": case.claim,
                "result": case.result,
                "explanation": case.explanation.as_ref().ok().map(value),
                "unexplained": case.explanation.as_ref().err(),
            })
        })
        .collect();
    printed(&object!({
        "good": run.red.is_empty(),
        "file": run.file,
        "target": run.target,
        "cases": run.cases,
        "red": red,
    }))
}

fn printed(value: &Value) -> String {
    let mut text = visible(&serde_json::to_string_pretty(value).unwrap_or_default());
    text.push('\n');
    text
}

fn value(explanation: &Explanation) -> Value {
    let first = explanation.first();
    let fault = first.map_or("none", |one| one.fault.name());
    object!({
        "good": first.is_none(),
        "first_broken_step": first.map_or("none", |one| one.step.name()),
        "fault": fault,
        "or": first.and_then(|one| one.or).map(|other| other.name()),
        "finding": first.map_or("Nothing is wrong.", |one| one.says.as_str()),
        "findings": explanation.findings.iter().map(finding).collect::<Vec<_>>(),
        "steps": explanation.steps.iter().map(step).collect::<Vec<_>>(),
        "connections": explanation.connections.iter().map(|one| object!({
            "number": one.index + 1,
            "url": one.title,
            "file": one.source,
            "began": one.began.and_then(instant),
        })).collect::<Vec<_>>(),
        "files": explanation.sources.iter().map(|one| object!({
            "name": one.name,
            "format": one.format,
            "breaks_off": one.is_cut,
            "remarks": one.remarks,
        })).collect::<Vec<_>>(),
    })
}

/// JSON with the escapes of JSON for what a reader cannot see: it may be printed on a terminal.
fn visible(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for c in json.chars() {
        if c == '\n' || !is_invisible(c) {
            shown.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                shown.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    shown
}

fn finding(one: &Finding) -> Value {
    object!({
        "rule": one.rule,
        "weight": match one.weight { Weight::Broken => "broken", Weight::Remark => "remark" },
        "step": one.step.name(),
        "fault": one.fault.name(),
        "or": one.or.map(|other| other.name()),
        "finding": one.says,
        "look_at": one.look,
        "case": one.case,
        "clause": one.clause,
        "connection": one.connection.map(|index| index + 1),
        "at": one.at.and_then(instant),
    })
}

fn step(one: &Rung) -> Value {
    object!({
        "connection": one.connection.map(|index| index + 1),
        "step": one.step.name(),
        "title": one.title,
        "state": one.state.name(),
        "what": one.what,
        "wanted": one.wanted,
        "clause": one.clause,
        "at": one.at.and_then(instant),
        "took_ms": one.took.map(|micros| micros as f64 / 1_000.0),
    })
}

/// An instant in words, or seconds since the recording began.
fn instant(micros: i64) -> Option<Value> {
    // Recordings count from their beginning.
    if micros < 1_000_000_000_000_000 {
        return Some(object!(micros as f64 / 1_000_000.0));
    }
    Some(object!(jiff::Timestamp::from_microsecond(micros).ok()?.to_string()))
}
