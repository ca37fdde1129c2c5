//! Octets of a connection become HTTP messages, WebSocket messages, and what is neither.

use std::collections::VecDeque;

use tokio::time::Instant;
use transcript::Side;
use wire::{
    Assembler, BodyReader, Decoder, Frame, Inflater, Message, RequestHead, ResponseHead, opcode,
};

use super::incoming::{Incoming, Received};
use super::leg::Input;

/// Largest message taken from a peer, in octets; eight times what Openfire allows itself.
const LARGEST_MESSAGE: u64 = 8 << 20;

/// The parser of one side's octets on a connection.
pub(crate) struct Parser {
    /// The speaker.
    who: Side,
    mode: Mode,
    /// The methods of the requests without an answer, in their order: the body of an answer depends
    /// on its request (RFC 9112 §6.3).
    methods: VecDeque<String>,
    /// Answers to a client, each with whether it switches protocols: the client's protocol after
    /// its request depends on this.
    answers: VecDeque<bool>,
    /// Octets read and not understood yet.
    buffer: Vec<u8>,
    /// The octets of what is being read, as they came.
    raw: Vec<u8>,
    /// When the last octets came.
    at: Instant,
    /// The messages that are complete.
    complete: VecDeque<Received>,
}

/// The protocol of the octets on the connection just now.
enum Mode {
    Http,
    Body(Head, BodyReader, usize),
    /// A request was read; the next octets depend on its answer. After one that asks to switch,
    /// nothing may come before it.
    Waiting {
        switch: bool,
    },
    Frames(Decoder, Assembler),
    /// After something unreadable: everything is octets.
    Lost,
}

/// The head of an HTTP message of either side.
enum Head {
    Request(RequestHead),
    Response(ResponseHead),
}

impl Parser {
    /// Nothing was said yet.
    pub(crate) fn new(who: Side) -> Self {
        Self {
            who,
            mode: Mode::Http,
            methods: VecDeque::new(),
            answers: VecDeque::new(),
            buffer: Vec::new(),
            raw: Vec::new(),
            at: Instant::now(),
            complete: VecDeque::new(),
        }
    }

    /// Messages in frames come from the beginning: a transport without frames is told as one.
    pub(crate) fn in_frames(&mut self) {
        let side = if self.who == Side::Server { wire::Side::Client } else { wire::Side::Server };
        self.mode = self.frames(side, None);
    }

    /// Something came.
    pub(crate) fn take_in(&mut self, what: Input, at: Instant) {
        match what {
            Input::Octets(octets) => self.push(&octets, at),
            Input::End => self.end(Incoming::Eof, at),
            Input::Reset => self.end(Incoming::Reset, at),
        }
    }

    /// Octets came.
    pub(crate) fn push(&mut self, octets: &[u8], at: Instant) {
        self.at = at;
        self.buffer.extend_from_slice(octets);
        self.digest();
    }

    /// The connection ended, in order or by a reset.
    pub(crate) fn end(&mut self, end: Incoming, at: Instant) {
        self.at = at;
        match std::mem::replace(&mut self.mode, Mode::Lost) {
            Mode::Body(head, body, octets) => {
                self.put(head.with(body.body().to_vec()), octets);
            }
            Mode::Frames(decoder, _) => self.buffer = decoder.remaining().to_vec(),
            Mode::Http | Mode::Waiting { .. } | Mode::Lost => {}
        }
        self.digest();
        self.put(end, 0);
    }

    /// A request of this method was made to the side that speaks here.
    pub(crate) fn requested(&mut self, method: &str) {
        self.methods.push_back(method.to_owned());
    }

    /// The client that speaks here was answered, with a 101 or with something else.
    pub(crate) fn answered(&mut self, switches: bool) {
        self.answers.push_back(switches);
        self.digest();
    }

    /// Whether the client that speaks here keeps the body of a request until it is told to go on
    /// (RFC 9110 §10.1.1).
    pub(crate) fn is_held_back(&self) -> bool {
        matches!(&self.mode, Mode::Body(Head::Request(head), body, _)
            if body.body().is_empty() && head.headers.has_token("Expect", "100-continue"))
    }

    /// The server that speaks here speaks in frames from now on, without having said so.
    pub(crate) fn switch(&mut self) {
        self.mode = self.frames(wire::Side::Client, None);
    }

    /// The next thing that is complete.
    pub(crate) fn next(&mut self) -> Option<Received> {
        self.complete.pop_front()
    }

    /// Takes all that is complete out of the buffer.
    fn digest(&mut self) {
        let mut mode = std::mem::replace(&mut self.mode, Mode::Lost);
        loop {
            mode = match mode {
                Mode::Waiting { switch } => match self.answers.pop_front() {
                    Some(true) => self.frames(wire::Side::Server, None),
                    Some(false) => Mode::Http,
                    // RFC 6455 §4.1: once it has asked, a client waits for the answer before it
                    // says more.
                    None if switch && !self.buffer.is_empty() => Mode::Lost,
                    None => break self.mode = Mode::Waiting { switch },
                },
                Mode::Http => match self.head() {
                    Ok(None) => break self.mode = Mode::Http,
                    Ok(Some((head, used))) => {
                        self.raw.extend(self.buffer.drain(..used));
                        self.after_head(head, used)
                    }
                    Err(()) => Mode::Lost,
                },
                Mode::Body(head, mut body, octets) => {
                    let pushed = body.push(&self.buffer);
                    let used = *pushed.as_ref().unwrap_or(&0);
                    self.raw.extend(self.buffer.drain(..used));
                    if pushed.is_ok() && !body.is_complete() {
                        break self.mode = Mode::Body(head, body, octets + used);
                    }
                    let next = head.next();
                    self.put(head.with(body.body().to_vec()), octets + used);
                    if pushed.is_ok() { next } else { Mode::Lost }
                }
                Mode::Frames(mut decoder, mut assembler) => {
                    decoder.push(&std::mem::take(&mut self.buffer));
                    loop {
                        match decoder.next() {
                            Ok(None) => {
                                self.mode = Mode::Frames(decoder, assembler);
                                return;
                            }
                            Ok(Some(decoded)) => {
                                self.frame(decoded.frame, decoded.octets, &mut assembler)
                            }
                            Err(_) => {
                                self.buffer = decoder.remaining().to_vec();
                                break;
                            }
                        }
                    }
                    Mode::Lost
                }
                Mode::Lost => {
                    if !self.buffer.is_empty() {
                        let octets = std::mem::take(&mut self.buffer);
                        let len = octets.len();
                        self.raw.extend(&octets);
                        self.put(Incoming::Garbage { octets }, len);
                    }
                    break;
                }
            }
        }
    }

    /// The head at the start of the buffer, once it is complete.
    fn head(&self) -> Result<Option<(Head, usize)>, ()> {
        match self.who {
            Side::Server => ResponseHead::parse(&self.buffer)
                .map(|head| head.map(|(head, used)| (Head::Response(head), used))),
            Side::Client => RequestHead::parse(&self.buffer)
                .map(|head| head.map(|(head, used)| (Head::Request(head), used))),
        }
        .map_err(|_| ())
    }

    fn after_head(&mut self, head: Head, used: usize) -> Mode {
        let body = match &head {
            // RFC 9110 §15.2.2: after a 101 the connection speaks the new protocol.
            Head::Response(response) if response.status == 101 => {
                // RFC 7692 §5: accepted extensions are in force from here on. The case's own
                // messages stay uncompressed (§6.1).
                let inflater = Inflater::agreed(&response.headers);
                self.put(head.with(Vec::new()), used);
                return self.frames(wire::Side::Client, inflater);
            }
            Head::Response(response) => {
                // RFC 9110 §15.2: an interim response is followed by the final one.
                let method = match response.status {
                    100..=199 => None,
                    _ => self.methods.pop_front(),
                };
                wire::http::response_body(response, method.as_deref().unwrap_or_default())
            }
            Head::Request(request) => wire::http::request_body(request),
        };
        match BodyReader::new(body) {
            Ok(body) => Mode::Body(head, body, used),
            Err(_) => {
                self.put(head.with(Vec::new()), used);
                Mode::Lost
            }
        }
    }

    /// From here on frames come, to `side`.
    fn frames(&self, side: wire::Side, inflater: Option<Inflater>) -> Mode {
        let assembler = Assembler::new(side, LARGEST_MESSAGE as usize);
        let assembler = match inflater {
            Some(inflater) => assembler.with_inflater(inflater),
            None => assembler,
        };
        Mode::Frames(Decoder::new(LARGEST_MESSAGE), assembler)
    }

    fn frame(&mut self, frame: Frame, octets: usize, assembler: &mut Assembler) {
        self.raw.extend(frame.encode());
        let whole = (frame.fin && frame.opcode != opcode::CONTINUATION).then(|| frame.clone());
        match assembler.feed(frame.clone()) {
            Ok(None) => {}
            Ok(Some((message, fragments))) => {
                let element = match &message {
                    Message::Text(text) => stanza::parse(text).ok(),
                    _ => None,
                };
                self.put(Incoming::Message { message, fragments, frame: whole, element }, octets);
            }
            Err(violation) => self.put(Incoming::BadFrame { frame, violation }, octets),
        }
    }

    fn put(&mut self, incoming: Incoming, octets: usize) {
        let raw = std::mem::take(&mut self.raw);
        let received = Received::new(incoming, self.who, self.at);
        self.complete.push_back(Received { octets, raw, ..received });
    }
}

impl Head {
    fn with(self, body: Vec<u8>) -> Incoming {
        match self {
            Self::Request(head) => Incoming::Request { head, body },
            Self::Response(head) => Incoming::Response { head, body },
        }
    }

    /// The octets behind the message.
    fn next(&self) -> Mode {
        match self {
            Self::Request(head) => {
                Mode::Waiting { switch: head.headers.first("Upgrade").is_some() }
            }
            Self::Response(_) => Mode::Http,
        }
    }
}
