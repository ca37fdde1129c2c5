//! One connection of a client, passed on to the server: octets in both directions, each only as
//! fast as the other side takes them.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf, split};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};
use transcript::{EventKind, Side};
use wire::net::{Incoming, Stream, dial};

use crate::line::{Line, Speaker};
use crate::recorder::Recorder;
use crate::rewrite::Rewrite;
use crate::steps::Steps;
use crate::tap::{Tap, TapEvent, TapEventKind, TapOutput};
use crate::upstream::Upstream;
use crate::watched::Watched;

/// Octets that are read at once. No more of each direction wait for a slow side.
const CHUNK: usize = 16 * 1024;

/// How long each step of a connection may take.
#[derive(Debug, Clone, Copy)]
pub struct Deadlines {
    /// The TLS handshake of a client.
    pub handshake: Duration,
    /// The way to the server: name, TCP, TLS.
    pub dial: Duration,
    /// A client's first octet.
    pub request: Duration,
    /// A side takes octets that wait for it.
    pub stall: Duration,
    /// Any octet of either side.
    pub idle: Duration,
    /// The second side ends as well after the first has.
    pub end: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(10),
            dial: Duration::from_secs(10),
            request: Duration::from_secs(60),
            stall: Duration::from_secs(60),
            idle: Duration::from_secs(3600),
            end: Duration::from_secs(60),
        }
    }
}

/// The part that all connections of a proxy share.
pub(crate) struct Shared {
    pub(crate) upstream: Upstream,
    pub(crate) rewrite: Rewrite,
    pub(crate) deadlines: Deadlines,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) print: Box<dyn Fn(Line) + Send + Sync>,
    pub(crate) watched: Option<Arc<Watched>>,
}

/// A connection that is passed on.
pub(crate) struct Passage {
    shared: Arc<Shared>,
    number: usize,
    name: String,
    steps: Steps,
    tap: Tap,
}

impl Passage {
    pub(crate) fn new(shared: Arc<Shared>, number: usize) -> Self {
        let tap = Tap::new(shared.rewrite.clone());
        Self { shared, number, name: format!("c{number}"), steps: Steps::default(), tap }
    }

    /// Passes a connection on until it ends, or until `stop` becomes true.
    pub(crate) async fn run(mut self, incoming: Incoming, mut stop: watch::Receiver<bool>) {
        let stopped = async {
            // An error means that the proxy is gone.
            let _ = stop.wait_for(|stop| *stop).await;
        };
        let ended = tokio::select! {
            () = stopped => None,
            ended = self.go(incoming) => Some(ended),
        };
        for side in [Side::Client, Side::Server] {
            let taken = self.tap.end(side);
            self.heard(taken.heard);
        }
        if let Some(Err(why)) = ended {
            self.tell(&why);
        }
        if let Some(watched) = &self.shared.watched {
            watched.gone(self.number, self.shared.recorder.elapsed());
        }
    }

    async fn go(&mut self, incoming: Incoming) -> Result<(), String> {
        let shared = Arc::clone(&self.shared);
        let deadlines = &shared.deadlines;
        let peer = incoming.peer_addr();
        let client = incoming
            .handshake(deadlines.handshake)
            .await
            .map_err(|error| format!("no connection: {error}"))?;
        if let Some(watched) = &shared.watched {
            watched.connected(self.number, shared.recorder.elapsed());
        }
        let tls = client.tls_facts().is_some();
        self.shared.recorder.event(&self.name, Side::Client, EventKind::Connect { tls });
        self.tell(&format!("connected from {peer}{}", if tls { ", TLS" } else { "" }));
        let Upstream { host, port, trust } = &shared.upstream;
        let tls = trust.as_ref().map(|trust| (trust, host.as_str()));
        match dial(host, *port, tls, deadlines.dial).await {
            Ok(server) => self.pass(client, server).await,
            Err(error) => {
                let hint = error.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
                let why = format!("the server cannot be reached: {error}{hint}");
                self.tell(&why);
                self.refuse(client, &why).await
            }
        }
    }

    /// Answers the first request of a client that cannot be passed on.
    async fn refuse(&mut self, mut client: Stream, why: &str) -> Result<(), String> {
        let Deadlines { request, stall, .. } = self.shared.deadlines;
        let mut chunk = vec![0; CHUNK];
        let until = Instant::now() + request;
        while !self.tap.is_asked() {
            let read = tokio::time::timeout_at(until, client.read(&mut chunk)).await;
            let count = match read {
                Err(_) => return Err(format!("the client sent no request within {request:?}")),
                Ok(Ok(0) | Err(_)) => return Ok(()),
                Ok(Ok(count)) => count,
            };
            let taken = self.tap.take(Side::Client, &chunk[..count]);
            self.heard(taken.heard);
        }
        let body = format!("The recorder says: {why}\n");
        let answer = format!(
            "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{body}",
            body.len()
        );
        let taken = self.tap.take(Side::Server, answer.as_bytes());
        self.heard(taken.heard);
        let answered = async {
            client.write_all(&taken.for_client).await?;
            client.shutdown().await
        };
        match timeout(stall, answered).await {
            Ok(Ok(()) | Err(_)) => Ok(()),
            Err(_) => Err(format!("the client took no octets for {stall:?}")),
        }
    }

    async fn pass(&mut self, client: Stream, server: Stream) -> Result<(), String> {
        let (mut of_client, to_client) = split(client);
        let (mut of_server, to_server) = split(server);
        let mut out = Outboxes {
            client: Outbox::new("client", to_client),
            server: Outbox::new("server", to_server),
        };
        let reset = self.exchange(&mut of_client, &mut of_server, &mut out).await?;
        // The other side is to see what this one did.
        let other = match reset {
            Some(Side::Client) => of_server.unsplit(out.server.writer),
            Some(Side::Server) => of_client.unsplit(out.client.writer),
            None => return Ok(()),
        };
        // Without the option the connection ends in order.
        let _ = other.reset();
        Ok(())
    }

    /// Passes octets on until both sides have ended; yields the side that reset the connection.
    async fn exchange(
        &mut self,
        of_client: &mut ReadHalf<Stream>,
        of_server: &mut ReadHalf<Stream>,
        out: &mut Outboxes,
    ) -> Result<Option<Side>, String> {
        let (mut client, mut server) = (vec![0; CHUNK], vec![0; CHUNK]);
        let mut progress = Progress::new(self.shared.deadlines);
        loop {
            let is_over = !progress.reads_client && !progress.reads_server;
            if is_over && out.client.is_shut && out.server.is_shut {
                return Ok(None);
            }
            let (until, why) = progress.deadline(out);
            let (from, read) = tokio::select! {
                read = of_client.read(&mut client), if progress.reads_client && !out.server.is_busy() => {
                    (Side::Client, read.map(|count| &client[..count]))
                }
                read = of_server.read(&mut server), if progress.reads_server && !out.client.is_busy() => {
                    (Side::Server, read.map(|count| &server[..count]))
                }
                () = out.client.push(), if out.client.is_busy() => continue,
                () = out.server.push(), if out.server.is_busy() => continue,
                () = sleep_until(until) => return Err(why),
            };
            progress.last = Instant::now();
            match read {
                Ok([]) => {
                    let (reads, other) = match from {
                        Side::Client => (&mut progress.reads_client, &mut out.server),
                        Side::Server => (&mut progress.reads_server, &mut out.client),
                    };
                    *reads = false;
                    other.end();
                    let taken = self.tap.end(from);
                    self.deliver(taken, out);
                    self.note(from, EventKind::Eof);
                }
                Ok(octets) => {
                    progress.is_silent &= from == Side::Server;
                    let taken = self.tap.take(from, octets);
                    self.deliver(taken, out);
                }
                Err(_) => {
                    let taken = self.tap.end(from);
                    self.heard(taken.heard);
                    self.note(from, EventKind::Reset);
                    return Ok(Some(from));
                }
            }
        }
    }

    fn deliver(&mut self, taken: TapOutput, out: &mut Outboxes) {
        // Written down first, so that the file has all that was passed on.
        self.heard(taken.heard);
        out.client.give(&taken.for_client);
        out.server.give(&taken.for_server);
    }

    fn heard(&mut self, heard: Vec<TapEvent>) {
        // A large transfer that nobody understands is many chunks, and one line.
        let mut rest = heard;
        rest.dedup_by(|next, kept| {
            let is_more =
                matches!((&kept.what, &next.what), (TapEventKind::Octets, TapEventKind::Octets))
                    && kept.from == next.from;
            if is_more {
                kept.octets += next.octets;
            }
            is_more
        });
        for heard in rest {
            let event = self.shared.recorder.heard(&self.name, heard);
            self.print(&event);
        }
    }

    fn note(&mut self, who: Side, said: EventKind) {
        let event = self.shared.recorder.event(&self.name, who, said);
        self.print(&event);
    }

    fn print(&mut self, event: &transcript::Event) {
        let at = Duration::from_micros(event.micros);
        let speaker = match event.who {
            Side::Client => Speaker::Client,
            Side::Server => Speaker::Server,
        };
        let text = transcript::words(event);
        self.line(at, speaker, text, true);
        let step = self.steps.of(event);
        if let Some(watched) = &self.shared.watched {
            watched.said(self.number, self.steps.user.as_deref(), event);
        }
        if let Some(step) = step {
            self.step(at, step);
        }
    }

    fn tell(&self, text: &str) {
        let at = self.shared.recorder.elapsed();
        let text = self.shared.recorder.scrub(text);
        self.step(at, text);
    }

    fn step(&self, at: Duration, text: String) {
        if let Some(watched) = &self.shared.watched {
            watched.fact(self.number, at, &text);
        }
        self.line(at, Speaker::Nobody, text, false);
    }

    fn line(&self, at: Duration, speaker: Speaker, text: String, is_message: bool) {
        let user = self.steps.user.clone();
        let connection = self.number;
        (self.shared.print)(Line { at, connection, user, speaker, text, is_message });
    }
}

/// How far a connection is.
struct Progress {
    deadlines: Deadlines,
    /// More may come from the client.
    reads_client: bool,
    reads_server: bool,
    /// The client has said nothing yet.
    is_silent: bool,
    /// When a side last said something.
    last: Instant,
}

impl Progress {
    fn new(deadlines: Deadlines) -> Self {
        let last = Instant::now();
        Self { deadlines, reads_client: true, reads_server: true, is_silent: true, last }
    }

    /// The end of the present wait, and the words for when it is over.
    fn deadline(&self, out: &Outboxes) -> (Instant, String) {
        let Deadlines { request, stall, idle, end, .. } = self.deadlines;
        let busy = [&out.client, &out.server].into_iter().filter(|side| side.is_busy());
        if let Some(busy) = busy.min_by_key(|side| side.since) {
            let side = busy.side;
            return (busy.since + stall, format!("the {side} took no octets for {stall:?}"));
        }
        match (self.reads_client, self.reads_server) {
            (true, true) if self.is_silent => {
                (self.last + request, format!("the client sent no request within {request:?}"))
            }
            (true, true) => (self.last + idle, format!("neither side said anything for {idle:?}")),
            (true, false) => {
                (self.last + end, format!("the client did not end within {end:?} after the server"))
            }
            (false, _) => {
                (self.last + end, format!("the server did not end within {end:?} after the client"))
            }
        }
    }
}

struct Outboxes {
    client: Outbox,
    server: Outbox,
}

/// The octets that wait for one side.
struct Outbox {
    side: &'static str,
    writer: WriteHalf<Stream>,
    waiting: Vec<u8>,
    written: usize,
    /// Octets were written, and not flushed.
    is_unflushed: bool,
    /// Since when something waits.
    since: Instant,
    /// Our direction ends once nothing waits any more.
    is_ending: bool,
    /// Our direction has ended, or it takes no more.
    is_shut: bool,
}

impl Outbox {
    fn new(side: &'static str, writer: WriteHalf<Stream>) -> Self {
        Self {
            side,
            writer,
            waiting: Vec::new(),
            written: 0,
            is_unflushed: false,
            since: Instant::now(),
            is_ending: false,
            is_shut: false,
        }
    }

    fn give(&mut self, octets: &[u8]) {
        if self.is_shut || octets.is_empty() {
            return;
        }
        if !self.is_busy() {
            self.since = Instant::now();
        }
        self.waiting.extend_from_slice(octets);
    }

    fn is_busy(&self) -> bool {
        !self.is_shut && (!self.waiting.is_empty() || self.is_unflushed || self.is_ending)
    }

    /// No more will be given to it.
    fn end(&mut self) {
        if !self.is_busy() {
            self.since = Instant::now();
        }
        self.is_ending = true;
    }

    /// One step of writing: some octets, a flush, or the end. A side that takes no more is not
    /// written to any more; its earlier octets are still read.
    async fn push(&mut self) {
        let done = if self.written < self.waiting.len() {
            match self.writer.write(&self.waiting[self.written..]).await {
                Ok(0) => Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.written += count;
                    self.is_unflushed = true;
                    // Octets that are taken are no stall.
                    self.since = Instant::now();
                    if self.written == self.waiting.len() {
                        self.waiting.clear();
                        self.written = 0;
                    }
                    Ok(())
                }
                Err(error) => Err(error),
            }
        } else if self.is_unflushed {
            self.writer.flush().await.map(|()| self.is_unflushed = false)
        } else {
            let ended = self.writer.shutdown().await;
            self.is_shut = true;
            ended
        };
        if done.is_err() {
            self.is_shut = true;
            self.waiting.clear();
        }
    }
}
