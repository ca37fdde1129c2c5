//! The state of a case being played, and the waiting in it: every wait has a deadline, and knows when nothing more will
//! come.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use case::{Case, Item, Label, Source, Span, Step, StepKind};
use tokio::sync::{mpsc, watch};
use transcript::{Recording, Secrets};
use wire::{CloseFrame, Message, close};

use super::closing;
use super::connection::{Connection, Ledger};
use super::incoming::{Incoming, Received};
use super::log::{Log, Note};
use crate::bindings::Bindings;
use crate::outcome::Failure;
use crate::scene::Scene;
use crate::speak::mask_key;
use crate::verdict::CloseAxis;

/// Deadline of a step (notation, Receiving).
pub(super) const STEP: Duration = Duration::from_secs(5);
/// Deadline of TCP and TLS together.
pub(super) const CONNECT: Duration = Duration::from_secs(10);
/// Deadline of a whole case.
const CASE: Duration = Duration::from_secs(60);
/// Deadline for the end of TCP in the epilogue; its answers have the deadline of a step.
pub(super) const END: Duration = Duration::from_secs(2);
/// How long an endpoint at rest is still listened to when the end of TCP is awaited.
const LAST_WORD: Duration = Duration::from_millis(300);

/// How long an endpoint that cannot tell whether it is at rest is given to say what is on its way.
const SETTLE: Duration = Duration::from_millis(50);

/// What playing a case came to.
pub(crate) struct Played {
    /// How far it came.
    pub(crate) result: Result,
    /// How its connections ended.
    pub(crate) close: CloseAxis,
    /// What was said.
    pub(crate) recording: Recording,
}

/// How far a case came.
pub(crate) enum Result {
    /// To the end, by way of these branches.
    Completed(Vec<(Label, Option<String>)>),
    /// A step did not hold; inside a fragment, with the case that answers for it.
    Failed {
        /// What did not hold.
        failure: Box<Failure>,
        /// Owner of the fragment.
        owner: Option<String>,
    },
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

/// What a wait brought.
pub(super) enum Wait {
    /// Something came, on the connection of this index; it stands in its queue.
    Arrived,
    /// The deadline passed.
    TimedOut,
    /// The endpoint is at rest and will say nothing more in time.
    AtRest,
}

/// What is among the things awaited, beyond answers to what was said.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Awaited {
    /// The end of TCP, which no ledger counts.
    pub(super) end: bool,
    /// Pings and queries that a server sends by timer.
    pub(super) talk: bool,
}

/// A case being played.
pub(super) struct Player<'a> {
    pub(super) scene: &'a Scene,
    pub(super) case: &'a Case,
    pub(super) bindings: Bindings,
    pub(super) connections: Vec<Connection>,
    pub(super) log: Log,
    /// Number of the step being played; orders the transcript.
    pub(super) step: usize,
    /// Branches taken so far.
    pub(super) branches: Vec<(Label, Option<String>)>,
    /// Owners of the fragments that are open just now.
    pub(super) owner: Option<String>,
    /// Places of `<close/>`, errors and ends that were passed over or left: (text, kind) for the last check.
    pub(super) unclaimed_error: Option<(String, String)>,
    pub(super) ledger: Arc<Ledger>,
    inbox: mpsc::Receiver<(usize, Received)>,
    pub(super) outbox: mpsc::Sender<(usize, Received)>,
    until: Instant,
    interrupt: watch::Receiver<bool>,
}

/// Plays `steps`, the expanded body of `case`.
pub(crate) async fn play(
    case: &Case,
    steps: &[Item],
    scene: &Scene,
    interrupt: watch::Receiver<bool>,
) -> Played {
    let (outbox, inbox) = mpsc::channel(1024);
    let mut player = Player {
        scene,
        case,
        bindings: Bindings::new(scene),
        connections: Vec::new(),
        log: Log::new(secrets(scene)),
        step: 0,
        branches: Vec::new(),
        owner: None,
        unclaimed_error: None,
        ledger: Arc::default(),
        inbox,
        outbox,
        until: Instant::now() + CASE.mul_f64(scene.patience),
        interrupt,
    };
    let (main, last): (Vec<&Item>, Vec<&Item>) = steps
        .iter()
        .partition(|item| !matches!(item, Item::Step(Step { kind: StepKind::Finally(_), .. })));
    let mut result = match player.steps(main).await {
        Ok(()) => {
            player.settle().await;
            player.unclaimed(steps)
        }
        Err(stop) => Err(stop),
    };
    let owner = player.owner.take();
    player.until = Instant::now() + CASE.mul_f64(scene.patience);
    player.last_steps(&last).await;
    player.settle().await;
    let close = closing::epilogue(&mut player).await;
    if result.is_ok() {
        result = player.unclaimed(steps);
    }
    let result = match result {
        Ok(()) | Err(Stop::Unsupported) => Result::Completed(std::mem::take(&mut player.branches)),
        Err(Stop::Failed(failure)) => Result::Failed { failure, owner },
        Err(Stop::Error(message)) => Result::Error(message),
        Err(Stop::Interrupted) => Result::Interrupted,
    };
    Played { result, close, recording: player.recording() }
}

/// What the mask has to know about a scene.
fn secrets(scene: &Scene) -> Secrets {
    let mut secrets = Secrets::default();
    for (name, value) in scene.variables.iter().filter(|(name, _)| name.ends_with(".user")) {
        secrets.name(name, value);
    }
    // Longer ones first, so that one password inside another does not spoil it.
    let mut passwords: Vec<_> = scene.passwords.iter().collect();
    passwords.sort_by_key(|(_, value)| std::cmp::Reverse(value.len()));
    for (name, value) in passwords {
        secrets.password(name, value);
    }
    secrets
}

impl Player<'_> {
    /// Steps of `finally`: best effort, whatever happened before.
    async fn last_steps(&mut self, last: &[&Item]) {
        // What these steps provoke is not held against the case.
        let kept = self.unclaimed_error.take();
        for item in last {
            if let Item::Step(Step { kind: StepKind::Finally(items), .. }) = item {
                for item in items {
                    let _ = self.steps(vec![item]).await;
                }
            }
        }
        self.unclaimed_error = kept;
    }

    /// An error that nobody asked for fails the case.
    fn unclaimed(&mut self, steps: &[Item]) -> std::result::Result<(), Stop> {
        let waiting = self
            .connections
            .iter()
            .flat_map(|connection| &connection.queue)
            .find(|received| is_error(&received.incoming))
            .map(|received| (text(&received.incoming), received.incoming.kind().to_owned()));
        let Some((text, kind)) = self.unclaimed_error.take().or(waiting) else { return Ok(()) };
        let (source, span, step) = last_step(steps, self.case);
        Err(Stop::Failed(Box::new(Failure {
            source,
            span,
            message: format!("an error came that no step asked for: {text}"),
            step,
            closest: Some(crate::outcome::Closest { line: None, kind, rows: Vec::new(), text }),
        })))
    }

    /// The connection of a name.
    pub(super) fn connection(&mut self, name: &str) -> Option<&mut Connection> {
        self.connections.iter_mut().find(|connection| connection.name == name)
    }

    /// The deadline of a step: its own, the case's, or the usual one, at the scene's patience.
    pub(super) fn deadline(&self, own: Option<Duration>) -> Duration {
        let case = self.case.head.timeout.as_ref().map(|timeout| timeout.value);
        own.or(case).unwrap_or(STEP).mul_f64(self.scene.patience)
    }

    /// Lets what is on its way arrive, so that what follows does not depend on who was faster.
    async fn settle(&mut self) {
        let patience = if self.scene.stage.can_rest() { STEP } else { SETTLE };
        let deadline = Instant::now() + patience.mul_f64(self.scene.patience);
        while let Ok(Wait::Arrived) = self.wait(deadline, Awaited::default()).await {}
    }

    /// Waits for something new on any connection.
    pub(super) async fn wait(
        &mut self,
        deadline: Instant,
        awaited: Awaited,
    ) -> std::result::Result<Wait, Stop> {
        let deadline = deadline.min(self.until);
        let mut rested_since: Option<Instant> = None;
        let mut pause = Duration::from_micros(200);
        loop {
            if *self.interrupt.borrow() {
                return Err(Stop::Interrupted);
            }
            let read = self.ledger.read.load(Ordering::SeqCst);
            let mut arrived = false;
            while let Ok((index, received)) = self.inbox.try_recv() {
                self.arrive(index, received).await;
                arrived = true;
            }
            if arrived {
                return Ok(Wait::Arrived);
            }
            let now = Instant::now();
            let Some(left) = deadline.checked_duration_since(now).filter(|left| !left.is_zero())
            else {
                return Ok(Wait::TimedOut);
            };
            // `read` was taken before the inbox was emptied: all that it counts has been seen.
            let written = self.ledger.written.load(Ordering::SeqCst);
            if self.scene.stage.at_rest(written, read, left.mul_f64(self.scene.clock), awaited.talk)
            {
                let since = *rested_since.get_or_insert(now);
                if !awaited.end || now.duration_since(since) >= LAST_WORD {
                    return Ok(Wait::AtRest);
                }
            } else {
                rested_since = None;
            }
            tokio::select! {
                came = self.inbox.recv() => {
                    if let Some((index, received)) = came {
                        self.arrive(index, received).await;
                        return Ok(Wait::Arrived);
                    }
                }
                () = tokio::time::sleep(pause.min(left)) => pause = (pause * 2).min(Duration::from_millis(10)),
                _ = self.interrupt.changed() => {}
            }
        }
    }

    /// Puts something that came into its queue, and says for the case what every peer says by itself: pongs, the echo of
    /// a close, answers to timer queries.
    async fn arrive(&mut self, index: usize, mut received: Received) {
        let deadline = self.deadline(None);
        let Some(connection) = self.connections.get_mut(index) else { return };
        let state = &mut connection.state;
        let mut answer = None;
        match &received.incoming {
            Incoming::Response { head, .. } => {
                state.upgraded |= head.status == 101;
                state.refused |= head.status != 101;
            }
            Incoming::Message { message: Message::Ping(payload), .. } => {
                answer = Some(Message::Pong(payload.clone()))
            }
            Incoming::Message { message: Message::Close(close), .. } => {
                let code = close.as_ref().map_or(close::code::NO_STATUS, |close| close.code);
                state.got_close.get_or_insert(code);
                // RFC 6455 §5.5.1: the echo typically carries the code received.
                let echo = close.as_ref().map(|close| CloseFrame::new(close.code, ""));
                if !state.sent_close && !state.manual {
                    answer = Some(Message::Close(echo));
                }
            }
            Incoming::Eof => state.ended = true,
            Incoming::Reset => (state.ended, state.reset) = (true, true),
            incoming if incoming.is_stream_close() => state.got_stream_close = true,
            incoming => {
                answer = incoming
                    .timer_query()
                    .map(|query| Message::Text(stanza::print(&answer_to(query))));
            }
        }
        if let Some(element) = received.incoming.element() {
            if element.is(stanza::ns::FRAMING, "open")
                && let Some(id) = element.attr("id")
            {
                self.bindings.capture(&format!("conn.{}.id", connection.name), id);
            }
            if let Some(jid) = bound_jid(element) {
                self.bindings.capture(&format!("conn.{}.jid", connection.name), &jid);
            }
        }
        if let Some(message) = answer.filter(|_| !connection.state.manual) {
            received.answer =
                Some(connection.answer(message, mask_key(&self.bindings), deadline).await);
        }
        connection.queue.push_back(received);
    }

    /// Takes the message at `at` out of a queue. Those before it are passed over.
    pub(super) fn claim(&mut self, conn: &str, at: usize) -> Option<Received> {
        let index = self.connections.iter().position(|connection| connection.name == conn)?;
        self.note_unclaimed(index, at);
        let connection = &mut self.connections[index];
        let claimed = connection.queue.pop_front()?;
        connection.state.end_claimed |= claimed.incoming.is_end();
        Some(claimed)
    }

    /// Puts the first `count` messages of a queue into the transcript; nobody asked for them.
    pub(super) fn note_unclaimed(&mut self, index: usize, count: usize) {
        let step = self.step;
        let connection = &mut self.connections[index];
        for passed in connection.queue.drain(..count) {
            if is_error(&passed.incoming) {
                let found = (text(&passed.incoming), passed.incoming.kind().to_owned());
                self.unclaimed_error.get_or_insert(found);
            }
            self.log.received(&connection.name, &passed, Note { step, claimed: false });
        }
    }

    /// The transcript, with what is still in the queues.
    fn recording(mut self) -> Recording {
        for index in 0..self.connections.len() {
            self.note_unclaimed(index, self.connections[index].queue.len());
        }
        let mut recording =
            Recording { events: self.log.events().to_vec(), ..Recording::default() };
        recording.about.case.clone_from(&self.case.id);
        recording.about.known.clone_from(&self.scene.known);
        recording.about.generated = self.bindings.generated().to_vec();
        // A made-up value may hold a password, as `{x=plain(…)}` does; it is masked where it was said.
        let secrets = secrets(self.scene);
        recording
            .about
            .generated
            .retain(|generated| secrets.scrub(&generated.value) == generated.value);
        recording
    }
}

/// Stanza errors, stream errors and SASL failures: if no step asks for one, the case fails.
fn is_error(incoming: &Incoming) -> bool {
    incoming.is_stanza_error() || incoming.is_stream_error() || incoming.is_sasl_failure()
}

/// What came, in one line.
pub(super) fn text(incoming: &Incoming) -> String {
    match incoming {
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

/// The full JID in a bind result (RFC 6120 §7.6.1).
fn bound_jid(element: &stanza::Element) -> Option<String> {
    let bind = element.child(stanza::ns::BIND, "bind")?;
    bind.child(stanza::ns::BIND, "jid").map(stanza::Element::text)
}

/// A polite answer to a version query (XEP-0092) or a ping (XEP-0199): none of our business, or here we are.
fn answer_to(query: &stanza::Element) -> stanza::Element {
    use stanza::{Element, ns};
    let is_ping = query.child(ns::PING, "ping").is_some();
    let mut answer =
        Element::new(ns::CLIENT, "iq").with_attr("type", if is_ping { "result" } else { "error" });
    for (ours, theirs) in [("id", "id"), ("to", "from")] {
        if let Some(value) = query.attr(theirs) {
            answer = answer.with_attr(ours, value);
        }
    }
    if is_ping {
        return answer;
    }
    let condition = Element::new(ns::STANZA_ERRORS, "service-unavailable");
    answer.with_child(
        Element::new(ns::CLIENT, "error").with_attr("type", "cancel").with_child(condition),
    )
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
    let text = step.source.text.get(step.span.clone()).unwrap_or_default();
    text.lines().next().unwrap_or_default().trim().to_owned()
}
