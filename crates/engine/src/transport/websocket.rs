//! WebSocket: messages, pings, violations and the close (RFC 6455 §5, §7).

use std::time::Duration;

use wire::close::code;
use wire::{
    Assembler, CloseFrame, Decoder, Deflater, Frame, Inflater, Message, Side, Violation, opcode,
};

use super::http::Compression;
use super::{Connection, Phase};
use crate::context::{Context, Effect};
use crate::dialect::Dialect;
use crate::fact::End;
use crate::fault::Name;
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
}

impl WebSocket {
    fn new(compression: Option<Compression>) -> Self {
        let assembler = Assembler::new(Side::Server, MAX_MESSAGE);
        let assembler = match compression {
            Some(Compression { unit, incoming_takeover, .. }) => {
                assembler.with_inflater(Inflater::new(unit, incoming_takeover))
            }
            None => assembler,
        };
        Self { decoder: Decoder::new(MAX_MESSAGE as u64), assembler }
    }

    /// The memory that it takes, in octets.
    pub(crate) fn held(&self) -> usize {
        self.decoder.held() + self.assembler.held()
    }

    /// Takes octets of the peer.
    pub(crate) fn push(&mut self, octets: &[u8]) {
        self.decoder.push(octets);
    }

    /// The next whole message among the octets received.
    pub(crate) fn next(&mut self, accept_unmasked: bool) -> Result<Option<Message>, Violation> {
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

impl Connection {
    /// It is a WebSocket from now on.
    pub(crate) fn upgrade(&mut self, cx: &mut Context, compression: Option<Compression>) {
        self.phase = Phase::WebSocket(Box::new(WebSocket::new(compression)));
        self.deflater = compression.map(|compression| Deflater::new(compression.outgoing_takeover));
        self.last_sent = cx.now;
        cx.timers.cancel(self.id.into(), |timer| *timer == Timer::HttpIdle);
        if let Some(tick) = cx.settings.profile.ping_tick {
            cx.set_timer(tick, self.id, Timer::PingTick);
        }
    }

    /// A text message on its way, compressed if that was agreed on.
    pub(crate) fn text(&mut self, cx: &mut Context, text: String) -> Output {
        self.last_sent = cx.now;
        cx.note(self.id, Speaker::Server, Kind::Text, text.as_str());
        let frame = match &mut self.deflater {
            Some(deflater) => {
                Frame::new(opcode::TEXT, deflater.compress(text.as_bytes())).compressed()
            }
            None => Frame::new(opcode::TEXT, text),
        };
        Output::Octets(frame.encode())
    }

    /// Answers a ping.
    pub(crate) fn pong(&mut self, cx: &mut Context, payload: Vec<u8>) {
        if !cx.faults.lasting(Name::NoPong) {
            self.send_control(cx, &Frame::new(opcode::PONG, payload));
        }
    }

    /// Once a minute: a ping, if a stream is open and nothing was said for a minute (recorded:
    /// ws_idle_ping).
    pub(crate) fn ping_tick(&mut self, cx: &mut Context, is_open: bool) {
        let Some(tick) = cx.settings.profile.ping_tick else {
            return;
        };
        if is_open && cx.now.saturating_sub(self.last_sent) >= tick {
            self.send_control(cx, &Frame::new(opcode::PING, []));
        }
        cx.set_timer(tick, self.id, Timer::PingTick);
    }

    /// Begins the close with 1000 and no reason, as all of Openfire's closes are.
    pub(crate) fn close(&mut self, cx: &mut Context) {
        self.close_as(cx, CloseFrame::new(code::NORMAL, ""));
    }

    /// Begins the close with this frame.
    pub(crate) fn close_as(&mut self, cx: &mut Context, frame: CloseFrame) {
        if self.send_close(cx, frame.payload()) {
            return;
        }
        if cx.is_openfire() {
            // Recorded: closing_long. The server half-closes TCP at once and waits for the client.
            self.put(cx, Output::Finish);
        }
        cx.set_timer(cx.settings.profile.close_wait, self.id, Timer::CloseOverdue);
    }

    /// The close of a server that goes away, for connections without a session (recorded:
    /// shutdown_*).
    pub(crate) fn go_away(&mut self, cx: &mut Context) {
        if self.websocket().is_some() {
            self.send_close(cx, CloseFrame::new(code::GOING_AWAY, "Shutdown").payload());
        }
    }

    /// Answers the peer's close, and ends TCP first, as RFC 6455 §7.1.1 wants it of a server.
    pub(crate) fn answer_close(&mut self, cx: &mut Context, frame: Option<CloseFrame>) {
        let payload = match (cx.dialect(), frame) {
            // Never the client's code (recorded: wsclose_1001).
            (Dialect::Openfire, _) => CloseFrame::new(code::NORMAL, "").payload(),
            // RFC 6455 §5.5.1: the answer typically echoes the code.
            (Dialect::Rfc, Some(frame)) => CloseFrame::new(frame.code, "").payload(),
            (Dialect::Rfc, None) => Vec::new(),
        };
        self.send_close(cx, payload);
        self.end(cx);
    }

    /// The peer sent a message that is not text (RFC 7395 §3.2). Openfire does not read it
    /// (recorded: first_binary_open).
    pub(crate) fn refuse_binary(&mut self, cx: &mut Context) {
        self.send_close(cx, CloseFrame::new(code::UNSUPPORTED_DATA, "").payload());
        self.stop_reading(cx);
    }

    /// The peer broke the rules of framing.
    pub(crate) fn refuse_violation(&mut self, cx: &mut Context, violation: &Violation) {
        let code = match cx.dialect() {
            Dialect::Openfire => code::NORMAL,
            Dialect::Rfc => violation.close_code(),
        };
        self.send_close(cx, CloseFrame::new(code, "").payload());
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
        self.send_control(cx, &Frame::new(opcode::CLOSE, payload));
        false
    }

    fn send_control(&mut self, cx: &mut Context, frame: &Frame) {
        if cx.notes(Kind::Control) {
            let text = match frame.opcode {
                opcode::PING => control_in_words("ping", &frame.payload),
                opcode::PONG => control_in_words("pong", &frame.payload),
                _ => close_in_words(CloseFrame::parse(&frame.payload).ok().flatten().as_ref()),
            };
            cx.note(self.id, Speaker::Server, Kind::Control, text);
        }
        self.put(cx, Output::Octets(frame.encode()));
    }
}
