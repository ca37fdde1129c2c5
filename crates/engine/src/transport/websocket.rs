//! WebSocket: messages, pings, violations and the close (RFC 6455 §5, §7).

use std::time::Duration;

use wire::close::code;
use wire::{
    Assembler, CloseFrame, Decoder, Deflater, Frame, Inflater, Message, Side, Violation, opcode,
};

use super::http::Compression;
use super::jetty_frames::Oddities;
use super::{Connection, Incoming, Phase, tcp};
use crate::context::{Context, Effect};
use crate::dialect::Dialect;
use crate::fact::End;
use crate::fault::{Faults, Name, Transport, written};
use crate::outlet::Output;
use crate::said::{Kind, Speaker, close_in_words, control_in_words};
use crate::timers::Timer;

/// The longest message that is read (recorded: size_1048576 passes, size_1048577 does not).
const MAX_MESSAGE: usize = 1 << 20;

/// How long input is still read after a connection that broke the rules was told so.
const DRAIN: Duration = Duration::from_secs(5);

/// The receiving half of a WebSocket.
#[derive(Debug)]
pub(crate) struct WebSocket {
    decoder: Decoder,
    assembler: Assembler,
    /// Those of Openfire's server, where it is that.
    oddities: Option<Oddities>,
}

impl WebSocket {
    fn new(compression: Option<Compression>, dialect: Dialect) -> Self {
        let assembler = Assembler::new(Side::Server, MAX_MESSAGE);
        let assembler = match compression {
            Some(Compression { unit, incoming_takeover, .. }) => {
                assembler.with_inflater(Inflater::new(unit, incoming_takeover))
            }
            None => assembler,
        };
        let oddities = (dialect == Dialect::Openfire).then(Oddities::default);
        Self { decoder: Decoder::new(MAX_MESSAGE as u64), assembler, oddities }
    }

    /// The memory that it takes, in octets.
    pub(crate) fn held(&self) -> usize {
        self.decoder.held() + self.assembler.held()
    }

    /// Takes octets of the peer.
    pub(crate) fn push(&mut self, octets: &[u8]) {
        self.decoder.push(octets);
    }

    /// Whether octets are there that may be another message.
    pub(crate) fn has_octets(&self) -> bool {
        !self.decoder.remaining().is_empty()
    }

    /// The next whole message among the octets received.
    fn next(&mut self, faults: &Faults) -> Result<Option<Message>, Violation> {
        loop {
            let Some(decoded) = self.decoder.next().map_err(|_| Violation::MessageTooBig)? else {
                // A header is judged before its payload has come, but for the mask, which Jetty
                // looks at last (`Parser.parseFrame`, `Parser.notifyFrame`).
                if let Some(mut header) = self.decoder.header() {
                    header.mask.get_or_insert([0; 4]);
                    let odd = self.oddities.as_ref().map(|_| Oddities::header(&mut header));
                    let checked =
                        odd.unwrap_or(Ok(())).and_then(|()| self.assembler.check(&header));
                    if checked.is_err() && !faults.lasting(Name::ReadOn) {
                        checked?;
                    }
                }
                return Ok(None);
            };
            let mut frame = decoded.frame;
            if frame.mask.is_none() && faults.lasting(Name::AcceptUnmasked) {
                frame.mask = Some([0; 4]);
            }
            if opcode::is_control(frame.opcode) && faults.lasting(Name::DeflateMarkedControl) {
                frame.rsv = 0;
            }
            if frame.opcode == opcode::CLOSE
                && !self.decoder.remaining().is_empty()
                && faults.lasting(Name::ReadAfterClose)
            {
                continue;
            }
            let odd = self.oddities.as_mut().map(|oddities| oddities.frame(&mut frame));
            match odd.unwrap_or(Ok(())).and_then(|()| self.assembler.feed(frame)) {
                Ok(Some((message, _))) => return Ok(Some(message)),
                Ok(None) => {}
                Err(_) if faults.lasting(Name::ReadOn) => {}
                Err(violation) => return Err(violation),
            }
        }
    }
}

/// A peer's close, until the connection has answered it.
#[derive(Debug)]
pub(crate) struct PeerClose {
    /// Whether it answers the server's own.
    pub(crate) is_answer: bool,
    frame: Option<CloseFrame>,
}

/// A breach of the rules of WebSocket, until the connection has answered it.
#[derive(Debug)]
pub(crate) struct Breach {
    /// The stream error with which an open stream ends.
    pub(crate) condition: Option<&'static str>,
    /// The close code (RFC 6455 §7.4.1).
    code: u16,
}

impl Connection {
    /// Reads the next message; none until more octets have come. Pings are answered.
    pub(crate) fn next(&mut self, cx: &mut Context, logged_in: bool) -> Option<Incoming> {
        let message = match self.websocket()?.next(&cx.faults) {
            Ok(message) => message?,
            Err(violation) => return Some(self.violated(cx, &violation)),
        };
        self.note_message(cx, &message, logged_in);
        Some(match message {
            Message::Close(frame) => {
                let is_answer = self.close_sent;
                let code = frame.as_ref().map(|frame| frame.code);
                self.end.get_or_insert(if is_answer { End::Server } else { End::WebSocket(code) });
                Incoming::Close(PeerClose { is_answer, frame })
            }
            // RFC 6455 §5.5.1: nothing but the answer to our close is expected any more.
            _ if self.close_sent => Incoming::Nothing,
            Message::Text(text) => Incoming::Text(text),
            Message::Ping(payload) => {
                self.pong(cx, payload);
                Incoming::Nothing
            }
            Message::Binary(octets) if cx.faults.lasting(Name::ReadBinary) => {
                Incoming::Text(String::from_utf8_lossy(&octets).into_owned())
            }
            // RFC 7395 §3.2: messages are of the text type. Openfire reads no others (recorded:
            // first_binary_open).
            Message::Binary(_) if cx.dialect() == Dialect::Rfc => {
                Incoming::Breach(Breach { condition: None, code: code::UNSUPPORTED_DATA })
            }
            Message::Binary(_) | Message::Pong(_) => Incoming::Nothing,
        })
    }

    /// The peer broke the rules of framing.
    fn violated(&mut self, cx: &mut Context, violation: &Violation) -> Incoming {
        cx.note(self.id, Speaker::Client, Kind::Octets, format!("[octets: {violation}]"));
        if self.close_sent {
            self.end(cx);
            return Incoming::Nothing;
        }
        Incoming::Breach(match cx.dialect() {
            // Recorded: ws_*, size_*, wsclose_1byte.
            Dialect::Openfire => {
                Breach { condition: Some("internal-server-error"), code: code::NORMAL }
            }
            Dialect::Rfc => {
                // RFC 6120 §13.12: a stanza over the limit is a policy violation of the stream.
                let is_too_big = matches!(violation, Violation::MessageTooBig);
                let condition = is_too_big.then_some("policy-violation");
                Breach { condition, code: violation.close_code() }
            }
        })
    }

    fn note_message(&self, cx: &mut Context, message: &Message, logged_in: bool) {
        let kind = match message {
            Message::Text(_) => Kind::Text,
            Message::Binary(_) => Kind::Binary,
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => Kind::Control,
        };
        if !cx.notes(kind) {
            return;
        }
        let text = match message {
            Message::Text(text) => return cx.note_message(self.id, kind, text, logged_in),
            Message::Binary(octets) => {
                let text = String::from_utf8_lossy(octets);
                if !logged_in {
                    cx.settings.secrets.offered_in(&text);
                }
                format!("[binary {:?}]", mask::message(&text, logged_in))
            }
            Message::Ping(payload) => control_in_words("ping", payload),
            Message::Pong(payload) => control_in_words("pong", payload),
            Message::Close(close) => close_in_words(close.as_ref()),
        };
        cx.note(self.id, Speaker::Client, kind, text);
    }

    /// It is a WebSocket from now on.
    pub(crate) fn upgrade(&mut self, cx: &mut Context, compression: Option<Compression>) {
        self.phase = Phase::WebSocket(Box::new(WebSocket::new(compression, cx.dialect())));
        self.deflater = compression.map(|compression| Deflater::new(compression.outgoing_takeover));
        self.last_sent = cx.now;
        cx.timers.cancel(self.id.into(), |timer| *timer == Timer::HttpIdle);
        if let Some(tick) = cx.settings.profile.ping_tick {
            cx.set_timer(tick, self.id, Timer::PingTick);
        }
    }

    /// A text message on its way, compressed if that was agreed on. A session takes it as it is.
    pub(crate) fn text(&mut self, cx: &mut Context, text: String) -> Output {
        self.last_sent = cx.now;
        cx.note(self.id, Speaker::Server, Kind::Text, text.as_str());
        let text = match self.transport {
            Transport::Tcp => tcp::spelled(text),
            Transport::Ws | Transport::Bosh => text,
        };
        if self.transport != Transport::Ws {
            return Output::Octets(text.into_bytes());
        }
        let frame = match &mut self.deflater {
            Some(deflater) => {
                let frame = Frame::new(opcode::TEXT, deflater.compress(text.as_bytes()));
                if cx.faults.lasting(Name::DeflateUnmarked) { frame } else { frame.compressed() }
            }
            None => Frame::new(opcode::TEXT, text),
        };
        Output::Octets(written(&cx.faults, frame))
    }

    /// Answers a ping.
    fn pong(&mut self, cx: &mut Context, payload: Vec<u8>) {
        if !cx.faults.lasting(Name::NoPong) {
            self.send_control(cx, Frame::new(opcode::PONG, payload));
        }
    }

    /// Once a minute: a ping, if a stream is open and nothing was said for a minute (recorded:
    /// ws_idle_ping).
    pub(crate) fn ping_tick(&mut self, cx: &mut Context, is_open: bool) {
        let Some(tick) = cx.settings.profile.ping_tick else {
            return;
        };
        if is_open && cx.now.saturating_sub(self.last_sent) >= tick {
            self.send_control(cx, Frame::new(opcode::PING, []));
        }
        cx.set_timer(tick, self.id, Timer::PingTick);
    }

    /// Sends a ping.
    pub(crate) fn ping(&mut self, cx: &mut Context) {
        if self.websocket().is_some() && !self.close_sent {
            self.send_control(cx, Frame::new(opcode::PING, []));
        }
    }

    /// Begins the close with 1000 and no reason, as all of Openfire's closes are.
    pub(crate) fn close(&mut self, cx: &mut Context) {
        self.close_as(cx, CloseFrame::new(code::NORMAL, ""));
    }

    /// Begins the close with this frame. A transport without close frames just ends.
    pub(crate) fn close_as(&mut self, cx: &mut Context, frame: CloseFrame) {
        if self.transport != Transport::Ws {
            self.end.get_or_insert(End::Server);
            self.put(cx, Output::Close);
            return;
        }
        if self.send_close(cx, frame.payload()) {
            return;
        }
        if cx.is_openfire() {
            // Recorded: closing_long. The server half-closes TCP at once and waits for the client.
            self.put(cx, Output::Finish);
        }
        cx.set_timer(cx.settings.profile.close_wait, self.id, Timer::CloseOverdue);
    }

    /// Closes as a script says, with a code or without. The answer to the peer's close ends the
    /// connection. A session of BOSH has no code, and ends.
    pub(crate) fn close_by_script(&mut self, cx: &mut Context, code: Option<u16>, reason: &str) {
        let is_answer = matches!(self.end, Some(End::WebSocket(_)));
        let payload = code.map(|code| CloseFrame::new(code, reason).payload());
        if self.is_session() {
            self.close(cx);
        } else if is_answer {
            self.send_close(cx, payload.unwrap_or_default());
            self.end(cx);
        } else if !self.send_close(cx, payload.unwrap_or_default()) {
            cx.set_timer(cx.settings.profile.close_wait, self.id, Timer::CloseOverdue);
        }
    }

    /// The close of a server that goes away, for connections without a session (recorded:
    /// shutdown_*).
    pub(crate) fn go_away(&mut self, cx: &mut Context) {
        if self.websocket().is_some() {
            self.send_close(cx, CloseFrame::new(code::GOING_AWAY, "Shutdown").payload());
        }
    }

    /// Ends after the peer's close, which is answered first if it began. The server ends TCP first,
    /// as RFC 6455 §7.1.1 wants it.
    pub(crate) fn finish_close(&mut self, cx: &mut Context, close: PeerClose) {
        if !close.is_answer {
            let payload = match (cx.dialect(), close.frame) {
                // Never the client's code (recorded: wsclose_1001).
                (Dialect::Openfire, _) => CloseFrame::new(code::NORMAL, "").payload(),
                // RFC 6455 §5.5.1: the answer typically echoes the code.
                (Dialect::Rfc, Some(frame)) => CloseFrame::new(frame.code, "").payload(),
                (Dialect::Rfc, None) => Vec::new(),
            };
            self.send_close(cx, payload);
        }
        self.end(cx);
    }

    /// Closes after a breach.
    pub(crate) fn refuse(&mut self, cx: &mut Context, breach: Breach) {
        self.send_close(cx, CloseFrame::new(breach.code, "").payload());
        self.stop_reading(cx);
    }

    /// Stops reading and gives the peer a moment to take what was sent.
    pub(crate) fn stop_reading(&mut self, cx: &mut Context) {
        self.phase = Phase::Over;
        self.end.get_or_insert(End::Server);
        self.put(cx, Output::Finish);
        cx.set_timer(DRAIN, self.id, Timer::Drained);
    }

    /// Reads nothing more, and ends once everything is sent.
    pub(crate) fn end(&mut self, cx: &mut Context) {
        self.phase = Phase::Over;
        self.put(cx, Output::Close);
    }

    /// Lets the owner of the socket do something.
    pub(crate) fn put(&self, cx: &mut Context, output: Output) {
        cx.want(Effect::Put(self.id, output));
    }

    /// Sends the close frame, once; true where the connection has ended in its place.
    fn send_close(&mut self, cx: &mut Context, payload: Vec<u8>) -> bool {
        if std::mem::replace(&mut self.close_sent, true) {
            return false;
        }
        if cx.faults.lasting(Name::RudeClose) {
            self.end(cx);
            return true;
        }
        self.send_control(cx, Frame::new(opcode::CLOSE, payload));
        false
    }

    fn send_control(&mut self, cx: &mut Context, frame: Frame) {
        self.last_active = cx.now;
        if cx.notes(Kind::Control) {
            let text = match frame.opcode {
                opcode::PING => control_in_words("ping", &frame.payload),
                opcode::PONG => control_in_words("pong", &frame.payload),
                _ => close_in_words(CloseFrame::parse(&frame.payload).ok().flatten().as_ref()),
            };
            cx.note(self.id, Speaker::Server, Kind::Control, text);
        }
        let octets = written(&cx.faults, frame);
        self.put(cx, Output::Octets(octets));
    }
}
