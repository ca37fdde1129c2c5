//! A queue of the world.

use engine::QueueView;

use super::Call;
use crate::error::Error;
use crate::server::FakeFinesse;

/// A queue of the world behind a fake.
#[derive(Debug, Clone)]
pub struct Queue<'a> {
    fake: &'a FakeFinesse,
    id: String,
}

impl<'a> Queue<'a> {
    pub(super) fn new(fake: &'a FakeFinesse, id: &str) -> Self {
        Self { fake, id: id.to_owned() }
    }

    /// A caller dials the queue. The agent who has been READY longest gets the call; if no agent is
    /// READY, the caller waits, and there is no call yet.
    ///
    /// # Errors
    ///
    /// There is no such queue, or too many callers wait in it.
    pub fn call_from(&self, number: &str) -> Result<Option<Call<'a>>, Error> {
        let call = self.fake.act(|world| world.call_queue(&self.id, number))?;
        Ok(call.map(|id| self.fake.call(id)))
    }

    /// The whole view.
    ///
    /// # Errors
    ///
    /// There is no such queue.
    pub fn view(&self) -> Result<QueueView, Error> {
        self.fake.act(|world| world.queue_by_id(&self.id))
    }
}
