//! How sessions end: conflict, kick, errors, closes of each layer.

use super::Hit;
use super::failover::status_before;
use crate::conversation::Side;
use crate::seen::{End, SECOND, Seen, duration, end, reached};
use crate::session::{Kind, Session};
use crate::step::{Fault, Step};

pub(super) fn conflict(seen: &Seen<'_>) -> Vec<Hit> {
    let is_it = |session: &&Session<'_>| {
        session.stream_error(Side::Server).is_some_and(|(_, condition)| condition == "conflict")
    };
    let thrown: Vec<_> = seen.sessions.iter().filter(is_it).collect();
    let Some(first) = thrown.first() else { return Vec::new() };
    let (place, _) = first.stream_error(Side::Server).unwrap_or_default();
    let resource = first
        .jid
        .as_deref()
        .and_then(|jid| jid.split_once('/'))
        .map_or_else(String::new, |(_, resource)| format!(" {}", textual::clipped(resource, 60)));
    let times = if thrown.len() > 1 {
        format!(" {} times: two clients throw each other out.", thrown.len())
    } else {
        String::new()
    };
    let hit = Hit::new(
        Step::Session,
        Fault::Client,
        format!(
            "The session was thrown out (conflict), because another login took the same resource{resource}.{times}"
        ),
    );
    vec![hit.look("Two tabs, two machines, or a tab that was restored: let each take a resource of its own, and do not come back by itself after a conflict.").at(first, place)]
}

/// Stream errors of the server, but for conflict.
fn errors(seen: &Seen<'_>, pick: impl Fn(&Session<'_>, usize, &str) -> Option<Hit>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        let Some((place, condition)) = session.stream_error(Side::Server) else { continue };
        if condition == "conflict" {
            continue;
        }
        if let Some(hit) = pick(session, place, &condition) {
            found.push(hit.at(session, place).remark_if(seen.recovers(session)));
        }
    }
    found
}

pub(super) fn error_of_client(seen: &Seen<'_>) -> Vec<Hit> {
    errors(seen, |session, _, condition| {
        let look = match condition {
            "host-unknown" | "improper-addressing" | "host-gone" => {
                "The `to` of the client's <open/>: xmppDomain in SystemInfo."
            }
            "not-authorized" => {
                "The order of the client's messages: login, second <open/>, resource, and then stanzas."
            }
            "invalid-namespace" | "bad-namespace-prefix" => {
                "The namespaces of the client's messages: <open/> has urn:ietf:params:xml:ns:xmpp-framing, stanzas jabber:client."
            }
            "not-well-formed"
            | "xml-not-well-formed"
            | "bad-format"
            | "invalid-xml"
            | "restricted-xml" => {
                "The client's code that writes the last message: escaping, one stanza in a message, no comments and no declarations."
            }
            "unsupported-version" => "version='1.0' in the client's <open/>.",
            "unsupported-stanza-type"
            | "unsupported-encoding"
            | "unsupported-feature"
            | "invalid-from" => "The client's last message.",
            "policy-violation" => {
                "The client's last act: too much, too fast, or too large a message."
            }
            _ => return None,
        };
        let step = if session.is_bound() { Step::Stanza } else { reached(session) };
        let last = session
            .last(Side::Client)
            .and_then(|one| one.element.as_ref().ok().map(|element| element.name.local.clone()));
        let last =
            last.map_or_else(String::new, |last| format!(", in answer to the client's <{last}/>"));
        Some(
            Hit::new(
                step,
                Fault::Client,
                format!("The server ended the stream with {condition}{last}."),
            )
            .look(look),
        )
    })
}

pub(super) fn error_timeout(seen: &Seen<'_>) -> Vec<Hit> {
    errors(seen, |_, _, condition| {
        (condition == "connection-timeout").then(|| {
            Hit::new(Step::Keepalive, Fault::Client, "The server ended the stream with connection-timeout: nothing came from the client for too long.")
                .or(Fault::Proxy)
                .look("Whether the client answers the server's pings, or pings itself; a tab in the background is throttled.")
        })
    })
}

pub(super) fn error_shutdown(seen: &Seen<'_>) -> Vec<Hit> {
    errors(seen, |_, _, condition| {
        match condition {
        "system-shutdown" => Some(
            Hit::new(Step::Session, Fault::Server, "The server shut down (system-shutdown), and the client did not come back in this file.")
                .look("The server; and whether the client connects anew, to this node or the other."),
        ),
        "see-other-host" => Some(
            Hit::new(Step::Failover, Fault::Client, "The server sent the client to another host (see-other-host), and the client did not go there in this file.")
                .or(Fault::Configuration)
                .look("The host in the error, and whether the client's library follows it."),
        ),
        _ => None,
    }
    })
}

pub(super) fn error_of_server(seen: &Seen<'_>) -> Vec<Hit> {
    errors(seen, |session, place, condition| {
        let is_server = matches!(
            condition,
            "internal-server-error"
                | "resource-constraint"
                | "reset"
                | "undefined-condition"
                | "remote-connection-failed"
                | ""
        );
        let large = session
            .stanzas
            .iter()
            .any(|one| one.from == Side::Client && one.text.len() > 1024 * 1024);
        if !is_server || large {
            return None;
        }
        let step = reached(session);
        let after = match step {
            Step::Events => {
                let last =
                    session.stanzas[..place].iter().rev().find(|one| one.from == Side::Server);
                if last.is_some_and(|one| one.kind == Kind::Message) {
                    " after an event"
                } else {
                    " while events came"
                }
            }
            Step::Auth => " during the login",
            Step::Bind | Step::Restart => " before a resource was bound",
            _ => "",
        };
        Some(
            Hit::new(
                step,
                Fault::Server,
                format!(
                    "The server ended the stream with {}{after}{}.",
                    if condition.is_empty() { "an error without condition" } else { condition },
                    words(session, place)
                ),
            )
            .look("The log of the notification service at this time."),
        )
    })
}

/// The text of a stream error.
fn words(session: &Session<'_>, place: usize) -> String {
    let error = session.element(place).filter(|element| element.is(stanza::ns::STREAMS, "error"));
    let text = error.and_then(|error| error.children().find(|child| child.name.local == "text"));
    text.map_or_else(String::new, |text| format!(": {}", textual::clipped(&text.text(), 120)))
}

pub(super) fn error_of_peer(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        if let Some((place, condition)) = session.stream_error(Side::Client) {
            let hit = Hit::new(
                Step::Stanza,
                Fault::Server,
                format!(
                    "The client ended the stream with {}: it did not understand what the server sent.",
                    textual::clipped(&condition, 60)
                ),
            );
            found.push(
                hit.or(Fault::Client).look("The server's last message before.").at(session, place),
            );
        }
    }
    found
}

pub(super) fn kicked(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        if end(seen, session) != End::Bare {
            continue;
        }
        let Some(place) = session.first(Side::Server, Kind::Close) else { continue };
        let out = status_before(session, place) == Some("OUT_OF_SERVICE");
        if session.failure().is_some() && !session.is_logged_in() {
            continue;
        }
        if let Some(odd) = odd_presence(session, place) {
            let says = format!(
                "The client sent a presence of the type {}, and the server ended the session.",
                textual::clipped(&odd, 40)
            );
            let look = "The client's presence: being available is a presence without a type.";
            let hit = Hit::new(Step::Presence, Fault::Client, says).look(look);
            found.push(hit.at(session, place).remark_if(seen.recovers(session)));
            continue;
        }
        let (step, says) = if !session.is_bound() {
            (
                reached(session),
                "The server ended the stream with <close/> before the login was complete, without a word why.",
            )
        } else if out {
            (Step::Failover, "The server went out of service and ended the session.")
        } else {
            (
                Step::Session,
                "The server ended the session with <close/> and no error: so it is when an administrator ends it, or the service stops. It was neither the client nor the network.",
            )
        };
        found.push(Hit::new(step, Fault::Server, says).look("The server's log and console at this time: who ended the session, and whether the service was stopped.").at(session, place).remark_if(seen.recovers(session)));
    }
    found
}

/// The type of the client's last stanza before a place, if it is a presence that servers do not
/// take.
fn odd_presence(session: &Session<'_>, place: usize) -> Option<String> {
    let last = session.stanzas[..place].iter().rev().find(|one| one.from == Side::Client)?;
    let presence = last.element.as_ref().ok().filter(|_| last.kind == Kind::Presence)?;
    let kind = presence.attr("type")?;
    let is_known = matches!(
        kind,
        "unavailable" | "subscribe" | "subscribed" | "unsubscribe" | "unsubscribed" | "error"
    );
    (!is_known).then(|| kind.to_owned())
}

pub(super) fn websocket_closed(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        let End::WebSocket { code, reason } = end(seen, session) else { continue };
        if matches!(code, Some(1002 | 1003 | 1007 | 1009 | 1010)) {
            continue;
        }
        if session.failure().is_some() && !session.is_logged_in() {
            continue;
        }
        let Some((said, ..)) = session.websocket_close(Side::Server) else { continue };
        let shown = code.map_or_else(|| "without a code".to_owned(), |code| format!("with {code}"));
        let reason = if reason.is_empty() {
            String::new()
        } else {
            format!(" ({})", textual::clipped(&reason, 80))
        };
        let meaning = match code {
            Some(1001) => ": it goes away, or tidies up what is idle",
            Some(1008) => ": the client broke a policy",
            Some(1011) => ": an error of its own",
            Some(1012 | 1013) => ": it restarts, or is overloaded",
            _ => "",
        };
        let at = session.connection.said[said].at;
        let before = session.connection.said[..said].iter().filter_map(|one| one.at).max();
        let silence = at.zip(before).map_or(0, |(at, before)| at - before);
        // Jetty ends idle connections with 1001 and these words.
        let is_idle = reason.to_ascii_lowercase().contains("idle")
            || (code == Some(1001) && silence >= 5 * SECOND);
        let step = if is_idle { Step::Idle } else { reached(session) };
        let hit = Hit::new(
            step,
            Fault::Server,
            format!(
                "The server closed the WebSocket {shown}{reason}{meaning}, without ending the stream."
            ),
        );
        let hit = if is_idle { hit.or(Fault::Proxy) } else { hit };
        found.push(hit.look("The log of the notification service. A clean end is <close/> first, and then 1000.").on(session).when(at).remark_if(seen.recovers(session)));
    }
    found
}

pub(super) fn gone(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        let End::Gone(gone) = end(seen, session) else { continue };
        let is_idle = session.is_bound() && gone.silence >= 2 * SECOND
            || (gone.by_proxy && session.is_bound() && gone.silence >= SECOND);
        let upgraded = session.connection.upgrade.status.is_some_and(|status| status == 101)
            || !session.stanzas.is_empty();
        let refused = session.failure().is_some() && !session.is_logged_in();
        if is_idle
            || !upgraded
            || session.connection.tls.hidden
            || refused
            || session.connection.is_bosh
        {
            continue;
        }
        // A HAR does not show who ended it; a login that waits for the client is told elsewhere.
        if !gone.is_seen && !session.is_bound() && gone.silence >= SECOND {
            continue;
        }
        if super::turn::waits_unseen(session, &End::Gone(gone.clone())) {
            continue;
        }
        if !gone.is_seen && session.connection.reported.is_empty() && seen.recovers(session) {
            let hit = Hit::new(
                reached(session),
                Fault::Server,
                "The connection was gone without a goodbye, and the client came back.",
            );
            found.push(
                hit.or(Fault::Proxy)
                    .remark()
                    .look("Whether this happens often, and always after the same time.")
                    .on(session),
            );
            continue;
        }
        let how = if gone.is_reset { "was reset" } else { "ended" };
        let (fault, other, who) = if gone.by_proxy {
            (Fault::Proxy, Fault::Server, " by the proxy, on both sides")
        } else {
            (Fault::Server, Fault::Proxy, "")
        };
        let hit = Hit::new(
            reached(session),
            fault,
            format!(
                "The connection {how}{who} in the middle, without <close/> and without a close of the WebSocket (1006)."
            ),
        );
        found.push(hit.or(other).look("The logs of the server and of what stands between at this time: a crash, a restart, a cable. The file does not tell a server from the network; a HAR and a log do not even tell them from a page that was left or a client that just closed.").on(session).when(gone.at).remark_if(seen.recovers(session)));
    }
    found
}

pub(super) fn after_close(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        let Some(close) = session.first(Side::Client, Kind::Close) else { continue };
        let later = session.stanzas.iter().enumerate().skip(close + 1).find(|(_, one)| {
            one.from == Side::Client && !matches!(one.kind, Kind::Close | Kind::Blank)
        });
        if let Some((place, _)) = later {
            let hit = Hit::new(
                Step::Close,
                Fault::Client,
                "The client sent more after its <close/>; the server does not read it.",
            );
            found.push(
                hit.remark()
                    .look("The order of the client's messages at sign-out.")
                    .at(session, place),
            );
        }
    }
    found
}

pub(super) fn no_goodbye(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in seen.sessions.iter().filter(|one| one.is_bound() && one.connection.sight.end) {
        let closes = session.websocket_close(Side::Client).is_some();
        let says = session.first(Side::Client, Kind::Close).is_some();
        if closes && !says && end(seen, session) == End::Client {
            let says = "The client closed the WebSocket without <close/>: the server may keep the session \
                        for a while.";
            let look =
                "The client's sign-out: unavailable presence, <close/>, and then the WebSocket.";
            let hit = Hit::new(Step::Close, Fault::Client, says).remark().look(look);
            found.push(hit.on(session));
        }
    }
    found
}

pub(super) fn close_unanswered(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in seen.sessions.iter().filter(|one| one.connection.sight.end && !seen.is_cut(one))
    {
        let Some(close) = session.first(Side::Client, Kind::Close) else { continue };
        if session.first(Side::Server, Kind::Close).is_some()
            || session.websocket_close(Side::Server).is_some()
        {
            continue;
        }
        let waited = session
            .connection
            .ended
            .zip(session.stanzas[close].at)
            .map_or(0, |(end, asked)| end - asked);
        // Both Strophes go right after their <close/>.
        if waited >= SECOND && session.websocket_close(Side::Client).is_none() {
            let hit = Hit::new(
                Step::Close,
                Fault::Server,
                format!("The client's <close/> was not answered within {}.", duration(waited)),
            );
            found.push(
                hit.or(Fault::Proxy)
                    .look("The log of the notification service.")
                    .at(session, close),
            );
        }
    }
    found
}

pub(super) fn close_lost(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        let Some(asked) = session.first(Side::Client, Kind::Close) else { continue };
        let Some((said, code, _)) = session.websocket_close(Side::Server) else { continue };
        let by_client = session.websocket_close(Side::Client).map(|(place, ..)| place);
        if session.first(Side::Server, Kind::Close).is_some()
            || by_client.is_some_and(|place| place < said)
            || said < session.stanzas[asked].said
        {
            continue;
        }
        let code = code.map_or_else(String::new, |code| format!(" {code}"));
        let says = format!(
            "The client's <close/> was answered by the close{code} of the WebSocket alone, without <close/>: a real Openfire does so now and then."
        );
        let look = "The client: it must take the close of the WebSocket for the end, and not wait for <close/>.";
        let hit = Hit::new(Step::Close, Fault::Server, says).remark().look(look);
        found.push(hit.at(session, asked));
    }
    found
}
