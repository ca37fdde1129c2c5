//! The numbers of connections and of streams, which are different things: a stream can outlive its
//! connection.

/// The number of a connection, counted from 1 from the start of the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// The number of an XMPP stream, counted from 1 from the start of the engine. The session that is
/// bound on a stream has the number of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct StreamId(pub(crate) u64);

/// The subject of a timer or of an entry of the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Party {
    /// The server as a whole.
    Service,
    Connection(ConnectionId),
    Stream(StreamId),
}

impl From<ConnectionId> for Party {
    fn from(id: ConnectionId) -> Self {
        Self::Connection(id)
    }
}

impl From<StreamId> for Party {
    fn from(id: StreamId) -> Self {
        Self::Stream(id)
    }
}
