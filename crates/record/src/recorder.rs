//! Writes what is said as a raw transcript: one line of JSON for each event, masked, at once, so
//! that a process that is killed leaves a file that can be read.

use std::collections::HashSet;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use files::Unwritten;
use mask::{Credential, Finder, Kind};
use stanza::ns;
use transcript::{
    Event, EventKind, KnownValue, Octets, RecordingHead, Secrets, Side, ValueContext,
};
use wire::{Headers, Message, RequestHead, ResponseHead};

use crate::tap::{TapEvent, TapEventKind};
use crate::upstream::Upstream;

/// A cookie that is shorter may be any setting of the page, and is masked in its header alone.
const SHORTEST_COOKIE: usize = 12;

/// The names of accounts in the order of their logins, as cases have them.
const ACCOUNTS: [&str; 3] = ["agent", "other", "supervisor"];

/// A recording that is being written.
pub struct Recorder {
    path: PathBuf,
    began: Instant,
    state: Mutex<State>,
}

struct State {
    out: Box<dyn Write + Send>,
    /// The secrets that are known: shared with those who mask with them meanwhile.
    secrets: Arc<Secrets>,
    /// Their values.
    values: HashSet<String>,
    /// Users whose password is known, in their order.
    users: Vec<String>,
    /// The ids of sessions of BOSH, in their order.
    sessions: Vec<String>,
    events: usize,
    failed: Option<io::Error>,
}

impl Recorder {
    /// Begins a recording in a new file, which only its owner can read.
    ///
    /// # Errors
    ///
    /// The file exists already, or cannot be written.
    pub fn create(path: &Path, upstream: &Upstream) -> Result<Self, Unwritten> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let unwritten = |source| Unwritten::new(path, source);
        let file = options.open(path).map_err(unwritten)?;
        let recorder = Self::on(path, Box::new(file));
        let about =
            serde_json::to_string(&about(upstream)).map_err(|error| unwritten(error.into()))?;
        recorder.state().write(&about);
        recorder.failure().map_or(Ok(recorder), Err)
    }

    /// Of a file that is there already.
    pub(crate) fn on(path: &Path, out: Box<dyn Write + Send>) -> Self {
        let state = State {
            out,
            secrets: Arc::default(),
            values: HashSet::new(),
            users: Vec::new(),
            sessions: Vec::new(),
            events: 0,
            failed: None,
        };
        Self { path: path.to_owned(), began: Instant::now(), state: Mutex::new(state) }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many events were written.
    #[must_use]
    pub fn events(&self) -> usize {
        self.state().events
    }

    /// The first error of writing, once.
    pub fn failure(&self) -> Option<Unwritten> {
        let source = self.state().failed.take()?;
        Some(Unwritten::new(&self.path, source))
    }

    /// Text without the passwords that are known by now.
    pub(crate) fn scrub(&self, text: &str) -> String {
        let secrets = Arc::clone(&self.state().secrets);
        secrets.scrub(&mask::text(text))
    }

    /// Writes what was heard; yields it as it was written.
    pub(crate) fn heard(&self, conn: &str, heard: TapEvent) -> Event {
        let who = heard.from;
        // Reading and masking take their time, in which others write.
        let body = readable(&heard.what);
        let found = found(who, &heard.what, body.as_deref());
        let secrets = self.state().learn(found);
        let body = body.map(|body| self.state().with_numbers(body));
        let said = said(&secrets, who, heard.what, body);
        self.state().keep(conn, who, heard.octets, said, self.micros())
    }

    /// Writes the beginning or the end of a connection.
    pub(crate) fn event(&self, conn: &str, who: Side, said: EventKind) -> Event {
        self.state().keep(conn, who, 0, said, self.micros())
    }

    /// The time since it began.
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    fn micros(&self) -> u64 {
        u64::try_from(self.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The first line of the file.
fn about(upstream: &Upstream) -> RecordingHead {
    let known =
        |name: &str, value: String, place| KnownValue { name: name.to_owned(), value, place };
    let port = upstream.port.to_string();
    // A host may be the domain too; only its port tells them apart.
    let has_port = upstream.authority() != upstream.host;
    let host =
        if has_port { ValueContext::Before(format!(":{port}")) } else { ValueContext::Anywhere };
    RecordingHead {
        case: transcript::RECORDING.to_owned(),
        target: upstream.url(),
        known: vec![
            known("host", upstream.host.clone(), host),
            known("port", port, ValueContext::After(format!("{}:", upstream.host))),
        ],
        ..RecordingHead::default()
    }
}

impl State {
    fn keep(
        &mut self,
        conn: &str,
        who: Side,
        octets: usize,
        said: EventKind,
        micros: u64,
    ) -> Event {
        self.events += 1;
        let conn = conn.to_owned();
        let step = self.events;
        let event = Event { conn, who, step, micros, octets, claimed: true, timer: false, said };
        match serde_json::to_string(&event) {
            Ok(line) => self.write(&line),
            Err(error) => self.failed = self.failed.take().or_else(|| Some(error.into())),
        }
        event
    }

    fn write(&mut self, line: &str) {
        // One write: a process that is killed leaves whole lines.
        if let Err(error) = self.out.write_all(format!("{line}\n").as_bytes()) {
            self.failed = self.failed.take().or(Some(error));
        }
    }

    /// Remembers what was found, before anything of it is written.
    fn learn(&mut self, found: Vec<Credential>) -> Arc<Secrets> {
        for Credential { kind, value, user } in found {
            if self.secrets.is_full() {
                break;
            }
            if (kind == Kind::Cookie && is_setting(&value)) || !self.values.insert(value.clone()) {
                continue;
            }
            let name = match user {
                Some(user) => self.password_of(&user),
                None => format!("secret.{}", self.values.len()),
            };
            Arc::make_mut(&mut self.secrets).password(name, value);
        }
        Arc::clone(&self.secrets)
    }

    /// A body of BOSH with a number in the place of its session's id. The id of a
    /// session is enough to end it, or to go on with it, as long as its client asks now and then.
    fn with_numbers(&mut self, body: String) -> String {
        // The rest may be cut.
        let tag = body.split_once('>').map(|(tag, _)| format!("{}/>", tag.trim_end_matches('/')));
        let element = tag.and_then(|tag| stanza::parse(&tag).ok());
        let Some(element) = element.filter(|it| it.is(ns::HTTP_BIND, "body")) else { return body };
        let ids = ["sid", "authid"].into_iter().filter_map(|name| element.attr(name));
        ids.fold(body, |body, id| {
            let number = self.sessions.iter().position(|known| known == id).unwrap_or_else(|| {
                self.sessions.push(id.to_owned());
                self.sessions.len() - 1
            });
            let (id, name) = (stanza::escape::attr(id), format!("session-{}", number + 1));
            body.replace(&format!("\"{id}\""), &format!("\"{name}\""))
                .replace(&format!("'{id}'"), &format!("'{name}'"))
        })
    }

    /// The variable of a user's password.
    fn password_of(&mut self, user: &str) -> String {
        let place = self.users.iter().position(|known| known == user).unwrap_or_else(|| {
            self.users.push(user.to_owned());
            self.users.len() - 1
        });
        match ACCOUNTS.get(place) {
            Some(account) => format!("{account}.password"),
            None => format!("account{}.password", place + 1),
        }
    }
}

/// The secrets in what was heard, with its readable body.
fn found(who: Side, what: &TapEventKind, body: Option<&str>) -> Vec<Credential> {
    let mut finder = Finder::default();
    let headers = match what {
        TapEventKind::Request(head, _) => {
            finder.target(&head.target);
            &head.headers
        }
        TapEventKind::Response(head, _) => {
            finder.text(&head.reason);
            &head.headers
        }
        TapEventKind::Message { message, .. } => {
            match message {
                Message::Text(text) => finder.message(text, who == Side::Client),
                Message::Binary(octets) | Message::Ping(octets) | Message::Pong(octets) => {
                    finder.message(&String::from_utf8_lossy(octets), who == Side::Client);
                }
                Message::Close(close) => {
                    finder.text(close.as_ref().map_or("", |close| &close.reason));
                }
            }
            return finder.take();
        }
        TapEventKind::Frame { .. } | TapEventKind::Octets => return Vec::new(),
    };
    finder.headers(headers.0.iter().map(|(name, value)| (&**name, &**value)));
    if let Some(body) = body {
        finder.body(body);
    }
    finder.take()
}

/// A message with its readable body, masked.
fn said(secrets: &Secrets, who: Side, what: TapEventKind, body: Option<String>) -> EventKind {
    let body = body.filter(|body| !body.is_empty());
    match what {
        TapEventKind::Request(RequestHead { method, target, version, headers }, content) => {
            let first = format!("{method} {target} {version}");
            http(secrets, &first, &headers, body, content.is_cut)
        }
        TapEventKind::Response(ResponseHead { version, status, reason, headers }, content) => {
            let first = format!("{version} {status:03} {reason}");
            http(secrets, &first, &headers, body, content.is_cut)
        }
        TapEventKind::Message { message, fragments } => {
            message_said(secrets, who, message, fragments)
        }
        TapEventKind::Frame { fin, rsv, opcode, is_masked, length } => EventKind::Frame {
            fin,
            rsv,
            opcode,
            mask: is_masked,
            form: None,
            lie: Some(length as u64).filter(|length| *length > 0),
            payload: Octets::default(),
        },
        TapEventKind::Octets => EventKind::Bytes { payload: Octets::default() },
    }
}

fn http(
    secrets: &Secrets,
    first: &str,
    headers: &Headers,
    body: Option<String>,
    is_cut: bool,
) -> EventKind {
    let lines = headers.0.iter().map(|(name, value)| format!("\n{name}: {value}"));
    let lines = std::iter::once(first.to_owned()).chain(lines).collect::<String>();
    let body = body.map(|text| {
        let masked = mask::body(&text);
        let masked = if is_cut { secrets.scrub_cut(&masked) } else { secrets.scrub(&masked) };
        Octets(masked.into_bytes())
    });
    let login = secrets.credentials(&lines);
    EventKind::Http { head: secrets.head(&lines), login, body }
}

fn message_said(secrets: &Secrets, who: Side, message: Message, fragments: u32) -> EventKind {
    let octets = |octets: &[u8]| {
        Octets(match std::str::from_utf8(octets) {
            Ok(text) => secrets.scrub(&mask::message(text, true)).into_bytes(),
            Err(_) => secrets.scrub_octets(octets),
        })
    };
    match message {
        Message::Text(text) => {
            let (masked, login) = secrets.message(&text);
            // A client's text that is no element may be half a login.
            let text = match &login {
                Some(_) => masked,
                None => mask::message(&masked, who == Side::Server).into_owned(),
            };
            EventKind::Text { text, fragments, login }
        }
        Message::Binary(payload) => EventKind::Binary { payload: octets(&payload) },
        Message::Ping(payload) => EventKind::Ping { payload: octets(&payload) },
        Message::Pong(payload) => EventKind::Pong { payload: octets(&payload) },
        Message::Close(frame) => EventKind::Close {
            code: frame.as_ref().map(|frame| frame.code),
            reason: secrets
                .scrub(&mask::text(&frame.map(|frame| frame.reason).unwrap_or_default())),
        },
    }
}

/// Whether the value of a cookie is no secret by its looks: too short, or a number.
fn is_setting(value: &str) -> bool {
    value.len() < SHORTEST_COOKIE || value.bytes().all(|octet| octet.is_ascii_digit())
}

/// A body without its codings, if it is text: images and programs are not kept.
fn readable(what: &TapEventKind) -> Option<String> {
    const TEXT: [&str; 5] = ["xml", "json", "text/plain", "text/html", "form"];
    let (headers, content) = match what {
        TapEventKind::Request(head, content) => (&head.headers, content),
        TapEventKind::Response(head, content) => (&head.headers, content),
        TapEventKind::Message { .. } | TapEventKind::Frame { .. } | TapEventKind::Octets => {
            return None;
        }
    };
    let kind = headers.first("content-type").unwrap_or("text/plain").to_ascii_lowercase();
    if !TEXT.iter().any(|text| kind.contains(text)) {
        return None;
    }
    let codings: Vec<&str> = headers.tokens("content-encoding").collect();
    let octets = match codings.as_slice() {
        [] => content.octets.clone(),
        [coding] if coding.eq_ignore_ascii_case("identity") => content.octets.clone(),
        [coding] => wire::deflate::decoded(coding, &content.octets, 1024 * 1024)?,
        _ => return None,
    };
    Some(text(&octets))
}

/// Text in UTF-8, or in UTF-16, which every second octet of ASCII shows to be it.
fn text(octets: &[u8]) -> String {
    let (octets, is_little) = match octets {
        [0xFF, 0xFE, rest @ ..] => (rest, true),
        [0xFE, 0xFF, rest @ ..] => (rest, false),
        [_, 0, _, 0, ..] => (octets, true),
        [0, _, 0, _, ..] => (octets, false),
        _ => return String::from_utf8_lossy(octets).into_owned(),
    };
    let unit = if is_little { u16::from_le_bytes } else { u16::from_be_bytes };
    let units = octets.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

#[cfg(test)]
mod tests;
