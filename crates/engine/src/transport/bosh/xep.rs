//! A session to the letter of XEP-0124 and XEP-0206: requests are dealt with and answered in the
//! order of their numbers, and an answer holds all that waits.

use stanza::ns::HTTP_BIND;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use sha1::{Digest as _, Sha1};
use stanza::{escape, ns};

use super::{Condition, Reply, Request, SessionInput};
use crate::numbers::ConnectionId;

/// The version that is spoken.
const VERSION: (i32, i32) = (1, 11);

/// The longest wait, in seconds, and the most requests that are held.
const MAX_WAIT: i32 = 60;
const MAX_HOLD: i32 = 10;

/// How long a client may be silent, and one that polls (§10, §12).
const INACTIVITY: Duration = Duration::from_secs(30);
const INACTIVITY_POLLING: Duration = Duration::from_secs(60);

/// The shortest time between two polls (§12).
const POLLING: Duration = Duration::from_secs(5);

/// The longest pause (§10).
const MAX_PAUSE: i32 = 120;

/// The size of a request that waits, beside its octets.
const WAITING: usize = 256;

/// A session.
#[derive(Debug)]
pub(super) struct Session {
    sid: String,
    wait: Duration,
    hold: usize,
    /// Both sides acknowledge (§9).
    acknowledges: bool,
    /// The content type of all answers, if the client chose one (§7.1).
    content: Option<String>,
    /// The lower of both versions (§7.2).
    version: (i32, i32),
    /// The client is one of old, which is told of errors by HTTP (§17.1).
    is_legacy: bool,
    /// The last key (§15.4).
    key: Option<String>,
    /// The number up to which all requests have come.
    last: i64,
    /// Requests that came before one of a lower number (§14.2).
    early: BTreeMap<i64, (Request, HeldRequest)>,
    /// Requests without an answer, in the order of their numbers.
    open: VecDeque<HeldRequest>,
    /// Elements that wait for a request.
    pending: Vec<String>,
    /// A stream error is among it, so that the stream is over.
    has_failed: bool,
    /// The last answers, to be given again (§14.3).
    kept: VecDeque<(i64, Reply)>,
    /// When the last request came that asked for nothing but what there is.
    last_poll: Option<Duration>,
    last_was_empty: bool,
    inactivity: Duration,
    /// When a request last came or was answered.
    active: Duration,
    turns: VecDeque<SessionInput>,
    /// A request is being dealt with: its answers are collected.
    is_busy: bool,
    answers: Vec<(ConnectionId, Reply)>,
}

/// A request.
#[derive(Debug, Clone)]
struct HeldRequest {
    rid: i64,
    by: ConnectionId,
    since: Duration,
    octets: usize,
    restarts: bool,
}

impl Session {
    pub(super) fn new(now: Duration, request: &Request, sid: &str) -> Self {
        let wait = request.wait.clamp(0, MAX_WAIT);
        let hold = request.hold.clamp(0, MAX_HOLD);
        let polls = wait == 0 || hold == 0;
        Self {
            sid: sid.to_owned(),
            wait: Duration::from_secs(wait.unsigned_abs().into()),
            hold: usize::try_from(hold).unwrap_or(0),
            acknowledges: request.acknowledges,
            content: request.content.clone(),
            version: request.version.unwrap_or(VERSION).min(VERSION),
            is_legacy: request.version.is_none(),
            key: request.new_key.clone(),
            last: request.rid,
            early: BTreeMap::new(),
            open: VecDeque::new(),
            pending: Vec::new(),
            has_failed: false,
            kept: VecDeque::new(),
            last_poll: None,
            last_was_empty: false,
            inactivity: if polls { INACTIVITY_POLLING } else { INACTIVITY },
            active: now,
            turns: VecDeque::new(),
            is_busy: false,
            answers: Vec::new(),
        }
    }

    fn polls(&self) -> bool {
        self.wait.is_zero() || self.hold == 0
    }

    /// How many requests a client may have open (§11).
    fn requests(&self) -> usize {
        self.hold + 1
    }

    fn usual_inactivity(&self) -> Duration {
        if self.polls() { INACTIVITY_POLLING } else { INACTIVITY }
    }

    /// A body in the content type that the client wants.
    fn typed(&self, body: String) -> Reply {
        match &self.content {
            Some(content) => Reply::Typed(content.clone(), body),
            None => Reply::Body(body),
        }
    }

    /// Answers a request, and keeps the answer.
    fn answer(&mut self, now: Duration, asked: &HeldRequest, attributes: &str, content: &str) {
        // §9.1: not where it says nothing new.
        let ack = match self.acknowledges && self.last != asked.rid {
            true => format!(" ack=\"{}\"", self.last),
            false => String::new(),
        };
        let streams = match content.contains("stream:") {
            true => format!(" xmlns:stream=\"{}\"", ns::STREAMS),
            false => String::new(),
        };
        let head = format!("<body xmlns=\"{HTTP_BIND}\"{streams}{ack}{attributes}");
        let reply = self.typed(match content.is_empty() {
            true => head + "/>",
            false => format!("{head}>{content}</body>"),
        });
        self.last_was_empty = content.is_empty();
        self.active = now;
        self.keep(asked.rid, reply.clone());
        self.answers.push((asked.by, reply));
    }

    fn keep(&mut self, rid: i64, reply: Reply) {
        while self.kept.len() >= self.requests() {
            self.kept.pop_front();
        }
        self.kept.push_back((rid, reply));
    }

    /// Answers the oldest request with all that waits; false when there is none.
    fn answer_oldest(&mut self, now: Duration) -> bool {
        let Some(asked) = self.open.pop_front() else {
            return false;
        };
        let content = std::mem::take(&mut self.pending).concat();
        self.answer(now, &asked, "", &content);
        true
    }

    /// Whether the key of a request follows the last one (§15.4).
    fn takes_key(&mut self, request: &Request) -> bool {
        if let Some(expected) = &self.key {
            let Some(key) = &request.key else {
                return false;
            };
            let digest: String =
                Sha1::digest(key.as_bytes()).iter().map(|octet| format!("{octet:02x}")).collect();
            if !digest.eq_ignore_ascii_case(expected) {
                return false;
            }
        }
        self.key =
            request.new_key.clone().or_else(|| request.key.clone()).or_else(|| self.key.take());
        true
    }

    /// A request that came once more: it gets the same answer, or waits in the place of the first
    /// (§14.3).
    fn repeat(&mut self, now: Duration, asked: &HeldRequest) -> Result<(), Condition> {
        let recoverable = self.typed(format!("<body xmlns=\"{HTTP_BIND}\" type=\"error\"/>"));
        let early = self.early.get_mut(&asked.rid).map(|(_, early)| early);
        let mut open = self.open.iter_mut();
        let waits = early.or_else(|| open.find(|other| other.rid == asked.rid));
        if let Some(other) = waits {
            self.answers.push((other.by, recoverable));
            other.by = asked.by;
            return Ok(());
        }
        let kept = self.kept.iter().find(|(rid, _)| *rid == asked.rid);
        let (_, reply) = kept.ok_or(Condition::ItemNotFound)?;
        self.answers.push((asked.by, reply.clone()));
        self.active = now;
        Ok(())
    }

    /// Takes a request whose turn it is.
    fn admit(
        &mut self,
        now: Duration,
        request: Request,
        asked: HeldRequest,
    ) -> Result<(), Condition> {
        self.last = asked.rid;
        let is_last_word = request.terminates || request.pause.is_some();
        let is_poll = request.is_poll();
        self.open.push_back(asked);
        // §11: one more to pause or to end.
        let most = self.requests() + usize::from(is_last_word);
        let is_soon =
            is_poll && self.last_poll.is_some_and(|last| now.saturating_sub(last) < POLLING);
        let is_too_soon = match self.polls() {
            true => is_soon && self.last_was_empty,
            false => is_soon && self.open.len() >= self.requests(),
        };
        self.last_poll = is_poll.then_some(now);
        if self.open.len() > most || is_too_soon {
            self.open.pop_back();
            return Err(Condition::PolicyViolation);
        }
        self.inactivity = self.usual_inactivity();
        if request.restarts {
            // XEP-0206 §5: the other content of such a request is ignored.
            self.turns.push_back(SessionInput::Restart);
            return Ok(());
        }
        let elements = request.elements.into_iter();
        self.turns.extend(elements.map(|element| SessionInput::Element(Box::new(element))));
        if request.terminates {
            self.turns.push_back(SessionInput::Terminate);
        } else if let Some(pause) = request.pause {
            if !(0..=MAX_PAUSE).contains(&pause) {
                self.open.pop_back();
                return Err(Condition::PolicyViolation);
            }
            self.inactivity = Duration::from_secs(pause.unsigned_abs().into());
            while let Some(asked) = self.open.pop_front() {
                self.answer(now, &asked, "", "");
            }
        }
        Ok(())
    }

    /// Takes all requests whose turn it is by now.
    fn admit_all(&mut self, now: Duration) -> Result<(), Condition> {
        while let Some((request, asked)) = self.early.remove(&self.last.saturating_add(1)) {
            self.admit(now, request, asked)?;
        }
        Ok(())
    }

    /// A request broke a rule: it is told so, and the session ends (§17.2).
    fn broken(&mut self, by: ConnectionId, condition: Condition) {
        self.answers.push((by, super::refusal(condition, self.is_legacy)));
        self.turns.push_back(SessionInput::Broken(condition));
    }

    /// The end of the work on a request: waiting elements are sent, and no more requests wait than
    /// the client wants.
    fn rest(&mut self, now: Duration) {
        self.is_busy = false;
        if !self.pending.is_empty() && !self.open.is_empty() {
            self.answer_oldest(now);
        }
        let most = if self.polls() { 0 } else { self.hold };
        while self.open.len() > most && self.answer_oldest(now) {}
    }
}

/// Whether an element of a stream is a stream error, whatever its prefix.
fn is_error(element: &str) -> bool {
    let name = element.trim_start_matches('<').split([' ', '/', '>']).next().unwrap_or_default();
    name.split_once(':').map_or(name, |(_, local)| local) == "error"
}

impl super::Session for Session {
    fn sid(&self) -> &str {
        &self.sid
    }

    fn begin(&mut self, by: ConnectionId, domain: &str, features: &str) {
        let Self { sid, hold, last, .. } = &*self;
        let (major, minor) = self.version;
        let ack = match self.acknowledges {
            true => format!(" ack=\"{last}\""),
            false => String::new(),
        };
        let body = format!(
            "<body xmlns=\"{HTTP_BIND}\" xmlns:stream=\"{}\" xmlns:xmpp=\"urn:xmpp:xbosh\" \
             from=\"{}\" sid=\"{sid}\" wait=\"{}\" requests=\"{}\" ver=\"{major}.{minor}\" polling=\"{}\" \
             inactivity=\"{}\" hold=\"{hold}\" maxpause=\"{MAX_PAUSE}\"{ack} xmpp:version=\"1.0\" \
             xmpp:restartlogic=\"true\">{features}</body>",
            ns::STREAMS,
            escape::attr(domain),
            self.wait.as_secs(),
            self.requests(),
            POLLING.as_secs(),
            self.inactivity.as_secs(),
        );
        let reply = self.typed(body);
        self.keep(self.last, reply.clone());
        self.answers.push((by, reply));
    }

    fn ask(&mut self, now: Duration, request: Request, by: ConnectionId) {
        let Request { rid, octets, restarts, .. } = request;
        let asked = HeldRequest { rid, by, since: now, octets, restarts };
        let window = self.last.saturating_add(self.requests() as i64);
        let is_known = rid <= self.last || self.early.contains_key(&rid);
        let taken = if is_known {
            self.repeat(now, &asked)
        } else if rid > window || !self.takes_key(&request) {
            Err(Condition::ItemNotFound)
        } else {
            self.is_busy = true;
            self.active = now;
            self.early.insert(rid, (request, asked));
            self.admit_all(now)
        };
        if let Err(condition) = taken {
            self.broken(by, condition);
        }
    }

    fn expects(&self) -> i64 {
        self.last.saturating_add(1)
    }

    fn forget_answers(&mut self) {
        self.kept.clear();
    }

    fn turn(&mut self, now: Duration) -> Option<SessionInput> {
        let turn = self.turns.pop_front();
        if turn.is_none() {
            self.rest(now);
        }
        turn
    }

    fn drop_elements(&mut self) {
        self.turns.retain(|turn| !matches!(turn, SessionInput::Element(_)));
    }

    fn restart(&mut self, now: Duration, features: &str) {
        // Those before it have nothing more to wait for: the stream that they asked of is closed.
        if !self.pending.is_empty() && self.open.front().is_some_and(|asked| !asked.restarts) {
            self.answer_oldest(now);
        }
        if let Some(place) = self.open.iter().position(|asked| asked.restarts) {
            for asked in self.open.drain(..=place).collect::<Vec<_>>() {
                let content = if asked.restarts { features } else { "" };
                self.answer(now, &asked, "", content);
            }
        }
    }

    fn say(&mut self, now: Duration, element: &str) {
        self.has_failed |= is_error(element);
        self.pending.push(element.to_owned());
        if !self.is_busy && !self.has_failed && !self.open.is_empty() {
            self.answer_oldest(now);
        }
    }

    fn close(&mut self, now: Duration) {
        let Some(oldest) = self.open.pop_front() else {
            return;
        };
        // §13, XEP-0206 §2.
        let condition = match self.has_failed {
            true => " type=\"terminate\" condition=\"remote-stream-error\"",
            false => " type=\"terminate\"",
        };
        let content = std::mem::take(&mut self.pending).concat();
        self.answer(now, &oldest, condition, &content);
        while let Some(asked) = self.open.pop_front() {
            self.answer(now, &asked, "", "");
        }
        for (_, asked) in std::mem::take(&mut self.early).into_values() {
            self.answer(now, &asked, "", "");
        }
    }

    fn due(&self) -> Option<Duration> {
        match self.open.front() {
            Some(asked) => Some(asked.since + self.wait),
            None => Some(self.active + self.inactivity),
        }
    }

    fn fire(&mut self, now: Duration) -> bool {
        while self.open.front().is_some_and(|asked| asked.since + self.wait <= now) {
            self.answer_oldest(now);
        }
        self.open.is_empty() && self.active + self.inactivity <= now
    }

    fn answers(&mut self) -> Vec<(ConnectionId, Reply)> {
        std::mem::take(&mut self.answers)
    }

    fn waiting(&self) -> Vec<ConnectionId> {
        let early = self.early.values().map(|(_, asked)| asked);
        self.open.iter().chain(early).map(|asked| asked.by).collect()
    }

    fn held(&self) -> usize {
        let pending: usize = self.pending.iter().map(String::len).sum();
        let kept: usize = self.kept.iter().map(|(_, reply)| reply.len()).sum();
        // A request that came early is kept as elements, each of which weighs more than its text.
        let early: usize = self.early.values().map(|(_, asked)| WAITING + 8 * asked.octets).sum();
        pending + kept + early + WAITING * self.open.len()
    }
}
