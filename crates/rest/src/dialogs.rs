//! Dialogs: calls that agents make, and what they do in them (Cisco DevNet, "Dialog").

use contact::{Action, CallView, Classification, Flavour, Tree, documents, is_time};

use crate::answer::Answer;
use crate::body::{Body, child_text};
use crate::call::Call;
use crate::caller::Caller;
use crate::desk::Desk;
use crate::problem::Problem;
use crate::users::answered;

/// The elements of a `Dialog` that a request may have.
const ELEMENTS: &[&str] = &[
    "requestedAction",
    "targetMediaAddress",
    "fromAddress",
    "toAddress",
    "associatedDialogUri",
    "mediaProperties/callvariables/CallVariable/name",
    "mediaProperties/callvariables/CallVariable/value",
    "mediaProperties/wrapUpReason",
    "actionParams/ActionParam/name",
    "actionParams/ActionParam/value",
];

/// The parameters of actions.
const DIGITS: &str = "dtmfString";
const CLASSIFICATION: &str = "outboundClassification";
const CALLBACK_TIME: &str = "callbackTime";
const CALLBACK_NUMBER: &str = "callbackNumber";

/// Actions that begin a dialog.
const BEGINNINGS: [&str; 3] = ["MAKE_CALL", "SILENT_MONITOR", "BARGE_CALL"];

/// The calls of a user.
pub(crate) fn list(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let agent = desk.readable(call)?;
    let calls = agent.calls.iter().filter_map(|id| desk.world.call_by_id(*id).ok());
    let calls: Vec<Tree> = calls.map(|call| documents::dialog("Dialog", &call)).collect();
    Ok(Answer::document(Tree::list("Dialogs", calls)))
}

/// A user makes a call.
pub(crate) fn make(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let agent = desk.own(call)?;
    let body = Body::read(call.body, "Dialog", ELEMENTS)?;
    let action = body.needed(&["requestedAction"])?;
    if !BEGINNINGS.contains(&action.as_str()) {
        return Err(Problem::unknown("requestedAction", &action, BEGINNINGS).and(body.note));
    }
    if action == "SILENT_MONITOR" {
        return desk.listen(&agent.id, call, &body);
    }
    if action == "BARGE_CALL" {
        return desk.barge_in(&agent.id, call, &body);
    }
    if desk.world.flavour() == Flavour::Ccx && !body.all(&["mediaProperties"]).is_empty() {
        // Developer Guide 12.5, page 80.
        let note = "Unified CCX takes no `mediaProperties` with MAKE_CALL: leave it out";
        return Err(Problem::invalid("mediaProperties", "").note(note.to_owned()));
    }
    let from = body.needed(&["fromAddress"])?;
    let to = body.needed(&["toAddress"])?;
    if from != agent.extension {
        let note = format!(
            "`fromAddress` is {from:?}: the extension of the user is {:?}",
            agent.extension
        );
        return Err(Problem::invalid("fromAddress", &from).note(note).and(body.note));
    }
    let id = agent.id;
    let carried = desk.world.carry_out(&id, None, call.request, |world| world.make_call(&id, &to));
    Ok(answered(carried.err(), body.note))
}

pub(crate) fn get(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let dialog = desk.dialog(call)?;
    let may = match desk.caller()? {
        Caller::Administrator(_) => true,
        Caller::Agent(own) => dialog.parties.iter().any(|party| {
            let agent = party.agent.as_deref();
            let team = agent.and_then(|id| desk.world.agent_by_id(id).ok()).map(|it| it.team.id);
            agent == Some(own.id.as_str())
                || team.is_some_and(|team| own.supervises.iter().any(|own| own.id == team))
        }),
    };
    match may {
        true => Ok(Answer::document(documents::dialog("Dialog", &dialog))),
        false => Err(Problem::not_permitted()),
    }
}

/// A request without the id of a dialog.
pub(crate) fn without_id(_: &mut Desk<'_>, _: &Call<'_>) -> Result<Answer, Problem> {
    let note = "the path names no dialog: PUT /finesse/api/Dialog/ID".to_owned();
    Err(Problem::bare(405).header("Allow", "OPTIONS").note(note))
}

/// A user does something in a call.
pub(crate) fn act(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let dialog = desk.dialog(call)?;
    let body = Body::read(call.body, "Dialog", ELEMENTS)?;
    let requested = body.needed(&["requestedAction"])?;
    let Ok(action) = requested.parse::<Action>() else {
        let known = Action::ALL.iter().map(|action| action.name());
        return Err(Problem::unknown("requestedAction", &requested, known).and(body.note));
    };
    let Caller::Agent(own) = desk.caller()? else { return Err(Problem::not_permitted()) };
    let own = own.clone();
    let target = match action {
        Action::UpdateCallData => body.text(&["targetMediaAddress"]),
        _ => Some(body.needed(&["targetMediaAddress"])?),
    };
    // PARTICIPANT_DROP names the other party (Cisco DevNet, "Dialog: Drop participant").
    let target = target.filter(|_| action != Action::ParticipantDrop);
    if let Some(target) = target.filter(|target| *target != own.extension) {
        let note = format!(
            "`targetMediaAddress` is {target:?}: the extension of the user is {:?}",
            own.extension
        );
        return Err(Problem::invalid("targetMediaAddress", &target).note(note).and(body.note));
    }
    if !dialog.parties.iter().any(|party| party.agent.as_deref() == Some(own.id.as_str())) {
        return Err(Problem::not_permitted().note(format!("{} has no part in this call", own.id)));
    }
    let data = match action {
        Action::UpdateCallData => desk.call_data(&body)?,
        _ => CallData::default(),
    };
    let with = match action {
        Action::ConsultCall | Action::TransferSst => body.needed(&["toAddress"])?,
        Action::ParticipantDrop => body.needed(&["targetMediaAddress"])?,
        Action::SendDtmf => parameter(&body, DIGITS)?,
        Action::Reclassify => classification(&body)?,
        Action::UpdateScheduledCallback => callback_time(&body)?,
        _ => String::new(),
    };
    let number = match action {
        Action::UpdateScheduledCallback => parameter(&body, CALLBACK_NUMBER).ok(),
        _ => None,
    };
    let id = dialog.id;
    let carried = desk.world.carry_out(&own.id, Some(id), call.request, |world| {
        if action == Action::UpdateScheduledCallback {
            world.schedule_callback(id, &own.id, &with, number.as_deref())
        } else if action == Action::UpdateCallData {
            world.update_call_data(id, &data.variables, data.wrap_up_reason.as_deref())
        } else {
            world.act_in(id, &own.id, action, &with)
        }
    });
    Ok(answered(carried.err(), body.note))
}

/// A parameter of an action: `actionParams/ActionParam{name,value}`.
fn parameter(body: &Body, name: &str) -> Result<String, Problem> {
    let listed = body.all(&["actionParams", "ActionParam"]);
    let names: Vec<String> = listed.iter().filter_map(|it| child_text(it, "name")).collect();
    let own = listed.iter().find(|it| child_text(it, "name").as_deref() == Some(name));
    let value = own.and_then(|it| child_text(it, "value")).filter(|value| !value.is_empty());
    value.ok_or_else(|| {
        let wrong = names.first().filter(|own| *own != name);
        let hint = wrong.map(|own| format!("{own:?} is no parameter here: did you mean {name:?}?"));
        Problem::missing(name).and(hint).and(body.note.clone())
    })
}

/// The classification that an agent found, by one of the documented words.
fn classification(body: &Body) -> Result<String, Problem> {
    let text = parameter(body, CLASSIFICATION)?;
    if text.parse::<Classification>().is_ok() {
        return Ok(text);
    }
    let known = Classification::ALL.iter().map(|it| it.name());
    Err(Problem::unknown(CLASSIFICATION, &text, known).and(body.note.clone()))
}

/// The customer's time at which to call back.
fn callback_time(body: &Body) -> Result<String, Problem> {
    let text = parameter(body, CALLBACK_TIME)?;
    if is_time(&text) {
        return Ok(text);
    }
    let note = format!("`{CALLBACK_TIME}` is {text:?}: wanted YYYY-MM-DDThh:mm");
    Err(Problem::invalid(CALLBACK_TIME, &text).note(note).and(body.note.clone()))
}

/// The data of UPDATE_CALL_DATA.
#[derive(Debug, Default)]
struct CallData {
    variables: Vec<(String, String)>,
    wrap_up_reason: Option<String>,
}

impl CallData {
    fn read(body: &Body) -> Result<Self, Problem> {
        let mut data = Self::default();
        for variable in body.all(&["mediaProperties", "callvariables", "CallVariable"]) {
            let name = child_text(variable, "name").filter(|name| !name.is_empty());
            let name = name.ok_or_else(|| Problem::missing("name").and(body.note.clone()))?;
            data.variables.push((name, child_text(variable, "value").unwrap_or_default()));
        }
        data.wrap_up_reason = body.text(&["mediaProperties", "wrapUpReason"]);
        if data.variables.is_empty() && data.wrap_up_reason.is_none() {
            let wanted = "UPDATE_CALL_DATA wants \
                          mediaProperties/callvariables/CallVariable{name,value}, or \
                          mediaProperties/wrapUpReason";
            return Err(Problem::missing("mediaProperties")
                .and(body.note.clone())
                .and(Some(wanted.to_owned())));
        }
        Ok(data)
    }
}

impl Desk<'_> {
    /// SILENT_MONITOR: a supervisor listens to the agent at an extension.
    fn listen(&mut self, by: &str, call: &Call<'_>, body: &Body) -> Result<Answer, Problem> {
        let address = body.needed(&["toAddress"])?;
        let agents = self.world.view().agents;
        let Some(agent) = agents.into_iter().find(|agent| agent.extension == address) else {
            let note = format!("`toAddress` is {address:?}: no agent has this extension");
            return Err(Problem::invalid("toAddress", &address).note(note));
        };
        self.need_supervisor(by, &agent.team.id)?;
        let carried =
            self.world.carry_out(by, None, call.request, |world| world.listen(by, &agent.id));
        Ok(answered(carried.err(), body.note.clone()))
    }

    /// BARGE_CALL: a supervisor who listens comes into the call.
    fn barge_in(&mut self, by: &str, call: &Call<'_>, body: &Body) -> Result<Answer, Problem> {
        let uri = body.needed(&["associatedDialogUri"])?;
        let id = uri.rsplit('/').next().and_then(|id| id.parse().ok());
        let Some(id) = id else {
            let note = format!("`associatedDialogUri` is {uri:?}: wanted /finesse/api/Dialog/ID");
            return Err(Problem::invalid("associatedDialogUri", &uri).note(note));
        };
        let carried = self.world.carry_out(by, None, call.request, |world| world.barge_in(by, id));
        Ok(answered(carried.err(), body.note.clone()))
    }

    /// The data of UPDATE_CALL_DATA. Where ECC variables are configured, there are no others.
    fn call_data(&self, body: &Body) -> Result<CallData, Problem> {
        let data = CallData::read(body)?;
        let known = self.world.office.ecc_variables();
        let is_own = |name: &str| name.starts_with("callVariable") || name.starts_with("BA");
        let stranger = data.variables.iter().map(|(name, _)| name.as_str()).find(|name| {
            // An element of an array: `user.order[0]`.
            let array = name.split('[').next().unwrap_or(name);
            !known.is_empty() && !is_own(name) && !known.iter().any(|own| own == array)
        });
        match stranger {
            None => Ok(data),
            Some(name) => {
                let note =
                    format!("no ECC variable is called {name:?}: there is {}", known.join(", "));
                Err(Problem::invalid("name", name).note(note).and(body.note.clone()))
            }
        }
    }

    fn need_supervisor(&self, by: &str, team: &str) -> Result<(), Problem> {
        match self.caller()?.supervises(team) {
            true => Ok(()),
            false => {
                Err(Problem::no_supervisor(by).note(format!("{by} does not supervise team {team}")))
            }
        }
    }

    /// The dialog that the path names.
    fn dialog(&self, call: &Call<'_>) -> Result<CallView, Problem> {
        let text = call.path.get(1).map(String::as_str).unwrap_or_default();
        let found = text.parse().ok().and_then(|id| self.world.call_by_id(id).ok());
        found.ok_or_else(|| {
            let note = format!("no call {text:?} goes on");
            Problem::not_found("dialogId", "dialog").note(note)
        })
    }
}
