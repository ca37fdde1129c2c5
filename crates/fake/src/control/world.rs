//! Routes about the contact centre: agents, queues, the system.

use engine::{SystemStatus, Wanted};
use serde::Deserialize;
use serde_json::json;

use super::ask::{Ask, Body as _, Outcome, Reply};
use super::calls::FromBody;
use super::problem::Problem;
use crate::server::FakeFinesse;

pub(super) fn all(fake: &FakeFinesse, _: &Ask) -> Outcome {
    Reply::ok(json!(fake.world()))
}

pub(super) fn agents(fake: &FakeFinesse, _: &Ask) -> Outcome {
    Reply::ok(json!({ "agents": fake.world().agents }))
}

pub(super) fn agent(fake: &FakeFinesse, ask: &Ask) -> Outcome {
    Reply::ok(json!(fake.agent(ask.segment("id")).view()?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StateChange {
    state: Wanted,
    /// A reason of the world, for NOT_READY and LOGOUT.
    reason: Option<u32>,
    /// With LOGIN only: the extension to sign in at.
    extension: Option<String>,
    /// The id of the supervisor who makes the request.
    by: Option<String>,
}

pub(super) fn change_state(fake: &FakeFinesse, ask: &Ask) -> Outcome {
    let StateChange { state, reason, extension, by } = ask.json()?;
    let agent = fake.agent(ask.segment("id"));
    if reason.is_some() && !matches!(state, Wanted::NotReady | Wanted::Logout) {
        return Err(Problem::bad_request("\"reason\" is for NOT_READY and LOGOUT only"));
    }
    match (state, by, extension, reason) {
        (_, Some(by), None, None) => agent.changed_by(&by, state)?,
        (Wanted::Login, None, Some(extension), _) => agent.login_at(&extension)?,
        (_, _, Some(_), _) => return Err(Problem::bad_request("\"extension\" is for LOGIN only")),
        (_, Some(_), _, _) => {
            return Err(Problem::bad_request(
                "with \"by\", the body has only \"state\" and \"by\"",
            ));
        }
        (Wanted::Login, None, None, _) => agent.login()?,
        (Wanted::Ready, None, None, _) => agent.ready()?,
        (Wanted::NotReady, None, None, reason) => agent.not_ready(reason)?,
        (Wanted::Work, None, None, _) => agent.work()?,
        (Wanted::Logout, None, None, None) => agent.logout()?,
        (Wanted::Logout, None, None, Some(reason)) => agent.logout_because(reason)?,
    };
    Reply::ok(json!(agent.view()?))
}

pub(super) fn queues(fake: &FakeFinesse, _: &Ask) -> Outcome {
    Reply::ok(json!({ "queues": fake.world().queues }))
}

pub(super) fn call_queue(fake: &FakeFinesse, ask: &Ask) -> Outcome {
    let FromBody { from } = ask.json()?;
    let queue = fake.queue(ask.segment("id"));
    let call = queue.call_from(&from)?.map(|call| call.view()).transpose()?;
    Reply::created(json!({ "call": call, "queue": queue.view()? }))
}

pub(super) fn system(fake: &FakeFinesse, _: &Ask) -> Outcome {
    Reply::ok(json!({ "status": fake.system_status() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct System {
    status: SystemStatus,
}

pub(super) fn set_system(fake: &FakeFinesse, ask: &Ask) -> Outcome {
    let System { status } = ask.json()?;
    fake.system_info(status);
    Reply::ok(json!({ "status": fake.system_status() }))
}
