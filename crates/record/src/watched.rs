//! The conversation as the console shows it: what was said lately, and who is connected.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use console::{
    Ask, BATCH, Batch, Explainer, Feed, Live, Outcome, Port, Reply, Route, StreamStart, later, now,
    page,
};
use serde_json::{Value, json};
use tokio::sync::watch;
use transcript::{Event, EventKind, Side};
use wire::net::LocalAccess;

/// How much of what was said is kept for the page, in octets. The file has all of it.
const KEPT: usize = 8 << 20;

/// The longest text of one entry.
const LONGEST: usize = 64 << 10;

/// The size of an entry beside its texts.
const ENTRY: usize = 256;

/// A recording that can be watched.
#[derive(Debug)]
pub struct Watched {
    about: Value,
    /// The URL for clients, once their port is taken.
    url: OnceLock<String>,
    /// Tells this run from others in the ids of its stream.
    run: String,
    state: Mutex<State>,
    news: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    said: VecDeque<Entry>,
    held: usize,
    last: u64,
    clients: BTreeMap<usize, Client>,
}

#[derive(Debug)]
struct Entry {
    number: u64,
    connection: usize,
    data: Value,
    weight: usize,
}

/// A client that is connected.
#[derive(Debug)]
struct Client {
    since: Duration,
    user: Option<String>,
    jid: Option<String>,
    phase: &'static str,
    /// Requests of HTTP that wait for their answers.
    asked: VecDeque<Value>,
}

const ROUTES: &[Route<Watched>] = &[
    now("GET", "/", about),
    now("GET", "/console", page),
    now("GET", "/sessions", sessions),
    now("GET", "/transcript/live", live).with_query(&["connection", "after"]),
    later("POST", "/explain", console::explain).with_query(&["name"]),
];

impl Watched {
    /// A recording of conversations with `server` in the file `recording`.
    #[must_use]
    pub fn new(server: &str, recording: &Path) -> Arc<Self> {
        let routes: Vec<String> =
            ROUTES.iter().map(|route| format!("{} {}", route.method, route.path)).collect();
        let recording = recording.display();
        let about = json!({
            "name": env!("CARGO_PKG_NAME"),
            "version": env!("CARGO_PKG_VERSION"),
            "title": "Recorder",
            "noun": "the recorder",
            "about": format!("of {server}, into {recording}"),
            "lacks": "Agents, calls, faults and expectations are parts of a fake. Here the server is a real one, \
                      which the recorder neither steers nor disturbs.",
            "routes": routes,
        });
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let run = format!("{:x}", since.as_micros());
        let (url, state) = (OnceLock::new(), Mutex::default());
        Arc::new(Self { about, url, run, state, news: watch::Sender::new(0) })
    }

    /// Clients connect to this URL.
    pub fn serves(&self, url: &str) {
        // It is told once.
        let _ = self.url.set(url.to_owned());
    }

    /// Serves the console on an address of this machine's own.
    ///
    /// # Errors
    ///
    /// The address is not one of loopback, or cannot be listened on.
    pub async fn open(
        self: &Arc<Self>,
        address: SocketAddr,
        explainer: Explainer,
    ) -> std::io::Result<Port> {
        if !address.ip().is_loopback() {
            let why = "the console shows the conversations to all that reach it: use 127.0.0.1";
            return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, why));
        }
        Port::open(self, ROUTES, address, LocalAccess::new(), Some(explainer)).await
    }

    /// A client is there.
    pub(crate) fn connected(&self, connection: usize, at: Duration) {
        let client =
            Client { since: at, user: None, jid: None, phase: "connected", asked: VecDeque::new() };
        self.state().clients.insert(connection, client);
    }

    /// A client is gone.
    pub(crate) fn gone(&self, connection: usize, at: Duration) {
        self.fact(connection, at, "closed");
        self.state().clients.remove(&connection);
    }

    /// Something happened on a connection; passwords are masked in it.
    pub(crate) fn fact(&self, connection: usize, at: Duration, text: &str) {
        self.keep(connection, at, "nobody", "fact", text, [None, None]);
    }

    /// Something was said, as it was written; `user` is logged in.
    pub(crate) fn said(&self, connection: usize, user: Option<&str>, event: &Event) {
        let at = Duration::from_micros(event.micros);
        let kind = match &event.said {
            EventKind::Http { .. } => "http",
            EventKind::Text { .. } => "text",
            EventKind::Binary { .. } => "binary",
            EventKind::Ping { .. } | EventKind::Pong { .. } | EventKind::Close { .. } => "control",
            EventKind::Frame { .. } | EventKind::Bytes { .. } => "octets",
            EventKind::Connect { .. }
            | EventKind::Report { .. }
            | EventKind::Eof
            | EventKind::Reset => return,
        };
        let pair = self.progress(connection, user, event);
        let text = match &event.said {
            EventKind::Text { text, .. } => text.clone(),
            EventKind::Http { head, body, .. } => {
                let body = body.as_ref().map(|body| String::from_utf8_lossy(&body.0));
                format!("{head}\n\n{}", body.unwrap_or_default())
            }
            _ => transcript::words(event),
        };
        self.keep(connection, at, event.who.word(), kind, &text, pair);
    }

    /// The known state of the client after this; the request that it is, and its answer.
    fn progress(&self, connection: usize, user: Option<&str>, event: &Event) -> [Option<Value>; 2] {
        let mut state = self.state();
        let Some(client) = state.clients.get_mut(&connection) else { return [None, None] };
        client.user = user.map(str::to_owned);
        match &event.said {
            EventKind::Http { head, body, .. } => {
                let body = body.as_ref().map(|body| String::from_utf8_lossy(&body.0));
                let body = textual::clipped(&body.unwrap_or_default(), LONGEST).into_owned();
                let first = head.lines().next().unwrap_or_default();
                let mut words = first.split(' ');
                let (one, two) = (words.next().unwrap_or_default(), words.next());
                if event.who == Side::Client {
                    let request = json!({ "method": one, "target": two, "body": body });
                    client.asked.push_back(request.clone());
                    return [Some(request), None];
                }
                let status = two.and_then(|status| status.parse::<u16>().ok());
                if status == Some(101) {
                    client.phase = "upgraded";
                }
                let answer = status.map(|status| json!({ "status": status, "body": body }));
                return [client.asked.pop_front(), answer];
            }
            EventKind::Text { text, .. } => {
                let Ok(element) = stanza::parse(text) else { return [None, None] };
                match (event.who, element.name.local.as_str()) {
                    (Side::Server, "open") if client.phase == "upgraded" => client.phase = "open",
                    (Side::Server, "success") => client.phase = "authenticated",
                    (Side::Server, "iq") => {
                        let bind = element.child(stanza::ns::BIND, "bind");
                        if let Some(jid) = bind.and_then(|it| it.child(stanza::ns::BIND, "jid")) {
                            (client.jid, client.phase) = (Some(jid.text()), "bound");
                        }
                    }
                    (Side::Client, "presence") if element.attr("type").is_none() => {
                        client.phase = "available";
                    }
                    (_, "close") => client.phase = "closing",
                    _ => {}
                }
            }
            _ => {}
        }
        [None, None]
    }

    fn keep(
        &self,
        connection: usize,
        at: Duration,
        speaker: &str,
        kind: &str,
        text: &str,
        [request, answer]: [Option<Value>; 2],
    ) {
        let mut state = self.state();
        state.last += 1;
        let number = state.last;
        let client = state.clients.get(&connection);
        let who = client.and_then(|client| client.jid.as_ref().or(client.user.as_ref()).cloned());
        let text = textual::clipped(text.trim_end(), LONGEST);
        let mut data = json!({
            "number": number,
            "at": at.as_secs_f64(),
            "connection": connection,
            "who": who,
            "speaker": speaker,
            "kind": kind,
            "text": text,
        });
        let parts = [("request", request), ("answer", answer)];
        for (name, part) in parts.into_iter().filter_map(|(name, part)| Some((name, part?))) {
            data[name] = part;
        }
        let length = |part: &Value| part["body"].as_str().map_or(0, str::len);
        let weight = ENTRY + text.len() + length(&data["request"]) + length(&data["answer"]);
        state.held += weight;
        state.said.push_back(Entry { number, connection, data, weight });
        while state.held > KEPT {
            let Some(oldest) = state.said.pop_front() else { break };
            state.held -= oldest.weight;
        }
        drop(state);
        self.news.send_replace(number);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn about(watched: &Watched, _: &Ask) -> Outcome<Watched> {
    let mut about = watched.about.clone();
    about["url"] = json!(watched.url.get());
    Reply::ok(about)
}

fn sessions(watched: &Watched, _: &Ask) -> Outcome<Watched> {
    let state = watched.state();
    let client = |(connection, client): (&usize, &Client)| {
        json!({
            "connection": connection,
            "account": client.user,
            "jid": client.jid,
            "phase": client.phase,
            "since": client.since.as_secs_f64(),
        })
    };
    let sessions: Vec<Value> = state.clients.iter().map(client).collect();
    Reply::ok(json!({ "sessions": sessions }))
}

/// The entries of one connection, or of all.
struct Record {
    connection: Option<u64>,
}

impl Feed<Watched> for Record {
    fn after(&self, watched: &Watched, number: u64) -> Batch {
        let state = watched.state();
        let first = state.said.partition_point(|entry| entry.number <= number);
        let next = state.said.get(first).map_or(state.last + 1, |entry| entry.number);
        let mut size = 0;
        let within = state.said.range(first..).take_while(|entry| {
            let before = size;
            size += entry.weight;
            before == 0 || size <= BATCH
        });
        let within: Vec<&Entry> = within.collect();
        let is_wanted = |entry: &&&Entry| {
            self.connection.is_none_or(|connection| entry.connection as u64 == connection)
        };
        let entries =
            within.iter().filter(is_wanted).map(|entry| (entry.number, entry.data.clone()));
        Batch {
            lost: next.saturating_sub(number.saturating_add(1)),
            entries: entries.collect(),
            read_to: within.last().map(|entry| entry.number),
        }
    }
}

fn live(watched: &Watched, ask: &Ask) -> Outcome<Watched> {
    let connection = ask.query_number("connection")?;
    let news = watched.news.subscribe();
    let place = StreamStart::of(ask, &watched.run, *news.borrow())?;
    Ok(Reply::Live(Live { event: "said", feed: Box::new(Record { connection }), news, place }))
}
