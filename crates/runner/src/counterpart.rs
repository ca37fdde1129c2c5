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

    /// The next thing that passes between a session of BOSH and its stream, and the number of the
    /// session, which counts as a connection. Neither hears it before the player says so.
    fn next_passing(&mut self) -> Option<(u64, Passing)>;

    /// The stream of a session hears the client's last word.
    fn let_pass(&mut self, session: u64);

    /// The stream of a session never hears the client's last word.
    fn withhold(&mut self, session: u64);

    /// The client of a session is told an element. Of a stream that has just begun, these are the
    /// features.
    fn tell(&mut self, session: u64, text: &str);

    /// A session ends, in order or by a reset of the connections whose requests wait.
    fn end_session(&mut self, session: u64, is_reset: bool);
}

/// Something that passes between a session of BOSH and its stream.
#[derive(Debug, Clone, PartialEq)]
pub enum Passing {
    /// The client has asked for the session, with this domain and version of XMPP.
    Begun { to: Option<String>, version: Option<String> },
    /// The client says an element.
    Element(Box<Element>),
    /// The client wants its stream to begin anew (XEP-0206 §5).
    Restart,
    /// The client ends the session (XEP-0124 §13).
    Terminate,
    /// The stream has begun, or begun anew, with this id.
    Opened(String),
    /// The stream says an element.
    Said(String),
    /// The stream has ended.
    Ended,
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
