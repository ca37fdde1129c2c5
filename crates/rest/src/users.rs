//! Users: their state, and what they ask for themselves (Cisco DevNet, "User").

use contact::{
    AgentState, AgentView, Flavour, MobileAgent, MobileMode, Refusal, SignIn, Tree, Wanted,
    documents,
};

use crate::answer::Answer;
use crate::body::Body;
use crate::call::Call;
use crate::caller::Caller;
use crate::desk::Desk;
use crate::problem::Problem;

/// The elements of a `User` that a request may have.
const ELEMENTS: &[&str] = &[
    "state",
    "extension",
    "reasonCodeId",
    "activeDeviceId",
    "mobileAgent/mode",
    "mobileAgent/dialNumber",
    "desktopChatUsername",
];

/// The longest client log, in characters (Cisco DevNet, "ClientLog: Post to Finesse").
const LONGEST_LOG: usize = 1_048_576;

pub(crate) fn get(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let agent = desk.readable(call)?;
    Ok(Answer::document(documents::user("User", &agent)))
}

/// Sign in, change the state, sign out; or a supervisor does it to an agent of the team.
pub(crate) fn put(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let agent = desk.named(call)?;
    let body = Body::read(call.body, "User", ELEMENTS)?;
    let state = body.needed(&["state"])?;
    let wanted = match state.parse::<Wanted>() {
        Ok(wanted) => wanted,
        Err(_) if state.parse::<AgentState>().is_ok() => {
            let note = format!("{state} cannot be requested: it begins by itself");
            return Err(Problem::invalid_state(&state).note(note).and(body.note));
        }
        Err(_) => {
            let known = Wanted::ALL.iter().map(|wanted| wanted.name());
            return Err(Problem::unknown("state", &state, known).and(body.note));
        }
    };
    let reason = reason(&body)?;
    let id = agent.id;
    match desk.caller()? {
        Caller::Agent(own) if own.id == id => {}
        caller => {
            let by = caller.name().to_owned();
            return desk.put_for(&by, &id, &agent.team.id, wanted, reason.is_some(), call);
        }
    }
    let request = call.request;
    if let Some(reason) = reason {
        desk.check_reason(reason, wanted)?;
    }
    let how = match wanted {
        Wanted::Login => Some(sign_in(&body)?),
        _ => None,
    };
    let world = &mut *desk.world;
    let carried = world.carry_out(&id, None, request, |world| match how {
        Some(how) => world.sign_in(&id, how, request),
        None => world.request(&id, wanted, reason, request),
    });
    Ok(answered(carried.err(), body.note))
}

/// The way in which an agent signs in. The phone of a mobile agent needs mode and number (Developer
/// Guide 12.5, page 32).
fn sign_in(body: &Body) -> Result<SignIn, Problem> {
    let extension = Some(body.needed(&["extension"])?);
    let mobile = match body.all(&["mobileAgent"]).is_empty() {
        true => None,
        false => {
            let mode = body.needed(&["mobileAgent", "mode"])?;
            let Ok(mode) = mode.parse::<MobileMode>() else {
                let known = MobileMode::ALL.iter().map(|mode| mode.name());
                return Err(Problem::unknown("mode", &mode, known).and(body.note.clone()));
            };
            Some(MobileAgent { mode, dial_number: body.needed(&["mobileAgent", "dialNumber"])? })
        }
    };
    Ok(SignIn { extension, mobile, device: body.text(&["activeDeviceId"]) })
}

/// The devices of an extension.
pub(crate) fn devices(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let extension = call.parameter("extension").ok_or_else(|| Problem::missing("extension"))?;
    let agents = desk.world.view().agents;
    let of = agents.iter().find(|agent| agent.extension == extension);
    let of = of.ok_or_else(|| {
        let note = format!("no agent has the extension {extension:?}");
        Problem::not_found("extension", "device").note(note)
    })?;
    Ok(Answer::document(documents::devices("Devices", "Device", &of.devices)))
}

/// The answer to a request that was accepted, whatever came of it.
pub(crate) fn answered(refusal: Option<Refusal>, note: Option<String>) -> Answer {
    let refused = refusal.map(|refusal| format!("accepted, and then refused: {refusal}"));
    let notes: Vec<String> = refused.into_iter().chain(note).collect();
    let note = Some(notes.join("; ")).filter(|note| !note.is_empty());
    Answer::accepted().noted(note)
}

fn reason(body: &Body) -> Result<Option<u32>, Problem> {
    let Some(text) = body.text(&["reasonCodeId"]) else { return Ok(None) };
    match text.parse::<i64>() {
        // -1 stands for none, as in the answers.
        Ok(-1) => Ok(None),
        Ok(number) if u32::try_from(number).is_ok() => Ok(u32::try_from(number).ok()),
        _ => Err(Problem::invalid("reasonCodeId", &text)),
    }
}

/// All users, for administrators.
pub(crate) fn all(desk: &mut Desk<'_>, _: &Call<'_>) -> Result<Answer, Problem> {
    desk.administrator()?;
    let users = desk.world.view().agents;
    let users = users.iter().map(|agent| documents::user("User", agent));
    Ok(Answer::document(Tree::list("Users", users)))
}

/// The queues that a user serves. CCX has none (Cisco DevNet, "User: Get a list of queues").
pub(crate) fn queues(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    let agent = desk.readable(call)?;
    desk.need_cce("Queues")?;
    let queues = desk.world.queues_of(&agent.id);
    let queues = queues.iter().map(|queue| documents::queue("Queue", queue));
    Ok(Answer::document(Tree::list("Queues", queues)))
}

/// One queue.
pub(crate) fn queue(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    desk.need_cce("Queue")?;
    let id = call.path.get(1).map(String::as_str).unwrap_or_default();
    match desk.world.queue_by_id(id) {
        Ok(queue) => Ok(Answer::document(documents::queue("Queue", &queue))),
        Err(refusal) => Err(Problem::not_found("queueId", "queue").note(refusal.to_string())),
    }
}

/// Non-voice media, which no agent here has. Only CCE knows them.
pub(crate) fn media(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    desk.readable(call)?;
    desk.need_cce("Media")?;
    Ok(Answer::document(Tree::list("MediaList", [])))
}

/// Non-voice dialogs, which no agent here has.
pub(crate) fn media_dialogs(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    desk.readable(call)?;
    desk.need_cce("Media")?;
    Ok(Answer::document(Tree::list("Dialogs", [])))
}

/// A medium that the agent does not have (Cisco DevNet, "Media API Errors").
pub(crate) fn medium(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    match call.method {
        "PUT" => desk.own(call)?,
        _ => desk.readable(call)?,
    };
    desk.need_cce("Media")?;
    let id = call.path.last().map(String::as_str).unwrap_or_default();
    let note = format!("no agent has the medium {id:?}: there is voice alone");
    Err(Problem::not_found("mediaId", "media").note(note))
}

/// The log of a desktop. It is checked, and not kept.
pub(crate) fn client_log(desk: &mut Desk<'_>, call: &Call<'_>) -> Result<Answer, Problem> {
    desk.own(call)?;
    let body = Body::read(call.body, "ClientLog", &["logData"])?;
    let log = body.needed(&["logData"])?;
    if log.chars().count() > LONGEST_LOG {
        let note = format!("`logData` has at most {LONGEST_LOG} characters");
        return Err(Problem::invalid("logData", "").note(note));
    }
    Ok(Answer::accepted().noted(body.note))
}

impl Desk<'_> {
    /// The user that the path names, by id or login name; for its own eyes, those of its
    /// supervisors, and administrators.
    pub(crate) fn readable(&self, call: &Call<'_>) -> Result<AgentView, Problem> {
        let agent = self.named(call)?;
        match self.caller()? {
            Caller::Administrator(_) => Ok(agent),
            Caller::Agent(own) if own.id == agent.id => Ok(agent),
            caller if caller.supervises(&agent.team.id) => Ok(agent),
            _ => Err(self.foreign(named(call))),
        }
    }

    /// The user that the path names, who has to be the one who asks.
    pub(crate) fn own(&self, call: &Call<'_>) -> Result<AgentView, Problem> {
        let agent = self.named(call)?;
        match self.caller()? {
            Caller::Agent(own) if own.id == agent.id => Ok(agent),
            _ => Err(self.foreign(named(call))),
        }
    }

    /// The refusal of another user's path. Clients in the field name themselves by their extension.
    fn foreign(&self, name: &str) -> Problem {
        let problem = Problem::foreign(name);
        match self.world.view().agents.iter().find(|agent| agent.extension == name) {
            Some(AgentView { id, .. }) => problem.note(format!(
                "{name:?} is the extension of agent {id}: the path has its id or login name"
            )),
            None => problem,
        }
    }

    /// The user that the path names. An agent learns of nobody else whether there is such a user.
    fn named(&self, call: &Call<'_>) -> Result<AgentView, Problem> {
        let name = named(call);
        match self.world.agent_named(name) {
            Some(agent) => Ok(agent),
            None => Err(match self.caller()? {
                Caller::Agent(own) if own.supervises.is_empty() => self.foreign(name),
                _ => {
                    Problem::not_found("userId", "user").note(format!("no user is named {name:?}"))
                }
            }),
        }
    }

    /// A supervisor, or an agent who is none, changes the state of another.
    fn put_for(
        &mut self,
        by: &str,
        id: &str,
        team: &str,
        wanted: Wanted,
        has_reason: bool,
        call: &Call<'_>,
    ) -> Result<Answer, Problem> {
        let caller = self.caller()?;
        if !caller.supervises(team) {
            let is_agent = matches!(caller, Caller::Agent(own) if own.supervises.is_empty());
            return Err(match is_agent {
                true => Problem::foreign(id),
                false => Problem::no_supervisor(by)
                    .note(format!("{by} does not supervise team {team} of agent {id}")),
            });
        }
        if has_reason {
            // Cisco DevNet, "User: Change agent state": the reason is the system's.
            let note = "a supervisor sends no reason for another: leave `reasonCodeId` out";
            return Err(Problem::invalid("reasonCodeId", "").note(note.to_owned()));
        }
        let request = call.request;
        let carried = self
            .world
            .carry_out(by, None, request, |world| world.change_for(by, id, wanted, request));
        Ok(answered(carried.err(), None))
    }

    /// Refuses a reason that is none of the state's.
    fn check_reason(&self, reason: u32, wanted: Wanted) -> Result<(), Problem> {
        let category = match wanted {
            Wanted::NotReady => AgentState::NotReady,
            Wanted::Logout => AgentState::Logout,
            // Elsewhere a reason has no meaning.
            _ => return Ok(()),
        };
        let of_category = || self.world.office.reasons.iter().filter(|it| it.category == category);
        if of_category().any(|it| it.id == reason) {
            return Ok(());
        }
        let known: Vec<String> =
            of_category().map(|it| format!("{} ({})", it.id, it.label)).collect();
        let note =
            format!("no reason {reason} for {}: there is {}", category.name(), known.join(", "));
        Err(Problem::invalid("reasonCodeId", &reason.to_string()).note(note))
    }

    /// Refuses an object that only CCE has. The status that CCX answers with is not documented.
    pub(crate) fn need_cce(&self, object: &str) -> Result<(), Problem> {
        match self.world.flavour() {
            Flavour::Cce => Ok(()),
            Flavour::Ccx => {
                let message = format!("{object} is not supported for Unified CCX deployments");
                let note = format!("{object} is there with CCE: `flavour` of the world is \"ccx\"");
                Err(Problem::not_implemented(&message).note(note))
            }
        }
    }
}

/// The user's name in the path.
fn named<'a>(call: &'a Call<'_>) -> &'a str {
    call.path.get(1).map(String::as_str).unwrap_or_default()
}
