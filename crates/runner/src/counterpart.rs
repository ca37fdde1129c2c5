//! The server that a client under test speaks with, as the player sees it: a machine without input
//! and output.

use stanza::{Element, Jid};
use tokio::time::Instant;

use crate::scene::Action;

/// A server as a machine: all that a call causes, on whatever connection, can be taken when it
/// returns, and nothing else comes until the next call.
pub trait Counterpart: Send {
    /// A client has connected. Gives the number of the connection.
    fn accept(&mut self) -> u64;

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

    /// Goes on from what the client was told in its place. To the client it says nothing of that.
    fn assume(&mut self, connection: u64, answer: Assumption);
}

/// Something that a server says on a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    Octets(Vec<u8>),
    /// The end of its direction.
    End,
    Reset,
}

/// An answer that a client was given in the counterpart's place.
#[derive(Debug, Clone, PartialEq)]
pub enum Assumption {
    /// Its request for a WebSocket was answered with 101, without compression.
    Upgraded,
    /// Its `<open/>` was answered with `<open/>`.
    Opened,
    /// Its login was answered with `<success/>`: it is this user.
    LoggedIn(String),
    /// Its request for a resource was answered with this full JID.
    Bound(Jid),
    /// This request of it was answered with a result.
    Answered(Element),
}
