//! An agent, and how its state changes: by request, by a supervisor, by the system.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::agent_state::{AgentState, Flavour, Wanted};
use crate::change::Change;
use crate::office::Reason;
use crate::plans::{Plan, PlanId};
use crate::refusal::{LONGEST, Refusal, check_length};
use crate::sign_in::{Device, MobileAgent, SetupCall};
use crate::spec::{AgentSpec, WrapUp, WrapUpMode};
use crate::world::World;

/// Code of a state that the system forces after the agent's client is lost (Cisco, "Desktop
/// presence and forced logout").
const FORCED: u32 = 255;

/// An agent and its present state.
#[derive(Debug, Clone)]
pub(crate) struct Agent {
    pub(crate) id: String,
    pub(crate) login_name: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) extension: String,
    /// Whether it is configured as a mobile agent.
    pub(crate) may_be_mobile: bool,
    /// The devices of its extension, if there are several to choose from.
    pub(crate) devices: Vec<Device>,
    /// The phone that it signed in with as a mobile agent.
    pub(crate) mobile: Option<MobileAgent>,
    /// The setup call of a nailed connection, while it rings.
    pub(crate) setup: Option<SetupCall>,
    /// The id of the device that it signed in with.
    pub(crate) device: Option<String>,
    pub(crate) team: String,
    pub(crate) supervises: Vec<String>,
    pub(crate) wrap_up: WrapUp,
    pub(crate) state: AgentState,
    pub(crate) reason: Option<Reason>,
    /// The pending state, which begins when the call ends.
    pub(crate) pending: Option<(AgentState, Option<Reason>)>,
    /// The state before the call.
    pub(crate) before_call: AgentState,
    /// Server time of the last change, if there was one.
    pub(crate) since: Option<Duration>,
    /// The servers, by side, on which its client is available.
    pub(crate) present: BTreeSet<usize>,
    /// The planned forced logout while its client is away.
    pub(crate) absence: Option<PlanId>,
    /// The end of its wrap-up.
    pub(crate) wrap_up_ends: Option<PlanId>,
    /// Its calls, in the order in which they began; or the one that it wraps up.
    pub(crate) calls: Vec<u64>,
}

impl Agent {
    pub(crate) fn new(spec: &AgentSpec) -> Self {
        Self {
            id: spec.id.clone(),
            login_name: spec.login_name.clone(),
            first_name: spec.first_name.clone(),
            last_name: spec.last_name.clone(),
            extension: spec.extension.clone(),
            may_be_mobile: spec.may_be_mobile,
            devices: spec.devices.clone(),
            mobile: None,
            setup: None,
            device: None,
            team: spec.team.clone(),
            supervises: spec.supervises.clone(),
            wrap_up: spec.wrap_up.clone(),
            state: spec.state,
            reason: None,
            pending: None,
            before_call: AgentState::NotReady,
            since: None,
            present: BTreeSet::new(),
            absence: None,
            wrap_up_ends: None,
            calls: Vec::new(),
        }
    }
}

impl World {
    /// A request of the agent. During a call the new state is pending until the call ends.
    ///
    /// A request for the present state changes nothing, except NOT_READY with another reason.
    /// Neither does LOGIN when signed in. `reason` is the id of a reason. `request` is the request
    /// id in the event; it may be empty.
    ///
    /// # Errors
    ///
    /// No agent has the id, its state or settings forbid the request, no reason of the category has
    /// the id, or the extension is taken.
    pub fn request(
        &mut self,
        id: &str,
        wanted: Wanted,
        reason: Option<u32>,
        request: &str,
    ) -> Result<(), Refusal> {
        check_length("characters of a request's id", request.len(), LONGEST)?;
        let agent = self.agent(id)?;
        let state = agent.state;
        if wanted == Wanted::Login && state != AgentState::Logout {
            return Ok(());
        }
        let allowed = state.allowed(self.flavour);
        if !allowed.contains(&wanted) {
            return Err(Refusal::State { agent: id.to_owned(), state, wanted, allowed });
        }
        if wanted == Wanted::Logout && self.is_called(id) {
            let allowed = &[Wanted::Ready, Wanted::NotReady];
            return Err(Refusal::State { agent: id.to_owned(), state, wanted, allowed });
        }
        if wanted == Wanted::Work
            && agent.wrap_up_mode(self.is_incoming(id)) == WrapUpMode::NotAllowed
        {
            let mode = WrapUpMode::NotAllowed.name();
            return Err(Refusal::WrapUp { agent: id.to_owned(), mode });
        }
        let reason = reason.map(|id| self.reason(id, wanted.state())).transpose()?;
        if wanted == Wanted::Login {
            self.check_device(id, &self.agent(id)?.extension)?;
        }
        self.change_to(id, wanted.state(), reason, request);
        self.settle();
        Ok(())
    }

    /// A supervisor changes the state of an agent of a supervised team. The reason is the system's:
    /// 33 with CCX, 999 with CCE (Cisco DevNet, "User: Change agent state").
    ///
    /// # Errors
    ///
    /// An agent is unknown, `by` does not supervise the team of `id`, or the state does not allow
    /// the request.
    pub fn change_for(
        &mut self,
        by: &str,
        id: &str,
        wanted: Wanted,
        request: &str,
    ) -> Result<(), Refusal> {
        self.check_supervises(by, id)?;
        let state = self.agent(id)?.state;
        let allowed = match state.allowed(self.flavour) {
            // A supervisor cannot sign an agent in.
            [Wanted::Login] => &[],
            allowed => allowed,
        };
        // READY to LOGOUT is open to supervisors with CCE as well.
        let signs_out = wanted == Wanted::Logout && state == AgentState::Ready;
        if !allowed.contains(&wanted) && !signs_out {
            return Err(Refusal::State { agent: id.to_owned(), state, wanted, allowed });
        }
        let code = if self.flavour == Flavour::Ccx { 33 } else { 999 };
        let has_reason = matches!(wanted, Wanted::NotReady | Wanted::Logout);
        let reason =
            has_reason.then(|| system_reason(code, "Changed by a supervisor", wanted.state()));
        self.change_to(id, wanted.state(), reason, request);
        self.settle();
        Ok(())
    }

    pub(crate) fn check_supervises(&self, by: &str, id: &str) -> Result<(), Refusal> {
        let team = self.agent(id)?.team.clone();
        if self.agent(by)?.supervises.contains(&team) {
            return Ok(());
        }
        Err(Refusal::NoSupervisor { by: by.to_owned(), agent: id.to_owned(), team })
    }

    /// The forced logout after a lost client. An agent in a call finishes it first.
    pub(crate) fn force_out(&mut self, id: &str) {
        let forced = self.forced;
        let Some(agent) = self.agents.get_mut(id) else { return };
        agent.absence = None;
        if agent.state == AgentState::Logout || !agent.present.is_empty() {
            return;
        }
        self.stop_ringing(id);
        let reason = system_reason(FORCED, "Client lost", forced);
        self.change_to(id, forced, Some(reason), "");
    }

    /// The state begins now, or is pending until the call ends.
    fn change_to(&mut self, id: &str, state: AgentState, reason: Option<Reason>, request: &str) {
        let Some(agent) = self.agents.get_mut(id) else { return };
        if agent.state.is_busy() {
            agent.pending = Some((state, reason));
            self.tell_agent(id, request);
            return;
        }
        if agent.state == state && (state != AgentState::NotReady || agent.reason == reason) {
            return;
        }
        if state == AgentState::Logout {
            // A supervisor may sign out an agent whose phone rings.
            self.stop_ringing(id);
        }
        let Some(agent) = self.agents.get_mut(id) else { return };
        // After a call that rings without RESERVED, the agent returns to this state.
        agent.before_call = state;
        if matches!(agent.state, AgentState::Work | AgentState::WorkReady) {
            self.finish_wrap_up(id);
        }
        self.enter(id, state, reason, request);
    }

    /// The agent is in this state from now on.
    pub(crate) fn enter(
        &mut self,
        id: &str,
        state: AgentState,
        reason: Option<Reason>,
        request: &str,
    ) {
        let now = self.now;
        let Some(agent) = self.agents.get_mut(id) else { return };
        agent.state = state;
        agent.reason = reason;
        agent.since = Some(now);
        if !state.is_busy() && !matches!(state, AgentState::Work | AgentState::WorkReady) {
            agent.pending = None;
        }
        if state == AgentState::Logout {
            agent.mobile = None;
            agent.device = None;
            if let Some(plan) = agent.absence.take() {
                self.plans.give_up(plan);
            }
        }
        self.tell_agent(id, request);
    }

    /// The agent's call has ended, and no wrap-up follows.
    pub(crate) fn back_from_call(&mut self, id: &str) {
        let Some(agent) = self.agents.get_mut(id) else { return };
        let (state, reason) = match agent.pending.take() {
            Some((AgentState::Work, _)) | None => (agent.before_call, None),
            Some(pending) => pending,
        };
        self.enter(id, state, reason, "");
    }

    /// The agent's call has ended. It wraps up until its timer ends or it requests another state.
    pub(crate) fn wrap_up(&mut self, id: &str) {
        let flavour = self.flavour;
        let Some(agent) = self.agents.get_mut(id) else { return };
        if matches!(agent.pending, Some((AgentState::Work, _))) {
            agent.pending = None;
        }
        let next = agent.pending.as_ref().map_or(agent.before_call, |(state, _)| *state);
        let state = match (flavour, next) {
            (Flavour::Cce, AgentState::Ready) => AgentState::WorkReady,
            _ => AgentState::Work,
        };
        let ends = self.now + Duration::from_secs(agent.wrap_up.seconds.into());
        agent.wrap_up_ends = Some(self.plans.make(ends, Plan::WrapUpEnds(id.to_owned())));
        // Another request made during the call stays pending until the wrap-up ends.
        self.enter(id, state, None, "");
    }

    /// The wrap-up timer has run out.
    pub(crate) fn wrap_up_is_over(&mut self, id: &str) {
        let Some(agent) = self.agents.get_mut(id) else { return };
        agent.wrap_up_ends = None;
        if !matches!(agent.state, AgentState::Work | AgentState::WorkReady) {
            return;
        }
        let usual = match (self.flavour, agent.state) {
            (Flavour::Cce, AgentState::Work) => AgentState::NotReady,
            _ => agent.before_call,
        };
        let (state, reason) = agent.pending.take().unwrap_or((usual, None));
        self.finish_wrap_up(id);
        self.enter(id, state, reason, "");
    }

    pub(crate) fn tell_agent(&mut self, id: &str, request: &str) {
        if let Some(agent) = self.agent_view(id) {
            self.tell(Change::Agent { agent, request: request.to_owned() });
        }
    }

    pub(crate) fn agent(&self, id: &str) -> Result<&Agent, Refusal> {
        self.agents.get(id).ok_or_else(|| self.unknown_agent(id))
    }

    pub(crate) fn agent_mut(&mut self, id: &str) -> Result<&mut Agent, Refusal> {
        self.agent(id)?;
        self.agents
            .get_mut(id)
            .ok_or_else(|| Refusal::UnknownAgent { id: id.to_owned(), known: Vec::new() })
    }

    fn unknown_agent(&self, id: &str) -> Refusal {
        let known = self.agents.keys().cloned().collect();
        Refusal::UnknownAgent { id: id.to_owned(), known }
    }

    fn reason(&self, id: u32, category: AgentState) -> Result<Reason, Refusal> {
        let of_category =
            || self.office.reasons.iter().filter(|reason| reason.category == category);
        of_category().find(|reason| reason.id == id).cloned().ok_or_else(|| {
            let known = of_category().map(|r| format!("{} ({})", r.id, r.label)).collect();
            Refusal::UnknownReason { id, category, known }
        })
    }

    /// The agents who are signed in at an extension: one, but for those of a file.
    pub(crate) fn signed_in_at(&self, extension: &str) -> impl Iterator<Item = &Agent> {
        let agents = self.extensions.agents_at(extension).filter_map(|id| self.agents.get(id));
        agents.filter(|agent| agent.state != AgentState::Logout)
    }

    /// Refuses LOGIN at an extension that another agent uses.
    pub(crate) fn check_device(&self, id: &str, extension: &str) -> Result<(), Refusal> {
        match self.signed_in_at(extension).find(|other| other.id != id) {
            Some(other) => {
                Err(Refusal::Device { extension: extension.to_owned(), by: other.id.clone() })
            }
            None => Ok(()),
        }
    }
}

impl Agent {
    pub(crate) fn wrap_up_mode(&self, incoming: bool) -> WrapUpMode {
        if incoming { self.wrap_up.incoming } else { self.wrap_up.outgoing }
    }
}

/// A reason that only the system uses. The labels are ours: Cisco publishes none.
fn system_reason(code: u32, label: &str, category: AgentState) -> Reason {
    Reason { id: code, code, label: label.to_owned(), category, for_all: true, system: true }
}
