//! A session of BOSH as a conversation over WebSocket, which is how cases are written whatever
//! carries them.

use std::collections::{BTreeMap, VecDeque};

use mask::{Masked, MaskedArg};
use stanza::{Element, Rules, ns};
use transcript::{Event, EventKind, Octets, Recording, Side};

use super::choose::ACCOUNTS;

/// An upgrade as the notation has it; the player makes its own values.
const ASKS: &str = "GET /ws/ HTTP/1.1\nHost: finesse.example.com\nUpgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Version: 13\nSec-WebSocket-Protocol: xmpp";
const SWITCHES: &str = "HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\nSec-WebSocket-Protocol: xmpp";

/// The recording with a connection for each session in the place of its requests; and whether there
/// was one.
pub(super) fn unfolded(recording: &Recording) -> (Recording, bool) {
    let mut unfolding = Unfolding::default();
    for event in &recording.events {
        unfolding.take(event);
    }
    let Unfolding { mut events, sessions, .. } = unfolding;
    name_users(&mut events);
    (Recording { about: recording.about.clone(), events }, !sessions.is_empty())
}

/// Puts the user into each login of a session: the recording has masked it, but not the address
/// that was bound.
fn name_users(events: &mut [Event]) {
    let mut users: BTreeMap<String, String> = BTreeMap::new();
    for event in events.iter() {
        let EventKind::Text { text, .. } = &event.said else { continue };
        if event.who == Side::Server
            && let Ok(element) = stanza::parse(text)
            && let Some(bind) = element.child(ns::BIND, "bind")
            && let Some(jid) = bind.child(ns::BIND, "jid")
            && let Some((user, _)) = jid.text().split_once('@')
        {
            users.insert(event.conn.clone(), user.to_owned());
        }
    }
    for event in events {
        if let EventKind::Text { login: Some(login), .. } = &mut event.said
            && let Some(user) = users.get(&event.conn)
            && let Some(first @ MaskedArg::Variable(_)) = login.args.first_mut()
        {
            *first = MaskedArg::Text(user.clone());
        }
    }
}

/// A request of BOSH that waits for its answer.
struct PendingRequest {
    /// The session, once its id is known.
    session: Option<usize>,
    body: Element,
    event: Event,
}

#[derive(Default)]
struct Unfolding {
    events: Vec<Event>,
    /// The ids of sessions, in the order of their beginning.
    sessions: Vec<String>,
    /// Requests without an answer, by connection.
    asked: BTreeMap<String, VecDeque<Option<PendingRequest>>>,
    /// How many have logged in.
    logins: usize,
}

impl Unfolding {
    fn take(&mut self, event: &Event) {
        let EventKind::Http { head, body, .. } = &event.said else {
            self.events.push(event.clone());
            return;
        };
        let body = body.as_ref().and_then(element);
        match event.who {
            Side::Client => self.request(event, head, body),
            Side::Server => self.answer(event, body),
        }
    }

    fn request(&mut self, event: &Event, head: &str, body: Option<Element>) {
        let is_post = head.starts_with("POST ");
        let Some(body) = body.filter(|_| is_post) else {
            self.asked.entry(event.conn.clone()).or_default().push_back(None);
            self.events.push(event.clone());
            return;
        };
        let session = body.attr("sid").and_then(|sid| self.known(sid));
        // The request that creates a session is written once the answer has told its id.
        if let Some(session) = session {
            self.client(session, &body, event);
        }
        let asked = PendingRequest { session, body, event: event.clone() };
        self.asked.entry(event.conn.clone()).or_default().push_back(Some(asked));
    }

    fn answer(&mut self, event: &Event, body: Option<Element>) {
        let waiting = self.asked.get_mut(&event.conn);
        let Some(Some(asked)) = waiting.and_then(VecDeque::pop_front) else {
            self.events.push(event.clone());
            return;
        };
        let Some(body) = body else { return };
        let session = match (asked.session, body.attr("sid")) {
            (Some(session), _) => session,
            (None, Some(sid)) => {
                self.sessions.push(sid.to_owned());
                let session = self.sessions.len() - 1;
                self.begin(session, &asked.event);
                self.client(session, &asked.body, &asked.event);
                session
            }
            (None, None) => return,
        };
        let is_new = asked.session.is_none();
        if is_new || body.children().any(|child| child.name.local == "features") {
            self.say(session, event, &open("from", body.attr("from")), None);
        }
        for child in body.children() {
            self.say(session, event, child, None);
        }
        if body.attr("type") == Some("terminate") {
            self.say(session, event, &Element::new(ns::FRAMING, "close"), None);
        }
    }

    fn known(&self, sid: &str) -> Option<usize> {
        self.sessions.iter().position(|known| known == sid)
    }

    /// The connection and the upgrade.
    fn begin(&mut self, session: usize, event: &Event) {
        let http = |head: &str| EventKind::Http { head: head.to_owned(), login: None, body: None };
        self.push(session, event, Side::Client, EventKind::Connect { tls: false });
        self.push(session, event, Side::Client, http(ASKS));
        self.push(session, event, Side::Server, http(SWITCHES));
    }

    fn client(&mut self, session: usize, body: &Element, event: &Event) {
        let restarts =
            body.attrs.iter().any(|attr| attr.name.local == "restart" && attr.value == "true");
        if body.attr("sid").is_none() || restarts {
            self.say(session, event, &open("to", body.attr("to")), None);
        }
        for child in body.children() {
            match child.is(ns::SASL, "auth").then(|| self.login(child)).flatten() {
                Some((child, login)) => self.say(session, event, &child, Some(login)),
                None => self.say(session, event, child, None),
            }
        }
        if body.attr("type") == Some("terminate") {
            self.say(session, event, &Element::new(ns::FRAMING, "close"), None);
        }
    }

    /// A login as the recorder writes it for a message: its content in words.
    fn login(&mut self, auth: &Element) -> Option<(Element, Masked)> {
        let account = ACCOUNTS.get(self.logins)?;
        self.logins += 1;
        let bare = Element { nodes: Vec::new(), ..auth.clone() };
        let args = vec![
            MaskedArg::Variable(format!("{account}.user")),
            MaskedArg::Variable(format!("{account}.password")),
        ];
        Some((bare, Masked { function: "plain".to_owned(), args }))
    }

    fn say(&mut self, session: usize, event: &Event, element: &Element, login: Option<Masked>) {
        let text = stanza::print(element);
        self.push(session, event, event.who, EventKind::Text { text, fragments: 1, login });
    }

    fn push(&mut self, session: usize, event: &Event, who: Side, said: EventKind) {
        let conn = format!("session-{}", session + 1);
        self.events.push(Event { conn, who, said, ..event.clone() });
    }
}

/// The body of a request or an answer.
fn element(body: &Octets) -> Option<Element> {
    let text = std::str::from_utf8(&body.0).ok()?;
    let rules = Rules { max_depth: 256, ..Rules::DOCUMENT };
    let (element, _) = stanza::parse_with(text.trim(), &rules).ok()?;
    element.is(ns::HTTP_BIND, "body").then_some(element)
}

fn open(attribute: &str, domain: Option<&str>) -> Element {
    let open = Element::new(ns::FRAMING, "open");
    let open = match domain {
        Some(domain) => open.with_attr(attribute, domain),
        None => open,
    };
    open.with_attr("version", "1.0")
}
