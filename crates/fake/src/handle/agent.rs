//! An agent of the world.

use engine::{Action, AgentState, AgentView, Classification, Wanted};

use super::Call;
use crate::error::Error;
use crate::server::FakeFinesse;

/// An agent of the world behind a fake. Changes are published before the method returns. A request
/// that the agent's state does not allow changes nothing; its error lists the allowed ones.
#[derive(Debug, Clone)]
pub struct Agent<'a> {
    fake: &'a FakeFinesse,
    id: String,
}

impl<'a> Agent<'a> {
    pub(super) fn new(fake: &'a FakeFinesse, id: &str) -> Self {
        Self { fake, id: id.to_owned() }
    }

    /// The id of the agent, as given to [`FakeFinesse::agent`](crate::FakeFinesse::agent).
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Signs in at the agent's own extension; the state is then NOT_READY. No effect on an agent
    /// who is signed in.
    ///
    /// # Errors
    ///
    /// There is no such agent, or the extension is taken.
    pub fn login(&self) -> Result<&Self, Error> {
        self.request(Wanted::Login, None)
    }

    /// Signs in at another extension.
    ///
    /// # Errors
    ///
    /// There is no such agent, or the extension is taken.
    pub fn login_at(&self, extension: &str) -> Result<&Self, Error> {
        self.fake.act(|world| world.login_at(&self.id, extension, ""))?;
        Ok(self)
    }

    /// Requests READY, which begins at once or after the present call.
    ///
    /// # Errors
    ///
    /// There is no such agent, or its state does not allow it.
    pub fn ready(&self) -> Result<&Self, Error> {
        self.request(Wanted::Ready, None)
    }

    /// Requests NOT_READY, which begins at once or after the present call; `reason` is the id of a
    /// reason of the world.
    ///
    /// # Errors
    ///
    /// There is no such agent or reason, or the state does not allow it.
    pub fn not_ready(&self, reason: impl Into<Option<u32>>) -> Result<&Self, Error> {
        self.request(Wanted::NotReady, reason.into())
    }

    /// Requests wrap-up (WORK) after the present call.
    ///
    /// # Errors
    ///
    /// There is no such agent, it is in no call, or its wrap-up is not allowed.
    pub fn work(&self) -> Result<&Self, Error> {
        self.request(Wanted::Work, None)
    }

    /// Signs out.
    ///
    /// # Errors
    ///
    /// There is no such agent, or its state does not allow it.
    pub fn logout(&self) -> Result<&Self, Error> {
        self.request(Wanted::Logout, None)
    }

    /// Signs out for a reason of the world, by its id.
    ///
    /// # Errors
    ///
    /// There is no such agent or reason, or the state does not allow it.
    pub fn logout_because(&self, reason: u32) -> Result<&Self, Error> {
        self.request(Wanted::Logout, Some(reason))
    }

    /// A request as a client makes it by REST. It is always accepted; a refusal comes as an error
    /// event on the agent's node. `request` is the request id in the event.
    ///
    /// # Errors
    ///
    /// There is no such agent.
    pub fn asks_for(
        &self,
        wanted: Wanted,
        reason: Option<u32>,
        request: &str,
    ) -> Result<&Self, Error> {
        self.fake.act(|world| world.ask(&self.id, wanted, reason, request))?;
        Ok(self)
    }

    /// A supervisor changes the agent's state.
    ///
    /// # Errors
    ///
    /// There is no such agent, the other does not supervise its team, or the state does not allow
    /// it.
    pub fn changed_by(&self, supervisor: &str, wanted: Wanted) -> Result<&Self, Error> {
        self.fake.act(|world| world.change_for(supervisor, &self.id, wanted, ""))?;
        Ok(self)
    }

    /// The state of the agent.
    ///
    /// # Errors
    ///
    /// There is no such agent.
    pub fn state(&self) -> Result<AgentState, Error> {
        Ok(self.view()?.state)
    }

    /// The agent with state, team, extension and call.
    ///
    /// # Errors
    ///
    /// There is no such agent.
    pub fn view(&self) -> Result<AgentView, Error> {
        self.fake.act(|world| world.agent_by_id(&self.id))
    }

    /// A call from outside rings: from a queue if the agent is READY, else to its own number.
    ///
    /// # Errors
    ///
    /// There is no such agent, or no call can reach it in its state.
    pub fn ring(&self, from: &str) -> Result<Call<'a>, Error> {
        let call = self.fake.act(|world| world.ring(&self.id, from))?;
        Ok(Call::new(self.fake, call))
    }

    /// The agent calls a number: the extension of another agent, or a number outside.
    ///
    /// # Errors
    ///
    /// There is no such agent, or it cannot make a call in its state.
    pub fn call(&self, number: &str) -> Result<Call<'a>, Error> {
        let call = self.fake.act(|world| world.make_call(&self.id, number))?;
        Ok(Call::new(self.fake, call))
    }

    /// Takes the call that rings.
    ///
    /// # Errors
    ///
    /// There is no such agent, or no call rings at it.
    pub fn answer(&self) -> Result<&Self, Error> {
        self.act(Action::Answer)
    }

    /// Puts its call on hold.
    ///
    /// # Errors
    ///
    /// There is no such agent, or it does not talk in a call.
    pub fn hold(&self) -> Result<&Self, Error> {
        self.act(Action::Hold)
    }

    /// Comes back to its call.
    ///
    /// # Errors
    ///
    /// There is no such agent, or it has no call on hold.
    pub fn retrieve(&self) -> Result<&Self, Error> {
        self.act(Action::Retrieve)
    }

    /// Ends its call.
    ///
    /// # Errors
    ///
    /// There is no such agent, or it has no call to end.
    pub fn hang_up(&self) -> Result<&Self, Error> {
        self.act(Action::Drop)
    }

    /// Puts its call on hold and calls a number about it. Returns the consultation.
    ///
    /// # Errors
    ///
    /// There is no such agent, or it does not talk in its only call.
    pub fn consult(&self, number: &str) -> Result<Call<'a>, Error> {
        self.act_with(Action::ConsultCall, number)?;
        Ok(Call::new(self.fake, self.view()?.call.unwrap_or_default()))
    }

    /// Joins the other party of its consultation to the call that it is about, and leaves.
    ///
    /// # Errors
    ///
    /// There is no such agent, or it has no consultation that was answered.
    pub fn transfer(&self) -> Result<&Self, Error> {
        self.act(Action::Transfer)
    }

    /// Joins the other party of its consultation to the call that it is about, and stays.
    ///
    /// # Errors
    ///
    /// There is no such agent, or it has no consultation that was answered.
    pub fn conference(&self) -> Result<&Self, Error> {
        self.act(Action::Conference)
    }

    /// Sends its call to a number and leaves, without a consultation.
    ///
    /// # Errors
    ///
    /// There is no such agent, it does not talk in its only call, or the agent at this number
    /// cannot be reached.
    pub fn transfer_to(&self, number: &str) -> Result<&Self, Error> {
        self.act_with(Action::TransferSst, number)
    }

    /// Takes another party out of a conference, by its address.
    ///
    /// # Errors
    ///
    /// There is no such agent, or the conference has no such party.
    pub fn drop_participant(&self, address: &str) -> Result<&Self, Error> {
        self.act_with(Action::ParticipantDrop, address)
    }

    /// Sends digits as tones.
    ///
    /// # Errors
    ///
    /// There is no such agent, it does not talk, or a telephone has no such digit.
    pub fn send_dtmf(&self, digits: &str) -> Result<&Self, Error> {
        self.act_with(Action::SendDtmf, digits)
    }

    /// A dialer offers a customer of a campaign. Returns the reservation, which becomes the call
    /// when the agent accepts it.
    ///
    /// # Errors
    ///
    /// There is no such agent, or it is not READY.
    pub fn preview(&self, campaign: &str, number: &str) -> Result<Call<'a>, Error> {
        let call = self.fake.act(|world| world.preview(&self.id, campaign, number))?;
        Ok(Call::new(self.fake, call))
    }

    /// Takes the customer that a dialer offers: the number is dialled.
    ///
    /// # Errors
    ///
    /// There is no such agent, or no dialer offers it a customer.
    pub fn accept(&self) -> Result<&Self, Error> {
        self.act(Action::Accept)
    }

    /// Leaves the customer that a dialer offers to other agents.
    ///
    /// # Errors
    ///
    /// As [`Agent::accept`].
    pub fn reject(&self) -> Result<&Self, Error> {
        self.act(Action::Reject)
    }

    /// Takes the customer that a dialer offers out of the campaign.
    ///
    /// # Errors
    ///
    /// As [`Agent::accept`].
    pub fn close(&self) -> Result<&Self, Error> {
        self.act(Action::Close)
    }

    /// Says what it found at the other end of its outbound call.
    ///
    /// # Errors
    ///
    /// There is no such agent, or it has no outbound call.
    pub fn reclassify(&self, classification: Classification) -> Result<&Self, Error> {
        self.act_with(Action::Reclassify, classification.name())
    }

    /// Schedules a callback to the customer of its outbound call, at the customer's time
    /// `YYYY-MM-DDThh:mm`.
    ///
    /// # Errors
    ///
    /// There is no such agent, it has no outbound call, or the time is none.
    pub fn schedule_callback(&self, time: &str) -> Result<&Self, Error> {
        self.act_with(Action::UpdateScheduledCallback, time)
    }

    /// Gives up the callback that it has scheduled.
    ///
    /// # Errors
    ///
    /// There is no such agent, or it has scheduled none.
    pub fn cancel_callback(&self) -> Result<&Self, Error> {
        self.act(Action::CancelScheduledCallback)
    }

    /// Records its call from now on.
    ///
    /// # Errors
    ///
    /// There is no such agent, it does not talk, or the world has no recording.
    pub fn start_recording(&self) -> Result<&Self, Error> {
        self.act(Action::StartRecording)
    }

    /// A supervisor listens to another agent of a team. Returns the supervisor's own call.
    ///
    /// # Errors
    ///
    /// There is no such agent, this one does not supervise the team of the other or has a call, or
    /// the other does not talk.
    pub fn listen_to(&self, other: &str) -> Result<Call<'a>, Error> {
        let call = self.fake.act(|world| world.listen(&self.id, other))?;
        Ok(Call::new(self.fake, call))
    }

    /// A supervisor who listens comes into the call.
    ///
    /// # Errors
    ///
    /// There is no such agent, or it listens to nobody.
    pub fn barge_in(&self) -> Result<&Self, Error> {
        let listening = self.view()?.call.unwrap_or_default();
        self.fake.act(|world| world.barge_in(&self.id, listening))?;
        Ok(self)
    }

    fn request(&self, wanted: Wanted, reason: Option<u32>) -> Result<&Self, Error> {
        self.fake.act(|world| world.request(&self.id, wanted, reason, ""))?;
        Ok(self)
    }

    fn act(&self, action: Action) -> Result<&Self, Error> {
        self.act_with(action, "")
    }

    fn act_with(&self, action: Action, with: &str) -> Result<&Self, Error> {
        self.fake.act(|world| world.act_with(&self.id, action, with))?;
        Ok(self)
    }
}
