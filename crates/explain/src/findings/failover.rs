//! Nodes out of service, and clients that connect again.

use super::Hit;
use crate::conversation::{Exchange, Side};
use crate::seen::{SECOND, Seen, duration};
use crate::session::Session;
use crate::step::{Fault, Step};
use crate::update::{self, Object};

/// The status of SystemInfo that an event before a place said last.
pub(super) fn status_before<'s>(session: &'s Session<'_>, place: usize) -> Option<&'s str> {
    let events = session.events.iter().rev().filter(|event| event.stanza < place);
    events.filter_map(|event| status(&event.update.object)).next()
}

fn status(object: &Object) -> Option<&str> {
    match object {
        Object::SystemInfo { status } => Some(status.as_str()).filter(|status| !status.is_empty()),
        _ => None,
    }
}

/// How long a client may take to leave a node that is out of service, in microseconds.
const LEAVES: i64 = 5 * SECOND;

pub(super) fn failover_ignored(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        let out = session
            .events
            .iter()
            .find(|event| status(&event.update.object) == Some("OUT_OF_SERVICE"));
        let Some(out) = out else { continue };
        let back = session.events.iter().any(|event| {
            event.stanza > out.stanza && status(&event.update.object) == Some("IN_SERVICE")
        });
        let stayed = {
            let leaves = session
                .client_leaves()
                .filter(|place| *place > out.stanza)
                .and_then(|place| session.stanzas[place].at);
            let until =
                leaves.or(session.connection.ended).or_else(|| session.connection.last_said());
            until.zip(out.at).map_or(0, |(until, at)| until - at)
        };
        let host = &session.connection.url.host;
        let next = seen.later(session).next();
        let elsewhere = seen.later(session).any(|one| one.connection.url.host != *host);
        // A log without times has only its order.
        let events_after = session.events.iter().filter(|event| event.stanza > out.stanza).count();
        if back {
            continue;
        }
        let hit = if stayed > LEAVES
            || (out.at.is_none() && events_after > 0 && !elsewhere && next.is_none())
        {
            let time =
                if out.at.is_some() { format!(" for {}", duration(stayed)) } else { String::new() };
            Hit::new(
                Step::Failover,
                Fault::Client,
                format!(
                    "The node said OUT_OF_SERVICE, and the client stayed on it{time} and did not go to the other node."
                ),
            )
        } else if next.is_some() && !elsewhere && !host.is_empty() {
            Hit::new(
                Step::Failover,
                Fault::Client,
                "The node said OUT_OF_SERVICE, and the client came back to the same node.",
            )
            .remark_if(seen.recovers(session))
        } else {
            continue;
        };
        found.push(hit.look("The client's handling of SystemInfo: it should go to secondaryNode. Events and requests of this node are not to be trusted now.").at(session, out.stanza));
    }
    found
}

/// Whether the SystemInfo of a session's host said OUT_OF_SERVICE: when it was last asked before,
/// or at any time, if it was asked only later.
fn is_told_before(seen: &Seen<'_>, session: &Session<'_>) -> Option<bool> {
    let connection = session.connection;
    let infos =
        seen.conversation.exchanges.iter().filter(|one| {
            one.url.path.contains("/SystemInfo") && one.url.host == connection.url.host
        });
    let mut before = infos.filter(|one| one.ended.is_some() && one.ended < connection.began);
    before.next_back().map(is_out_of_service)
}

fn is_out_of_service(info: &Exchange) -> bool {
    update::first_text(&info.answer, "status").as_deref() == Some("OUT_OF_SERVICE")
}

/// Whether a host's SystemInfo said OUT_OF_SERVICE in the time of a session.
pub(super) fn is_told(seen: &Seen<'_>, session: &Session<'_>) -> bool {
    let any = || {
        seen.conversation.exchanges.iter().any(|one| {
            one.url.path.contains("/SystemInfo")
                && one.url.host == session.connection.url.host
                && is_out_of_service(one)
        })
    };
    is_told_before(seen, session).unwrap_or_else(any)
}

pub(super) fn node_out_of_service(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in seen.sessions.iter().filter(|one| one.is_bound()) {
        let host = &session.connection.url.host;
        if is_told_before(seen, session) == Some(true) {
            let hit = Hit::new(
                Step::Failover,
                Fault::Client,
                format!(
                    "The client logged in on {host}, whose SystemInfo said OUT_OF_SERVICE before."
                ),
            );
            found.push(hit.look("The client's choice of the node: SystemInfo of both, and then the one that is IN_SERVICE.").on(session));
            break;
        }
    }
    found
}

pub(super) fn reconnect_storm(seen: &Seen<'_>) -> Vec<Hit> {
    let mut run: Vec<&Session<'_>> = Vec::new();
    let mut found = Vec::new();
    for session in &seen.sessions {
        let soon = run.last().is_some_and(|last| {
            let end = last.connection.ended.or_else(|| last.connection.last_said());
            let gap = session.connection.began.zip(end).map(|(began, end)| began - end);
            last.connection.url.host == session.connection.url.host
                && gap.is_some_and(|gap| (0..SECOND / 2).contains(&gap))
        });
        if !soon {
            run.clear();
        }
        run.push(session);
        if run.len() == 5 {
            let bound = run.iter().filter(|one| one.is_bound()).count();
            let hit = Hit::new(
                Step::Reconnect,
                Fault::Client,
                format!(
                    "The client connected 5 times with no pause of half a second in between ({bound} of them logged in)."
                ),
            );
            found.push(hit.look("The client's pause between attempts: it should grow, with chance in it, so that a server that restarts is not overrun.").on(run[0]));
        }
    }
    found
}

pub(super) fn takeovers(seen: &Seen<'_>) -> Vec<Hit> {
    let conflicts = seen.sessions.iter().filter(|one| {
        one.stream_error(Side::Server).is_some_and(|(_, condition)| condition == "conflict")
    });
    let back: Vec<_> = conflicts.filter(|one| seen.recovers(one)).collect();
    let Some(first) = back.first().filter(|_| back.len() >= 2) else { return Vec::new() };
    let hit = Hit::new(
        Step::Reconnect,
        Fault::Client,
        format!(
            "After a conflict the client came back with the same resource {} times: two of them take it from each other for ever.",
            back.len()
        ),
    );
    vec![
        hit.remark()
            .look("The client's handling of conflict: it must not come back by itself.")
            .on(first),
    ]
}
