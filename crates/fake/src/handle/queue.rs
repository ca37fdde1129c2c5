//! A queue of the world.

use engine::QueueView;

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

    /// A caller dials the queue. The agent who has been READY longest gets the call; if none is,
    /// the caller waits.
    ///
    /// # Errors
    ///
    /// There is no such queue, or too many callers wait in it.
    pub fn call_from(&self, number: &str) -> Result<&Self, Error> {
        self.fake.act(|world| world.call_queue(&self.id, number))?;
        Ok(self)
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
