//! A call of the world.

use engine::{Action, CallState, CallView, Cause};

use crate::error::Error;
use crate::server::FakeFinesse;

/// A call of the world behind a fake, which clients know as a dialog.
///
/// With several agents in a call, the first acts whose state allows it; [`crate::Agent`] acts for
/// one agent.
#[derive(Debug, Clone)]
pub struct Call<'a> {
    fake: &'a FakeFinesse,
    id: u64,
}

impl<'a> Call<'a> {
    pub(super) fn new(fake: &'a FakeFinesse, id: u64) -> Self {
        Self { fake, id }
    }

    /// The id of the dialog.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The agent answers the call.
    ///
    /// # Errors
    ///
    /// There is no such call any more, or it does not ring.
    pub fn answer(&self) -> Result<&Self, Error> {
        self.act(Action::Answer)
    }

    /// The agent puts the call on hold.
    ///
    /// # Errors
    ///
    /// There is no such call any more, or no agent talks in it.
    pub fn hold(&self) -> Result<&Self, Error> {
        self.act(Action::Hold)
    }

    /// The agent retrieves the call from hold.
    ///
    /// # Errors
    ///
    /// There is no such call any more, or it is not on hold.
    pub fn retrieve(&self) -> Result<&Self, Error> {
        self.act(Action::Retrieve)
    }

    /// The agent ends the call.
    ///
    /// # Errors
    ///
    /// There is no such call any more, or no agent can end it.
    pub fn hang_up(&self) -> Result<&Self, Error> {
        self.act(Action::Drop)
    }

    /// The party outside answers a call that an agent has made.
    ///
    /// # Errors
    ///
    /// There is no such call any more, or it is not INITIATED.
    pub fn other_side_answers(&self) -> Result<&Self, Error> {
        self.fake.act(|world| world.other_side_answers(self.id))?;
        Ok(self)
    }

    /// The party outside ends the call, or gives up while it rings.
    ///
    /// # Errors
    ///
    /// There is no such call any more, or it has ended.
    pub fn other_side_hangs_up(&self) -> Result<&Self, Error> {
        self.fake.act(|world| world.other_side_hangs_up(self.id))?;
        Ok(self)
    }

    /// A call that an agent has made fails.
    ///
    /// # Errors
    ///
    /// There is no such call any more, or it is not INITIATED.
    pub fn fails(&self, cause: Cause) -> Result<&Self, Error> {
        self.fake.act(|world| world.other_side_fails(self.id, cause))?;
        Ok(self)
    }

    /// Sets a call variable.
    ///
    /// # Errors
    ///
    /// There is no such call any more, or it has too many variables.
    pub fn set_variable(&self, name: &str, value: &str) -> Result<&Self, Error> {
        self.fake.act(|world| world.set_variable(self.id, name, value))?;
        Ok(self)
    }

    /// Sets the reason of the wrap-up, by its label.
    ///
    /// # Errors
    ///
    /// There is no such call any more, or the label is too long.
    pub fn set_wrap_up_reason(&self, label: &str) -> Result<&Self, Error> {
        self.fake.act(|world| world.set_wrap_up_reason(self.id, label))?;
        Ok(self)
    }

    /// The state of the call.
    ///
    /// # Errors
    ///
    /// There is no such call any more.
    pub fn state(&self) -> Result<CallState, Error> {
        Ok(self.view()?.state)
    }

    /// The whole view.
    ///
    /// # Errors
    ///
    /// There is no such call any more.
    pub fn view(&self) -> Result<CallView, Error> {
        self.fake.act(|world| world.call_by_id(self.id))
    }

    fn act(&self, action: Action) -> Result<&Self, Error> {
        self.fake.act(|world| world.act_for(self.id, action))?;
        Ok(self)
    }
}
