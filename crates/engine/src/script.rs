//! A script in the place of the server's own behaviour: the engine keeps connections, transports
//! and the record, and says what the script has it say.

use std::time::Duration;

use wire::{Headers, RequestHead};

use crate::numbers::ConnectionId;

/// Decides what the server says. It is told everything that clients say, in order, and gives the
/// deeds of the server in return.
pub trait Script: Send {
    /// A client asks for a WebSocket.
    fn upgrade(&mut self, id: ConnectionId, head: &RequestHead) -> Vec<Cue>;

    /// A client begins a session of BOSH. A [`ClientAct::Text`] of an `<open/>` comes next.
    fn session(&mut self, id: ConnectionId);

    /// Something came on a WebSocket, or for a session of BOSH. None if the script knows nothing of
    /// it: a close is then answered as usual.
    fn hear(&mut self, id: ConnectionId, heard: ClientAct<'_>) -> Option<Vec<Cue>>;

    /// A request of HTTP for anything but a WebSocket or BOSH.
    fn ask(&mut self, id: ConnectionId, head: &RequestHead, body: &[u8]) -> Vec<Cue>;

    /// All connections have ended, and everything begins anew.
    fn begin_anew(&mut self);
}

/// One thing that a client has said or done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAct<'a> {
    /// A text message; of a session of BOSH an element, and `<open/>` for a beginning or restart.
    Text(&'a str),
    /// It closes the WebSocket, or ends the session of BOSH.
    Close,
    /// Its connection is gone.
    Gone,
}

/// A deed of the server, and its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cue {
    /// The connection, which may be another than the one that has caused it.
    pub on: ConnectionId,
    /// How long to wait, in server time.
    pub after: Duration,
    /// The deed.
    pub deed: ServerAct,
}

/// A deed of the server on a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerAct {
    /// Let the connection be a WebSocket.
    Switch,
    /// Answer a request of HTTP.
    Respond(Reply),
    /// Send a text message as it is.
    Say(String),
    /// Send a ping of WebSocket.
    Ping,
    /// Close the WebSocket with this code and reason, or answer the client's close with them.
    Close(Option<u16>, String),
    /// End the connection in order, without a word.
    End,
    /// Reset the connection.
    Reset,
    /// The connection is that of this account from now on.
    Name(String),
    /// The script has no answer to this; the nearest thing that it has an answer to.
    Lacks {
        /// The message or request.
        what: String,
        /// The nearest, and how it differs.
        nearest: Option<String>,
    },
}

/// An answer of HTTP.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// Its phrase.
    pub reason: String,
    /// Headers but those about the length of the body.
    pub headers: Headers,
    /// The body.
    pub body: String,
}
