//! Writes what is said as a raw transcript: one line of JSON for each event, masked, at once, so
//! that a process that is killed leaves a file that can be read.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use files::Unwritten;
use mask::{Credential, Finder, Kind};
use transcript::{About, Event, Known, Octets, Place, Said, Secrets, Who};
use wire::{Headers, Message, RequestHead, ResponseHead};

use crate::tap::{Content, Heard, Side, What};
use crate::upstream::Upstream;

/// The most cookies, and the most other credentials, that are searched for.
const MOST_COOKIES: usize = 200;
const MOST_OTHERS: usize = 2000;

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
    finder: Finder,
    secrets: Secrets,
    /// Users whose password is known, in their order.
    users: Vec<String>,
    cookies: usize,
    others: usize,
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
            finder: Finder::default(),
            secrets: Secrets::default(),
            users: Vec::new(),
            cookies: 0,
            others: 0,
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
        self.state().secrets.scrub(text)
    }

    /// Writes what was heard; yields it as it was written.
    pub(crate) fn heard(&self, conn: &str, heard: Heard) -> Event {
        let who = match heard.from {
            Side::Client => Who::Client,
            Side::Server => Who::Server,
        };
        let mut state = self.state();
        let said = state.said(who, heard.what);
        state.keep(conn, who, heard.octets, said, self.micros())
    }

    /// Writes the beginning or the end of a connection.
    pub(crate) fn event(&self, conn: &str, who: Who, said: Said) -> Event {
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
fn about(upstream: &Upstream) -> About {
    let known = |name: &str, value: String, place| Known { name: name.to_owned(), value, place };
    let port = upstream.port.to_string();
    // A host may be the domain too; only its port tells them apart.
    let has_port = upstream.authority() != upstream.host;
    let host = if has_port { Place::Before(format!(":{port}")) } else { Place::Anywhere };
    About {
        case: transcript::RECORDING.to_owned(),
        target: upstream.url(),
        known: vec![
            known("host", upstream.host.clone(), host),
            known("port", port, Place::After(format!("{}:", upstream.host))),
        ],
        ..About::default()
    }
}

impl State {
    fn keep(&mut self, conn: &str, who: Who, octets: usize, said: Said, micros: u64) -> Event {
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
    fn learn(&mut self) {
        for Credential { kind, value, user } in self.finder.take() {
            let count = match kind {
                Kind::Cookie if is_setting(&value) || self.cookies >= MOST_COOKIES => continue,
                Kind::Cookie => &mut self.cookies,
                Kind::Login | Kind::Token if self.others >= MOST_OTHERS => continue,
                Kind::Login | Kind::Token => &mut self.others,
            };
            *count += 1;
            let name = match user {
                Some(user) => self.password_of(&user),
                None => format!("secret.{}-{}", self.cookies, self.others),
            };
            self.secrets.password(name, value);
        }
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

    fn said(&mut self, who: Who, what: What) -> Said {
        match what {
            What::Request(RequestHead { method, target, version, headers }, content) => {
                self.finder.target(&target);
                self.http(&format!("{method} {target} {version}"), &headers, &content)
            }
            What::Response(ResponseHead { version, status, reason, headers }, content) => {
                self.http(&format!("{version} {status:03} {reason}"), &headers, &content)
            }
            What::Message { message, fragments } => self.message(who, message, fragments),
            What::Frame { fin, rsv, opcode, is_masked, length } => Said::Frame {
                fin,
                rsv,
                opcode,
                mask: is_masked,
                form: None,
                lie: Some(length as u64).filter(|length| *length > 0),
                payload: Octets::default(),
            },
            What::Octets => Said::Bytes { payload: Octets::default() },
        }
    }

    fn http(&mut self, first: &str, headers: &Headers, content: &Content) -> Said {
        self.finder.headers(headers.0.iter().map(|(name, value)| (&**name, &**value)));
        let body = readable(headers, content);
        let text = body.as_deref().map(String::from_utf8_lossy);
        if let Some(text) = &text {
            self.finder.body(text);
        }
        self.learn();
        let lines = headers.0.iter().map(|(name, value)| format!("\n{name}: {value}"));
        let lines = std::iter::once(first.to_owned()).chain(lines).collect::<String>();
        let body = text.filter(|text| !text.is_empty()).map(|text| {
            let masked = match text.trim_start().starts_with('<') {
                true => mask::message(&text, true),
                false => text,
            };
            let masked = if content.is_cut {
                self.secrets.scrub_cut(&masked)
            } else {
                self.secrets.scrub(&masked)
            };
            Octets(masked.into_bytes())
        });
        let login = self.secrets.credentials(&lines);
        Said::Http { head: self.secrets.head(&lines), login, body }
    }

    fn message(&mut self, who: Who, message: Message, fragments: u32) -> Said {
        match message {
            Message::Text(text) => {
                self.finder.message(&text, who == Who::Client);
                self.learn();
                let (masked, login) = self.secrets.message(&text);
                // A client's text that is no element may be half a login.
                let text = match &login {
                    Some(_) => masked,
                    None => mask::message(&masked, who == Who::Server).into_owned(),
                };
                Said::Text { text, fragments, login }
            }
            Message::Binary(octets) => {
                let payload = match std::str::from_utf8(&octets) {
                    Ok(text) => {
                        self.finder.message(text, who == Who::Client);
                        self.learn();
                        let masked = mask::message(text, true).into_owned();
                        self.secrets.scrub(&masked).into_bytes()
                    }
                    Err(_) => self.secrets.scrub_octets(&octets),
                };
                Said::Binary { payload: Octets(payload) }
            }
            Message::Ping(octets) => {
                Said::Ping { payload: Octets(self.secrets.scrub_octets(&octets)) }
            }
            Message::Pong(octets) => {
                Said::Pong { payload: Octets(self.secrets.scrub_octets(&octets)) }
            }
            Message::Close(frame) => Said::Close {
                code: frame.as_ref().map(|frame| frame.code),
                reason: self.secrets.scrub(&frame.map(|frame| frame.reason).unwrap_or_default()),
            },
        }
    }
}

/// Whether the value of a cookie is no secret by its looks: too short, or a number.
fn is_setting(value: &str) -> bool {
    value.len() < SHORTEST_COOKIE || value.bytes().all(|octet| octet.is_ascii_digit())
}

/// A body without its coding, if it is text: images and programs are not kept.
fn readable(headers: &Headers, content: &Content) -> Option<Vec<u8>> {
    const TEXT: [&str; 5] = ["xml", "json", "text/plain", "text/html", "form"];
    let kind = headers.first("content-type").unwrap_or("text/plain").to_ascii_lowercase();
    if !TEXT.iter().any(|text| kind.contains(text)) {
        return None;
    }
    let codings: Vec<&str> = headers.tokens("content-encoding").collect();
    match codings.as_slice() {
        [] => Some(content.octets.clone()),
        [coding] if coding.eq_ignore_ascii_case("identity") => Some(content.octets.clone()),
        [coding] => wire::deflate::decoded(coding, &content.octets, 1024 * 1024),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
