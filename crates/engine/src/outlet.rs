//! The output of the engine, and its receiver: the owner of a connection's socket has it at once,
//! so that the first of a thousand messages is on its way while the last is made.

use std::collections::VecDeque;
use std::time::Duration;

use crate::numbers::ConnectionId;
use crate::said::{Kind, Said};

/// An order to the owner of a connection's socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Write these octets.
    Octets(Vec<u8>),
    /// Answer this request for a file.
    Page(PageRequest),
    /// Say that nothing more will be written, and go on reading.
    Finish,
    /// Close the socket once everything is written.
    Close,
    /// The same, without the close_notify of TLS.
    Cut,
    /// Reset the connection; unwritten octets are lost.
    Reset,
}

/// A request for a file beside the API, where [`Config::pages`](crate::Config::pages) is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// The path, decoded and without its query.
    pub path: String,
    /// The answer is without its body (RFC 9110 §9.3.2).
    pub is_head: bool,
    /// The answer is the last on its connection, and says so.
    pub is_last: bool,
    /// The value of the header `Date`.
    pub date: String,
}

/// Takes what the engine hands out, in order, while the engine still works.
pub trait Outlet: Send {
    /// There is a new connection.
    fn open(&mut self, id: ConnectionId) {
        let _ = id;
    }

    /// Takes one output for one connection.
    fn put(&mut self, id: ConnectionId, output: Output);

    /// The oldest output that is kept for [`Engine::poll_output`](crate::Engine::poll_output). An
    /// outlet that passes everything on keeps none.
    fn poll(&mut self) -> Option<(ConnectionId, Output)> {
        None
    }

    /// Whether [`Outlet::published`] wants to be called.
    fn wants_publications(&self) -> bool {
        false
    }

    /// The service itself has published an item, at this server time; subscribers are told next.
    /// `payload` is the element in the item.
    fn published(&mut self, at: Duration, node: &str, payload: String) {
        let _ = (at, node, payload);
    }

    /// Whether [`Outlet::hear`] wants to be called for things of this kind.
    fn listens(&self, kind: Kind) -> bool {
        let _ = kind;
        false
    }

    /// Something was said or happened; passwords are masked in it. True if a waiting caller takes
    /// it, so that [`Engine::take_said`](crate::Engine::take_said) does not return it.
    fn hear(&mut self, said: &Said) -> bool {
        let _ = said;
        false
    }
}

/// An outlet that keeps everything until it is polled.
#[derive(Debug, Default)]
pub struct Queue(VecDeque<(ConnectionId, Output)>);

impl Outlet for Queue {
    fn put(&mut self, id: ConnectionId, output: Output) {
        self.0.push_back((id, output));
    }

    fn poll(&mut self) -> Option<(ConnectionId, Output)> {
        self.0.pop_front()
    }
}
