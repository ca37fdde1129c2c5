//! The server that a client under test speaks with, as the player sees it: a machine without input and output.

use tokio::time::Instant;

use crate::scene::Action;

/// A server as a machine: all that a call causes, on whatever connection, can be taken when it returns, and nothing else
/// comes until the next call.
pub trait Counterpart: Send {
    /// A client has connected, and has asked TLS for the server of this name. Gives the number of the connection.
    fn accept(&mut self, server_name: Option<String>) -> u64;

    /// The client has said something.
    fn receive(&mut self, connection: u64, octets: &[u8]);

    /// The client has ended its connection.
    fn ended(&mut self, connection: u64);

    /// The next thing that is said to a client, and on which connection.
    fn next_output(&mut self) -> Option<(u64, Output)>;

    /// When something falls due.
    fn next_timeout(&self) -> Option<Instant>;

    /// Does what has fallen due.
    fn fire(&mut self);

    /// Carries out a `do` step.
    ///
    /// # Errors
    ///
    /// It cannot be done; one line.
    fn perform(&mut self, action: &Action) -> Result<(), String>;

    /// Goes on from what a client was told in its place.
    fn assume(&mut self, connection: u64, told: &Assumption);
}

/// Something that a server says on a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Octets.
    Octets(Vec<u8>),
    /// The end of its direction.
    End,
    /// A reset.
    Reset,
}

/// What a client was told that its server would not have said to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assumption {
    /// It is logged in, as this user (RFC 6120 §6.4.6).
    LoggedIn {
        /// The login name.
        user: String,
    },
    /// It has got this resource (RFC 6120 §7.6.1).
    Bound {
        /// The resource.
        resource: String,
    },
}
