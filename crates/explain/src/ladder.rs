//! The steps of a conversation in order, each with what it is, what it should be, and the clause.

use stanza::Element;

use crate::conversation::{Exchange, Side, What};
use crate::secret::Mask;
use crate::seen::{Seen, duration};
use crate::session::{About, Kind, Request, Session};
use crate::step::Step;

/// The longest description of a message, in characters.
const SHORT: usize = 160;

/// The most subscriptions and requests that are shown one by one.
const FEW: usize = 12;

/// How a step went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Done,
    /// It broke.
    Broken,
    /// It did not take place.
    Missing,
    /// It is of no weight that it is not there.
    Absent,
}

impl State {
    /// Its name in the output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Broken => "broken",
            Self::Missing => "missing",
            Self::Absent => "absent",
        }
    }
}

/// A step of one connection.
#[derive(Debug, Clone)]
pub struct Rung {
    pub step: Step,
    /// The connection, by its place in [`Conversation::connections`](crate::Conversation).
    pub connection: Option<usize>,
    pub title: &'static str,
    pub state: State,
    /// What it was.
    pub what: String,
    /// What it should be.
    pub wanted: &'static str,
    pub clause: &'static str,
    /// When it began.
    pub at: Option<i64>,
    /// How long it took, in microseconds.
    pub took: Option<i64>,
}

/// The steps of all connections.
pub(crate) fn ladder(seen: &Seen<'_>, mask: &Mask) -> Vec<Rung> {
    let mut rungs = Vec::new();
    for session in &seen.sessions {
        let mut one = Ladder { session, seen, mask, rungs: Vec::new() };
        one.climb();
        rungs.append(&mut one.rungs);
    }
    let others =
        seen.conversation.exchanges.iter().filter(|one| one.is_rest() && seen.sessions.is_empty());
    rungs.extend(others.take(FEW).map(|one| exchange(one, mask)));
    rungs
}

struct Ladder<'s, 'a> {
    session: &'s Session<'a>,
    seen: &'s Seen<'a>,
    mask: &'s Mask,
    rungs: Vec<Rung>,
}

impl Ladder<'_, '_> {
    #[expect(clippy::too_many_arguments, reason = "the columns of a table")]
    fn rung(
        &mut self,
        step: Step,
        title: &'static str,
        state: State,
        what: String,
        wanted: &'static str,
        clause: &'static str,
        at: Option<i64>,
        took: Option<i64>,
    ) {
        let what = self.mask.text(&what);
        let connection = Some(self.session.index);
        self.rungs.push(Rung { step, connection, title, state, what, wanted, clause, at, took });
    }

    fn climb(&mut self) {
        self.network();
        if self.session.connection.sight.upgrade || self.session.connection.upgrade.status.is_some()
        {
            self.upgrade();
        }
        if !self.session.connection.sight.messages || self.session.stanzas.is_empty() {
            return;
        }
        self.open();
        self.auth();
        self.restart();
        self.request(
            Step::Bind,
            "bind",
            &About::Bind,
            "a resource is bound, and the result names the full JID",
            "RFC 6120 §7.6",
            State::Missing,
        );
        self.request(
            Step::Session,
            "session",
            &About::Session,
            "a result; clients may leave it out",
            "RFC 3921 §3",
            State::Absent,
        );
        self.presence();
        self.subscriptions();
        self.events();
        self.rest();
        self.close();
    }

    fn network(&mut self) {
        let connection = self.session.connection;
        let tls = &connection.tls;
        if connection.tcp.refused || connection.tcp.unanswered {
            let what = if connection.tcp.refused {
                "refused: the answer was a reset"
            } else {
                "no answer"
            };
            self.rung(
                Step::Connect,
                "TCP",
                State::Broken,
                what.to_owned(),
                "a connection",
                "RFC 9293 §3.5",
                connection.began,
                None,
            );
        }
        if tls.began {
            let state = if tls.established { State::Done } else { State::Broken };
            let alerts: Vec<String> = tls
                .alerts
                .iter()
                .map(|(side, name)| format!("{} alert \"{name}\"", side.word()))
                .collect();
            let hidden = if tls.hidden { "encrypted, no keys" } else { "" };
            let name = if tls.name.is_empty() {
                "no server name".to_owned()
            } else {
                format!("server name {}", textual::clipped(&tls.name, 80))
            };
            let parts: Vec<String> = [name]
                .into_iter()
                .chain((!hidden.is_empty()).then(|| hidden.to_owned()))
                .chain(alerts)
                .collect();
            self.rung(
                Step::Tls,
                "TLS",
                state,
                parts.join(", "),
                "a handshake, and a certificate for this name",
                "RFC 8446 §2",
                connection.began,
                None,
            );
        }
    }

    fn upgrade(&mut self) {
        let connection = self.session.connection;
        let upgrade = &connection.upgrade;
        if connection.tls.hidden {
            return;
        }
        let protocol =
            upgrade.asked.as_ref().and_then(|asked| asked.first("sec-websocket-protocol"));
        let protocol = match (&upgrade.asked, protocol) {
            (None, _) => String::new(),
            (Some(_), None) => ", no subprotocol".to_owned(),
            (Some(_), Some(name)) => format!(", subprotocol {}", textual::clipped(name, 60)),
        };
        let method = if connection.is_bosh { "POST" } else { "GET" };
        self.rung(
            Step::Upgrade,
            "request",
            State::Done,
            format!("{method} {}{protocol}", connection.url),
            "GET with Upgrade: websocket and subprotocol xmpp",
            "RFC 7395 §3.1",
            connection.began,
            None,
        );
        let took =
            upgrade.asked_at.zip(upgrade.answered_at).map(|(asked, answered)| answered - asked);
        let (state, what) = match (upgrade.status, &upgrade.error) {
            (Some(status), error) => {
                let opened = status == 101
                    || (status == 200 && error.is_none() && !self.session.stanzas.is_empty())
                    || connection.is_bosh;
                let server = upgrade.answered.as_ref().and_then(|headers| headers.first("server"));
                let server = server.map_or_else(String::new, |name| {
                    format!(", Server: {}", textual::clipped(name, 60))
                });
                let error =
                    error.as_deref().filter(|_| !opened).map_or_else(String::new, |error| {
                        format!(", {}", textual::clipped(error, 120))
                    });
                let reason = textual::clipped(&upgrade.reason, 60);
                (
                    if opened { State::Done } else { State::Broken },
                    format!("{status} {reason}{server}{error}").replace(" ,", ","),
                )
            }
            (None, Some(error)) => (State::Broken, textual::clipped(error, 160).into_owned()),
            (None, None) if !self.session.stanzas.is_empty() => return,
            (None, None) => (State::Missing, "no answer".to_owned()),
        };
        self.rung(
            Step::Upgrade,
            "answer",
            state,
            what,
            "101 Switching Protocols, subprotocol xmpp",
            "RFC 6455 §4.2.2",
            upgrade.answered_at,
            took,
        );
    }

    /// A rung of what the client said and the server answered.
    #[expect(clippy::too_many_arguments, reason = "the columns of a table")]
    fn pair(
        &mut self,
        step: Step,
        title: &'static str,
        asked: Option<usize>,
        answer: Option<usize>,
        what: String,
        wanted: &'static str,
        clause: &'static str,
        without: State,
    ) {
        let at = |place: Option<usize>| place.and_then(|place| self.session.stanzas[place].at);
        let took = at(asked).zip(at(answer)).map(|(asked, answer)| answer - asked);
        let state = match (asked, answer) {
            (Some(_), Some(_)) => State::Done,
            (Some(_), None) | (None, Some(_)) => State::Missing,
            (None, None) => without,
        };
        let began = at(asked).or_else(|| at(answer));
        self.rung(step, title, state, what, wanted, clause, began, took);
    }

    fn open(&mut self) {
        let session = self.session;
        let asked = session
            .first(Side::Client, Kind::Open)
            .or_else(|| session.first(Side::Client, Kind::LegacyStream));
        let answer = session
            .first(Side::Server, Kind::Open)
            .or_else(|| session.first(Side::Server, Kind::LegacyStream));
        if asked.is_none() && answer.is_none() && !session.connection.sight.beginning {
            return;
        }
        let what = asked.map_or_else(|| "no <open/>".to_owned(), |place| self.short(place));
        self.pair(
            Step::Open,
            "open",
            asked,
            answer,
            what,
            "<open/> in urn:ietf:params:xml:ns:xmpp-framing, answered by <open/>",
            "RFC 7395 §3.3.1",
            State::Missing,
        );
        if let Some(answer) = answer {
            let features = session.after(answer, Side::Server, Kind::Features);
            let what =
                features.map_or_else(|| "no features".to_owned(), |place| self.features(place));
            self.pair(
                Step::Open,
                "features",
                features,
                features,
                what,
                "mechanisms, PLAIN among them",
                "RFC 6120 §4.3.2",
                State::Missing,
            );
        }
    }

    fn features(&self, place: usize) -> String {
        let Some(features) = self.session.element(place) else { return String::new() };
        let named = |child: &Element| match child.name.local.as_str() {
            "mechanisms" => child.children().map(|one| one.text()).collect::<Vec<_>>().join(" "),
            "c" => "caps".to_owned(),
            local => local.to_owned(),
        };
        textual::clipped(&features.children().map(named).collect::<Vec<_>>().join(", "), SHORT)
            .into_owned()
    }

    fn auth(&mut self) {
        let session = self.session;
        let asked = session.first(Side::Client, Kind::Auth);
        if asked.is_none() && session.request(&About::LegacyAuth).is_some() {
            self.request(
                Step::Auth,
                "auth",
                &About::LegacyAuth,
                "SASL PLAIN",
                "RFC 6120 §6.4",
                State::Missing,
            );
            return;
        }
        if asked.is_none() && !session.connection.sight.beginning {
            return;
        }
        let success = session.first(Side::Server, Kind::Success);
        let failure = session.failure();
        let answer = success.or_else(|| failure.as_ref().map(|(place, _)| *place));
        let login = session
            .login
            .as_ref()
            .map_or_else(|| "no login".to_owned(), crate::login::Login::words);
        let outcome = match (success, &failure) {
            (Some(_), _) => "success".to_owned(),
            (None, Some((_, condition))) => format!("failure: {}", textual::clipped(condition, 60)),
            (None, None) => "no answer".to_owned(),
        };
        let what = if asked.is_some() { format!("{login}; {outcome}") } else { login };
        self.pair(
            Step::Auth,
            "auth",
            asked,
            answer,
            what,
            "PLAIN, answered by <success/>",
            "RFC 6120 §6.4",
            State::Missing,
        );
    }

    fn restart(&mut self) {
        let session = self.session;
        let Some(success) = session.first(Side::Server, Kind::Success) else { return };
        let asked = session.after(success, Side::Client, Kind::Open);
        let answer = asked.and_then(|asked| session.after(asked, Side::Server, Kind::Features));
        let what = match (asked, answer) {
            (None, _) => "no second <open/>".to_owned(),
            (Some(_), None) => "<open/>, no features".to_owned(),
            (Some(_), Some(place)) => format!("<open/>; {}", self.features(place)),
        };
        self.pair(
            Step::Restart,
            "restart",
            asked,
            answer,
            what,
            "a second <open/>, answered by <open/> and features with bind",
            "RFC 6120 §6.4.6",
            State::Missing,
        );
    }

    fn request(
        &mut self,
        step: Step,
        title: &'static str,
        about: &About,
        wanted: &'static str,
        clause: &'static str,
        without: State,
    ) {
        let session = self.session;
        let mut requests =
            session.requests.iter().filter(|one| one.by == Side::Client && one.about == *about);
        let Some(asked) = requests.next_back() else {
            if session.is_logged_in() && session.connection.sight.beginning {
                self.pair(
                    step,
                    title,
                    None,
                    None,
                    "not asked for".to_owned(),
                    wanted,
                    clause,
                    without,
                );
            }
            return;
        };
        let what = format!(
            "{}{}",
            self.outcome(asked),
            if *about == About::Bind {
                session
                    .jid
                    .as_deref()
                    .map_or_else(String::new, |jid| format!(": {}", textual::clipped(jid, 100)))
            } else {
                String::new()
            }
        );
        self.pair(step, title, Some(asked.asked), asked.answer, what, wanted, clause, without);
        if session.refusal(asked).is_some()
            && let Some(rung) = self.rungs.last_mut()
        {
            rung.state = State::Broken;
        }
    }

    fn outcome(&self, request: &Request) -> String {
        match self.session.refusal(request) {
            Some(refusal) => format!("refused ({refusal})"),
            None if request.answer.is_some() => "result".to_owned(),
            None => "no answer".to_owned(),
        }
    }

    fn presence(&mut self) {
        let session = self.session;
        let sent = session.available();
        if sent.is_none() && !session.is_bound() {
            return;
        }
        let what = sent.map_or_else(|| "never sent".to_owned(), |place| self.short(place));
        self.pair(
            Step::Presence,
            "presence",
            sent,
            sent,
            what,
            "<presence/>, with a priority that is not negative",
            "RFC 6121 §4.2",
            State::Missing,
        );
    }

    fn subscriptions(&mut self) {
        let session = self.session;
        let all: Vec<_> = session.subscriptions().collect();
        let more = all.len().saturating_sub(FEW);
        for (request, node, jid, _) in all.into_iter().take(FEW) {
            let what = format!(
                "{} for {}: {}",
                textual::clipped(node, 100),
                textual::clipped(jid, 80),
                self.outcome(request)
            );
            let is_refused = session.refusal(request).is_some();
            self.pair(
                Step::Subscribe,
                "subscribe",
                Some(request.asked),
                request.answer,
                what,
                "a result with subscription='subscribed'",
                "XEP-0060 §6.1",
                State::Missing,
            );
            if is_refused && let Some(rung) = self.rungs.last_mut() {
                rung.state = State::Broken;
            }
        }
        if more > 0 {
            self.rung(
                Step::Subscribe,
                "subscribe",
                State::Done,
                format!("and {more} more"),
                "",
                "XEP-0060 §6.1",
                None,
                None,
            );
        }
    }

    fn events(&mut self) {
        let session = self.session;
        if !session.is_bound() && session.events.is_empty() {
            return;
        }
        let mut nodes: Vec<(&str, usize)> = Vec::new();
        for event in &session.events {
            match nodes.iter_mut().find(|(node, _)| *node == event.node) {
                Some((_, count)) => *count += 1,
                None => nodes.push((&event.node, 1)),
            }
        }
        let named: Vec<String> = nodes
            .iter()
            .take(FEW)
            .map(|(node, count)| format!("{count} of {}", textual::clipped(node, 80)))
            .collect();
        let first = session.events.first().and_then(|event| event.at);
        let last = session.events.last().and_then(|event| event.at);
        let state = if session.events.is_empty() { State::Absent } else { State::Done };
        let what = if named.is_empty() { "none".to_owned() } else { named.join(", ") };
        self.rung(
            Step::Events,
            "events",
            state,
            what,
            "one message for each change, each item once",
            "XEP-0060 §7.1.2",
            first,
            first.zip(last).map(|(first, last)| last - first),
        );
    }

    /// Requests of the REST API in the time of this connection.
    fn rest(&mut self) {
        let connection = self.session.connection;
        let (Some(began), Some(ended)) =
            (connection.began, connection.ended.or_else(|| connection.last_said()))
        else {
            return;
        };
        let inside = self.seen.conversation.exchanges.iter().filter(|one| {
            one.is_rest()
                && one.source == connection.source
                && one.began.is_some_and(|at| (began..=ended).contains(&at))
        });
        let mut rungs: Vec<Rung> = inside.take(FEW).map(|one| exchange(one, self.mask)).collect();
        for rung in &mut rungs {
            rung.connection = Some(self.session.index);
        }
        self.rungs.append(&mut rungs);
    }

    fn close(&mut self) {
        use crate::seen::{End, end};
        let session = self.session;
        let ended = end(self.seen, session);
        let (state, what) = match &ended {
            End::Client => (State::Done, "the client said goodbye, or went".to_owned()),
            End::Error => {
                let condition = session
                    .stream_error(Side::Server)
                    .map(|(_, condition)| condition)
                    .unwrap_or_default();
                (State::Broken, format!("stream error {condition}"))
            }
            End::Bare => (State::Broken, "the server ended the stream".to_owned()),
            End::WebSocket { code, reason } => {
                let code = code.map_or_else(|| "no code".to_owned(), |code| code.to_string());
                (
                    State::Broken,
                    format!(
                        "the server closed the WebSocket: {code} {}",
                        textual::clipped(reason, 80)
                    ),
                )
            }
            End::Gone(gone) => (
                State::Broken,
                format!("gone after {} of silence, without a goodbye", duration(gone.silence)),
            ),
            End::Unknown => (State::Absent, "not in the file".to_owned()),
        };
        self.rung(
            Step::Close,
            "close",
            state,
            what,
            "<close/> from both, then WebSocket 1000",
            "RFC 7395 §3.6",
            session.connection.ended,
            None,
        );
    }

    /// A message in one line.
    fn short(&self, place: usize) -> String {
        let text = self.mask.message(self.session.stanzas[place].text);
        textual::clipped(&text.replace(['\n', '\r'], " "), SHORT).into_owned()
    }
}

fn exchange(one: &Exchange, mask: &Mask) -> Rung {
    let status = one.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    let state = match one.status {
        Some(status) if status < 400 => State::Done,
        Some(_) => State::Broken,
        None => State::Missing,
    };
    Rung {
        step: Step::Rest,
        connection: None,
        title: "REST",
        state,
        what: mask.text(&format!(
            "{} {}: {status}",
            textual::clipped(&one.method, 10),
            textual::clipped(&one.url.path, 120)
        )),
        wanted: "200 for GET; 202 for PUT and POST, and then an event",
        clause: "vendor",
        at: one.began,
        took: one.began.zip(one.ended).map(|(began, ended)| ended - began),
    }
}

/// A message or frame of a connection in one line, masked.
pub(crate) fn said(what: &What, mask: &Mask) -> String {
    match what {
        What::Text(text) => mask.message(text),
        What::Binary(length) => format!("[binary, {length} octets]"),
        What::Ping => "[ping]".to_owned(),
        What::Pong => "[pong]".to_owned(),
        What::Close { code, reason } => {
            let code = code.map_or_else(String::new, |code| format!(" {code}"));
            mask.text(&format!("[close{code} {}]", textual::clipped(reason, 120)))
                .replace(" ]", "]")
        }
        What::Broken(why) => mask.text(&format!("[broken frame: {}]", textual::clipped(why, 120))),
    }
}
