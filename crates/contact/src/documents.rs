//! The XML of users, dialogs, queues, reasons, teams and errors, as events and the REST API have it
//! (Cisco DevNet, the page of each). The name of the root is the caller's: events begin it with a
//! lower-case letter, answers of the API with a capital.

use crate::tree::Tree;
use crate::{
    AgentView, ApiError, CallView, Device, PartyView, QueueView, Reason, SystemStatus, TeamView,
};

/// An agent, for itself.
pub fn user(root: &'static str, agent: &AgentView) -> Tree {
    let uri = user_uri(agent);
    let mut fields = Vec::new();
    fields.extend(agent.active_device.as_deref().map(|id| Tree::leaf("activeDeviceId", id)));
    if !agent.devices.is_empty() {
        fields.push(devices("devices", "device", &agent.devices));
    }
    fields.extend(person(agent, &uri));
    fields
        .extend([Tree::leaf("loginName", agent.login_name.as_str()), Tree::leaf("mediaType", "1")]);
    fields.extend(agent.mobile.as_ref().map(|mobile| {
        let fields = [
            Tree::leaf("mode", mobile.mode.name()),
            Tree::leaf("dialNumber", mobile.dial_number.as_str()),
        ];
        Tree::branch("mobileAgent", fields)
    }));
    fields.push(pending_state(agent));
    fields.push(match &agent.reason {
        None => Tree::leaf("reasonCodeId", "-1"),
        Some(reason) => reason_code("reasonCode", reason),
    });
    let mut roles = vec![Tree::leaf("role", "Agent")];
    if !agent.supervises.is_empty() {
        roles.push(Tree::leaf("role", "Supervisor"));
    }
    let mut settings = vec![
        Tree::leaf("wrapUpOnIncoming", agent.wrap_up.incoming.name()),
        Tree::leaf("wrapUpOnOutgoing", agent.wrap_up.outgoing.name()),
    ];
    if !agent.devices.is_empty() {
        settings.push(Tree::leaf("deviceSelection", "enabled"));
    }
    fields.extend([
        Tree::list("roles", roles),
        Tree::branch("settings", settings),
        Tree::leaf("state", agent.state.name()),
        state_change_time(agent),
        Tree::leaf("teamId", agent.team.id.as_str()),
        Tree::leaf("teamName", agent.team.name.as_str()),
    ]);
    if !agent.supervises.is_empty() {
        fields.push(Tree::list("teams", agent.supervises.iter().map(team)));
    }
    fields.extend([Tree::leaf("uri", uri), Tree::number("wrapUpTimer", agent.wrap_up.seconds)]);
    Tree::branch(root, fields)
}

/// The devices of an extension. Cisco publishes names of these elements and no example; the names
/// inside are those of the desktop's own requests.
pub fn devices(root: &'static str, each: &'static str, devices: &[Device]) -> Tree {
    let device = |device: &Device| {
        let fields = [
            Tree::leaf("deviceId", device.id.as_str()),
            Tree::leaf("deviceTypeName", device.name.as_str()),
        ];
        Tree::branch(each, fields)
    };
    Tree::list(root, devices.iter().map(device))
}

/// The fields with which every account of an agent begins.
fn person(agent: &AgentView, uri: &str) -> Vec<Tree> {
    vec![
        Tree::leaf("dialogs", format!("{uri}/Dialogs")),
        Tree::leaf("extension", agent.extension.as_str()),
        Tree::leaf("firstName", agent.first_name.as_str()),
        Tree::leaf("lastName", agent.last_name.as_str()),
        Tree::leaf("loginId", agent.id.as_str()),
    ]
}

/// An agent, for subscribers of its team.
pub fn team_member(root: &'static str, agent: &AgentView) -> Tree {
    let uri = user_uri(agent);
    let mut fields = person(agent, &uri);
    fields.push(pending_state(agent));
    if let Some(reason) = &agent.reason {
        fields.push(reason_code("reasonCode", reason));
    }
    fields.extend([
        Tree::leaf("state", agent.state.name()),
        state_change_time(agent),
        Tree::leaf("uri", uri),
    ]);
    Tree::branch(root, fields)
}

/// The path of a call.
pub fn dialog_uri(call: &CallView) -> String {
    format!("/finesse/api/Dialog/{}", call.id)
}

/// The statistics of a queue. The time is empty if no caller waits.
pub fn queue(root: &'static str, queue: &QueueView) -> Tree {
    let numbers = &queue.statistics;
    let longest = numbers.start_time_of_longest_call.clone().unwrap_or_default();
    let statistics = Tree::branch(
        "statistics",
        [
            Tree::number("callsInQueue", numbers.calls_in_queue),
            Tree::leaf("startTimeOfLongestCallInQueue", longest),
            Tree::number("agentsReady", numbers.ready),
            Tree::number("agentsNotReady", numbers.not_ready),
            Tree::number("agentsBusyOther", numbers.busy_other),
            Tree::number("agentsLoggedOn", numbers.logged_on),
            Tree::number("agentsTalkingInbound", numbers.talking_inbound),
            Tree::number("agentsTalkingOutbound", numbers.talking_outbound),
            Tree::number("agentsTalkingInternal", numbers.talking_internal),
            Tree::number("agentsWrapUpNotReady", numbers.wrap_up_not_ready),
            Tree::number("agentsWrapUpReady", numbers.wrap_up_ready),
        ],
    );
    let fields = [
        Tree::leaf("uri", format!("/finesse/api/Queue/{}", queue.id)),
        Tree::leaf("name", queue.name.as_str()),
        statistics,
    ];
    Tree::branch(root, fields)
}

/// The status of a server, as its event has it.
pub fn system_info(status: SystemStatus) -> Tree {
    Tree::branch("systemInfo", [Tree::leaf("status", status.name())])
}

/// A request that was accepted and then refused.
pub fn error(error: &ApiError) -> Tree {
    let fields = [
        Tree::number("errorData", error.data),
        Tree::leaf("errorMessage", error.message),
        Tree::leaf("errorType", error.kind),
    ];
    Tree::branch("apiErrors", [Tree::branch("apiError", fields)])
}

/// A call. The ten call variables are always there, as on a real server (a public log of a
/// desktop).
pub fn dialog(root: &'static str, call: &CallView) -> Tree {
    let variable = |name: &str, value: &str| {
        Tree::branch("CallVariable", [Tree::leaf("name", name), Tree::leaf("value", value)])
    };
    let value = |name: &str| call.variables.iter().find(|(own, _)| own == name);
    let numbered: Vec<String> = (1..=10).map(|number| format!("callVariable{number}")).collect();
    let first = numbered.iter().map(|name| {
        variable(name, value(name).map(|(_, value)| value.as_str()).unwrap_or_default())
    });
    let further = call.variables.iter().filter(|(name, _)| !numbered.contains(name));
    let variables: Vec<Tree> =
        first.chain(further.map(|(name, value)| variable(name, value))).collect();
    let mut properties = vec![
        Tree::leaf("DNIS", call.dialed.as_str()),
        Tree::leaf("callType", call.call_type.name()),
        Tree::leaf("dialedNumber", call.dialed.as_str()),
    ];
    if let Some(TeamView { id, name }) = &call.queue {
        properties.push(Tree::leaf("queueNumber", id.as_str()));
        properties.push(Tree::leaf("queueName", name.as_str()));
    }
    if let Some(outbound) = &call.outbound {
        let classification = outbound.classification.map_or("", |it| it.name());
        properties.push(Tree::leaf("outboundClassification", classification));
    }
    properties.extend(call.wrap_up_reason.as_deref().map(|it| Tree::leaf("wrapUpReason", it)));
    properties.push(Tree::list("callvariables", variables));
    let associated = call.associated.map(|id| format!("/finesse/api/Dialog/{id}"));
    let callback = call.outbound.as_ref().and_then(|outbound| outbound.callback.as_ref());
    let callback = callback.map(|callback| {
        let fields = [
            Tree::leaf("callbackTime", callback.time.as_str()),
            Tree::leaf("callbackNumber", callback.number.as_str()),
        ];
        Tree::branch("scheduledCallbackInfo", fields)
    });
    // A caller who withholds the number is no participant.
    let parties = call.parties.iter().filter(|party| !party.address.is_empty());
    let mut fields = vec![
        Tree::leaf("associatedDialogUri", associated.unwrap_or_default()),
        Tree::leaf("fromAddress", call.from.as_str()),
        Tree::number("id", call.id),
        Tree::branch("mediaProperties", properties),
        Tree::leaf("mediaType", "Voice"),
        Tree::list("participants", parties.map(participant)),
    ];
    fields.extend(callback);
    fields.extend([
        Tree::leaf("state", call.state.name()),
        Tree::leaf("toAddress", call.to.as_str()),
        Tree::leaf("uri", dialog_uri(call)),
    ]);
    Tree::branch(root, fields)
}

/// The device of a party outside has no type.
fn participant(party: &PartyView) -> Tree {
    let actions = party.actions.iter().map(|action| Tree::leaf("action", action.name()));
    let kind = if party.agent.is_some() { "AGENT_DEVICE" } else { "" };
    Tree::branch(
        "Participant",
        [
            Tree::branch("actions", actions),
            Tree::leaf("mediaAddress", party.address.as_str()),
            Tree::leaf("mediaAddressType", kind),
            Tree::leaf("startTime", party.began.as_str()),
            Tree::leaf("state", party.state.name()),
            Tree::leaf("stateCause", party.cause.map_or("", |cause| cause.name())),
            Tree::leaf("stateChangeTime", party.since.as_str()),
        ],
    )
}

/// A reason to be not ready or to sign out.
pub fn reason_code(root: &'static str, reason: &Reason) -> Tree {
    Tree::branch(
        root,
        [
            Tree::leaf("category", reason.category.name()),
            Tree::number("code", reason.code),
            Tree::leaf("forAll", if reason.for_all { "true" } else { "false" }),
            Tree::number("id", reason.id),
            Tree::leaf("label", reason.label.as_str()),
            Tree::leaf("systemCode", if reason.system { "true" } else { "false" }),
            Tree::leaf("uri", format!("/finesse/api/ReasonCode/{}", reason.id)),
        ],
    )
}

/// A team, without its members.
pub fn team(team: &TeamView) -> Tree {
    let fields = [
        Tree::leaf("id", team.id.as_str()),
        Tree::leaf("name", team.name.as_str()),
        Tree::leaf("uri", format!("/finesse/api/Team/{}", team.id)),
    ];
    Tree::branch("Team", fields)
}

fn pending_state(agent: &AgentView) -> Tree {
    Tree::leaf("pendingState", agent.pending_state.map_or("", |state| state.name()))
}

fn state_change_time(agent: &AgentView) -> Tree {
    Tree::leaf("stateChangeTime", agent.since.clone().unwrap_or_default())
}

fn user_uri(agent: &AgentView) -> String {
    format!("/finesse/api/User/{}", agent.id)
}
