//! The matter of the rules: the conversation, and each connection understood.

use crate::conversation::{Connection, Conversation, Side};
use crate::session::{Kind, Session, Subject};
use crate::step::Step;

/// Ports on which Finesse, Openfire and their like listen themselves, with TLS.
pub(crate) const TLS_PORTS: [u16; 6] = [443, 8443, 8445, 7443, 5281, 5443];

/// Their ports without TLS.
pub(crate) const PLAIN_PORTS: [u16; 5] = [80, 7070, 5280, 7071, 8080];

/// More than the inexactness of a HAR's times, in microseconds.
const MOMENT: i64 = 2_000;

/// One second, in microseconds.
pub(crate) const SECOND: i64 = 1_000_000;

/// The conversation and its sessions.
#[derive(Debug)]
pub(crate) struct Seen<'a> {
    pub(crate) conversation: &'a Conversation,
    /// The connections of the client that are about XMPP, or were meant to be. Those between a
    /// proxy and a server are in [`Seen::behind`].
    pub(crate) sessions: Vec<Session<'a>>,
    behind: Vec<Session<'a>>,
}

impl<'a> Seen<'a> {
    pub(crate) fn new(conversation: &'a Conversation) -> Self {
        let all: Vec<Session<'a>> = conversation
            .connections
            .iter()
            .enumerate()
            .map(|(index, connection)| Session::new(index, connection))
            .collect();
        let any_xmpp = all.iter().any(|one| one.is_xmpp() || is_likely(one.connection));
        let (behind, front): (Vec<_>, Vec<_>) = all
            .into_iter()
            .filter(|one| !any_xmpp || one.is_xmpp() || is_likely(one.connection))
            .partition(|one| one.connection.behind.is_some());
        Self { conversation, sessions: front, behind }
    }

    /// The connection on the other side of the proxy, if the file shows it.
    pub(crate) fn behind(&self, session: &Session<'_>) -> Option<&Session<'a>> {
        self.behind.iter().find(|one| one.connection.behind == Some(session.index))
    }

    /// The sessions of the same client that began after this one ended, in order. Two tabs side by
    /// side are none.
    pub(crate) fn later(&self, session: &Session<'_>) -> impl Iterator<Item = &Session<'a>> {
        let end = session.connection.ended.or_else(|| session.connection.last_said());
        let (index, source) = (session.index, session.connection.source);
        self.sessions.iter().filter(move |one| {
            one.index != index
                && one.connection.source == source
                && match (one.connection.began, end) {
                    (Some(began), Some(end)) => began >= end,
                    _ => one.index > index,
                }
        })
    }

    /// Whether a later session of the client got as far as a resource, or to the end of its login.
    pub(crate) fn recovers(&self, session: &Session<'_>) -> bool {
        self.later(session).any(Session::is_bound)
    }

    /// Whether the file ends amid this connection, so that nothing can be said about its end.
    pub(crate) fn is_cut(&self, session: &Session<'_>) -> bool {
        let source = self.conversation.sources.get(session.connection.source);
        session.connection.tcp.lost.is_some() || source.is_some_and(|source| source.is_cut)
    }
}

/// Whether a connection of which no message is known may be one to a notification service.
fn is_likely(connection: &Connection) -> bool {
    let path = connection.url.path.trim_end_matches('/');
    let port = connection.url.port;
    let is_socket = ["/ws", "/xmpp-websocket", "/websocket"].iter().any(|end| path.ends_with(end));
    let is_ours = port.is_some_and(|port| {
        (TLS_PORTS.contains(&port) && port != 443) || (PLAIN_PORTS.contains(&port) && port != 80)
    });
    connection.said.is_empty() && (is_socket || is_ours || connection.is_bosh)
}

/// How far a session came: the step that was under way.
pub(crate) fn reached(session: &Session<'_>) -> Step {
    let upgraded =
        session.connection.upgrade.status.is_some_and(|status| status == 101 || status == 200);
    if !session.events.is_empty() {
        return Step::Events;
    }
    if session.subscriptions().next().is_some() {
        return Step::Subscribe;
    }
    if session.available().is_some() {
        return Step::Presence;
    }
    if session.is_bound() {
        return Step::Session;
    }
    if session.request(&Subject::Bind).is_some() {
        return Step::Bind;
    }
    if session.is_logged_in() {
        return Step::Restart;
    }
    if session.first(Side::Client, Kind::Auth).is_some()
        || session.first(Side::Server, Kind::Features).is_some()
    {
        return Step::Auth;
    }
    if upgraded || !session.stanzas.is_empty() || !session.connection.sight.upgrade {
        return Step::Open;
    }
    Step::Upgrade
}

/// How a session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// The client said goodbye, or simply went.
    Client,
    /// The server sent a stream error.
    Error,
    /// The server ended the stream without a word why.
    Bare,
    /// The server closed the WebSocket without ending the stream.
    WebSocket { code: Option<u16>, reason: String },
    /// The connection is gone: neither side ended stream or WebSocket.
    Gone(Gone),
    /// It is still there, or the file does not show its end.
    Unknown,
}

/// How a connection vanished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gone {
    /// It was reset, not ended.
    pub(crate) is_reset: bool,
    /// Nothing was said for this long before, in microseconds.
    pub(crate) silence: i64,
    /// The file shows that TCP ended; otherwise it was concluded.
    pub(crate) is_seen: bool,
    /// The proxy's other leg shows that the proxy ended both.
    pub(crate) by_proxy: bool,
    pub(crate) at: Option<i64>,
}

/// The end of a connection that no word announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// When, as far as that is known.
    pub at: Option<i64>,
    /// It was reset, not ended.
    pub is_reset: bool,
}

/// The connections that the server, or a proxy, ended without a word; in the order of
/// [`Conversation::connections`].
pub fn cuts(conversation: &Conversation) -> Vec<Option<Cut>> {
    let seen = Seen::new(conversation);
    let mut cuts = vec![None; conversation.connections.len()];
    for session in &seen.sessions {
        if let End::Gone(Gone { is_reset, at, .. }) = end(&seen, session)
            && let Some(cut) = cuts.get_mut(session.index)
        {
            *cut = Some(Cut { at, is_reset });
        }
    }
    cuts
}

/// A silence of unknown length, in a log without times.
pub(crate) const QUIET: i64 = i64::MAX;

/// How a session ended.
pub(crate) fn end(seen: &Seen<'_>, session: &Session<'_>) -> End {
    let connection = session.connection;
    let leaves = session.client_leaves();
    let error = session.stream_error(Side::Server).map(|(place, _)| place);
    let close = session.first(Side::Server, Kind::Close);
    if error.is_some_and(|error| leaves.is_none_or(|leaves| error < leaves)) {
        return End::Error;
    }
    let said_by_client = session.websocket_close(Side::Client).map(|(said, ..)| said);
    let server = session.websocket_close(Side::Server);
    if leaves.is_some_and(|leaves| close.is_none_or(|close| leaves < close)) {
        return End::Client;
    }
    // The server's <close/> may answer the client's close of the WebSocket.
    let close_said = close.and_then(|place| session.stanzas.get(place)).map(|one| one.said);
    if close_said.is_some() && said_by_client.is_some_and(|client| Some(client) < close_said) {
        return End::Client;
    }
    if close.is_some() {
        return End::Bare;
    }
    if let Some((said, code, reason)) = server
        && said_by_client.is_none_or(|client| said < client)
    {
        return End::WebSocket { code, reason: reason.to_owned() };
    }
    if said_by_client.is_some() {
        return End::Client;
    }
    if !connection.sight.messages {
        return End::Unknown;
    }
    let silence = |at: i64| {
        connection.said.iter().filter_map(|said| said.at).max().map_or(0, |last| at - last)
    };
    if let Some((side, at)) = connection.tcp.reset {
        if side == Side::Client
            && connection.tcp.ended.is_none_or(|(first, _)| first == Side::Client)
        {
            return End::Client;
        }
        return End::Gone(Gone {
            is_reset: true,
            silence: silence(at),
            is_seen: true,
            by_proxy: by_proxy(seen, session),
            at: Some(at),
        });
    }
    if let Some((side, at)) = connection.tcp.ended {
        if side == Side::Client {
            return End::Client;
        }
        return End::Gone(Gone {
            is_reset: false,
            silence: silence(at),
            is_seen: true,
            by_proxy: by_proxy(seen, session),
            at: Some(at),
        });
    }
    let reported = connection.reported.iter().any(|line| {
        let line = line.to_ascii_lowercase();
        ["closed unexpectedly", "1006", "connection lost"].iter().any(|word| line.contains(word))
            // The word of stanza for any end: of a session that went on, it was not the client's.
            || (session.is_bound() && line.trim_end().ends_with(" disconnected"))
    });
    let quiet = connection.ended.map_or(0, silence);
    // A log without times: the last thing was a timer of the server, so it was quiet before.
    let timer = session
        .requests
        .iter()
        .any(|one| one.by == Side::Server && one.asked + 1 == session.stanzas.len());
    let quiet = if reported
        && connection.ended.is_none()
        && session.stanzas.iter().all(|one| one.at.is_none())
        && timer
    {
        QUIET
    } else {
        quiet
    };
    if seen.is_cut(session) {
        return End::Unknown;
    }
    // A HAR counts to the end of the connection, or to the last message while it is open.
    let is_over = connection.sight.upgrade && !connection.sight.end && quiet > MOMENT;
    if reported
        || is_over
        || quiet >= SECOND
        || (seen.later(session).next().is_some() && !connection.sight.end)
    {
        return End::Gone(Gone {
            is_reset: false,
            silence: quiet,
            is_seen: false,
            by_proxy: false,
            at: connection.ended,
        });
    }
    End::Unknown
}

/// Whether the proxy ended its connection to the server as well, before the server did.
fn by_proxy(seen: &Seen<'_>, session: &Session<'_>) -> bool {
    seen.behind(session).is_some_and(|behind| {
        behind.connection.tcp.ended.is_some_and(|(side, _)| side == Side::Client)
            || behind.connection.tcp.reset.is_some_and(|(side, _)| side == Side::Client)
    })
}

/// Whether the server behind this answer is a proxy, by what it calls itself.
pub(crate) fn is_proxy(server: &str) -> bool {
    let server = server.to_ascii_lowercase();
    [
        "nginx",
        "haproxy",
        "envoy",
        "apache",
        "cloudflare",
        "awselb",
        "varnish",
        "squid",
        "iis",
        "big-ip",
        "bigip",
        "traefik",
        "caddy",
        "netscaler",
        "akamai",
        "openresty",
        "zscaler",
        "bluecoat",
    ]
    .iter()
    .any(|name| server.contains(name))
}

/// `1.5 s`, `20 ms`.
pub(crate) fn duration(micros: i64) -> String {
    if micros == QUIET {
        return "a time".to_owned();
    }
    if micros >= 60 * SECOND {
        return format!("{} min {} s", micros / (60 * SECOND), micros / SECOND % 60);
    }
    if micros >= 10 * SECOND {
        return format!("{} s", (micros + SECOND / 2) / SECOND);
    }
    if micros >= SECOND {
        let tenths = (micros + SECOND / 20) / (SECOND / 10);
        return format!("{}.{} s", tenths / 10, tenths % 10);
    }
    format!("{} ms", micros / 1_000)
}
