//! Chooses the events of a recording that a case can play, and finds the values that are tokens.

use std::collections::{BTreeMap, BTreeSet};

use mask::MaskedArg;
use stanza::{Element, ns};
use transcript::{Event, EventKind, Generated, KnownValue, Recording, Side, ValueContext};

/// The accounts of the notation, in the order of their first logins.
pub(super) const ACCOUNTS: [&str; 3] = ["agent", "other", "supervisor"];

/// The source of a draft.
pub(super) struct DraftSource {
    pub(super) recording: Recording,
    pub(super) needs: Vec<String>,
    pub(super) changes: bool,
}

/// The use of a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ConnectionUse {
    WebSocket,
    Rest,
    Nothing,
}

pub(super) fn choose(recording: &Recording) -> DraftSource {
    let mut uses: BTreeMap<&str, ConnectionUse> = BTreeMap::new();
    for event in &recording.events {
        let entry = uses.entry(&event.conn).or_insert(ConnectionUse::Nothing);
        match &event.said {
            EventKind::Text { .. } => *entry = ConnectionUse::WebSocket,
            EventKind::Http { head, .. }
                if event.who == Side::Client
                    && is_rest(head)
                    && *entry == ConnectionUse::Nothing =>
            {
                *entry = ConnectionUse::Rest;
            }
            _ => {}
        }
    }
    let mut values = Values::of(&recording.events);
    let names = names(&recording.events, &uses);
    let mut over: BTreeSet<&str> = BTreeSet::new();
    let mut skipped: BTreeSet<&str> = BTreeSet::new();
    let mut answered: BTreeSet<String> = BTreeSet::new();
    let mut events = Vec::new();
    let mut changes = false;
    for event in &recording.events {
        let Some(name) = names.get(event.conn.as_str()) else { continue };
        let conn = event.conn.as_str();
        if over.contains(conn) || is_automatic(event, &mut answered) {
            continue;
        }
        let is_rest_connection = uses.get(conn) == Some(&ConnectionUse::Rest);
        match &event.said {
            EventKind::Http { head, .. } if event.who == Side::Client && is_rest_connection => {
                if !is_rest(head) {
                    skipped.insert(conn);
                    continue;
                }
                changes |= !head.starts_with("GET ");
            }
            EventKind::Http { .. } if skipped.remove(conn) => continue,
            // The player ends what it has begun.
            EventKind::Eof
            | EventKind::Reset
            | EventKind::Bytes { .. }
            | EventKind::Frame { .. } => continue,
            EventKind::Close { .. } if event.who == Side::Client => {
                over.insert(conn);
                continue;
            }
            EventKind::Text { text, .. }
                if event.who == Side::Client && text.starts_with("<close") =>
            {
                over.insert(conn);
                continue;
            }
            _ => {}
        }
        let said = with_accounts(&event.said, &values.users);
        events.push(Event { conn: name.clone(), said, ..event.clone() });
    }
    let mut about = recording.about.clone();
    about.known.append(&mut values.known());
    about.generated = std::mem::take(&mut values.ids);
    about.tested = Some(Side::Server);
    let mut needs: Vec<String> = values
        .users
        .iter()
        .enumerate()
        .skip(1)
        .filter_map(|(place, _)| Some(format!("account {}", ACCOUNTS.get(place)?)))
        .collect();
    if uses.values().any(|its| *its == ConnectionUse::Rest) {
        needs.push("rest".to_owned());
    }
    if values.extension.is_some() {
        needs.push("agent.extension".to_owned());
    }
    DraftSource { recording: Recording { about, events }, needs, changes }
}

/// The names of the connections that are played, in the order of their beginning.
fn names(events: &[Event], uses: &BTreeMap<&str, ConnectionUse>) -> BTreeMap<String, String> {
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let (mut websockets, mut others) = (0, 0);
    for event in events {
        if names.contains_key(&event.conn) {
            continue;
        }
        let (base, count) = match uses.get(event.conn.as_str()) {
            Some(ConnectionUse::WebSocket) => ("agent", &mut websockets),
            Some(ConnectionUse::Rest) => ("rest", &mut others),
            Some(ConnectionUse::Nothing) | None => continue,
        };
        *count += 1;
        let name = if *count == 1 { base.to_owned() } else { format!("{base}-{count}") };
        names.insert(event.conn.clone(), name);
    }
    names
}

fn is_rest(head: &str) -> bool {
    head.lines().next().unwrap_or_default().contains(" /finesse/api/")
}

/// Whether the player does it by itself: pings, and the answers to what a server asks by timer.
fn is_automatic(event: &Event, answered: &mut BTreeSet<String>) -> bool {
    match &event.said {
        EventKind::Ping { .. } | EventKind::Pong { .. } => true,
        EventKind::Text { text, .. } => {
            let Ok(iq) = stanza::parse(text) else { return false };
            if iq.name.local != "iq" {
                return false;
            }
            let id = iq.attr("id").unwrap_or_default().to_owned();
            let is_request = matches!(iq.attr("type"), Some("get" | "set"));
            match (event.who, is_request) {
                (Side::Server, true) => {
                    answered.insert(id);
                    true
                }
                (Side::Client, false) => answered.contains(&id),
                _ => false,
            }
        }
        _ => false,
    }
}

/// A login with its user by the name of the account.
fn with_accounts(said: &EventKind, users: &[String]) -> EventKind {
    let mut said = said.clone();
    if let EventKind::Text { login: Some(login), .. } | EventKind::Http { login: Some(login), .. } =
        &mut said
    {
        for arg in &mut login.args {
            if let MaskedArg::Text(text) = arg
                && let Some(account) = account(users, text)
            {
                *arg = MaskedArg::Variable(format!("{account}.user"));
            }
        }
    }
    said
}

fn account(users: &[String], user: &str) -> Option<&'static str> {
    let place = users.iter().position(|known| known == user)?;
    ACCOUNTS.get(place).copied()
}

/// Values of a conversation that the notation has names for.
#[derive(Default)]
struct Values {
    users: Vec<String>,
    domain: Option<String>,
    pubsub: Option<String>,
    extension: Option<String>,
    path: Option<String>,
    /// Ids that a client made up.
    ids: Vec<Generated>,
}

impl Values {
    fn of(events: &[Event]) -> Self {
        let mut values = Self::default();
        for event in events.iter().filter(|event| event.who == Side::Client) {
            match &event.said {
                EventKind::Text { text, login, .. } => {
                    values.login(login.as_ref());
                    if let Ok(element) = stanza::parse(text) {
                        values.element(&element);
                    }
                }
                EventKind::Http { head, login, body } => {
                    values.login(login.as_ref());
                    values.head(head);
                    let body = body.as_ref().and_then(|body| std::str::from_utf8(&body.0).ok());
                    if let Some(user) = body.and_then(|body| stanza::parse(body).ok())
                        && let Some(extension) =
                            user.children().find(|it| it.name.local == "extension")
                    {
                        values.extension.get_or_insert_with(|| extension.text());
                    }
                }
                _ => {}
            }
        }
        values
    }

    fn login(&mut self, login: Option<&mask::Masked>) {
        let Some(login) = login else { return };
        // The user stands before the password.
        if let Some(MaskedArg::Text(user)) = login.args.iter().rev().nth(1)
            && !self.users.contains(user)
        {
            self.users.push(user.clone());
        }
    }

    fn head(&mut self, head: &str) {
        let mut lines = head.lines();
        let first = lines.next().unwrap_or_default();
        let mut is_upgrade = false;
        for line in lines {
            let Some((name, value)) = line.split_once(": ") else { continue };
            if name.eq_ignore_ascii_case("requestid") && !value.is_empty() {
                self.id("request", value);
            }
            is_upgrade |= name.eq_ignore_ascii_case("sec-websocket-key");
        }
        if let Some(target) = first.split(' ').nth(1).filter(|_| is_upgrade) {
            self.path.get_or_insert_with(|| target.to_owned());
        }
    }

    fn element(&mut self, element: &Element) {
        match element.name.local.as_str() {
            "open" => {
                if let Some(to) = element.attr("to") {
                    self.domain.get_or_insert_with(|| to.to_owned());
                }
            }
            "iq" | "presence" | "message" => {
                let payload = element.children().next();
                if let (Some(to), Some(payload)) = (element.attr("to"), payload)
                    && payload.name.ns.starts_with(ns::PUBSUB)
                {
                    self.pubsub.get_or_insert_with(|| to.to_owned());
                }
                if let Some(id) =
                    element.attr("id").filter(|_| element.attr("type") != Some("result"))
                {
                    let kind = payload.map_or("stanza", |payload| payload.name.local.as_str());
                    self.id(kind, id);
                }
            }
            _ => {}
        }
    }

    fn id(&mut self, kind: &str, value: &str) {
        if self.ids.iter().all(|known| known.value != value) {
            let is_word = |c: char| c.is_ascii_lowercase();
            let name = if kind.chars().all(is_word) { kind } else { "id" };
            self.ids.push(Generated { name: name.to_owned(), value: value.to_owned() });
        }
    }

    fn known(&self) -> Vec<KnownValue> {
        let known = |name: &str, value: &str, place| KnownValue {
            name: name.to_owned(),
            value: value.to_owned(),
            place,
        };
        let mut all = Vec::new();
        let single = [
            ("domain", &self.domain),
            ("pubsub", &self.pubsub),
            ("ws.path", &self.path),
            ("agent.extension", &self.extension),
        ];
        for (name, value) in single {
            all.extend(value.as_ref().map(|value| known(name, value, ValueContext::Anywhere)));
        }
        for (user, account) in self.users.iter().zip(ACCOUNTS) {
            let before = ValueContext::Before("@".to_owned());
            all.push(known(&format!("{account}.user"), user, before));
            let after = ValueContext::After("/finesse/api/User/".to_owned());
            all.push(known(&format!("{account}.id"), user, after));
        }
        all
    }
}
