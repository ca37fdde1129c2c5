//! Waits for what the other side is to say, and blames a step when it does not come.

use std::time::Duration;

use case::{Fact, Payload, Step};
use tokio::time::Instant;
use transcript::Side;

use super::connection::Connection;
use super::incoming::Received;
use super::leg::WriteError;
use super::player::{Awaited, Player, Stop, Wait, first_line};
use super::side::UnderTest;
use super::want::{Want, Wanted, is_response};
use crate::bindings::Bindings;
use crate::matching::Mismatch;
use crate::owners;
use verdict::{BasicStep, Closest, Failure};

impl<S: UnderTest> Player<'_, S> {
    /// Waits for one thing and claims it.
    pub(super) async fn take(&mut self, want: Want<'_>) -> Result<(), Stop> {
        self.step += 1;
        if self.already(&want) {
            return Ok(());
        }
        let (_, at) = self.receive(&[want], want.step).await.map_err(|stop| match stop {
            Stop::Failed(mut failure) => {
                failure.basic = self.basic(&[want]);
                Stop::Failed(failure)
            }
            other => other,
        })?;
        self.note_taken(&want);
        if let Some(received) = self.claim(want.conn, want.who, at) {
            self.note_claimed(want.conn, &received, self.step);
        }
        Ok(())
    }

    /// Whether a fact holds because of something that was claimed before.
    pub(super) fn already(&self, want: &Want<'_>) -> bool {
        let connection = self.connections.iter().find(|connection| connection.name == want.conn);
        let Some(connection) = connection else { return false };
        let state = &connection.state;
        let fact = match want.what {
            // Of the upgrade, a session has nothing.
            Wanted::Payload(payload) => {
                return state.is_session && matches!(payload, Payload::Http(_));
            }
            Wanted::Fact(Fact::Upgraded) if state.is_session => return true,
            Wanted::Fact(fact) => fact,
        };
        match fact {
            Fact::Closed => state.end_claimed,
            Fact::Upgraded => state.upgraded && !connection.queue.iter().any(is_response),
            Fact::NeverUpgraded => {
                (state.refused || state.end_claimed)
                    && !state.upgraded
                    && !connection.queue.iter().any(is_response)
            }
            _ => false,
        }
    }

    /// The step of a client in a fragment that all messages among these are, but for those that
    /// must not come.
    pub(super) fn basic(&self, wants: &[Want<'_>]) -> Option<BasicStep> {
        let wanted =
            |want: &&Want<'_>| !want.is_forbidden && matches!(want.what, Wanted::Payload(_));
        let mut names = wants.iter().filter(wanted).map(|want| {
            let kind = want.kind().filter(|_| want.who == S::TESTED)?;
            let is_its = |connection: &&Connection| connection.name == want.conn;
            let taken = &self.connections.iter().find(is_its)?.taken;
            Some(owners::numbered(kind, &mut taken.clone()))
        });
        let name = names.next()??;
        let is_one = names.all(|other| other.as_ref() == Some(&name));
        self.owners.of_step(name, self.case).filter(|_| is_one && S::TESTED == Side::Client)
    }

    /// Counts a message of the side under test that a step has taken.
    pub(super) fn note_taken(&mut self, want: &Want<'_>) {
        if let Some(kind) = want.kind().filter(|_| want.who == S::TESTED)
            && let Some(connection) = self.connection(want.conn)
        {
            connection.taken.push(kind);
        }
    }

    /// Whether the 101 has come that was never to come.
    fn is_refuted(&self, want: &Want<'_>) -> bool {
        matches!(want.what, Wanted::Fact(Fact::NeverUpgraded))
            && self.connections.iter().any(|connection| {
                connection.name == want.conn && S::is_upgraded_for_good(connection)
            })
    }

    /// Waits until something fits one of `wants`; gives its number there, and its place in the
    /// queue. `step` is blamed when nothing does.
    pub(super) async fn receive(
        &mut self,
        wants: &[Want<'_>],
        step: &Step,
    ) -> Result<(usize, usize), Stop> {
        let Some(first) = wants.first() else {
            return Err(Stop::Error("nothing to wait for".to_owned()));
        };
        let own = wants.iter().filter_map(|want| want.within).max();
        let within = self.deadline(own);
        let deadline = Instant::now() + within;
        if own.is_some() {
            // A wait that the case asks for is not taken from the deadline of the case.
            self.until += within;
        }
        let awaited =
            Awaited { end: wants.iter().any(Want::is_end), talk: wants.iter().any(Want::is_talk) };
        let one_conn = wants.iter().all(|want| want.conn == first.conn && want.who == first.who);
        let mut nearest: Option<NearMiss> = None;
        let mut scanned: Vec<[usize; 2]> = vec![[0; 2]; self.connections.len()];
        loop {
            let mut fitting = None;
            scanned.resize(self.connections.len(), [0; 2]);
            let sides = [Side::Server, Side::Client];
            let queues = self.connections.iter().enumerate().flat_map(|(index, connection)| {
                sides.map(|who| (index, connection, who, connection.queue(who)))
            });
            'scan: for (index, connection, who, queue) in queues {
                let scanned = &mut scanned[index][usize::from(who == Side::Client)];
                for (at, received) in queue.iter().enumerate().skip(*scanned) {
                    let its = |want: &Want<'_>| want.conn == connection.name && want.who == who;
                    for (number, want) in wants.iter().enumerate().filter(|(_, want)| its(want)) {
                        match want.fits(received, &mut self.bindings) {
                            Ok(()) => {
                                fitting = Some((number, at));
                                break 'scan;
                            }
                            Err(mismatch) => {
                                let near = NearMiss { number, mismatch, closest: None };
                                let counts = !received.is_routine && !want.is_forbidden;
                                if counts && near.beats(nearest.as_ref()) {
                                    nearest = Some(near.with(received));
                                }
                            }
                        }
                    }
                    if one_conn
                        && !received.is_routine
                        && its(first)
                        && wants.iter().all(|want| want.is_decided_by(received, &mut self.bindings))
                    {
                        let last = decided(wants, received, &mut self.bindings).with(received);
                        return Err(undone(wants, step, nearest, last));
                    }
                    *scanned = at + 1;
                }
            }
            if let Some(found) = fitting {
                return Ok(found);
            }
            let has_come = self.side.has_unasked_connection();
            let has_arrived = self.side.has_arrival();
            if let Some(number) = wants.iter().position(Want::is_arrival).filter(|_| has_arrived) {
                return Ok((number, 0));
            }
            if let Some(want) = wants.iter().find(|want| self.is_refuted(want)) {
                let message = "the connection was upgraded".to_owned();
                return Err(Stop::Failed(Box::new(failure(want.step, message))));
            }
            let why = match S::wait(self, deadline, awaited).await? {
                Wait::Arrived => continue,
                Wait::TimedOut | Wait::AtRest | Wait::Gone(_)
                    if !has_come && wants.iter().any(Want::is_silence) =>
                {
                    return Ok((wants.iter().position(Want::is_silence).unwrap_or_default(), 0));
                }
                Wait::TimedOut => {
                    let within = case::duration::print(within);
                    let why = match self.side.has_unasked_connection() {
                        true => Some(UNASKED.to_owned()),
                        false => self.unread(first.conn).map(|unread| unread.to_string()),
                    };
                    let why = why.map(|why| format!("; {why}")).unwrap_or_default();
                    format!("within {within}{why}")
                }
                Wait::AtRest => "and nothing is on its way: the target is at rest".to_owned(),
                Wait::Gone(why) => format!("and nothing more will: {why}"),
            };
            return Err(blame(wants, step, nearest, Some(why)));
        }
    }

    /// Whether the peer has stopped reading a connection.
    fn unread(&mut self, conn: &str) -> Option<WriteError> {
        self.connection(conn)?.leg.as_ref()?.unread()
    }

    /// Whether a connection has ended, and the side under test has made another.
    fn is_left_for_another(&mut self, conn: &str) -> bool {
        self.side.has_unasked_connection()
            && self.connection(conn).is_some_and(|connection| {
                let state = &connection.state;
                state.ended || state.ended_by_us || state.got_close.is_some()
            })
    }

    /// Nothing may come for a while, but for timer talk.
    pub(super) async fn silent(
        &mut self,
        step: &Step,
        conn: &str,
        how_long: Duration,
    ) -> Result<(), Stop> {
        self.step += 1;
        let how_long = how_long.div_f64(self.scene.clock);
        let deadline = Instant::now() + how_long;
        self.until += how_long;
        let mut heard = 0;
        loop {
            let broken = self.connection(conn).and_then(|connection| {
                let breaks = |received: &&Received| !S::is_no_talk(received);
                let queue = connection.queue(S::TESTED);
                let mut new = queue.iter().skip(std::mem::replace(&mut heard, queue.len()));
                new.find(breaks).map(Received::as_closest)
            });
            if let Some(closest) = broken {
                let mut failure = failure(step, format!("not silent: {}", closest.text));
                failure.closest = Some(closest);
                return Err(Stop::Failed(Box::new(failure)));
            }
            if self.is_left_for_another(conn) {
                let message = format!("not silent: {UNASKED}");
                return Err(Stop::Failed(Box::new(failure(step, message))));
            }
            match S::wait(self, deadline, Awaited::default()).await? {
                Wait::Arrived => {}
                Wait::TimedOut | Wait::AtRest | Wait::Gone(_) => {
                    self.moments.note(Instant::now());
                    return Ok(());
                }
            }
        }
    }
}

/// The failure for a connection that no step asks for.
const UNASKED: &str = "the client has made another connection, which no step asks for";

/// A message that does not fit, and the want that it came nearest to.
struct NearMiss {
    /// The number of the want.
    number: usize,
    mismatch: Mismatch,
    /// The message as reports show it.
    closest: Option<Closest>,
}

impl NearMiss {
    fn with(self, received: &Received) -> Self {
        Self { closest: Some(received.as_closest()), ..self }
    }

    /// Whether it is nearer than the nearest so far: of the same kind, with fewer differences.
    fn beats(&self, best: Option<&Self>) -> bool {
        let rank = |near: &Self| match near.mismatch.rows.as_slice() {
            [] => usize::MAX,
            _ if !near.is_alike() => usize::MAX - 1,
            rows => rows.len(),
        };
        best.is_none_or(|best| rank(self) < rank(best))
    }

    /// Whether it is of the kind that is wanted; an element has the name, in whatever namespace.
    fn is_alike(&self) -> bool {
        self.mismatch.rows.iter().any(|row| row.place != "root element")
    }

    /// Whether it differs below its root alone.
    fn has_the_root(&self) -> bool {
        self.is_alike() && !self.mismatch.rows.iter().any(|row| row.place.ends_with("/@xmlns"))
    }
}

/// The want that came nearest to what decided against all of them. One that must not come is never
/// what was wanted.
fn decided(wants: &[Want<'_>], received: &Received, bindings: &mut Bindings) -> NearMiss {
    let mut nearest: Option<NearMiss> = None;
    for (number, want) in wants.iter().enumerate().filter(|(_, want)| !want.is_forbidden) {
        if let Err(mismatch) = want.fits(received, bindings) {
            let near = NearMiss { number, mismatch, closest: None };
            if near.beats(nearest.as_ref()) {
                nearest = Some(near);
            }
        }
    }
    nearest.unwrap_or_else(|| NearMiss {
        number: 0,
        mismatch: Mismatch::other_kind(),
        closest: None,
    })
}

/// The failure of a wait that `last` decided. The end of a connection shows no mistake; a message
/// before it that is like the wanted one does.
fn undone(wants: &[Want<'_>], step: &Step, nearest: Option<NearMiss>, last: NearMiss) -> Stop {
    match (nearest, &last.closest) {
        (Some(nearest), Some(end)) if nearest.is_alike() && last.mismatch.rows.is_empty() => {
            let why = format!("before the {}", end.kind);
            // Of several branches none was begun, so the block is blamed.
            let wants = if wants.len() == 1 { wants } else { &[] };
            blame(wants, step, Some(nearest), Some(why))
        }
        _ => blame(wants, step, Some(last), None),
    }
}

/// The failure of a wait. `why` says how the waiting ended, unless something decided it.
fn blame(wants: &[Want<'_>], step: &Step, nearest: Option<NearMiss>, why: Option<String>) -> Stop {
    let Some(nearest) = nearest else {
        let why = why.map_or_else(|| "was received".to_owned(), |why| format!("came {why}"));
        return Stop::Failed(Box::new(failure(step, format!("nothing {why}"))));
    };
    // With several branches it is the block as a whole that did not hold.
    let is_one = wants.len() == 1 || nearest.has_the_root();
    let NearMiss { number, mismatch, closest } = nearest;
    let blamed = wants.get(number).filter(|_| is_one).map_or(step, |want| want.step);
    let message = match why {
        Some(why) => format!("nothing that fits came {why}; nearest: {}", mismatch.message),
        None => mismatch.message,
    };
    let mut failure = failure(blamed, message);
    if is_one && let Some(span) = mismatch.span.filter(|span| !span.is_empty()) {
        failure.point_at(&blamed.source, &span);
    }
    failure.closest = closest.map(|closest| Closest { rows: mismatch.rows, ..closest });
    Stop::Failed(Box::new(failure))
}

/// The failure of a step as a whole.
pub(super) fn failure(step: &Step, message: String) -> Failure {
    Failure::at(&step.source, &step.span, message, first_line(step))
}
