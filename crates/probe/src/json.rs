//! The report of a probe as JSON.

use serde_json::{Value, json};

use crate::{Conclusion, ProbeReport, Recognised, StepOutcome, draft};

/// The report as JSON. `name` is the name of the drafted target file.
pub fn json(found: &ProbeReport, warnings: &[String], name: &str) -> Value {
    let Conclusion { engine, summary, because } = found.engine();
    let known = match &engine {
        Recognised::Openfire(Some(known)) => Some(known),
        _ => None,
    };
    let kind = match &engine {
        Recognised::Openfire(_) => "Openfire",
        Recognised::Named(name) => name,
        Recognised::Unknown => "unknown",
    };
    let node = |(node, there): &(String, bool)| json!({ "node": node, "there": there });
    json!({
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
        "system_info": found.facts.system,
        "api_user": found.facts.api_user,
        "disagreements": found.disagreements(),
        "domain": found.facts.domain,
        "pubsub": found.facts.pubsub,
        "subscriptions": found.facts.subscriptions,
        "nodes": found.nodes.iter().map(node).collect::<Vec<_>>(),
        "draft": draft(found, name),
    })
}
