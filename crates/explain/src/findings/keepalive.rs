//! Pings of both sides, connections that are cut in silence, and answers that take long.

use std::collections::HashSet;

use super::Hit;
use crate::conversation::{MessageKind, Side};
use crate::seen::{End, SECOND, Seen, duration, end, reached};
use crate::session::{Kind, Session, Subject};
use crate::step::{Fault, Step};

/// Silence after which a cut is that of something in between, in microseconds. Proxies wait from
/// some seconds to minutes.
const LONG: i64 = 5 * SECOND;

fn time_left(session: &Session<'_>, place: usize) -> i64 {
    let asked = session.stanzas[place].at;
    let end = session.connection.ended.max(session.connection.last_said());
    end.zip(asked).map_or(0, |(end, asked)| end - asked)
}

pub(super) fn server_ping_unanswered(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        let asked = session.requests.iter().rev().find(|one| {
            one.by == Side::Server && one.about == Subject::Ping && one.answer.is_none()
        });
        let Some(asked) = asked else { continue };
        let timed_out = session
            .stream_error(Side::Server)
            .is_some_and(|(_, condition)| condition == "connection-timeout");
        let ended = matches!(end(seen, session), End::Error | End::Bare | End::WebSocket { .. });
        let left = time_left(session, asked.asked);
        // A client that speaks shows life as well.
        let speaks = session
            .stanzas
            .iter()
            .skip(asked.asked + 1)
            .any(|one| one.from == Side::Client && one.kind != Kind::Close);
        if timed_out || (ended && !speaks) || (left > 20 * SECOND && !speaks) {
            let then = if timed_out {
                ", and the server ended the stream with connection-timeout"
            } else {
                ""
            };
            let hit = Hit::new(
                Step::Keepalive,
                Fault::Client,
                format!("The server's ping was not answered within {}{then}.", duration(left)),
            );
            found.push(hit.or(Fault::Proxy).look("Whether the client answers <ping/> (XEP-0199): a result with the same id. A tab in the background, or a machine asleep, answers late.").at(session, asked.asked));
        }
    }
    found
}

pub(super) fn client_ping_unanswered(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in seen.sessions.iter().filter(|one| !seen.is_cut(one)) {
        let asked = session.requests.iter().find(|one| {
            one.by == Side::Client && one.about == Subject::Ping && one.answer.is_none()
        });
        let Some(asked) = asked else { continue };
        let left = time_left(session, asked.asked);
        let later = session.stanzas.iter().skip(asked.asked).any(|one| one.from == Side::Server);
        if left >= 3 * SECOND {
            let says = if later {
                "though the server goes on"
            } else {
                "and nothing came from the server after it"
            };
            let hit = Hit::new(
                Step::Keepalive,
                Fault::Server,
                format!("The client's ping was not answered within {}, {says}.", duration(left)),
            );
            found.push(hit.or(Fault::Proxy).look("Whether the connection is dead: a server that was unplugged, a firewall that forgot the connection. The client should connect anew.").at(session, asked.asked));
        }
    }
    found
}

pub(super) fn ping_refused(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        let asked = session.requests.iter().find_map(|one| {
            let is_ping = one.by == Side::Client && one.about == Subject::Ping;
            is_ping.then(|| session.refusal(one).map(|refusal| (one, refusal))).flatten()
        });
        if let Some((asked, refusal)) = asked {
            let hit = Hit::new(
                Step::Keepalive,
                Fault::Client,
                format!(
                    "The client's ping was refused ({refusal}); the connection lives all the same."
                ),
            );
            found.push(
                hit.remark()
                    .look("The `to` of the ping: the domain, or none.")
                    .at(session, asked.asked),
            );
        }
    }
    found
}

pub(super) fn cut_in_silence(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in seen.sessions.iter().filter(|one| one.is_bound()) {
        let End::Gone(gone) = end(seen, session) else { continue };
        if gone.silence < SECOND * 2 && !gone.by_proxy {
            continue;
        }
        if gone.silence < SECOND {
            continue;
        }
        let last = session.stanzas.last().map_or("client", |one| one.from.word());
        let how = match (gone.is_seen, gone.is_reset) {
            (true, true) => "TCP was reset",
            (true, false) => "TCP ended",
            (false, _) => "the connection was gone",
        };
        let proxy = if gone.by_proxy {
            " The proxy ended its connection to the server as well, so it was the proxy."
        } else {
            " So a proxy or firewall cuts what is idle."
        };
        let hit = Hit::new(
            Step::Idle,
            Fault::Proxy,
            format!(
                "After {} of silence (the {last} spoke last) {how}, without <close/> and without a close of the WebSocket (1006).{proxy}",
                duration(gone.silence)
            ),
        );
        let hit = if gone.by_proxy { hit } else { hit.or(Fault::Server) };
        found.push(
            hit.look("The idle timeout of what stands between (nginx: proxy_read_timeout): make it longer, or let the client ping more often.")
                .on(session)
                .when(gone.at)
                .remark_if(gone.silence < LONG && seen.recovers(session)),
        );
    }
    found
}

pub(super) fn slow_login(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in seen.sessions.iter().filter(|one| one.is_bound()) {
        let mut before: Option<(i64, Side)> =
            session.connection.upgrade.asked_at.map(|at| (at, Side::Client));
        let requests: HashSet<usize> =
            session.requests.iter().map(|one| session.stanzas[one.asked].said).collect();
        for stanza in &session.stanzas {
            let Some(at) = stanza.at else { break };
            if let Some((asked, Side::Client)) = before
                && stanza.from == Side::Server
                && at - asked > 3 * SECOND
                && !matches!(stanza.kind, Kind::Message | Kind::Presence)
            {
                let hit = Hit::new(
                    reached(session),
                    Fault::Server,
                    format!("The server took {} for an answer.", duration(at - asked)),
                );
                found.push(
                    hit.or(Fault::Proxy)
                        .remark()
                        .look("The load of the server, its user directory, and the way to it.")
                        .on(session)
                        .when(Some(at)),
                );
                break;
            }
            // A request of the server, or silence after the login, is nobody's delay.
            before = (!(stanza.from == Side::Client
                && !requests.contains(&stanza.said)
                && matches!(stanza.kind, Kind::Presence | Kind::Message | Kind::Iq)))
            .then_some((at, stanza.from));
        }
    }
    found
}

pub(super) fn unanswered_websocket_ping(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in
        seen.sessions.iter().filter(|one| one.connection.sight.control && !seen.is_cut(one))
    {
        let said = &session.connection.said;
        let last_pong =
            |by: Side| said.iter().rposition(|one| one.from == by && one.what == MessageKind::Pong);
        let pongs = (last_pong(Side::Client), last_pong(Side::Server));
        for (place, one) in said.iter().enumerate().filter(|(_, one)| one.what == MessageKind::Ping)
        {
            let pong = if one.from == Side::Server { pongs.0 } else { pongs.1 };
            let answered = pong > Some(place);
            let end = session.connection.ended.max(session.connection.last_said());
            let left = end.zip(one.at).map_or(0, |(end, at)| end - at);
            if !answered && left > 10 * SECOND {
                let fault = if one.from == Side::Server { Fault::Client } else { Fault::Server };
                let hit = Hit::new(
                    Step::Keepalive,
                    fault,
                    format!(
                        "A ping of the WebSocket from the {} was not answered within {}.",
                        one.from.word(),
                        duration(left)
                    ),
                );
                found.push(hit.or(Fault::Proxy).look("The library of WebSockets, which answers pings by itself (RFC 6455 §5.5.2).").on(session).when(one.at));
                break;
            }
        }
    }
    found
}
