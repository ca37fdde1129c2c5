//! One connection of a case: our half writes, a task reads, and both count their octets.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::sync::{mpsc, oneshot};
use wire::net::Stream;
use wire::{
    Assembler, BodyReader, CloseFrame, Decoder, Frame, Inflater, Message, ResponseHead, Side,
    opcode,
};

use super::incoming::{Answer, Incoming, Received};

/// Largest message taken from a peer, in octets; sixteen times what Openfire allows itself.
const LARGEST_MESSAGE: u64 = 16 * 1024 * 1024;

/// Octets said and heard on all connections of a case, below them only TLS.
#[derive(Default)]
pub(crate) struct Ledger {
    /// Octets that our side wrote.
    pub(crate) written: AtomicU64,
    /// Octets that came, and were handed on.
    pub(crate) read: AtomicU64,
}

/// A connection and what is known about it.
pub(crate) struct Connection {
    /// Its name in the case.
    pub(crate) name: String,
    writer: Option<WriteHalf<Stream>>,
    reader: Option<Reader>,
    ledger: Arc<Ledger>,
    /// What came and was not claimed yet.
    pub(crate) queue: VecDeque<Received>,
    /// The method of the last request, on which the body of its answer depends (RFC 9112 §6.3).
    method: Arc<std::sync::Mutex<String>>,
    /// Where it stands.
    pub(crate) state: State,
}

/// Who reads a connection.
enum Reader {
    /// A task, with the means to stop it.
    Task(oneshot::Sender<()>, tokio::task::JoinHandle<ReadHalf<Stream>>),
    /// Nobody: the half is only kept, so that TCP stays open.
    Nobody(ReadHalf<Stream>),
}

/// Why octets were not written; one line for the reader.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unwritten {
    /// The case has ended its direction before.
    #[error("this side has ended TCP already")]
    Ended,
    /// The peer has ended the connection.
    #[error("the peer has ended the connection")]
    Gone,
    /// The peer lets them lie.
    #[error("the peer did not read within {0:?}")]
    Unread(Duration),
}

/// Where a connection stands.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    /// A 101 came.
    pub(crate) upgraded: bool,
    /// A response came that is no 101.
    pub(crate) refused: bool,
    /// The peer ends TCP after its answer, as it says or as HTTP/1.0 has it (RFC 9112 §9.3).
    pub(crate) answers_once: bool,
    /// `<open/>` was sent.
    pub(crate) stream_opened: bool,
    /// A SASL element was sent, and no `<open/>` since.
    pub(crate) logging_in: bool,
    /// `<close/>` was sent.
    pub(crate) sent_stream_close: bool,
    /// `<close/>` came.
    pub(crate) got_stream_close: bool,
    /// A close frame was sent.
    pub(crate) sent_close: bool,
    /// A close frame came, with this code; 1005 for none (RFC 6455 §7.1.5).
    pub(crate) got_close: Option<u16>,
    /// TCP ended or was reset by the peer.
    pub(crate) ended: bool,
    /// TCP was reset by the peer.
    pub(crate) reset: bool,
    /// We ended TCP.
    pub(crate) ended_by_us: bool,
    /// The case itself looked at the end of this connection.
    pub(crate) end_claimed: bool,
    /// The epilogue has ended it: whether the peer's end still comes is a matter of who is faster.
    pub(crate) over: bool,
    /// The case answers pings and closes by itself.
    pub(crate) manual: bool,
    /// Our side takes nothing more off the connection.
    pub(crate) deaf: bool,
}

impl Connection {
    /// Starts to read from `stream`; what comes is sent to `inbox` under `index`.
    pub(crate) fn new(
        name: &str,
        index: usize,
        stream: Stream,
        inbox: mpsc::Sender<(usize, Received)>,
        ledger: Arc<Ledger>,
    ) -> Self {
        let (reader, writer) = tokio::io::split(stream);
        let (stop, stopped) = oneshot::channel();
        let method = Arc::new(std::sync::Mutex::new(String::new()));
        let reading = Reading {
            index,
            reader,
            inbox,
            ledger: Arc::clone(&ledger),
            method: Arc::clone(&method),
            buffer: Vec::new(),
        };
        let task = tokio::spawn(reading.run(stopped));
        Self {
            name: name.to_owned(),
            writer: Some(writer),
            reader: Some(Reader::Task(stop, task)),
            ledger,
            queue: VecDeque::new(),
            method,
            state: State::default(),
        }
    }

    /// Notes the method of a request that is about to be written.
    pub(crate) fn note_request(&self, method: &str) {
        if let Ok(mut last) = self.method.lock() {
            method.clone_into(&mut last);
        }
    }

    /// Writes octets within a deadline.
    pub(crate) async fn write(
        &mut self,
        octets: &[u8],
        deadline: Duration,
    ) -> Result<(), Unwritten> {
        let Some(writer) = &mut self.writer else {
            return Err(Unwritten::Ended);
        };
        // Counted first: the endpoint must never seem to have received more than was sent.
        self.ledger.written.fetch_add(octets.len() as u64, Ordering::SeqCst);
        let write = async {
            writer.write_all(octets).await?;
            writer.flush().await
        };
        match tokio::time::timeout(deadline, write).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Unwritten::Gone),
            Err(_) => Err(Unwritten::Unread(deadline)),
        }
    }

    /// Says a message that the case does not spell out. A peer that is gone does not hear it; the transcript has it all
    /// the same, so that it does not depend on who was faster.
    pub(crate) async fn answer(
        &mut self,
        message: Message,
        mask: [u8; 4],
        deadline: Duration,
    ) -> Answer {
        let (opcode, payload) = match &message {
            Message::Text(text) => (opcode::TEXT, text.clone().into_bytes()),
            Message::Binary(payload) => (opcode::BINARY, payload.clone()),
            Message::Ping(payload) => (opcode::PING, payload.clone()),
            Message::Pong(payload) => (opcode::PONG, payload.clone()),
            Message::Close(close) => {
                (opcode::CLOSE, close.as_ref().map(CloseFrame::payload).unwrap_or_default())
            }
        };
        self.state.sent_close |= opcode == opcode::CLOSE;
        let octets = Frame::new(opcode, payload).masked(mask).encode();
        let _ = self.write(&octets, deadline).await;
        Answer { message, at: Instant::now(), octets: octets.len() }
    }

    /// Ends our direction of TCP.
    pub(crate) async fn end(&mut self) {
        if let Some(writer) = &mut self.writer {
            // A peer that has gone already makes this fail, which is the end as well.
            let _ = tokio::time::timeout(Duration::from_secs(1), writer.shutdown()).await;
        }
        self.writer = None;
        self.state.ended_by_us = true;
    }

    /// Resets TCP.
    pub(crate) async fn reset(&mut self) {
        self.state.ended_by_us = true;
        let reader = self.take_reader().await;
        if let (Some(writer), Some(reader)) = (self.writer.take(), reader) {
            // A socket that refuses the option is closed in order, which is the best that can be had.
            let _ = reader.unsplit(writer).reset();
        }
    }

    /// Reads no further, so that what the peer says fills the buffers between both sides, and then those of the peer.
    pub(crate) async fn deafen(&mut self) {
        self.state.deaf = true;
        self.reader = self.take_reader().await.map(Reader::Nobody);
    }

    /// Stops the task that reads; none when it has failed or was taken before.
    async fn take_reader(&mut self) -> Option<ReadHalf<Stream>> {
        match self.reader.take()? {
            Reader::Task(stop, task) => {
                // A task that has come to its end by itself needs no word.
                let _ = stop.send(());
                task.await.ok()
            }
            Reader::Nobody(reader) => Some(reader),
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(Reader::Task(_, task)) = &self.reader {
            task.abort();
        }
    }
}

/// The reading half.
struct Reading {
    index: usize,
    reader: ReadHalf<Stream>,
    inbox: mpsc::Sender<(usize, Received)>,
    ledger: Arc<Ledger>,
    method: Arc<std::sync::Mutex<String>>,
    /// Octets read and not understood yet.
    buffer: Vec<u8>,
}

/// What the octets on the connection are just now.
enum Mode {
    Http,
    Body(ResponseHead, BodyReader, usize),
    Frames(Decoder, Assembler),
    /// After something unreadable: everything is octets.
    Lost,
}

impl Reading {
    async fn run(mut self, mut stopped: oneshot::Receiver<()>) -> ReadHalf<Stream> {
        let mut mode = Mode::Http;
        let mut chunk = vec![0; 16 * 1024];
        loop {
            let read = tokio::select! {
                _ = &mut stopped => break,
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
                Mode::Http => match ResponseHead::parse(&self.buffer) {
                    Ok(None) => return Mode::Http,
                    Ok(Some((head, used))) => {
                        self.buffer.drain(..used);
                        self.after_head(head, used).await
                    }
                    Err(_) => Mode::Lost,
                },
                Mode::Body(head, mut body, octets) => {
                    let pushed = body.push(&self.buffer);
                    let used = *pushed.as_ref().unwrap_or(&0);
                    self.buffer.drain(..used);
                    if pushed.is_ok() && !body.is_complete() {
                        return Mode::Body(head, body, octets + used);
                    }
                    let body = body.body().to_vec();
                    self.send(Incoming::Response { head, body }, octets + used).await;
                    if pushed.is_ok() { Mode::Http } else { Mode::Lost }
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
                        self.send(Incoming::Garbage { octets }, len).await;
                    }
                    return Mode::Lost;
                }
            }
        }
    }

    async fn after_head(&mut self, head: ResponseHead, used: usize) -> Mode {
        // RFC 9110 §15.2.2: after a 101 the connection speaks the new protocol.
        if head.status == 101 {
            // RFC 7692 §5: what was accepted is in force from here on. What a case says stays uncompressed (§6.1).
            let assembler = Assembler::new(Side::Client, LARGEST_MESSAGE as usize);
            let assembler = match Inflater::agreed(&head.headers) {
                Some(inflater) => assembler.with_inflater(inflater),
                None => assembler,
            };
            self.send(Incoming::Response { head, body: Vec::new() }, used).await;
            return Mode::Frames(Decoder::new(LARGEST_MESSAGE), assembler);
        }
        let method = self.method.lock().map(|method| method.clone()).unwrap_or_default();
        match BodyReader::new(wire::http::response_body(&head, &method)) {
            Ok(body) => Mode::Body(head, body, used),
            Err(_) => {
                self.send(Incoming::Response { head, body: Vec::new() }, used).await;
                Mode::Lost
            }
        }
    }

    async fn frame(&mut self, frame: Frame, octets: usize, assembler: &mut Assembler) {
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
                let body = body.body().to_vec();
                self.send(Incoming::Response { head, body }, octets).await;
            }
            Mode::Frames(decoder, _) => self.buffer = decoder.remaining().to_vec(),
            Mode::Http | Mode::Lost => {}
        }
        if !self.buffer.is_empty() {
            let octets = std::mem::take(&mut self.buffer);
            let len = octets.len();
            self.send(Incoming::Garbage { octets }, len).await;
        }
    }

    async fn send(&self, incoming: Incoming, octets: usize) {
        // The receiver is gone when the case is over; then nobody wants to know.
        let _ = self
            .inbox
            .send((self.index, Received { incoming, at: Instant::now(), octets, answer: None }))
            .await;
    }
}
