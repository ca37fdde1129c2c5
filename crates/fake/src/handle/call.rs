//! A call of the world.

use engine::{Action, CallState, CallView, Cause};

use crate::error::Error;
use crate::server::FakeFinesse;

/// A call of the world behind a fake, which clients know as a dialog.
///
/// Of several agents in a call, the first acts who may; [`crate::Agent`] has the same for one of them.
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

    /// The agent takes it.
    ///
    /// # Errors
    ///
    /// There is no such call any more, or it does not ring.
    pub fn answer(&self) -> Result<&Self, Error> {
        self.act(Action::Answer)
    }

    /// The agent puts it on hold.
    ///
    /// # Errors
    ///
    /// There is no such call any more, or nobody talks.
    pub fn hold(&self) -> Result<&Self, Error> {
        self.act(Action::Hold)
    }

    /// The agent comes back to it.
    ///
    /// # Errors
    ///
    /// There is no such call any more, or it is not on hold.
    pub fn retrieve(&self) -> Result<&Self, Error> {
        self.act(Action::Retrieve)
    }

    /// The agent ends it.
    ///
    /// # Errors
    ///
    /// There is no such call any more, or no agent can end it.
    pub fn hang_up(&self) -> Result<&Self, Error> {
        self.act(Action::Drop)
    }

    /// The other side, outside, takes the call that an agent has made.
    ///
    /// # Errors
    ///
    /// There is no such call any more, or it is none of these.
    pub fn other_side_answers(&self) -> Result<&Self, Error> {
        self.fake.act(|world| world.other_side_answers(self.id))?;
        Ok(self)
    }

    /// The other side ends it, or gives up while it rings.
    ///
    /// # Errors
    ///
    /// There is no such call any more, or it has ended.
    pub fn other_side_hangs_up(&self) -> Result<&Self, Error> {
        self.fake.act(|world| world.other_side_hangs_up(self.id))?;
        Ok(self)
    }

    /// The call that an agent has made comes to nothing.
    ///
    /// # Errors
    ///
    /// There is no such call any more, or it is none of these.
    pub fn fails(&self, cause: Cause) -> Result<&Self, Error> {
        self.fake.act(|world| world.other_side_fails(self.id, cause))?;
        Ok(self)
    }

    /// Gives a call variable a value.
    ///
    /// # Errors
    ///
    /// There is no such call any more, or it has too many variables.
    pub fn set_variable(&self, name: &str, value: &str) -> Result<&Self, Error> {
        self.fake.act(|world| world.set_variable(self.id, name, value))?;
        Ok(self)
    }

    /// How far it has come.
    ///
    /// # Errors
    ///
    /// There is no such call any more.
    pub fn state(&self) -> Result<CallState, Error> {
        Ok(self.view()?.state)
    }

    /// All about it.
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
