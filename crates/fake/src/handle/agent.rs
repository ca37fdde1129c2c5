//! An agent of the world.

use engine::{Action, AgentState, AgentView, Wanted};

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

    fn request(&self, wanted: Wanted, reason: Option<u32>) -> Result<&Self, Error> {
        self.fake.act(|world| world.request(&self.id, wanted, reason, ""))?;
        Ok(self)
    }

    fn act(&self, action: Action) -> Result<&Self, Error> {
        self.fake.act(|world| world.act(&self.id, action))?;
        Ok(self)
    }
}
