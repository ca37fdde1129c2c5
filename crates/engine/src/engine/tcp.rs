//! XMPP over TCP: a connection that carries a stream from its first octet on.

use super::Engine;
use crate::fact::End;
use crate::numbers::ConnectionId;
use crate::stream::{Framing, Stream};
use crate::timers::Timer;
use crate::transport::Incoming;

impl Engine {
    /// A connection carries a stream that is not open yet.
    pub(super) fn begin_tcp(&mut self, id: ConnectionId) {
        self.begin_stream(id, Framing::Tags);
        self.with_connection(id, |connection, cx| {
            connection.begin_tcp(cx);
            if let Some(idle) = cx.settings.profile.tcp_idle {
                cx.set_timer(idle / 2, id, Timer::ReadIdle);
            }
        });
        self.watch_idle(id);
    }

    /// Octets of a stream, and the next piece among them. True if there may be another.
    pub(super) fn next_piece(&mut self, id: ConnectionId, octets: &[u8]) -> bool {
        self.with_connection(id, |connection, cx| connection.push_stream(cx.now, octets));
        let logged_in = self.stream_of(id).and_then(Stream::user).is_some();
        let has_begun = self.stream_of(id).is_some_and(Stream::has_begun);
        let Some(connection) = self.connections.get_mut(&id) else { return false };
        let Some(stream) = connection.stream else { return false };
        let incoming = connection.next_piece(&mut self.cx, has_begun, logged_in);
        let Some(incoming) = incoming else { return false };
        match incoming {
            Incoming::Text(text) => self.text(stream, &text),
            Incoming::Element(element) => self.element(stream, &element),
            Incoming::Fails(condition) => {
                self.with_stream(stream, |stream, cx| stream.fail(cx, condition));
            }
            // The end tag comes all the same (`NIOConnection.close`).
            Incoming::Ends => self.with_stream(stream, |stream, cx| {
                stream.begin(cx);
                stream.close(cx);
            }),
            Incoming::Foreign { host, namespace } => {
                self.with_stream(stream, |stream, cx| stream.refuse_content(cx, host, &namespace));
            }
            Incoming::Nothing | Incoming::Close(_) | Incoming::Breach(_) => {}
        }
        self.run();
        true
    }

    /// Pings a client that has said nothing for half of the time that it may, and ends its stream
    /// after the whole (`ConnectionHandler.sessionIdle`, `ClientConnectionHandler.sessionIdle`).
    pub(super) fn ask_if_idle(&mut self, id: ConnectionId) {
        let Some(connection) = self.connections.get(&id) else { return };
        let (Some(idle), Some(stream)) = (self.cx.settings.profile.tcp_idle, connection.stream)
        else {
            return;
        };
        let said = connection.last_active;
        let next = match self.cx.now.saturating_sub(said) {
            time if time >= idle => {
                self.note_end(id, End::Idle);
                self.with_stream(stream, Stream::close);
                return;
            }
            time if time >= idle / 2 => {
                self.hub.ping(&mut self.cx, stream);
                said + idle
            }
            _ => said + idle / 2,
        };
        self.cx.set_timer(next.saturating_sub(self.cx.now), id, Timer::ReadIdle);
    }
}
