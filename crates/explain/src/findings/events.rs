//! Notifications: those that are missing, come twice, in a wrong order, or cannot be read.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::Hit;
use crate::conversation::Side;
use crate::seen::{SECOND, Seen};
use crate::session::{Event, Kind, Session};
use crate::step::{Fault, Step};
use crate::update::Object;

/// Octets above which an event is larger than clients expect: they are of some thousands.
const LARGE: usize = 128 * 1024;

/// Pairs of events with one node and item and the same content, by their places in
/// [`Session::events`].
pub(super) fn doubles(session: &Session<'_>) -> Vec<(usize, usize)> {
    let mut first: HashMap<(&str, &str), usize> = HashMap::new();
    let mut found = Vec::new();
    for (place, event) in
        session.events.iter().enumerate().filter(|(_, event)| !event.item.is_empty())
    {
        match first.get(&(event.node.as_str(), event.item.as_str())) {
            // An item may be published anew under its id, and items may be asked for.
            Some(before) if session.events[*before].update == event.update => {
                found.push((*before, place))
            }
            _ => {
                first.insert((&event.node, &event.item), place);
            }
        }
    }
    found
}

pub(super) fn doubled(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        let mut subscribed: HashMap<&str, usize> = HashMap::new();
        for (_, node, ..) in session.subscriptions().filter(|(one, ..)| session.is_result(one)) {
            *subscribed.entry(node).or_default() += 1;
        }
        let renewals = renewals(session);
        for (first, second) in doubles(session) {
            let (one, two) = (&session.events[first], &session.events[second]);
            if one.to != two.to || !is_delivered_twice(&renewals, one, two) {
                continue;
            }
            let by_client = subscribed.get(one.node.as_str()).is_some_and(|times| *times > 1);
            let hit = if by_client {
                Hit::new(
                    Step::Subscribe,
                    Fault::Client,
                    format!(
                        "The client subscribed to {} more than once, and each event comes as often.",
                        textual::clipped(&one.node, 120)
                    ),
                )
            } else {
                Hit::new(
                    Step::Events,
                    Fault::Server,
                    format!(
                        "The server sent an event of {} twice, to the same address.",
                        textual::clipped(&one.node, 120)
                    ),
                )
            };
            found.push(hit.look("The ids of message and item: the same in both. A client should pass over an item that it knows.").at(session, two.stanza));
            break;
        }
    }
    found
}

/// The places of the stanzas that may bring the last item again: requests and presence of the
/// client, in order.
fn renewals(session: &Session<'_>) -> BTreeSet<usize> {
    let asked = session.requests.iter().filter(|one| one.by == Side::Client).map(|one| one.asked);
    asked.chain(session.all(Side::Client, Kind::Presence)).collect()
}

/// Not the last item, which a new subscription brings again.
fn is_delivered_twice(renewals: &BTreeSet<usize>, one: &Event, two: &Event) -> bool {
    one.stanza + 1 >= two.stanza || renewals.range(one.stanza + 1..two.stanza).next().is_none()
}

pub(super) fn malformed_payload(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        let broken = session
            .events
            .iter()
            .find(|event| event.node.contains("/finesse/") && event.update.wrong.is_some());
        if let Some(event) = broken {
            let why = event.update.wrong.as_deref().unwrap_or_default();
            let hit = Hit::new(
                Step::Events,
                Fault::Server,
                format!(
                    "The payload of an event of {} is no whole XML ({}).",
                    textual::clipped(&event.node, 120),
                    textual::clipped(why, 120)
                ),
            );
            found.push(hit.look("The publisher: the payload is escaped XML, and must parse once it is unescaped. The client should pass over such an event.").at(session, event.stanza));
        }
    }
    found
}

pub(super) fn oversize(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        if let Some(event) =
            session.events.iter().filter(|event| event.size >= LARGE).max_by_key(|event| event.size)
        {
            let hit = Hit::new(
                Step::Events,
                Fault::Server,
                format!(
                    "An event of {} is {} KiB long; a client with a limit fails on it.",
                    textual::clipped(&event.node, 120),
                    event.size / 1024
                ),
            );
            found.push(hit.look("The element that fills it: an unknown one, or a list without end. Some clients take frames of 64 KiB or 1 MiB at most.").at(session, event.stanza));
        }
    }
    found
}

/// Whether a node is one of an agent: `/finesse/api/User/1001`, and its dialogs.
fn is_user(node: &str) -> bool {
    node.contains("/User/")
}

pub(super) fn gap(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in seen.sessions.iter().filter(|one| !seen.is_cut(one)) {
        found.extend(gap_in(session));
    }
    found
}

/// States of agents and calls that cannot follow each other: between them an event is missing.
fn gap_in(session: &Session<'_>) -> Option<Hit> {
    // Dialogs with the state seen last, and whether each was ACTIVE.
    let mut dialogs: HashMap<&str, (&str, bool)> = HashMap::new();
    let mut talked = false;
    let mut announced = false;
    let mut user = "";
    let sees_dialogs = session.events.iter().any(|event| event.node.ends_with("/Dialogs"));
    let sees_users = session
        .events
        .iter()
        .any(|event| is_user(&event.node) && !event.node.ends_with("/Dialogs"));
    let hit = |event: &Event, says: String| {
        let hit = Hit::new(Step::Events, Fault::Server, format!("An event never came: {says}."));
        Some(hit.or(Fault::Proxy).look("Compare the messages that the server sent with those that the client saw. A client should read the state anew by REST when states do not fit.").at(session, event.stanza))
    };
    for event in session.events.iter().filter(|event| is_user(&event.node)) {
        match &event.update.object {
            Object::User { state, .. } if !event.node.ends_with("/Dialogs") => {
                match (user, state.as_str()) {
                    ("RESERVED", "WORK" | "WORK_READY")
                    | ("READY", "WORK" | "WORK_READY" | "HOLD") => {
                        return hit(
                            event,
                            format!("the agent went from {user} to {state} without TALKING"),
                        );
                    }
                    _ => {}
                }
                talked |= state == "TALKING";
                let is_over = user == "TALKING" && state != "TALKING" && state != "HOLD";
                if is_over && sees_dialogs && !announced {
                    return hit(
                        event,
                        "the agent was TALKING, and no dialog was ever announced".to_owned(),
                    );
                }
                user = state;
            }
            Object::Dialog { id, state, .. } => {
                announced = true;
                let known = dialogs.get(id.as_str()).copied();
                let ends = matches!(state.as_str(), "DROPPED" | "FAILED")
                    || event.update.event == "DELETE";
                if known.is_none() && event.update.event == "PUT" && !dialogs.is_empty() {
                    // A dialog of before the login is seen first by a PUT, too; not amid others.
                    return hit(
                        event,
                        format!(
                            "the dialog {} changed and was never announced",
                            textual::clipped(id, 40)
                        ),
                    );
                }
                let was_active = known.is_some_and(|(_, active)| active);
                if ends
                    && talked
                    && known.is_some_and(|(state, _)| state == "ALERTING")
                    && !was_active
                    && user == "TALKING"
                {
                    return hit(
                        event,
                        format!(
                            "the dialog {} went from ALERTING to {state} while the agent was TALKING, and was never ACTIVE",
                            textual::clipped(id, 40)
                        ),
                    );
                }
                if ends && was_active && sees_users && !talked && user == "RESERVED" {
                    return hit(
                        event,
                        format!(
                            "the dialog {} was ACTIVE, and the agent never TALKING",
                            textual::clipped(id, 40)
                        ),
                    );
                }
                if ends {
                    dialogs.remove(id.as_str());
                    talked = false;
                } else {
                    dialogs.insert(id, (state, was_active || state == "ACTIVE"));
                }
            }
            _ => {}
        }
    }
    None
}

pub(super) fn reordered(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        let mut newest: HashMap<&str, &str> = HashMap::new();
        let mut gone: HashSet<&str> = HashSet::new();
        for event in &session.events {
            let says = match &event.update.object {
                Object::User { id, changed, .. } if is_user(&event.node) && !changed.is_empty() => {
                    let before = newest.insert(id, changed);
                    // Instants of one form compare as text.
                    before
                        .is_some_and(|before| {
                            before.len() == changed.len() && before > changed.as_str()
                        })
                        .then(|| {
                            format!(
                                "a state of agent {} from {changed} came after one from {}",
                                textual::clipped(id, 40),
                                before.unwrap_or_default()
                            )
                        })
                }
                Object::Dialog { id, .. } if event.update.event == "DELETE" => {
                    gone.insert(id);
                    None
                }
                Object::Dialog { id, state, .. }
                    if gone.contains(id.as_str())
                        && event.node.ends_with("/Dialogs")
                        && event.update.event == "PUT" =>
                {
                    Some(format!(
                        "the dialog {} was {state} after its end",
                        textual::clipped(id, 40)
                    ))
                }
                _ => None,
            };
            if let Some(says) = says {
                let hit = Hit::new(
                    Step::Events,
                    Fault::Server,
                    format!("Events came in another order than they happened: {says}."),
                );
                found.push(hit.look("stateChangeTime in the events. A real Openfire reorders a burst now and then: a client must go by the time, not by the order.").at(session, event.stanza));
                break;
            }
        }
    }
    found
}

pub(super) fn refused_later(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        let refused = session.events.iter().find_map(|event| match &event.update.object {
            Object::Errors { kind, message } => Some((event, kind, message)),
            _ => None,
        });
        if let Some((event, kind, message)) = refused {
            let hit = Hit::new(
                Step::Events,
                Fault::Client,
                format!(
                    "A request was accepted, and an event says that it failed: {} ({}).",
                    textual::clipped(kind, 80),
                    textual::clipped(message, 80)
                ),
            );
            found.push(
                hit.or(Fault::Configuration)
                    .look("The request with the same requestId: its state, extension or number.")
                    .at(session, event.stanza)
                    .remark(),
            );
        }
    }
    found
}

pub(super) fn none_came(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in seen.sessions.iter().filter(|one| one.is_bound() && one.available().is_some()) {
        let asked = session.subscriptions().filter(|(one, ..)| session.is_result(one)).count();
        let last = session.connection.ended.max(session.connection.last_said());
        let time = last.zip(session.connection.began).map_or(0, |(last, began)| last - began);
        if asked > 0 && session.events.is_empty() && time > 60 * SECOND {
            let hit = Hit::new(
                Step::Events,
                Fault::Server,
                format!(
                    "The client subscribed and got no event within {}; perhaps nothing happened.",
                    crate::seen::duration(time)
                ),
            );
            found.push(hit.or(Fault::Configuration).look("Change the state of the agent, and see whether an event comes. No event at all points to the service between Finesse and Openfire.").on(session).remark());
        }
    }
    found
}

/// Events to the bare JID that went to another session of the account.
pub(super) fn to_another(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        let (Some(own), Some((from, until))) = (session.jid.as_deref(), available(session)) else {
            continue;
        };
        let account = own.split('/').next().unwrap_or_default();
        let others = seen.sessions.iter().filter(|other| {
            other.index != session.index
                && other
                    .jid
                    .as_deref()
                    .is_some_and(|jid| jid != own && jid.split('/').next() == Some(account))
        });
        let missed = others.flat_map(|other| other.events.iter().map(move |event| (other, event)));
        let missed = missed.filter(|(_, event)| {
            event.to == account
                && event.at.is_some_and(|at| from < at && at < until)
                && !session.events.iter().any(|own| own.item == event.item)
        });
        if let Some((other, event)) = missed.min_by_key(|(_, event)| event.at) {
            let hit = Hit::new(
                Step::Events,
                Fault::Client,
                format!(
                    "Two sessions of {} were available, and an event of {} went to connection {} alone: of several sessions, one gets what is sent to the bare JID.",
                    textual::clipped(account, 80),
                    textual::clipped(&event.node, 120),
                    other.index + 1
                ),
            );
            let look = "Let each tab subscribe its own full JID, or let one of them hear the events for all (BroadcastChannel, SharedWorker).";
            found.push(hit.remark().look(look).on(session).when(event.at));
            break;
        }
    }
    found
}

/// The time in which a session was available.
fn available(session: &Session<'_>) -> Option<(i64, i64)> {
    let from = session.available().and_then(|place| session.stanzas[place].at)?;
    let leaves = session.client_leaves().and_then(|place| session.stanzas[place].at);
    let until = leaves.or(session.connection.ended).or_else(|| session.connection.last_said())?;
    Some((from, until))
}
