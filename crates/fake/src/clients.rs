//! Connected clients: list them, send to them unasked, end their sessions.

use engine::ClientView;

use crate::error::Error;
use crate::server::FakeFinesse;

impl FakeFinesse {
    /// All connected clients, in the order of their connections.
    pub fn clients(&self) -> Vec<ClientView> {
        self.engine(|engine, _| engine.clients())
    }

    /// Sends a text message as it is, unasked, to a client: to a user, a JID, or a connection
    /// (`#1`). Nothing is checked, so a test can send what no server would. Returns the number of
    /// connections that got it.
    ///
    /// # Errors
    ///
    /// No client at this address has a WebSocket.
    pub fn inject(&self, to: &str, text: &str) -> Result<usize, Error> {
        Ok(self.engine(|engine, now| engine.inject(now, to, text))?)
    }

    /// Writes octets below WebSocket, unasked, as [`FakeFinesse::inject`] does with text.
    ///
    /// # Errors
    ///
    /// No client at this address is connected.
    pub fn inject_octets(&self, to: &str, octets: &[u8]) -> Result<usize, Error> {
        Ok(self.engine(|engine, now| engine.inject_octets(now, to, octets))?)
    }

    /// Ends the sessions of a user, a JID, or a connection (`#1`) as an administrator of Openfire
    /// does: without a reason. Returns the number of sessions.
    ///
    /// # Errors
    ///
    /// No client at this address has a session.
    pub fn kick(&self, who: &str) -> Result<usize, Error> {
        Ok(self.engine(|engine, now| engine.kick(now, who))?)
    }
}
