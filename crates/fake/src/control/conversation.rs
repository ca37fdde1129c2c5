//! Routes about clients: connections, transcript, injection, faults, expectations.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::{Fault, FaultParameter, InstalledFault, Kind, Said, Speaker};
use serde::Deserialize;
use serde_json::{Value, json};

use super::ask::{Ask, Body as _, Outcome, Reply};
use super::problem::Problem;
use super::{OPENAPI, routes};
use crate::error::Error;
use crate::expectation::Expected;
use crate::pattern::Pattern;
use crate::server::FakeFinesse;

/// The longest that a request may wait.
const LONGEST_WAIT: Duration = Duration::from_secs(600);

pub(super) fn about(fake: &FakeFinesse, _: &Ask) -> Outcome {
    let routes: Vec<String> =
        routes::of(fake).map(|route| format!("{} {}", route.method, route.path)).collect();
    let mut about = json!({
        "name": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "profile": fake.profile_name().to_string(),
        "url": fake.url(),
        "domain": fake.domain(),
        "pubsub": fake.pubsub_host(),
        "users": fake.users(),
        "routes": routes,
    });
    if fake.is_replay() {
        about["title"] = json!("Replay");
        about["noun"] = json!("the replay");
        about["about"] = json!("of a recording");
        about["lacks"] = json!(
            "Agents, calls and faults are parts of a fake. Here the recording says what is answered."
        );
    }
    Reply::ok(about)
}

pub(super) fn openapi(_: &FakeFinesse, _: &Ask) -> Outcome {
    Ok(Reply::Text("application/json", OPENAPI.to_owned()))
}

pub(super) fn sessions(fake: &FakeFinesse, _: &Ask) -> Outcome {
    let sessions: Vec<Value> = fake
        .clients()
        .into_iter()
        .map(|client| {
            json!({
                "connection": client.connection,
                "account": client.account,
                "jid": client.jid,
                "phase": client.phase.name(),
                "since": client.since.as_secs_f64(),
            })
        })
        .collect();
    Reply::ok(json!({ "sessions": sessions }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Injection {
    to: String,
    text: Option<String>,
    /// The octets to send, in base64.
    octets: Option<String>,
}

pub(super) fn inject(fake: &FakeFinesse, ask: &Ask) -> Outcome {
    let Injection { to, text, octets } = ask.json()?;
    let sent = match (text, octets) {
        (Some(text), None) => fake.inject(&to, &text)?,
        (None, Some(octets)) => {
            let octets = STANDARD.decode(octets).map_err(|error| {
                Problem::bad_request(format!("\"octets\" must be base64: {error}"))
            })?;
            fake.inject_octets(&to, &octets)?
        }
        _ => return Err(Problem::bad_request("give either \"text\" or \"octets\", and not both")),
    };
    Reply::ok(json!({ "sent": sent }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kick {
    who: String,
}

pub(super) fn kick(fake: &FakeFinesse, ask: &Ask) -> Outcome {
    let Kick { who } = ask.json()?;
    Reply::ok(json!({ "kicked": fake.kick(&who)? }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Publication {
    node: String,
    payload: String,
}

pub(super) fn publish(fake: &FakeFinesse, ask: &Ask) -> Outcome {
    let Publication { node, payload } = ask.json()?;
    fake.publish(&node, &payload)?;
    Reply::ok(json!({ "published": node }))
}

pub(super) fn transcript(fake: &FakeFinesse, ask: &Ask) -> Outcome {
    let connection = ask.query_number("connection")?;
    let after = ask.query_number("after")?;
    let transcript = fake.transcript_of(|said| {
        connection.is_none_or(|connection| said.connection == connection)
            && after.is_none_or(|after| said.number > after)
    });
    match ask.query("format") {
        Some("text") => Ok(Reply::Text("text/plain; charset=utf-8", transcript.to_string())),
        None | Some("json") => {
            let said: Vec<Value> = transcript.said.iter().map(said).collect();
            Reply::ok(json!({ "forgotten": transcript.forgotten, "said": said }))
        }
        Some(_) => Err(Problem::bad_request("format in the query must be json or text")),
    }
}

pub(super) fn forget_transcript(fake: &FakeFinesse, _: &Ask) -> Outcome {
    fake.clear_transcript();
    Reply::ok(json!({ "said": [] }))
}

pub(super) fn said(said: &Said) -> Value {
    let mut entry = json!({
        "number": said.number,
        "at": said.at.as_secs_f64(),
        "connection": said.connection,
        "who": said.who.as_deref(),
        "speaker": match said.speaker {
            Speaker::Client => "client",
            Speaker::Server => "server",
            Speaker::Nobody => "nobody",
        },
        "kind": match said.kind {
            Kind::Http => "http",
            Kind::Text => "text",
            Kind::Binary => "binary",
            Kind::Control => "control",
            Kind::Octets => "octets",
            Kind::Fact => "fact",
        },
        "text": said.text,
    });
    if let Some(exchange) = &said.exchange {
        let (method, target, body) = (&exchange.method, &exchange.target, &exchange.body);
        entry["request"] = json!({ "method": method, "target": target, "body": body });
        if let Some(answer) = &exchange.answer {
            entry["answer"] = json!({ "status": answer.status, "body": answer.body });
        }
    }
    entry
}

pub(super) fn faults(fake: &FakeFinesse, _: &Ask) -> Outcome {
    let faults: Vec<Value> = fake.faults().iter().map(fault).collect();
    Reply::ok(json!({ "faults": faults }))
}

fn fault(installed: &InstalledFault) -> Value {
    json!({
        "id": installed.id,
        "fault": installed.fault.to_string(),
        "does": installed.fault.describe(),
        "struck": installed.struck,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultText {
    fault: String,
}

pub(super) fn add_fault(fake: &FakeFinesse, ask: &Ask) -> Outcome {
    let FaultText { fault } = ask.json()?;
    let fault: Fault = fault.parse().map_err(Error::Engine)?;
    let id = fake.fault(&fault)?;
    Reply::created(json!({
        "id": id,
        "fault": fault.to_string(),
        "does": fault.describe(),
        "struck": 0,
    }))
}

pub(super) fn remove_faults(fake: &FakeFinesse, _: &Ask) -> Outcome {
    for installed in fake.faults() {
        fake.remove_fault(installed.id);
    }
    Reply::ok(json!({ "faults": [] }))
}

pub(super) fn remove_fault(fake: &FakeFinesse, ask: &Ask) -> Outcome {
    let id = ask.number("id")?;
    if fake.remove_fault(id) {
        return Reply::ok(json!({ "removed": id }));
    }
    let there: Vec<String> = fake
        .faults()
        .iter()
        .map(|installed| format!("{} ({})", installed.id, installed.fault))
        .collect();
    let there = match there.as_slice() {
        [] => "the fake has no faults".to_owned(),
        there => format!("the faults are {}", there.join(", ")),
    };
    Err(Problem::new(StatusCode::NOT_FOUND, format!("no fault has the id {id}; {there}")))
}

pub(super) fn fault_table(_: &FakeFinesse, _: &Ask) -> Outcome {
    let table: Vec<Value> = Fault::table()
        .map(|shape| {
            let form: Vec<Value> = shape.form().iter().map(parameter).collect();
            json!({
                "name": shape.name(),
                "usage": shape.usage(),
                "does": shape.does(),
                "parameters": form,
            })
        })
        .collect();
    Reply::ok(json!({ "table": table, "help": Fault::help() }))
}

fn parameter(parameter: &FaultParameter) -> Value {
    let one = |(word, does): &(&str, &str)| json!({ "value": word, "does": does });
    json!({
        "name": parameter.name,
        "does": parameter.does,
        "kind": parameter.value,
        "usual": parameter.usual,
        "values": parameter.values.iter().map(one).collect::<Vec<_>>(),
    })
}

pub(super) fn expectations(fake: &FakeFinesse, _: &Ask) -> Outcome {
    let expected: Vec<Value> = fake.expected().iter().map(expectation).collect();
    Reply::ok(json!({ "expectations": expected }))
}

fn expectation(expected: &Expected) -> Value {
    json!({
        "id": expected.id,
        "pattern": expected.pattern.to_string(),
        "at_least": expected.least,
        "at_most": expected.most,
        "came": expected.came,
        "met": expected.is_met(),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewExpectation {
    pattern: String,
    times: Option<u64>,
    at_least: Option<u64>,
    at_most: Option<u64>,
}

pub(super) fn expect(fake: &FakeFinesse, ask: &Ask) -> Outcome {
    let NewExpectation { pattern, times, at_least, at_most } = ask.json()?;
    let pattern: Pattern = pattern.parse()?;
    if times.is_some() && (at_least.is_some() || at_most.is_some()) {
        return Err(Problem::bad_request("give either \"times\", or \"at_least\" and \"at_most\""));
    }
    let usual = u64::from(at_most.is_none());
    let least = times.or(at_least).unwrap_or(usual);
    let most = times.or(at_most);
    // A fake in its own process has no reader for a report at its end; POST /verify asks for it.
    let id = fake.add_expectation(pattern, false)?;
    fake.shared.way.expectations().set(id, least, most);
    let added = fake.expected().into_iter().find(|expected| expected.id == id);
    Reply::created(added.as_ref().map(expectation).unwrap_or_default())
}

pub(super) fn verify(fake: &FakeFinesse, _: &Ask) -> Outcome {
    fake.verify()?;
    Reply::ok(json!({ "met": true }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wait {
    pattern: String,
    within: Option<String>,
}

pub(super) fn wait(
    fake: Arc<FakeFinesse>,
    ask: Ask,
) -> Pin<Box<dyn Future<Output = Outcome> + Send>> {
    Box::pin(async move {
        let Wait { pattern, within } = ask.json()?;
        let within = within.as_deref().unwrap_or("5s");
        let within = humantime::parse_duration(within)
            .ok()
            .filter(|within| *within <= LONGEST_WAIT)
            .ok_or_else(|| {
                Problem::bad_request("\"within\" must be a duration up to 10m, such as 5s or 500ms")
            })?;
        let heard = fake.wait_for(&pattern, within).await?;
        Reply::ok(said(&heard))
    })
}

pub(super) fn reset(fake: &FakeFinesse, _: &Ask) -> Outcome {
    fake.reset();
    Reply::ok(json!({ "reset": true }))
}
