//! The state of a case being played, and the waiting in it: every wait has a deadline, and knows when nothing more will
//! come.

use std::sync::Arc;
use std::time::{Duration, Instant};

use case::{Case, Item, Label, Source, Span, Step, StepKind};
use tokio::sync::{mpsc, watch};
use transcript::{Recording, Who};
use wire::Message;

use super::closing;
use super::connection::Connection;
use super::guest::Guest;
use super::incoming::{Incoming, Received};
use super::leg::Ledger;
use super::log::Log;
use super::moments::Moments;
use crate::bindings::Bindings;
use crate::scene::Scene;
use verdict::CloseAxis;
use verdict::{Closest, Failure};

/// Deadline of a step (notation, Receiving).
pub(super) const STEP: Duration = Duration::from_secs(5);
/// Deadline of TCP and TLS together.
pub(super) const CONNECT: Duration = Duration::from_secs(10);
/// Deadline of a whole case.
const CASE: Duration = Duration::from_secs(120);
/// What playing a case came to.
pub(crate) struct Played {
    /// How far it came.
    pub(crate) outcome: Outcome,
    /// How its connections ended.
    pub(crate) close: CloseAxis,
    /// What was said.
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
        /// What did not hold.
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

/// What a wait brought.
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
    /// The client under test, where one is.
    pub(super) guest: Option<Guest>,
    pub(super) log: Log,
    pub(super) moments: Moments,
    /// Number of the step being played; orders the transcript.
    pub(super) step: usize,
    /// Branches taken so far.
    pub(super) branches: Vec<(Label, Option<String>)>,
    /// Owners of the fragments that are open just now.
    pub(super) owner: Option<String>,
    /// Places of `<close/>`, errors and ends that were passed over or left: (text, kind) for the last check.
    pub(super) unclaimed_error: Option<(String, String)>,
    pub(super) ledger: Arc<Ledger>,
    pub(super) inbox: mpsc::Receiver<(usize, Received)>,
    pub(super) outbox: mpsc::Sender<(usize, Received)>,
    pub(super) until: Instant,
    pub(super) interrupt: watch::Receiver<bool>,
    /// Whether an interrupt ends the waiting; not while things are put in order again.
    pub(super) interruptible: bool,
}

/// Plays `steps`, the expanded body of `case`.
pub(crate) async fn play(
    case: &Case,
    steps: &[Item],
    scene: &Scene,
    interrupt: watch::Receiver<bool>,
) -> Played {
    let (outbox, inbox) = mpsc::channel(1024);
    let guest = match &scene.visit {
        None => None,
        Some(visit) => match Guest::invite(visit) {
            Ok(guest) => Some(guest),
            Err(message) => return Played::not(message),
        },
    };
    let mut player = Player {
        scene,
        case,
        bindings: Bindings::new(scene),
        connections: Vec::new(),
        guest,
        log: Log::new(scene.secrets()),
        moments: Moments::new(),
        step: 0,
        branches: Vec::new(),
        owner: None,
        unclaimed_error: None,
        ledger: Arc::default(),
        inbox,
        outbox,
        until: Instant::now() + CASE.mul_f64(scene.patience),
        interrupt,
        interruptible: true,
    };
    let (main, last): (Vec<&Item>, Vec<&Item>) = steps
        .iter()
        .partition(|item| !matches!(item, Item::Step(Step { kind: StepKind::Finally(_), .. })));
    let result = match player.steps(main).await {
        Ok(()) => {
            // What comes later answers the closing, which the close axis judges.
            player.settle().await;
            player.unclaimed(steps)
        }
        Err(stop) => Err(stop),
    };
    let owner = player.owner.take();
    player.until = Instant::now() + CASE.mul_f64(scene.patience);
    player.interruptible = false;
    let (close, output) = if player.guest.is_some() {
        player.dismiss().await
    } else {
        player.last_steps(&last).await;
        player.settle().await;
        (closing::epilogue(&mut player).await, Vec::new())
    };
    let outcome = match result {
        Ok(()) | Err(Stop::Unsupported) => Outcome::Completed(std::mem::take(&mut player.branches)),
        Err(Stop::Failed(failure)) if owner.is_none() && player.is_absent() => {
            Outcome::Absent(failure)
        }
        Err(Stop::Failed(failure)) => Outcome::Failed { failure, owner },
        Err(Stop::Error(message)) => Outcome::Error(message),
        Err(Stop::Interrupted) => Outcome::Interrupted,
    };
    Played { outcome, close, recording: player.recording(), output }
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
    fn unclaimed(&mut self, steps: &[Item]) -> Result<(), Stop> {
        let is_error = self.is_error();
        let waiting = self
            .connections
            .iter()
            .flat_map(|connection| &connection.queue)
            .find(|received| is_error(received))
            .map(|received| (text(&received.incoming), received.incoming.kind().to_owned()));
        let Some((text, kind)) = self.unclaimed_error.take().or(waiting) else { return Ok(()) };
        let (source, span, step) = last_step(steps, self.case);
        let message = format!("an error came that no step asked for: {text}");
        let mut failure = Failure::at(&source, &span, message, step);
        failure.closest = Some(Closest { line: None, kind, rows: Vec::new(), text });
        Err(Stop::Failed(Box::new(failure)))
    }

    /// The side under test.
    pub(super) fn tested(&self) -> Who {
        if self.guest.is_some() { Who::Client } else { Who::Server }
    }

    /// What fails the case if no step asks for it. A client under test may ask for what the model refuses.
    pub(super) fn is_error(&self) -> fn(&Received) -> bool {
        if self.guest.is_some() {
            |received| {
                let incoming = &received.incoming;
                received.who == Who::Server
                    && (incoming.is_stream_error() || incoming.is_sasl_failure())
            }
        } else {
            |received| is_error(&received.incoming)
        }
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

    /// The transcript, with what is still in the queues.
    fn recording(mut self) -> Recording {
        for index in 0..self.connections.len() {
            self.note_unclaimed(index, Who::Server, self.connections[index].queue.len());
        }
        let mut recording =
            Recording { events: self.log.events().to_vec(), ..Recording::default() };
        recording.about.case.clone_from(&self.case.id);
        recording.about.known.clone_from(&self.scene.known);
        recording.about.generated = self.bindings.generated().to_vec();
        recording.about.tail = self.log.tail();
        // A made-up value may hold a password, as `{x=plain(…)}` does; it is masked where it was said.
        let secrets = self.scene.secrets();
        recording
            .about
            .generated
            .retain(|generated| secrets.scrub(&generated.value) == generated.value);
        recording
    }
}

/// Stanza errors, stream errors and SASL failures: if no step asks for one, the case fails.
pub(super) fn is_error(incoming: &Incoming) -> bool {
    incoming.is_stanza_error() || incoming.is_stream_error() || incoming.is_sasl_failure()
}

/// What came, in one line.
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
    let text = step.source.text.get(step.span.clone()).unwrap_or_default();
    text.lines().next().unwrap_or_default().trim().to_owned()
}
