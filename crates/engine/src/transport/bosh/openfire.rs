//! A session as Openfire 4.4.4 keeps it (recorded: bosh_*). An element that it sends answers the
//! request that is next by its number; elements without a request to answer wait for the next one.

use stanza::ns::HTTP_BIND;
use std::collections::VecDeque;
use std::time::Duration;

use super::body::with_namespace_last;
use super::{Condition, Reply, Request, SessionInput};
use crate::numbers::ConnectionId;

/// How many requests a client may have open, and how far its numbers may run ahead.
const REQUESTS: usize = 2;

/// How long a client may be silent, and one that polls.
const INACTIVITY: Duration = Duration::from_secs(30);
const INACTIVITY_POLLING: Duration = Duration::from_secs(60);

/// How long a client that polls must wait after an empty answer.
const POLLING: Duration = Duration::from_secs(5);

/// The longest pause, in seconds.
const MAX_PAUSE: i32 = 300;

/// How often the server looks for silent clients.
const SWEEP: Duration = Duration::from_secs(30);

/// How long a request waits that was told to wait for ever (`wait="-1"`). Openfire never lets go of
/// it, even if its connection has ended; here it must not outlive everything.
const FOR_EVER: Duration = Duration::from_secs(900);

/// The size of a request that waits.
const WAITING: usize = 64;

/// A session.
#[derive(Debug)]
pub(super) struct Session {
    sid: String,
    /// In seconds, as the client wants it.
    wait: i32,
    hold: i32,
    /// The client speaks 1.6, and is told of errors in bodies.
    is_modern: bool,
    /// The number of the last request that was answered in its turn.
    last: i64,
    /// Requests that wait, in the order of their numbers.
    open: Vec<HeldRequest>,
    /// Elements that wait for a request.
    pending: Vec<String>,
    /// The last answers, to be given again.
    kept: VecDeque<(i64, GivenAnswer)>,
    last_poll: Option<Duration>,
    last_was_empty: bool,
    usual_inactivity: Duration,
    inactivity: Duration,
    /// When a request last came or was answered.
    active: Duration,
    turns: VecDeque<SessionInput>,
    /// The number of the request that has ended the session.
    ended: Option<i64>,
    /// The request that wants the stream to begin anew.
    restarting: Option<HeldRequest>,
    answers: Vec<(ConnectionId, Reply)>,
}

/// A request.
#[derive(Debug, Clone)]
struct HeldRequest {
    rid: i64,
    by: ConnectionId,
    since: Duration,
}

/// An answer that was given.
#[derive(Debug)]
enum GivenAnswer {
    Elements(Vec<String>),
    /// The waiting elements. Openfire keeps the list itself, not its contents: by now something
    /// else may wait there.
    Pending,
}

/// A request as it is being dealt with.
struct CurrentRequest {
    asked: HeldRequest,
    is_answered: bool,
}

/// Why a request is not dealt with to its end.
enum Stop {
    /// It broke a rule.
    Broken(Condition),
    /// It has its answer already, which Openfire finds out when it wants to give it another one.
    Answered,
}

impl Session {
    pub(super) fn new(now: Duration, request: &Request, sid: &str) -> Self {
        let Request { wait, hold, .. } = *request;
        let polls = wait == 0 || hold == 0;
        let usual_inactivity = if polls { INACTIVITY_POLLING } else { INACTIVITY };
        // Any other major version counts as 1 (recorded: 2.0 is 1.5, and -1.6 is 1.6).
        let is_modern = request.version.is_some_and(|(_, minor)| minor >= 6);
        Self {
            sid: sid.to_owned(),
            wait,
            hold,
            is_modern,
            last: request.rid,
            open: Vec::new(),
            pending: Vec::new(),
            kept: VecDeque::new(),
            last_poll: None,
            last_was_empty: false,
            usual_inactivity,
            inactivity: usual_inactivity,
            active: now,
            turns: VecDeque::new(),
            ended: None,
            restarting: None,
            answers: Vec::new(),
        }
    }

    fn polls(&self) -> bool {
        self.wait == 0 || self.hold == 0
    }

    /// The highest number up to which all requests have come (XEP-0124 §9).
    fn acknowledged(&self) -> i64 {
        let numbers = self.open.iter().map(|asked| asked.rid).chain(self.ended);
        numbers.fold(self.last, |last, rid| {
            let next = last.wrapping_add(1);
            if rid == next { next } else { last }
        })
    }

    fn is_next(&self, rid: i64) -> bool {
        rid == self.last.wrapping_add(1)
    }

    /// A body with elements, be they none (recorded: in single quotes).
    fn filled(&mut self, elements: &[String]) -> Reply {
        self.last_was_empty = elements.is_empty();
        let (ack, elements) = (self.acknowledged(), elements.concat());
        Reply::Body(format!("<body xmlns='{HTTP_BIND}' ack='{ack}'>{elements}</body>"))
    }

    /// A body that is made without elements (recorded: in double quotes).
    fn empty(&self, kind: &str) -> Reply {
        let ack = self.acknowledged();
        Reply::Body(format!("<body xmlns=\"{HTTP_BIND}\"{kind} ack=\"{ack}\"/>"))
    }

    fn answer(&mut self, now: Duration, by: ConnectionId, reply: Reply) {
        self.active = now;
        self.answers.push((by, reply));
    }

    fn keep(&mut self, rid: i64, kept: GivenAnswer) {
        while self.kept.len() > REQUESTS {
            self.kept.pop_front();
        }
        self.kept.push_back((rid, kept));
    }

    /// Answers a request with elements, and keeps the answer.
    fn answer_with(&mut self, now: Duration, asked: &HeldRequest, elements: Vec<String>) {
        let reply = self.filled(&elements);
        self.answer(now, asked.by, reply);
        self.keep(asked.rid, GivenAnswer::Elements(elements));
    }

    /// Answers a request with what waits, and keeps that.
    fn answer_with_pending(&mut self, now: Duration, asked: &HeldRequest) {
        let pending = std::mem::take(&mut self.pending);
        let reply = self.filled(&pending);
        self.answer(now, asked.by, reply);
        self.keep(asked.rid, GivenAnswer::Pending);
    }

    /// Says something on the request whose turn it is; otherwise it waits.
    fn deliver(&mut self, now: Duration, element: String) {
        match self.open.iter().position(|asked| self.is_next(asked.rid)) {
            Some(place) => {
                let asked = self.open.remove(place);
                self.last = asked.rid;
                self.answer_with(now, &asked, vec![element]);
            }
            None => self.pending.push(element),
        }
    }

    /// Deals with a request up to its own wishes.
    fn deal(
        &mut self,
        now: Duration,
        request: &Request,
        it: &mut CurrentRequest,
    ) -> Result<(), Stop> {
        let rid = it.asked.rid;
        if rid <= self.last {
            self.repeat(now, it)?;
        } else if rid > self.last.wrapping_add(REQUESTS as i64) {
            return Err(Stop::Broken(Condition::ItemNotFound));
        }
        self.displace(now, it);
        self.check_activity(now, request.is_poll())?;
        if self.polls() || (!self.pending.is_empty() && self.is_next(rid)) {
            if it.is_answered {
                return Err(Stop::Answered);
            }
            it.is_answered = true;
            self.answer_with_pending(now, &it.asked);
            self.last = rid;
        } else {
            self.let_wait(now, it);
        }
        Ok(())
    }

    /// Gives an answer again (XEP-0124 §14.3).
    fn repeat(&mut self, now: Duration, it: &mut CurrentRequest) -> Result<(), Stop> {
        let elements = match self.kept.iter().find(|(rid, _)| *rid == it.asked.rid) {
            None => return Err(Stop::Broken(Condition::ItemNotFound)),
            Some((_, GivenAnswer::Elements(elements))) => elements.clone(),
            Some((_, GivenAnswer::Pending)) => self.pending.clone(),
        };
        let reply = self.filled(&elements);
        self.answer(now, it.asked.by, reply);
        it.is_answered = true;
        Ok(())
    }

    /// A request of the same number waits: both get their answers.
    fn displace(&mut self, now: Duration, it: &mut CurrentRequest) {
        let rid = it.asked.rid;
        let Some(place) = self.open.iter().position(|other| other.rid == rid) else {
            return;
        };
        let other = self.open[place].clone();
        self.answer_with(now, &other, vec![String::new()]);
        if !it.is_answered {
            it.is_answered = true;
            let reply = self.empty("");
            self.answer(now, it.asked.by, reply);
        }
        self.open.remove(place);
        if self.is_next(rid) {
            self.last = rid;
        }
    }

    /// XEP-0124 §11, §12.
    fn check_activity(&mut self, now: Duration, is_poll: bool) -> Result<(), Stop> {
        let mut is_over = self.open.len() >= REQUESTS;
        if is_poll && !is_over {
            let is_soon = self.last_poll.is_some_and(|last| now.saturating_sub(last) < POLLING);
            is_over = is_soon && self.polls() && self.last_was_empty;
            self.last_poll = Some(now);
        }
        self.last_was_empty = false;
        if is_over { Err(Stop::Broken(Condition::PolicyViolation)) } else { Ok(()) }
    }

    /// How long a request waits at most; none of those of a client that polls does.
    fn longest_wait(&self) -> Option<Duration> {
        match u64::try_from(self.wait) {
            Ok(0) => None,
            Ok(wait) => Some(Duration::from_secs(wait)),
            Err(_) => Some(FOR_EVER),
        }
    }

    /// Lets a request wait, and answers those that are too many then.
    fn let_wait(&mut self, now: Duration, it: &mut CurrentRequest) {
        let place = self.open.partition_point(|other| other.rid <= it.asked.rid);
        let is_last = place == self.open.len();
        let count = if it.is_answered { self.open.len() } else { self.open.len() + 1 };
        self.open.insert(place, it.asked.clone());
        let too_many = match is_last {
            // A lower number than another: they have come out of order, and all are answered.
            false => self.open.len() as i64,
            true => count as i64 - i64::from(self.hold),
        };
        let mut answered = 0;
        let mut place = 0;
        while answered < too_many
            && let Some(other) = self.open.get(place).cloned()
        {
            let is_own = other.by == it.asked.by;
            if !self.is_next(other.rid) || (is_own && it.is_answered) {
                place += 1;
                continue;
            }
            if is_own {
                it.is_answered = true;
                self.deliver(now, String::new());
            } else {
                let reply = self.empty("");
                self.answer(now, other.by, reply);
                self.open.remove(place);
            }
            self.last = other.rid;
            answered += 1;
        }
        if it.is_answered {
            self.open.retain(|other| other.by != it.asked.by);
        }
    }

    /// Does what the request itself wants.
    fn obey(
        &mut self,
        now: Duration,
        request: Request,
        it: &mut CurrentRequest,
    ) -> Result<(), Stop> {
        let is_empty = request.elements.is_empty();
        let before = self.turns.len();
        let elements = request.elements.into_iter();
        self.turns.extend(elements.map(|element| SessionInput::Element(Box::new(element))));
        let pause = request.pause.filter(|pause| (1..=MAX_PAUSE).contains(pause));
        if request.terminates {
            self.answer_own(now, it, " type=\"terminate\"")?;
            // Openfire's threads race for it; the end mostly comes first.
            self.turns.insert(before, SessionInput::Terminate);
        } else if request.restarts && is_empty {
            if it.is_answered {
                return Err(Stop::Answered);
            }
            self.restarting = Some(it.asked.clone());
            self.turns.push_back(SessionInput::Restart);
        } else if let Some(pause) = pause {
            for asked in std::mem::take(&mut self.open) {
                // Those behind it have come as well.
                let reply = self.empty("");
                self.answer(now, asked.by, reply);
                self.last = asked.rid;
            }
            self.inactivity = Duration::from_secs(pause.unsigned_abs().into());
        } else {
            self.inactivity = self.usual_inactivity;
        }
        Ok(())
    }

    /// Answers the request itself, the last of the session, with an empty body of this kind.
    fn answer_own(
        &mut self,
        now: Duration,
        it: &mut CurrentRequest,
        kind: &str,
    ) -> Result<(), Stop> {
        if it.is_answered {
            return Err(Stop::Answered);
        }
        it.is_answered = true;
        let reply = self.empty(kind);
        self.answer(now, it.asked.by, reply);
        self.open.retain(|other| other.by != it.asked.by);
        self.ended = Some(it.asked.rid);
        Ok(())
    }

    /// A request broke a rule: it is told so, and the session ends.
    fn broken(&mut self, now: Duration, it: &CurrentRequest, condition: Condition) {
        if !it.is_answered {
            let reply = super::refusal(condition, !self.is_modern);
            self.answer(now, it.asked.by, reply);
        }
        self.turns.push_back(SessionInput::Broken(condition));
    }

    /// The next time after this at which the server looks for silent clients.
    fn next_sweep(after: Duration) -> Duration {
        let sweeps = after.as_secs() / SWEEP.as_secs() + 1;
        Duration::from_secs(sweeps.saturating_mul(SWEEP.as_secs()))
    }
}

impl super::Session for Session {
    fn sid(&self) -> &str {
        &self.sid
    }

    fn begin(&mut self, by: ConnectionId, domain: &str, features: &str) {
        let Self { sid, wait, hold, last, .. } = self;
        let inactivity = self.usual_inactivity.as_secs();
        let polling = POLLING.as_secs();
        let modern = match self.is_modern {
            true => format!(" hold=\"{hold}\" ack=\"{last}\" maxpause=\"{MAX_PAUSE}\" ver=\"1.6\""),
            false => String::new(),
        };
        let body = format!(
            "<body xmlns=\"{HTTP_BIND}\" xmlns:stream=\"{}\" from=\"{domain}\" authid=\"{sid}\" \
             sid=\"{sid}\" secure=\"true\" requests=\"{REQUESTS}\" inactivity=\"{inactivity}\" \
             polling=\"{polling}\" wait=\"{wait}\"{modern}>{features}</body>",
            stanza::ns::STREAMS
        );
        self.answers.push((by, Reply::Body(body)));
    }

    fn ask(&mut self, now: Duration, request: Request, by: ConnectionId) {
        let asked = HeldRequest { rid: request.rid, by, since: now };
        let mut it = CurrentRequest { asked, is_answered: false };
        let dealt = self.deal(now, &request, &mut it);
        match dealt.and_then(|()| self.obey(now, request, &mut it)) {
            Ok(()) | Err(Stop::Answered) => {}
            Err(Stop::Broken(condition)) => self.broken(now, &it, condition),
        }
    }

    fn expects(&self) -> i64 {
        self.acknowledged().saturating_add(1)
    }

    fn forget_answers(&mut self) {
        self.kept.clear();
    }

    fn turn(&mut self, _: Duration) -> Option<SessionInput> {
        self.turns.pop_front()
    }

    fn drop_elements(&mut self) {
        self.turns.retain(|turn| !matches!(turn, SessionInput::Element(_)));
    }

    fn restart(&mut self, now: Duration, features: &str) {
        let Some(asked) = self.restarting.take() else {
            return;
        };
        let body = format!(
            "<body xmlns=\"{HTTP_BIND}\" xmlns:stream=\"{}\">{features}</body>",
            stanza::ns::STREAMS
        );
        self.answer(now, asked.by, Reply::Body(body));
        self.open.retain(|other| other.by != asked.by);
        self.last = asked.rid;
    }

    fn say(&mut self, now: Duration, element: &str) {
        self.deliver(now, with_namespace_last(element));
    }

    fn close(&mut self, now: Duration) {
        while !self.open.is_empty() {
            let rid = self.open[0].rid;
            if !self.pending.is_empty() && self.is_next(rid) {
                let asked = self.open[0].clone();
                self.answer_with_pending(now, &asked);
                self.last = rid;
            } else {
                let reply = self.empty("");
                self.answer(now, self.open[0].by, reply);
            }
            self.open.remove(0);
        }
        self.pending.clear();
    }

    fn due(&self) -> Option<Duration> {
        let wait = self.longest_wait();
        let answer = wait.and_then(|wait| self.open.iter().map(|asked| asked.since + wait).min());
        // A client with a request that waits is not silent.
        let sweep = self.open.is_empty().then(|| Self::next_sweep(self.active + self.inactivity));
        answer.into_iter().chain(sweep).min()
    }

    fn fire(&mut self, now: Duration) -> bool {
        let wait = self.longest_wait();
        while let Some(place) =
            self.open.iter().position(|asked| wait.is_some_and(|wait| asked.since + wait <= now))
        {
            let asked = self.open[place].clone();
            self.answer_with(now, &asked, vec![String::new()]);
            self.last_was_empty = true;
            self.open.remove(place);
            if self.is_next(asked.rid) {
                self.last = asked.rid;
            }
        }
        self.open.is_empty() && Self::next_sweep(self.active + self.inactivity) <= now
    }

    fn answers(&mut self) -> Vec<(ConnectionId, Reply)> {
        std::mem::take(&mut self.answers)
    }

    fn waiting(&self) -> Vec<ConnectionId> {
        self.open.iter().map(|asked| asked.by).collect()
    }

    fn held(&self) -> usize {
        let length = |elements: &[String]| elements.iter().map(String::len).sum::<usize>();
        let kept = self.kept.iter().map(|(_, kept)| match kept {
            GivenAnswer::Elements(elements) => length(elements),
            GivenAnswer::Pending => 0,
        });
        length(&self.pending) + kept.sum::<usize>() + WAITING * self.open.len()
    }
}
