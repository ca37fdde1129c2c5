//! The reading half of a connection: octets become HTTP messages, WebSocket messages, and what is neither.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use tokio::io::{AsyncReadExt as _, ReadHalf};
use tokio::sync::{mpsc, oneshot};
use transcript::Who;
use wire::net::Stream;
use wire::{
    Assembler, BodyReader, Decoder, Frame, Inflater, Message, RequestHead, ResponseHead, Side,
    opcode,
};

use super::incoming::{Incoming, Received};
use super::leg::Ledger;

/// Largest message taken from a peer, in octets; sixteen times what Openfire allows itself.
const LARGEST_MESSAGE: u64 = 16 * 1024 * 1024;

/// The reading half.
pub(super) struct Reading {
    /// The connection that what is read belongs to.
    pub(super) index: usize,
    /// Who speaks here.
    pub(super) who: Who,
    pub(super) reader: ReadHalf<Stream>,
    pub(super) inbox: mpsc::Sender<(usize, Received)>,
    pub(super) ledger: Arc<Ledger>,
    /// The method of the last request, on which the body of its answer depends (RFC 9112 §6.3).
    pub(super) method: Arc<std::sync::Mutex<String>>,
    /// What a client speaks after the request that it has made: its answer decides.
    pub(super) turns: mpsc::UnboundedReceiver<Turn>,
    /// Octets read and not understood yet.
    pub(super) buffer: Vec<u8>,
    /// The octets of what is being read, as they came.
    pub(super) raw: Vec<u8>,
}

/// What comes after the answer to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Another request.
    Http,
    /// Frames.
    Frames,
}

/// What the octets on the connection are just now.
enum Mode {
    Http,
    Body(Head, BodyReader, usize),
    /// A request was read; what comes next depends on its answer. After one that asks to switch, nothing may come before it.
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

impl Reading {
    /// Reads until the end, or until it is stopped.
    pub(super) async fn run(mut self, mut stopped: oneshot::Receiver<()>) -> ReadHalf<Stream> {
        let mut mode = Mode::Http;
        let mut chunk = vec![0; 16 * 1024];
        loop {
            let is_waiting = matches!(mode, Mode::Waiting { .. });
            let read = tokio::select! {
                // What was answered before something came was answered before it was said.
                biased;
                _ = &mut stopped => break,
                Some(turn) = self.turns.recv(), if is_waiting => {
                    mode = match turn {
                        Turn::Http => Mode::Http,
                        Turn::Frames => self.frames(Side::Server, None),
                    };
                    mode = self.digest(mode).await;
                    continue;
                }
                read = self.reader.read(&mut chunk) => read,
            };
            match read {
                Ok(len @ 1..) => {
                    self.buffer.extend_from_slice(&chunk[..len]);
                    mode = self.digest(mode).await;
                    self.ledger.read.fetch_add(len as u64, Ordering::SeqCst);
                }
                end => {
                    self.finish(mode).await;
                    self.send(if end.is_ok() { Incoming::Eof } else { Incoming::Reset }, 0).await;
                    break;
                }
            }
        }
        self.reader
    }

    /// Takes all that is complete out of the buffer.
    async fn digest(&mut self, mut mode: Mode) -> Mode {
        loop {
            mode = match mode {
                // RFC 6455 §4.1: once it has asked, a client waits for the answer before it says more.
                Mode::Waiting { switch: true } if !self.buffer.is_empty() => Mode::Lost,
                Mode::Waiting { switch } => return Mode::Waiting { switch },
                Mode::Http => match self.head() {
                    Ok(None) => return Mode::Http,
                    Ok(Some((head, used))) => {
                        self.raw.extend(self.buffer.drain(..used));
                        self.after_head(head, used).await
                    }
                    Err(()) => Mode::Lost,
                },
                Mode::Body(head, mut body, octets) => {
                    let pushed = body.push(&self.buffer);
                    let used = *pushed.as_ref().unwrap_or(&0);
                    self.raw.extend(self.buffer.drain(..used));
                    if pushed.is_ok() && !body.is_complete() {
                        return Mode::Body(head, body, octets + used);
                    }
                    let next = head.next();
                    self.send(head.with(body.body().to_vec()), octets + used).await;
                    if pushed.is_ok() { next } else { Mode::Lost }
                }
                Mode::Frames(mut decoder, mut assembler) => {
                    decoder.push(&std::mem::take(&mut self.buffer));
                    loop {
                        match decoder.next() {
                            Ok(None) => return Mode::Frames(decoder, assembler),
                            Ok(Some(decoded)) => {
                                self.frame(decoded.frame, decoded.octets, &mut assembler).await
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
                        self.send(Incoming::Garbage { octets }, len).await;
                    }
                    return Mode::Lost;
                }
            }
        }
    }

    /// The head at the start of the buffer, once it is complete.
    fn head(&self) -> Result<Option<(Head, usize)>, ()> {
        match self.who {
            Who::Server => ResponseHead::parse(&self.buffer)
                .map(|head| head.map(|(head, used)| (Head::Response(head), used))),
            Who::Client => RequestHead::parse(&self.buffer)
                .map(|head| head.map(|(head, used)| (Head::Request(head), used))),
        }
        .map_err(|_| ())
    }

    async fn after_head(&mut self, head: Head, used: usize) -> Mode {
        let body = match &head {
            // RFC 9110 §15.2.2: after a 101 the connection speaks the new protocol.
            Head::Response(response) if response.status == 101 => {
                // RFC 7692 §5: what was accepted is in force from here on. What a case says stays uncompressed (§6.1).
                let inflater = Inflater::agreed(&response.headers);
                self.send(head.with(Vec::new()), used).await;
                return self.frames(Side::Client, inflater);
            }
            Head::Response(response) => {
                let method = self.method.lock().map(|method| method.clone()).unwrap_or_default();
                wire::http::response_body(response, &method)
            }
            Head::Request(request) => wire::http::request_body(request),
        };
        match BodyReader::new(body) {
            Ok(body) => Mode::Body(head, body, used),
            Err(_) => {
                self.send(head.with(Vec::new()), used).await;
                Mode::Lost
            }
        }
    }

    /// From here on frames come, to `side`.
    fn frames(&self, side: Side, inflater: Option<Inflater>) -> Mode {
        let assembler = Assembler::new(side, LARGEST_MESSAGE as usize);
        let assembler = match inflater {
            Some(inflater) => assembler.with_inflater(inflater),
            None => assembler,
        };
        Mode::Frames(Decoder::new(LARGEST_MESSAGE), assembler)
    }

    async fn frame(&mut self, frame: Frame, octets: usize, assembler: &mut Assembler) {
        self.raw.extend(frame.encode());
        let whole = (frame.fin && frame.opcode != opcode::CONTINUATION).then(|| frame.clone());
        match assembler.feed(frame.clone()) {
            Ok(None) => {}
            Ok(Some((message, fragments))) => {
                let element = match &message {
                    Message::Text(text) => stanza::parse(text).ok(),
                    _ => None,
                };
                self.send(Incoming::Message { message, fragments, frame: whole, element }, octets)
                    .await;
            }
            Err(violation) => self.send(Incoming::BadFrame { frame, violation }, octets).await,
        }
    }

    /// Hands on what was begun when the connection ended.
    async fn finish(&mut self, mode: Mode) {
        match mode {
            Mode::Body(head, body, octets) => {
                self.send(head.with(body.body().to_vec()), octets).await;
            }
            Mode::Frames(decoder, _) => self.buffer = decoder.remaining().to_vec(),
            Mode::Http | Mode::Waiting { .. } | Mode::Lost => {}
        }
        if !self.buffer.is_empty() {
            let octets = std::mem::take(&mut self.buffer);
            let len = octets.len();
            self.raw.extend(&octets);
            self.send(Incoming::Garbage { octets }, len).await;
        }
    }

    async fn send(&mut self, incoming: Incoming, octets: usize) {
        let received = Received {
            incoming,
            who: self.who,
            at: Instant::now(),
            octets,
            raw: std::mem::take(&mut self.raw),
            noted: None,
            is_routine: false,
            answer: None,
        };
        // The receiver is gone when the case is over; then nobody wants to know.
        let _ = self.inbox.send((self.index, received)).await;
    }
}

impl Head {
    fn with(self, body: Vec<u8>) -> Incoming {
        match self {
            Self::Request(head) => Incoming::Request { head, body },
            Self::Response(head) => Incoming::Response { head, body },
        }
    }

    /// What follows the message.
    fn next(&self) -> Mode {
        match self {
            Self::Request(head) => {
                Mode::Waiting { switch: head.headers.first("Upgrade").is_some() }
            }
            Self::Response(_) => Mode::Http,
        }
    }
}
