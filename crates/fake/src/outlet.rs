//! What the engine hands out, and to whom: the owner of a connection's socket has it at once, so that the first of a thousand
//! messages is on its way while the last is made.

use crate::connection::ConnectionId;

/// What the owner of a connection's socket has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Output {
    /// Write these octets.
    Octets(Vec<u8>),
    /// Say that nothing more will be written, and go on reading.
    Finish,
    /// Close the socket once everything is written.
    Close,
    /// The same, without the close_notify of TLS.
    Cut,
    /// Reset the connection; what is not written yet is lost.
    Reset,
}

/// Takes what the engine hands out, in order.
pub(crate) trait Outlet: Send {
    /// There is a new connection.
    fn open(&mut self, id: ConnectionId) {
        let _ = id;
    }

    /// Hands out one thing for one connection.
    fn put(&mut self, id: ConnectionId, output: Output);

    /// What is kept for whoever comes to fetch it.
    #[cfg(test)]
    fn fetch(&mut self) -> Vec<(ConnectionId, Output)> {
        Vec::new()
    }
}

/// Keeps everything until it is fetched.
#[cfg(test)]
#[derive(Debug, Default)]
pub(crate) struct Kept(Vec<(ConnectionId, Output)>);

#[cfg(test)]
impl Outlet for Kept {
    fn put(&mut self, id: ConnectionId, output: Output) {
        self.0.push((id, output));
    }

    fn fetch(&mut self) -> Vec<(ConnectionId, Output)> {
        std::mem::take(&mut self.0)
    }
}
