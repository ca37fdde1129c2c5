//! Carries a case that is written as over WebSocket over BOSH: its elements go in bodies, and
//! elements of bodies come back as messages (XEP-0124, XEP-0206).

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use stanza::{Element, escape, ns};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::sync::mpsc;
use tokio::time::Instant;
use transcript::Side;
use wire::net::Stream;
use wire::{CloseFrame, Frame, Message, close, opcode};

use super::incoming::Incoming;
use super::leg::{Chunk, Input, Ledger, Leg, Origin};
use super::parsing::Parser;
use crate::scene::ServerUnderTest;

/// How many requests may be open (XEP-0124 §7.2, `requests`, with `hold="1"`).
const REQUESTS: usize = 2;

/// The number of the first request; small, so that transcripts are easy to read.
const FIRST_RID: u64 = 1001;

/// Deadline of each request.
const WRITE: Duration = Duration::from_secs(5);

/// How long a request is given to arrive before another one follows on another connection.
const ARRIVAL: Duration = Duration::from_millis(30);

/// The language of a session where the case names none: the first
/// request should have one (XEP-0124 §7.1).
const LANGUAGE: &str = "en";

/// Octets between the player and a bridge, on their way or dealt with.
#[derive(Default)]
pub(super) struct Passage {
    /// The player's side.
    pub(super) near: Arc<Ledger>,
    /// Octets of the player that are dealt with.
    taken: AtomicU64,
    /// Octets handed to the player.
    given: AtomicU64,
}

impl Passage {
    /// Octets that the player has read.
    pub(super) fn read(&self) -> u64 {
        self.near.read.load(Ordering::SeqCst)
    }

    /// Whether nothing is on its way; `read` is [`Passage::read`] from before the player looked.
    pub(super) fn is_still(&self, read: u64) -> bool {
        self.near.written.load(Ordering::SeqCst) == self.taken.load(Ordering::SeqCst)
            && read == self.given.load(Ordering::SeqCst)
    }
}

/// Where the server speaks BOSH.
#[derive(Clone)]
pub(super) struct BoshService {
    pub(super) server: ServerUnderTest,
    pub(super) path: String,
    pub(super) deadline: Duration,
}

/// Starts a bridge; the player speaks RFC 7395 on the stream that comes back.
pub(super) fn bridge(
    place: BoshService,
    first: Stream,
    far: Arc<Ledger>,
) -> (Stream, Arc<Passage>) {
    let (ours, theirs) = Stream::pair();
    let passage = Arc::new(Passage::default());
    let (reader, writer) = tokio::io::split(theirs);
    let (outbox, inbox) = mpsc::channel(64);
    let mut bridge = Bridge {
        place,
        far,
        passage: Arc::clone(&passage),
        writer,
        outbox,
        lines: Vec::new(),
        rid: FIRST_RID,
        sid: None,
        from: None,
        language: None,
        answered: FIRST_RID,
        answers: BTreeMap::new(),
        waiting: VecDeque::new(),
        phase: Phase::Fresh,
    };
    bridge.add_line(first);
    tokio::spawn(bridge.run(reader, inbox));
    (ours, passage)
}

/// How far a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// There is none yet.
    Fresh,
    /// It is there, or asked for.
    Open,
    /// We have asked for its end.
    Leaving,
    /// It is over.
    Over,
}

/// A connection for requests.
struct Line {
    leg: Leg,
    parser: Parser,
    /// The number of the request that waits on it.
    asked: Option<u64>,
    has_ended: bool,
}

/// A request that is to be made.
struct Request {
    attributes: String,
    content: String,
}

struct Bridge {
    place: BoshService,
    far: Arc<Ledger>,
    passage: Arc<Passage>,
    /// To the player.
    writer: WriteHalf<Stream>,
    /// Handed to the readers of lines.
    outbox: mpsc::Sender<Chunk>,
    lines: Vec<Line>,
    /// The number of the next request.
    rid: u64,
    sid: Option<String>,
    /// The domain that the session said it is of; a restart does not say it again.
    from: Option<String>,
    /// The language of the session: what it said, or what we chose for the case.
    language: Option<String>,
    /// The number of the request whose answer is next (XEP-0124 §11: in order).
    answered: u64,
    answers: BTreeMap<u64, (u16, Vec<u8>)>,
    /// Requests that wait until one of the open ones is answered.
    waiting: VecDeque<Request>,
    phase: Phase,
}

impl Bridge {
    async fn run(mut self, mut reader: ReadHalf<Stream>, mut inbox: mpsc::Receiver<Chunk>) {
        let mut player = Parser::new(Side::Client);
        player.in_frames();
        let mut buffer = vec![0; 16 * 1024];
        loop {
            tokio::select! {
                read = reader.read(&mut buffer) => {
                    let Ok(len @ 1..) = read else { return };
                    player.take_in(Input::Octets(buffer[..len].to_vec()), Instant::now());
                    while let Some(said) = player.next() {
                        self.hear(said.incoming).await;
                    }
                    self.passage.taken.fetch_add(len as u64, Ordering::SeqCst);
                }
                chunk = inbox.recv() => {
                    let Some(chunk) = chunk else { return };
                    let len = chunk.octets() as u64;
                    self.take_in(chunk).await;
                    // Counted last: all that follows from these octets is on its way.
                    self.far.read.fetch_add(len, Ordering::SeqCst);
                }
            }
        }
    }

    /// The player says something.
    async fn hear(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::Message { message: Message::Text(text), element, .. } => {
                match element.as_ref().filter(|element| element.name.ns == ns::FRAMING) {
                    Some(open) if open.name.local == "open" => self.open(open).await,
                    Some(_) => self.leave().await,
                    None => self.ask(String::new(), text).await,
                }
            }
            Incoming::Message { message: Message::Close(_), .. } => {
                self.leave().await;
                self.give(Message::Close(Some(CloseFrame::new(close::code::NORMAL, "")))).await;
                self.end().await;
            }
            _ => {}
        }
    }

    /// `<open/>` creates a session (XEP-0124 §7.1), or restarts its stream (XEP-0206 §5).
    async fn open(&mut self, open: &Element) {
        let to =
            open.attr("to").map(|to| format!(" to=\"{}\"", escape::attr(to))).unwrap_or_default();
        let attributes = if self.phase == Phase::Fresh {
            self.phase = Phase::Open;
            let version = open.attr("version").unwrap_or("1.0");
            let language = open.attr_ns(ns::XML, "lang");
            self.language = language.is_none().then(|| LANGUAGE.to_owned());
            format!(
                "{to} xml:lang=\"{}\" wait=\"60\" hold=\"1\" ver=\"1.6\" xmlns:xmpp=\"{}\" xmpp:version=\"{}\"",
                escape::attr(language.unwrap_or(LANGUAGE)),
                ns::XBOSH,
                escape::attr(version)
            )
        } else {
            format!("{to} xmlns:xmpp=\"{}\" xmpp:restart=\"true\"", ns::XBOSH)
        };
        self.ask(attributes, String::new()).await;
    }

    /// Ends the session (XEP-0124 §13).
    async fn leave(&mut self) {
        if self.phase == Phase::Open {
            self.phase = Phase::Leaving;
            self.ask(" type=\"terminate\"".to_owned(), String::new()).await;
        }
    }

    /// Makes a request, or lets it wait until there may be one more.
    async fn ask(&mut self, attributes: String, content: String) {
        self.waiting.push_back(Request { attributes, content });
        self.ask_waiting().await;
    }

    async fn ask_waiting(&mut self) {
        while self.phase != Phase::Over && self.open_requests() < REQUESTS {
            // Until the session has its id, nothing can be asked of it.
            if self.sid.is_none() && self.rid > FIRST_RID {
                return;
            }
            if self.waiting.is_empty() {
                return;
            }
            if self.open_requests() > 0 {
                self.let_arrive().await;
            }
            let Some(request) = self.waiting.pop_front() else { return };
            self.post(request).await;
        }
    }

    /// Requests on two connections may overtake each other, and not every server forgives that
    /// (XEP-0124 §14.2): the one before has to be there.
    async fn let_arrive(&self) {
        let stage = &self.place.server.stage;
        if !stage.can_rest() {
            return tokio::time::sleep(ARRIVAL).await;
        }
        let deadline = Instant::now() + ARRIVAL;
        while Instant::now() < deadline {
            let read = self.far.read.load(Ordering::SeqCst);
            let written = self.far.written.load(Ordering::SeqCst);
            if stage.at_rest(written, read, Duration::ZERO, false) {
                return;
            }
            tokio::time::sleep(Duration::from_micros(300)).await;
        }
    }

    fn open_requests(&self) -> usize {
        let open = self.lines.iter().filter(|line| line.asked.is_some()).count();
        open + self.answers.len()
    }

    async fn post(&mut self, request: Request) {
        let idle = |line: &Line| line.asked.is_none() && !line.has_ended;
        let at = match self.lines.iter().position(idle) {
            Some(at) => at,
            None => {
                let Ok(stream) = self.place.server.dial(self.place.deadline).await else {
                    return self.end().await;
                };
                self.add_line(stream)
            }
        };
        let rid = self.rid;
        self.rid += 1;
        let sid = self.sid.as_deref().map(|sid| format!(" sid=\"{}\"", escape::attr(sid)));
        let body = format!(
            "<body xmlns=\"{}\" rid=\"{rid}\"{}{}>{}</body>",
            ns::HTTP_BIND,
            sid.unwrap_or_default(),
            request.attributes,
            request.content
        );
        let octets = format!(
            "POST {} HTTP/1.1\r\nHost: {}:{}\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: {}\r\n\r\n{body}",
            self.place.path,
            self.place.server.host,
            self.place.server.port,
            body.len()
        );
        self.far.written.fetch_add(octets.len() as u64, Ordering::SeqCst);
        let line = &mut self.lines[at];
        line.parser.requested("POST");
        line.asked = Some(rid);
        if line.leg.write(octets.as_bytes(), WRITE).await.is_err() {
            self.end().await;
        }
    }

    fn add_line(&mut self, stream: Stream) -> usize {
        let at = self.lines.len();
        let leg = Leg::new(Origin::Connection(at), stream, self.outbox.clone(), Arc::default());
        let parser = Parser::new(Side::Server);
        self.lines.push(Line { leg, parser, asked: None, has_ended: false });
        at
    }

    /// The server says something.
    async fn take_in(&mut self, Chunk { origin, at, what }: Chunk) {
        let Origin::Connection(index) = origin else { return };
        let Some(line) = self.lines.get_mut(index) else { return };
        line.parser.take_in(what, at);
        let mut is_broken = false;
        while let Some(received) = line.parser.next() {
            match received.incoming {
                Incoming::Response { head, body } => {
                    if let Some(rid) = line.asked.take() {
                        self.answers.insert(rid, (head.status, body));
                    }
                }
                _ => {
                    line.has_ended = true;
                    is_broken |= line.asked.take().is_some();
                }
            }
        }
        while let Some((status, body)) = self.answers.remove(&self.answered) {
            self.answered += 1;
            self.answer(status, &body).await;
        }
        if is_broken {
            return self.end().await;
        }
        self.ask_waiting().await;
        // The server can only speak when it was asked (XEP-0124 §11).
        if self.phase == Phase::Open && self.sid.is_some() && self.open_requests() == 0 {
            self.ask(String::new(), String::new()).await;
        }
    }

    /// An answer, in its turn.
    async fn answer(&mut self, status: u16, body: &[u8]) {
        if self.phase == Phase::Over {
            return;
        }
        let body = std::str::from_utf8(body).ok().and_then(|body| stanza::parse(body).ok());
        let Some(body) = body.filter(|body| status == 200 && body.is(ns::HTTP_BIND, "body")) else {
            return self.end().await;
        };
        let created = self.sid.is_none();
        if let Some(sid) = body.attr("sid").filter(|_| created) {
            self.sid = Some(sid.to_owned());
            self.from = body.attr("from").map(str::to_owned);
            let said = body.attr_ns(ns::XML, "lang").map(str::to_owned);
            self.language = said.or_else(|| self.language.take());
        }
        let features = body.child(ns::STREAMS, "features");
        if (created && self.sid.is_some()) || features.is_some() {
            let mut open = Element::new(ns::FRAMING, "open");
            let id = self.sid.clone().unwrap_or_default();
            for (name, value) in [("from", self.from.as_deref()), ("id", Some(id.as_str()))] {
                if let Some(value) = value {
                    open = open.with_attr(name, value);
                }
            }
            if let Some(language) = &self.language {
                open = open.with_attr_ns(ns::XML, "lang", language);
            }
            let open = open.with_attr("version", "1.0");
            self.give(Message::Text(stanza::print(&open))).await;
        }
        for element in body.children() {
            self.give(Message::Text(stanza::print(element))).await;
        }
        if body.attr("type") == Some("terminate") {
            self.ended_by(body.attr("condition")).await;
        }
    }

    /// The session is over. A condition is the stream error of that name, unless that came itself
    /// (XEP-0124 §17.2, XEP-0206 §2).
    async fn ended_by(&mut self, condition: Option<&str>) {
        let was_leaving = self.phase == Phase::Leaving;
        self.phase = Phase::Over;
        if let Some(condition) = condition.filter(|it| *it != "remote-stream-error") {
            let condition = Element::new(ns::STREAM_ERRORS, condition);
            let error = Element::new(ns::STREAMS, "error").with_child(condition);
            self.give(Message::Text(stanza::print(&error))).await;
        }
        self.give(Message::Text(stanza::print(&Element::new(ns::FRAMING, "close")))).await;
        if !was_leaving {
            self.give(Message::Close(Some(CloseFrame::new(close::code::NORMAL, "")))).await;
            self.end().await;
        }
    }

    /// Says something to the player.
    async fn give(&mut self, message: Message) {
        let (opcode, payload) = match message {
            Message::Text(text) => (opcode::TEXT, text.into_bytes()),
            Message::Close(close) => {
                (opcode::CLOSE, close.map(|close| close.payload()).unwrap_or_default())
            }
            Message::Binary(_) | Message::Ping(_) | Message::Pong(_) => return,
        };
        let octets = Frame::new(opcode, payload).encode();
        self.passage.given.fetch_add(octets.len() as u64, Ordering::SeqCst);
        // A player that is over does not hear it.
        let _ = self.writer.write_all(&octets).await;
    }

    /// Nothing more is said to the player.
    async fn end(&mut self) {
        self.phase = Phase::Over;
        self.waiting.clear();
        let _ = self.writer.shutdown().await;
    }
}
