//! The state of a case being played, and the waiting in it: every wait has a deadline, and knows
//! when nothing more will come.

use std::sync::Arc;
use std::time::Duration;

use case::{Case, Item, Label, Source, Span, Step, StepKind};
use stanza::{Element, ns};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use transcript::{Event, EventKind, Recording, Side};
use wire::Message;

use super::allowance::Allowance;
use super::client::ClientSide;
use super::connection::Connection;
use super::incoming::{Incoming, Received};
use super::leg::Chunk;
use super::log::{Log, Note};
use super::moments::Moments;
use super::server::ServerSide;
use super::side::UnderTest;
use crate::bindings::Bindings;
use crate::owners::Owners;
use crate::scene::{Scene, Tested};
use verdict::CloseAxis;
use verdict::{Closest, Failure};

/// Deadline of a step (notation, Receiving).
pub(super) const STEP: Duration = Duration::from_secs(5);
/// Deadline of TCP and TLS together.
pub(super) const CONNECT: Duration = Duration::from_secs(10);
/// Deadline of a whole case.
const CASE: Duration = Duration::from_secs(120);
/// How long a case that is interrupted may take to undo what it did and to take its leave.
const PARTING: Duration = Duration::from_millis(450);
/// Deadline of each step of that.
const PARTING_STEP: Duration = Duration::from_millis(150);

/// The result of playing a case.
pub(crate) struct Played {
    /// How far it came.
    pub(crate) outcome: Outcome,
    /// How its connections ended.
    pub(crate) close: CloseAxis,
    pub(crate) recording: Recording,
    /// The last lines that a client under test wrote on its standard error.
    pub(crate) output: Vec<String>,
}

/// How far a case came.
pub(crate) enum Outcome {
    /// To the end, by way of these branches.
    Completed(Vec<(Label, Option<String>)>),
    /// A step did not hold; inside a fragment, with the case that answers for it.
    Failed {
        /// The demand that did not hold.
        failure: Box<Failure>,
        /// Owner of the fragment.
        owner: Option<String>,
    },
    /// The client under test never came, and this is the step that wanted it.
    Absent(Box<Failure>),
    /// It could not be played; one line with a way out.
    Error(String),
    /// Somebody stopped the run.
    Interrupted,
}

/// Why a step ends the case.
pub(super) enum Stop {
    /// It did not hold.
    Failed(Box<Failure>),
    /// It could not be played.
    Error(String),
    /// The target cannot do this; the branch that says so is among those taken.
    Unsupported,
    /// Somebody stopped the run.
    Interrupted,
}

/// The result of a wait.
pub(super) enum Wait {
    /// Something came, on the connection of this index; it stands in its queue.
    Arrived,
    /// The deadline passed.
    TimedOut,
    /// The endpoint is at rest and will say nothing more in time.
    AtRest,
    /// The client under test is gone, and how.
    Gone(String),
}

/// The things awaited, beyond answers to our own messages.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Awaited {
    /// The end of TCP, which no ledger counts.
    pub(super) end: bool,
    /// Pings and queries that a server sends by timer.
    pub(super) talk: bool,
}

/// A case being played against the side under test.
pub(super) struct Player<'a, S> {
    pub(super) scene: &'a Scene,
    pub(super) case: &'a Case,
    pub(super) bindings: Bindings,
    pub(super) connections: Vec<Connection>,
    pub(super) side: S,
    pub(super) log: Log,
    pub(super) moments: Moments,
    /// Number of the step being played; orders the transcript.
    pub(super) step: usize,
    /// Its text and place.
    pub(super) place: Option<StepPlace>,
    /// The rest of the allowance of the case.
    pub(super) allowance: Allowance,
    /// Branches taken so far.
    pub(super) branches: Vec<(Label, Option<String>)>,
    pub(super) owners: &'a Owners,
    /// Owner of the fragment that is open just now.
    pub(super) owner: Option<String>,
    /// Places of `<close/>`, errors and ends that were passed over or left: (text, kind) for the
    /// last check.
    pub(super) unclaimed_error: Option<(String, String)>,
    pub(super) inbox: mpsc::Receiver<Chunk>,
    pub(super) outbox: mpsc::Sender<Chunk>,
    pub(super) until: Instant,
    /// How far the case is.
    pub(super) phase: Phase,
}

/// How far a case is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Its steps are played.
    Steps,
    /// Things are put in order again.
    Order,
    /// The same, in a hurry: the run was stopped.
    Parting,
}

/// Where a step is written.
pub(super) struct StepPlace {
    source: Arc<Source>,
    span: Span,
}

impl StepPlace {
    pub(super) fn of(step: &Step) -> Self {
        Self { source: Arc::clone(&step.source), span: step.span.clone() }
    }
}

impl std::fmt::Display for StepPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { source, span } = self;
        let line = 1 + source.text.get(..span.start).unwrap_or_default().matches('\n').count();
        write!(f, "{}:{line}: `{}`", source.path.display(), first_line_of(source, span))
    }
}

/// Plays `steps`, the expanded body of `case`.
pub(crate) async fn play(
    (case, steps, owners): (&Case, &[Item], &Owners),
    scene: &Scene,
    interrupt: watch::Receiver<bool>,
) -> Played {
    match &scene.tested {
        Tested::Server(server) => {
            let side = ServerSide::new(server);
            Player::new(scene, (case, steps, owners), side).play(steps, interrupt).await
        }
        Tested::Client(client) => {
            let client = client.lock().ok().and_then(|mut client| client.take());
            let client = client.ok_or_else(|| "the client has been here before".to_owned());
            match client.and_then(|client| ClientSide::enter(client, case.transport)) {
                Ok(side) => {
                    Player::new(scene, (case, steps, owners), side).play(steps, interrupt).await
                }
                Err(message) => Played::not(message),
            }
        }
    }
}

impl Played {
    /// A case that did not begin.
    fn not(message: String) -> Self {
        Self {
            outcome: Outcome::Error(message),
            close: CloseAxis::NotReached,
            recording: Recording::default(),
            output: Vec::new(),
        }
    }
}

impl<'a, S: UnderTest> Player<'a, S> {
    fn new(
        scene: &'a Scene,
        (case, steps, owners): (&'a Case, &[Item], &'a Owners),
        side: S,
    ) -> Self {
        let (outbox, inbox) = mpsc::channel(1024);
        Self {
            scene,
            case,
            bindings: Bindings::new(scene),
            connections: Vec::new(),
            side,
            log: Log::new(scene.secrets()),
            moments: Moments::new(),
            step: 0,
            place: None,
            allowance: Allowance::of(steps),
            branches: Vec::new(),
            owners,
            owner: None,
            unclaimed_error: None,
            inbox,
            outbox,
            until: Instant::now() + CASE.mul_f64(scene.patience),
            phase: Phase::Steps,
        }
    }

    async fn play(mut self, steps: &[Item], interrupt: watch::Receiver<bool>) -> Played {
        let (main, last): (Vec<&Item>, Vec<&Item>) = steps
            .iter()
            .partition(|item| !matches!(item, Item::Step(Step { kind: StepKind::Finally(_), .. })));
        let result = tokio::select! {
            biased;
            () = stopped(interrupt.clone()) => Err(Stop::Interrupted),
            result = self.play_through(main, steps) => result,
        };
        let result = result.map_err(|stop| self.with_question(stop));
        let owner = self.owner.take();
        let is_stopped = matches!(result, Err(Stop::Interrupted));
        self.phase = if is_stopped { Phase::Parting } else { Phase::Order };
        self.until = Instant::now() + CASE.mul_f64(self.scene.patience);
        let too_long = async {
            stopped(interrupt).await;
            tokio::time::sleep(PARTING).await;
        };
        let (close, output) = tokio::select! {
            biased;
            () = too_long => (CloseAxis::NotReached, Vec::new()),
            ended = S::finish(&mut self, &last) => ended,
        };
        let outcome = match result {
            Ok(()) | Err(Stop::Unsupported) => {
                Outcome::Completed(std::mem::take(&mut self.branches))
            }
            Err(Stop::Failed(failure)) if owner.is_none() && self.side.is_absent() => {
                Outcome::Absent(failure)
            }
            Err(Stop::Failed(failure)) => Outcome::Failed { failure, owner },
            Err(Stop::Error(message)) => Outcome::Error(message),
            Err(Stop::Interrupted) => Outcome::Interrupted,
        };
        Played { outcome, close, recording: self.recording(), output }
    }

    /// All steps but those of `finally`.
    async fn play_through(&mut self, main: Vec<&Item>, steps: &[Item]) -> Result<(), Stop> {
        self.steps(main).await?;
        // A later message answers the closing, which the close axis judges.
        S::settle(self).await;
        self.within_allowance()?;
        self.unclaimed(steps)?;
        self.idle(steps)
    }

    /// Gives the case up when more was said than it takes.
    pub(super) fn within_allowance(&mut self) -> Result<(), Stop> {
        if !self.allowance.is_exceeded() {
            return Ok(());
        }
        // Later messages on them are left where they are.
        self.connections.iter_mut().for_each(|connection| connection.state.deaf = true);
        let place = self.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
        let who = if S::TESTED == Side::Server { "server" } else { "client" };
        Err(Stop::Error(format!(
            "{place}{} were said, which is more than this case takes. The end of its transcript shows what the \
             {who} repeats",
            self.allowance
        )))
    }

    /// A client that does nothing is told from one that refuses.
    fn idle(&self, steps: &[Item]) -> Result<(), Stop> {
        let is_taken =
            |event: &Event| event.claimed && matches!(event.said, EventKind::Report { .. });
        if !self.side.is_idle() || self.log.events().iter().any(is_taken) {
            return Ok(());
        }
        let (source, span, step) = last_step(steps, self.case);
        let message = "the client made no connection, and did not say that it makes none: wanted an exit \
                       status other than 0, or a report of an error";
        Err(Stop::Failed(Box::new(Failure::at(&source, &span, message.to_owned(), step))))
    }

    /// A failure with what was last said to the side under test.
    fn with_question(&self, stop: Stop) -> Stop {
        let Stop::Failed(mut failure) = stop else { return stop };
        let said = || {
            self.log.events().iter().rev().filter(|event| {
                let is_connect = matches!(event.said, EventKind::Connect { .. });
                event.who != S::TESTED && !event.timer && !is_connect
            })
        };
        // A fake says more than the case is about.
        let last = said().find(|event| event.claimed).or_else(|| said().next());
        failure.question = last.map(|event| {
            let words = transcript::words(event);
            words.lines().next().unwrap_or_default().to_owned()
        });
        Stop::Failed(failure)
    }

    /// An error that no step wants fails the case.
    fn unclaimed(&mut self, steps: &[Item]) -> Result<(), Stop> {
        let waiting = self
            .connections
            .iter()
            .flat_map(|connection| &connection.queue)
            .find(|received| S::is_error(received))
            .map(|received| (text(&received.incoming), received.incoming.kind().to_owned()));
        let Some((text, kind)) = self.unclaimed_error.take().or(waiting) else { return Ok(()) };
        let (source, span, step) = last_step(steps, self.case);
        let message = format!("an error came that no step asked for: {text}");
        let mut failure = Failure::at(&source, &span, message, step);
        failure.closest = Some(Closest { line: None, kind, rows: Vec::new(), text });
        Err(Stop::Failed(Box::new(failure)))
    }

    /// The index of a connection that is about to be made. A name that is connected again stands
    /// for the new connection; the old one is kept under another.
    pub(super) fn next_index(&mut self, name: &str) -> usize {
        let index = self.connections.len();
        if let Some(old) = self.connection(name) {
            old.name = format!("{name}-before-{index}");
        }
        index
    }

    /// The connection of a name.
    pub(super) fn connection(&mut self, name: &str) -> Option<&mut Connection> {
        self.connections.iter_mut().find(|connection| connection.name == name)
    }

    /// The deadline of a step: its own, the case's, or the usual one, at the scene's patience.
    pub(super) fn deadline(&self, own: Option<Duration>) -> Duration {
        let case = self.case.head.timeout.as_ref().map(|timeout| timeout.value);
        let deadline = own.or(case).unwrap_or(STEP).mul_f64(self.scene.patience);
        if self.phase == Phase::Parting { deadline.min(PARTING_STEP) } else { deadline }
    }

    /// Takes the message at `at` out of a queue. Those before it are passed over.
    pub(super) fn claim(&mut self, conn: &str, who: Side, at: usize) -> Option<Received> {
        let index = self.connections.iter().position(|connection| connection.name == conn)?;
        self.note_unclaimed(index, who, at);
        let connection = &mut self.connections[index];
        let claimed = connection.queue_mut(who).pop_front()?;
        connection.state.end_claimed |= claimed.incoming.is_end();
        Some(claimed)
    }

    /// Puts the first `count` messages of a queue into the transcript; no step wanted them.
    pub(super) fn note_unclaimed(&mut self, index: usize, who: Side, count: usize) {
        let step = self.step;
        let connection = &mut self.connections[index];
        let passed: Vec<Received> = connection.queue_mut(who).drain(..count).collect();
        for passed in passed {
            if S::is_error(&passed) {
                let found = (text(&passed.incoming), passed.incoming.kind().to_owned());
                self.unclaimed_error.get_or_insert(found);
            }
            if passed.noted.is_none() {
                self.log.received(&connection.name, &passed, Note { step, claimed: false });
            }
        }
    }

    /// Puts something that a step has taken into the transcript.
    pub(super) fn note_claimed(&mut self, conn: &str, received: &Received, step: usize) {
        self.moments.note(received.at);
        let Some(noted) = received.noted else {
            return self.log.received(conn, received, Note { step, claimed: true });
        };
        self.log.claim(noted);
        if let Some(index) = self.connections.iter().position(|it| it.name == conn) {
            self.side.claimed(index, noted);
        }
    }

    /// The transcript, with what is still in the queues.
    fn recording(mut self) -> Recording {
        for index in 0..self.connections.len() {
            self.note_unclaimed(index, Side::Server, self.connections[index].queue.len());
        }
        let tail = self.log.tail();
        let mut recording = Recording { events: self.log.into_events(), ..Recording::default() };
        recording.about.case.clone_from(&self.case.id);
        recording.about.tested = Some(S::TESTED);
        // A made-up value may hold a password, as `{x=plain(…)}` does, and so may the name of a
        // user; it is masked where it was said.
        let secrets = self.scene.secrets();
        let is_clean = |value: &str| secrets.scrub(value) == value;
        let known = self.scene.known.iter().filter(|known| is_clean(&known.value));
        recording.about.known = known.cloned().collect();
        let generated = self.bindings.generated().iter().filter(|it| is_clean(&it.value));
        recording.about.generated = generated.cloned().collect();
        recording.about.tail = tail;
        recording
    }
}

impl Received {
    /// It, as a failure shows it.
    pub(super) fn as_closest(&self) -> Closest {
        let kind = self.incoming.kind().to_owned();
        Closest { line: None, kind, rows: Vec::new(), text: text(&self.incoming) }
    }
}

/// The message that came, in one line.
pub(super) fn text(incoming: &Incoming) -> String {
    match incoming {
        Incoming::Request { head, .. } => {
            format!("{} {} {}", head.method, head.target, head.version)
        }
        Incoming::Response { head, .. } => {
            format!("{} {} {}", head.version, head.status, head.reason)
        }
        Incoming::Garbage { octets } => {
            format!("{} octets that are neither HTTP nor a frame", octets.len())
        }
        Incoming::Message { element: Some(element), .. } => stanza::print(element),
        Incoming::Message { message, .. } => match message {
            Message::Text(text) => format!("[text {text:?}]"),
            Message::Binary(payload) => format!("[binary of {} octets]", payload.len()),
            Message::Ping(_) => "[ping]".to_owned(),
            Message::Pong(_) => "[pong]".to_owned(),
            Message::Close(None) => "[close]".to_owned(),
            Message::Close(Some(close)) => format!("[close {} {:?}]", close.code, close.reason),
        },
        Incoming::BadFrame { frame, violation } => {
            format!("[frame opcode={}]: {violation}", frame.opcode)
        }
        Incoming::Eof => "[eof]".to_owned(),
        Incoming::Reset => "[reset]".to_owned(),
    }
}

/// Where a case ends, for a failure that belongs to no step.
fn last_step(steps: &[Item], case: &Case) -> (Arc<Source>, Span, String) {
    let last = steps.iter().rev().find_map(|item| match item {
        Item::Step(step) if !matches!(step.kind, StepKind::Finally(_)) => Some(step),
        _ => None,
    });
    match last {
        Some(step) => (Arc::clone(&step.source), step.span.clone(), first_line(step)),
        None => (Arc::clone(&case.source), case.head.title.span.clone(), String::new()),
    }
}

/// The first line of a step, as written.
pub(super) fn first_line(step: &Step) -> String {
    first_line_of(&step.source, &step.span).to_owned()
}

fn first_line_of<'a>(source: &'a Source, span: &Span) -> &'a str {
    let text = source.text.get(span.clone()).unwrap_or_default();
    text.lines().next().unwrap_or_default().trim()
}

/// Waits until somebody stops the run; never returns if the sender is gone.
pub(crate) async fn stopped(mut interrupt: watch::Receiver<bool>) {
    if interrupt.wait_for(|stop| *stop).await.is_err() {
        std::future::pending().await
    }
}

/// Remembers what a case may ask for by name of what the server side says.
pub(super) fn learn(bindings: &mut Bindings, conn: &str, said: &Element) {
    if said.is(ns::FRAMING, "open")
        && let Some(id) = said.attr("id")
    {
        bindings.capture(&format!("conn.{conn}.id"), id);
    }
    if let Some(jid) = bound_jid(said) {
        bindings.capture(&format!("conn.{conn}.jid"), &jid);
    }
}

/// The full JID in a bind result (RFC 6120 §7.6.1).
pub(super) fn bound_jid(element: &Element) -> Option<String> {
    let bind = element.child(ns::BIND, "bind")?;
    bind.child(ns::BIND, "jid").map(Element::text)
}
