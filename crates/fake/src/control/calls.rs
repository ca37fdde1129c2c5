//! Routes about calls: their beginning, the acts of agents and of the other side, their data. Each
//! act has the name of its method in Rust, with hyphens.

use engine::{AgentState, Cause, Classification};
use serde::Deserialize;
use serde_json::json;

use super::ask::{Ask, Body as _, Outcome, Reply};
use super::problem::Problem;
use crate::error::Error;
use crate::handle::{Agent, Call};
use crate::server::FakeFinesse;

/// An act that needs nothing but its agent.
type AgentAct = fn(&Agent<'_>) -> Result<(), Error>;

/// An act that needs nothing but its call.
type CallAct = fn(&Call<'_>) -> Result<(), Error>;

/// The acts of an agent on its calls that need nothing else.
const OF_AGENTS: &[(&str, AgentAct)] = &[
    ("answer", |agent| agent.answer().map(drop)),
    ("hold", |agent| agent.hold().map(drop)),
    ("retrieve", |agent| agent.retrieve().map(drop)),
    ("hang-up", |agent| agent.hang_up().map(drop)),
    ("transfer", |agent| agent.transfer().map(drop)),
    ("conference", |agent| agent.conference().map(drop)),
    ("accept", |agent| agent.accept().map(drop)),
    ("reject", |agent| agent.reject().map(drop)),
    ("close", |agent| agent.close().map(drop)),
    ("cancel-callback", |agent| agent.cancel_callback().map(drop)),
    ("start-recording", |agent| agent.start_recording().map(drop)),
];

/// The acts on a call that need nothing else, of the first agent that may, or of the other side.
const ON_CALLS: &[(&str, CallAct)] = &[
    ("answer", |call| call.answer().map(drop)),
    ("hold", |call| call.hold().map(drop)),
    ("retrieve", |call| call.retrieve().map(drop)),
    ("hang-up", |call| call.hang_up().map(drop)),
    ("other-side-answers", |call| call.other_side_answers().map(drop)),
    ("other-side-hangs-up", |call| call.other_side_hangs_up().map(drop)),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FromBody {
    pub(super) from: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ToBody {
    number: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CustomerBody {
    campaign: String,
    number: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FindingBody {
    classification: Classification,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LaterBody {
    time: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PartyBody {
    address: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TonesBody {
    digits: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OtherBody {
    agent: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VariableBody {
    name: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrapUpBody {
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FailureBody {
    cause: Cause,
}

/// A call from outside rings at the agent.
pub(super) fn ring(fake: &FakeFinesse, ask: &Ask) -> Outcome {
    let FromBody { from } = ask.json()?;
    begun(&agent(fake, ask).ring(&from)?)
}

/// The agent calls a number.
pub(super) fn make(fake: &FakeFinesse, ask: &Ask) -> Outcome {
    let ToBody { number } = ask.json()?;
    begun(&agent(fake, ask).call(&number)?)
}

pub(super) fn consult(fake: &FakeFinesse, ask: &Ask) -> Outcome {
    let ToBody { number } = ask.json()?;
    begun(&agent(fake, ask).consult(&number)?)
}

pub(super) fn listen_to(fake: &FakeFinesse, ask: &Ask) -> Outcome {
    let OtherBody { agent: other } = ask.json()?;
    begun(&agent(fake, ask).listen_to(&other)?)
}

pub(super) fn barge_in(fake: &FakeFinesse, ask: &Ask) -> Outcome {
    acted(agent(fake, ask).barge_in()?)
}

pub(super) fn transfer_to(fake: &FakeFinesse, ask: &Ask) -> Outcome {
    let ToBody { number } = ask.json()?;
    acted(agent(fake, ask).transfer_to(&number)?)
}

pub(super) fn drop_participant(fake: &FakeFinesse, ask: &Ask) -> Outcome {
    let PartyBody { address } = ask.json()?;
    acted(agent(fake, ask).drop_participant(&address)?)
}

pub(super) fn send_dtmf(fake: &FakeFinesse, ask: &Ask) -> Outcome {
    let TonesBody { digits } = ask.json()?;
    acted(agent(fake, ask).send_dtmf(&digits)?)
}

/// A dialer offers a customer to the agent.
pub(super) fn preview(fake: &FakeFinesse, ask: &Ask) -> Outcome {
    let CustomerBody { campaign, number } = ask.json()?;
    begun(&agent(fake, ask).preview(&campaign, &number)?)
}

pub(super) fn reclassify(fake: &FakeFinesse, ask: &Ask) -> Outcome {
    let FindingBody { classification } = ask.json()?;
    acted(agent(fake, ask).reclassify(classification)?)
}

pub(super) fn schedule_callback(fake: &FakeFinesse, ask: &Ask) -> Outcome {
    let LaterBody { time } = ask.json()?;
    acted(agent(fake, ask).schedule_callback(&time)?)
}

/// An act of an agent that needs nothing else.
pub(super) fn act_of_agent(fake: &FakeFinesse, ask: &Ask) -> Outcome {
    let act = named(OF_AGENTS, ask)?;
    let agent = agent(fake, ask);
    act(&agent)?;
    acted(&agent)
}

pub(super) fn all(fake: &FakeFinesse, _: &Ask) -> Outcome {
    Reply::ok(json!({ "calls": fake.world().calls }))
}

pub(super) fn one(fake: &FakeFinesse, ask: &Ask) -> Outcome {
    Reply::ok(json!(call(fake, ask)?.view()?))
}

/// An act on a call that needs nothing else.
pub(super) fn act_on_call(fake: &FakeFinesse, ask: &Ask) -> Outcome {
    let act = named(ON_CALLS, ask)?;
    let call = call(fake, ask)?;
    act(&call)?;
    changed(fake, &call)
}

pub(super) fn set_variable(fake: &FakeFinesse, ask: &Ask) -> Outcome {
    let VariableBody { name, value } = ask.json()?;
    changed(fake, call(fake, ask)?.set_variable(&name, &value)?)
}

pub(super) fn set_wrap_up_reason(fake: &FakeFinesse, ask: &Ask) -> Outcome {
    let WrapUpBody { reason } = ask.json()?;
    changed(fake, call(fake, ask)?.set_wrap_up_reason(&reason)?)
}

pub(super) fn fails(fake: &FakeFinesse, ask: &Ask) -> Outcome {
    let FailureBody { cause } = ask.json()?;
    changed(fake, call(fake, ask)?.fails(cause)?)
}

fn agent<'f>(fake: &'f FakeFinesse, ask: &Ask) -> Agent<'f> {
    fake.agent(ask.segment("id"))
}

fn call<'f>(fake: &'f FakeFinesse, ask: &Ask) -> Result<Call<'f>, Problem> {
    Ok(fake.call(ask.number("id")?))
}

/// The act that the path names. It takes no body: one that comes all the same was meant for another
/// route.
fn named<F: Copy>(acts: &[(&'static str, F)], ask: &Ask) -> Result<F, Problem> {
    let action = ask.segment("action");
    let Some((_, act)) = acts.iter().find(|(name, _)| *name == action) else {
        let names: Vec<&str> = acts.iter().map(|(name, _)| *name).collect();
        return Err(Problem::bad_request(format!(
            "no action is called {action:?}; the actions without a body are {}, and GET / lists \
             the others",
            names.join(", ")
        )));
    };
    if !matches!(ask.body.trim_ascii(), b"" | b"{}") {
        return Err(Problem::bad_request(format!(
            "{action:?} takes no body; GET / lists the routes, and GET /openapi.json describes \
             their bodies"
        )));
    }
    Ok(*act)
}

/// The answer with a new call.
fn begun(call: &Call<'_>) -> Outcome {
    Reply::created(json!(call.view()?))
}

/// The answer with an agent that has acted.
fn acted(agent: &Agent<'_>) -> Outcome {
    Reply::ok(json!(agent.view()?))
}

/// The answer with a changed call. An ended call is not in the world any more.
fn changed(fake: &FakeFinesse, call: &Call<'_>) -> Outcome {
    Reply::ok(json!({ "call": call.view().ok(), "agents": signed_in(fake) }))
}

/// The present states of the agents that are signed in, by id.
fn signed_in(fake: &FakeFinesse) -> serde_json::Map<String, serde_json::Value> {
    let agents = fake.world().agents.into_iter();
    let signed_in = agents.filter(|agent| agent.state != AgentState::Logout);
    signed_in.map(|agent| (agent.id, json!(agent.state))).collect()
}
