//! WebSocket below XMPP: messages, pings, violations and the close (RFC 6455 §5, §7).

use wire::close::code;
use wire::{Assembler, CloseFrame, Decoder, Frame, Inflater, Message, Side, Violation, opcode};

use crate::connection::{Connection, ConnectionId, Phase, WebSocket};
use crate::engine::Engine;
use crate::fault::Name;
use crate::outlet::Output;
use crate::profile::Manner;
use crate::said::{Kind, Speaker, close_in_words, control_in_words};
use crate::timers::Timer;
use crate::upgrade::Compression;

/// The longest message that is read (recorded: size_1048576 passes, size_1048577 does not).
const MAX_MESSAGE: usize = 1 << 20;

impl WebSocket {
    pub(crate) fn new(compression: Option<Compression>) -> Self {
        let assembler = Assembler::new(Side::Server, MAX_MESSAGE);
        let assembler = match compression {
            Some(Compression { unit, incoming_takeover, .. }) => {
                assembler.with_inflater(Inflater::new(unit, incoming_takeover))
            }
            None => assembler,
        };
        Self { decoder: Decoder::new(MAX_MESSAGE as u64), assembler }
    }

    /// The next whole message among the octets received.
    fn next(&mut self, accept_unmasked: bool) -> Result<Option<Message>, Violation> {
        loop {
            let Some(decoded) = self.decoder.next().map_err(|_| Violation::MessageTooBig)? else {
                return Ok(None);
            };
            let mut frame = decoded.frame;
            if accept_unmasked {
                frame.mask.get_or_insert([0; 4]);
            }
            if let Some((message, _)) = self.assembler.feed(frame)? {
                return Ok(Some(message));
            }
        }
    }
}

impl Engine {
    /// Octets for a connection that has been upgraded.
    pub(crate) fn frames(&mut self, id: ConnectionId, octets: &[u8]) {
        let accept_unmasked = self.faults.lasting(Name::AcceptUnmasked);
        if let Some(websocket) = self.websocket(id) {
            websocket.decoder.push(octets);
        }
        while let Some(websocket) = self.websocket(id) {
            match websocket.next(accept_unmasked) {
                Ok(Some(message)) => self.message(id, message),
                Ok(None) => break,
                Err(violation) => self.violation(id, &violation),
            }
        }
    }

    /// Sends a text message, compressed if that was agreed on.
    pub(crate) fn send_text(&mut self, id: ConnectionId, text: String) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        connection.last_sent = self.now;
        self.record.note(self.now, id, Speaker::Server, Kind::Text, &text);
        let frame = match &mut connection.deflater {
            Some(deflater) => {
                Frame::new(opcode::TEXT, deflater.compress(text.as_bytes())).compressed()
            }
            None => Frame::new(opcode::TEXT, text),
        };
        self.send_frame(id, &frame);
    }

    /// Once a minute: a ping, if a stream is open and nothing was said for a minute (recorded: ws_idle_ping).
    pub(crate) fn ping_tick(&mut self, id: ConnectionId) {
        let Some(tick) = self.profile.ping_tick else {
            return;
        };
        let Some(connection) = self.connections.get(&id) else {
            return;
        };
        if connection.is_streaming() && self.now.saturating_sub(connection.last_sent) >= tick {
            self.send_frame(id, &Frame::new(opcode::PING, []));
        }
        self.timers.set(self.now + tick, id, Timer::PingTick);
    }

    /// Begins the WebSocket close with 1000 and no reason, as all of Openfire's closes are.
    pub(crate) fn close_websocket(&mut self, id: ConnectionId) {
        self.close_websocket_as(id, CloseFrame::new(code::NORMAL, ""));
    }

    /// Begins the WebSocket close with this frame.
    pub(crate) fn close_websocket_as(&mut self, id: ConnectionId, frame: CloseFrame) {
        self.close_websocket_with(id, frame);
        if !self.connections.contains_key(&id) {
            return;
        }
        if self.profile.framing == Manner::Openfire {
            // Recorded: closing_long. The server half-closes TCP at once and waits for the client.
            self.put(id, Output::Finish);
        }
        self.timers.set(self.now + self.profile.close_wait, id, Timer::ForceClose);
    }

    /// The close of a server that goes away, for connections without a session (recorded: shutdown_*).
    pub(crate) fn go_away(&mut self, id: ConnectionId) {
        if self.websocket(id).is_some() {
            self.close_websocket_with(id, CloseFrame::new(code::GOING_AWAY, "Shutdown"));
        }
    }

    fn close_websocket_with(&mut self, id: ConnectionId, frame: CloseFrame) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        if connection.close_sent {
            return;
        }
        connection.close_sent = true;
        self.send_frame(id, &Frame::new(opcode::CLOSE, frame.payload()));
    }

    fn message(&mut self, id: ConnectionId, message: Message) {
        self.note_message(id, &message);
        match message {
            Message::Close(frame) => self.peer_close(id, frame),
            // RFC 6455 §5.5.1: nothing but the answer to our close is expected any more.
            _ if self.connections.get(&id).is_none_or(|connection| connection.close_sent) => {}
            Message::Text(text) => self.text(id, &text),
            Message::Ping(_) if self.faults.lasting(Name::NoPong) => {}
            Message::Ping(payload) => self.send_frame(id, &Frame::new(opcode::PONG, payload)),
            Message::Pong(_) => {}
            Message::Binary(_) => self.binary(id),
        }
    }

    fn note_message(&mut self, id: ConnectionId, message: &Message) {
        let listens = self.outlet.listens();
        if !self.record.is_on() && !listens {
            return;
        }
        let logged_in = self.connections.get(&id).is_some_and(|known| known.user().is_some());
        let (kind, text) = match message {
            Message::Text(text) => {
                let text = mask::message(text, logged_in);
                let text = text.into_owned();
                if listens {
                    let (kind, speaker) = (Kind::Text, Speaker::Client);
                    let said = self.record.made(self.now, id, speaker, kind, text.clone());
                    self.outlet.hear(&said);
                }
                (Kind::Text, text)
            }
            Message::Binary(octets) => {
                let text = String::from_utf8_lossy(octets);
                let text = mask::message(&text, logged_in).into_owned();
                (Kind::Binary, format!("[binary {text:?}]"))
            }
            Message::Ping(payload) => (Kind::Control, control_in_words("ping", payload)),
            Message::Pong(payload) => (Kind::Control, control_in_words("pong", payload)),
            Message::Close(close) => (Kind::Control, close_in_words(close.as_ref())),
        };
        self.record.note(self.now, id, Speaker::Client, kind, &text);
    }

    /// RFC 7395 §3.2: messages are of the text type. Openfire reads no others (recorded: first_binary_open).
    fn binary(&mut self, id: ConnectionId) {
        if self.profile.framing == Manner::Rfc {
            self.end_session(id);
            self.close_websocket_with(id, CloseFrame::new(code::UNSUPPORTED_DATA, ""));
            self.stop_reading(id);
        }
    }

    fn peer_close(&mut self, id: ConnectionId, frame: Option<CloseFrame>) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        let streaming = connection.is_streaming();
        let answered = connection.close_sent;
        // The siblings hear of it before the closing client does (recorded: wsclose_seen_by_sibling).
        self.end_session(id);
        if !answered {
            match self.profile.framing {
                Manner::Openfire => {
                    // Never the client's code (recorded: wsclose_1001).
                    if streaming {
                        self.say_close(id);
                    }
                    self.close_websocket_with(id, CloseFrame::new(code::NORMAL, ""));
                }
                Manner::Rfc => {
                    // RFC 6455 §5.5.1: the answer typically echoes the code.
                    let payload = frame.map(|frame| CloseFrame::new(frame.code, "").payload());
                    self.mark_close_sent(id);
                    self.send_frame(id, &Frame::new(opcode::CLOSE, payload.unwrap_or_default()));
                }
            }
        }
        // RFC 6455 §7.1.1: the server closes TCP first.
        self.stop_after_close(id);
    }

    fn violation(&mut self, id: ConnectionId, violation: &Violation) {
        self.record.note(
            self.now,
            id,
            Speaker::Client,
            Kind::Octets,
            &format!("[octets: {violation}]"),
        );
        let Some(connection) = self.connections.get(&id) else {
            return;
        };
        let (streaming, answered) = (connection.is_streaming(), connection.close_sent);
        if answered {
            self.stop_after_close(id);
            return;
        }
        match self.profile.framing {
            // Recorded: ws_*, size_*, wsclose_1byte; before the stream is opened only the close (first_rsv1).
            Manner::Openfire => {
                if streaming {
                    self.say_stream_error(id, "internal-server-error");
                    self.say_close(id);
                }
                self.close_websocket_with(id, CloseFrame::new(code::NORMAL, ""));
            }
            Manner::Rfc => {
                // RFC 6120 §13.12: a stanza over the limit is a policy violation of the stream.
                if streaming && matches!(violation, Violation::MessageTooBig) {
                    self.say_stream_error(id, "policy-violation");
                    self.say_close(id);
                }
                self.end_session(id);
                self.close_websocket_with(id, CloseFrame::new(violation.close_code(), ""));
            }
        }
        self.stop_reading(id);
    }

    fn stop_after_close(&mut self, id: ConnectionId) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.phase = Phase::Over;
        }
        self.put(id, Output::Close);
    }

    fn mark_close_sent(&mut self, id: ConnectionId) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.close_sent = true;
        }
    }

    fn send_frame(&mut self, id: ConnectionId, frame: &Frame) {
        if frame.opcode == opcode::CLOSE && self.faults.lasting(Name::RudeClose) {
            self.stop_after_close(id);
            return;
        }
        self.note_frame(id, frame);
        self.put(id, Output::Octets(frame.encode()));
    }

    /// Text was noted before it became a frame.
    fn note_frame(&mut self, id: ConnectionId, frame: &Frame) {
        if !self.record.is_on() {
            return;
        }
        let text = match frame.opcode {
            opcode::PING => control_in_words("ping", &frame.payload),
            opcode::PONG => control_in_words("pong", &frame.payload),
            opcode::CLOSE => {
                close_in_words(CloseFrame::parse(&frame.payload).ok().flatten().as_ref())
            }
            _ => return,
        };
        self.record.note(self.now, id, Speaker::Server, Kind::Control, &text);
    }

    fn websocket(&mut self, id: ConnectionId) -> Option<&mut WebSocket> {
        match self.connections.get_mut(&id) {
            Some(Connection { phase: Phase::WebSocket(websocket), .. }) => Some(websocket),
            _ => None,
        }
    }
}
