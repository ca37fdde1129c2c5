//! What a test does with the clients of a fake: who is there, what they are sent unasked, and their end.

use engine::ClientView;

use crate::error::Error;
use crate::server::FakeFinesse;

impl FakeFinesse {
    /// All clients, in the order in which they came.
    pub fn clients(&self) -> Vec<ClientView> {
        self.engine(|engine, _| engine.clients())
    }

    /// Sends a text message as it is, unasked, to a client: to a user, a JID, or a connection (`#1`). Nothing is checked,
    /// so that clients can be shown what no server would say. Returns to how many connections it went.
    ///
    /// # Errors
    ///
    /// Nobody of this address has a WebSocket.
    pub fn inject(&self, to: &str, text: &str) -> Result<usize, Error> {
        Ok(self.engine(|engine, now| engine.inject(now, to, text))?)
    }

    /// Writes octets below WebSocket, unasked, as [`FakeFinesse::inject`] does with text.
    ///
    /// # Errors
    ///
    /// Nobody of this address is connected.
    pub fn inject_octets(&self, to: &str, octets: &[u8]) -> Result<usize, Error> {
        Ok(self.engine(|engine, now| engine.inject_octets(now, to, octets))?)
    }

    /// Ends the sessions of a user, a JID, or a connection (`#1`) as an administrator of Openfire does: without a reason.
    /// Returns how many there were.
    ///
    /// # Errors
    ///
    /// Nobody of this address is there.
    pub fn kick(&self, who: &str) -> Result<usize, Error> {
        Ok(self.engine(|engine, now| engine.kick(now, who))?)
    }
}
