//! Presence and subscriptions (RFC 6121 §4, XEP-0060 §6).

use std::collections::{HashMap, HashSet};

use super::{Hit, rest};
use crate::conversation::Side;
use crate::seen::{End, SECOND, Seen, end};
use crate::session::{Kind, Refusal, Session};
use crate::step::{Fault, Step};

fn bare(jid: &str) -> &str {
    jid.split('/').next().unwrap_or_default()
}

/// How long a session lasted after its resource was bound.
fn lasted(session: &Session<'_>) -> i64 {
    let bound = session
        .requests
        .iter()
        .filter_map(|one| one.answer)
        .filter_map(|place| session.stanzas[place].at)
        .min();
    let last = session.connection.ended.max(session.connection.last_said());
    last.zip(bound).map_or(0, |(last, bound)| last - bound)
}

pub(super) fn no_presence(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in seen.sessions.iter().filter(|one| one.is_bound() && one.available().is_none()) {
        let by_server =
            matches!(end(seen, session), End::Error | End::Bare | End::WebSocket { .. });
        // A client that publishes wants no events.
        let publishes = session
            .stanzas
            .iter()
            .any(|one| one.from == Side::Client && one.text.contains("<publish"));
        if by_server
            || seen.is_cut(session)
            || publishes
            || !session.events.is_empty()
            || !session.connection.sight.beginning
        {
            continue;
        }
        let is_short = session.client_leaves().is_none() && lasted(session) < SECOND;
        let hit = Hit::new(
            Step::Presence,
            Fault::Client,
            "The client logged in and never sent presence: it is not available, and events to the account are held back.",
        );
        found.push(hit.look("The client after its login: it sends <presence/> once, with a priority that is not negative.").on(session).remark_if(is_short));
    }
    found
}

pub(super) fn no_presence_events_come(seen: &Seen<'_>) -> Vec<Hit> {
    let sessions = seen.sessions.iter().filter(|one| {
        one.is_bound()
            && one.available().is_none()
            && !one.events.is_empty()
            && one.connection.sight.beginning
    });
    sessions
        .map(|session| {
            Hit::new(Step::Presence, Fault::Client, "The client never sent presence; events come all the same, since it subscribed with its full JID. Events to the bare JID would be held back.")
                .remark()
                .look("The client after its login: it should send <presence/>.")
                .on(session)
        })
        .collect()
}

pub(super) fn negative_priority(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        let places: Vec<usize> = session.all(Side::Client, Kind::Presence).collect();
        let Some((place, priority)) = places.iter().rev().find_map(|place| {
            let presence = session.element(*place)?;
            if presence.attr("type").is_some() || presence.attr("to").is_some() {
                return None;
            }
            let priority = presence.children().find(|child| child.name.local == "priority");
            Some((
                *place,
                priority.and_then(|one| one.text().trim().parse::<i64>().ok()).unwrap_or_default(),
            ))
        }) else {
            continue;
        };
        if priority < 0 {
            let come = session.events.iter().any(|event| event.stanza > place);
            let says = if come {
                "; events come all the same, by the subscriptions with the full JID"
            } else {
                ""
            };
            let hit = Hit::new(
                Step::Presence,
                Fault::Client,
                format!(
                    "The client's presence has the priority {priority}: messages to the account do not reach it{says}."
                ),
            );
            found.push(
                hit.look("The client's presence: no <priority/>, or one from 0 to 127.")
                    .at(session, place)
                    .remark_if(come),
            );
        }
    }
    found
}

pub(super) fn presence_refused(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        let refused = session.all(Side::Server, Kind::Presence).find(|place| {
            session.element(*place).is_some_and(|one| {
                one.attr("type") == Some("error")
                    && one
                        .attr("from")
                        .is_none_or(|from| Some(bare(from)) == session.jid.as_deref().map(bare))
            })
        });
        if let Some(place) = refused {
            let hit = Hit::new(
                Step::Presence,
                Fault::Client,
                "The server refused the client's presence.",
            );
            found.push(
                hit.look("The client's presence: its type, its show and its priority.")
                    .at(session, place)
                    .remark_if(!session.events.is_empty()),
            );
        }
    }
    found
}

/// Refused subscriptions that were not made good by the same session.
fn refused(
    seen: &Seen<'_>,
    pick: impl Fn(&Session<'_>, &Refusal, &str, &str, &str) -> Option<Hit>,
) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        let succeeded: HashSet<&str> = session
            .subscriptions()
            .filter(|(one, ..)| session.is_result(one))
            .map(|(_, node, ..)| node)
            .collect();
        for (request, node, jid, to) in session.subscriptions() {
            let Some(refusal) = session.refusal(request) else { continue };
            if let Some(hit) = pick(session, &refusal, node, jid, to) {
                let place = request.answer.unwrap_or(request.asked);
                found.push(hit.at(session, place).remark_if(succeeded.contains(node)));
                break;
            }
        }
    }
    found
}

fn shown(node: &str) -> std::borrow::Cow<'_, str> {
    if node.is_empty() { "(no node)".into() } else { textual::clipped(node, 120) }
}

/// Whether a node is one of the agent whose account is bound.
fn is_own(session: &Session<'_>, node: &str) -> bool {
    let account = session.jid.as_deref().and_then(|jid| Some(jid.split_once('@')?.0));
    let id = node.strip_prefix("/finesse/api/User/").and_then(|rest| rest.split('/').next());
    id.is_some() && id == account
}

fn special(refusal: &Refusal) -> &str {
    refusal.special.as_deref().unwrap_or_default()
}

/// Whether the client asked another address than the publish-subscribe service.
fn is_elsewhere(session: &Session<'_>, to: &str) -> bool {
    let domain = session.domain().unwrap_or_default();
    !to.is_empty()
        && !domain.is_empty()
        && to != format!("pubsub.{domain}")
        && !to.starts_with("pubsub.")
        || to.is_empty()
}

pub(super) fn elsewhere(seen: &Seen<'_>) -> Vec<Hit> {
    refused(seen, |session, refusal, _, _, to| {
        let is_foreign = to.starts_with("pubsub.")
            && session.domain().is_some_and(|domain| to != format!("pubsub.{domain}"));
        let lost = matches!(
            refusal.condition.as_str(),
            "remote-server-not-found"
                | "remote-server-timeout"
                | "service-unavailable"
                | "item-not-found"
                | "feature-not-implemented"
        );
        (is_elsewhere(session, to) || (is_foreign && lost)).then(|| {
            let address = if to.is_empty() { "nobody" } else { to };
            let domain = session.domain().unwrap_or("DOMAIN");
            Hit::new(
                Step::Subscribe,
                Fault::Client,
                format!(
                    "The client asked {} for a subscription ({refusal}); the service is pubsub.{}.",
                    textual::clipped(address, 80),
                    textual::clipped(domain, 80)
                ),
            )
            .look("xmppPubSubDomain in SystemInfo, and the `to` of the client's request.")
        })
    })
}

pub(super) fn node_absent(seen: &Seen<'_>) -> Vec<Hit> {
    refused(seen, |session, refusal, node, _, to| {
        (refusal.condition == "item-not-found" && !is_elsewhere(session, to)).then(|| {
            let says = format!("The node {} does not exist (item-not-found)", shown(node));
            // A request for a node of its own account is right: Finesse has not made the node.
            if is_own(session, node) || rest::is_absent(seen) {
                let says = format!(
                    "{says}: the server has no Finesse, or Finesse does not know the account."
                );
                return Hit::new(Step::Subscribe, Fault::Configuration, says)
                    .or(Fault::Client)
                    .look(
                        "Whether the server is a Finesse, for an Openfire alone has no nodes of \
                         agents; and whether the account is an agent there, on this node of the \
                         cluster.",
                    );
            }
            Hit::new(Step::Subscribe, Fault::Client, format!("{says}."))
                .or(Fault::Configuration)
                .look("The id in the node: that of the agent or team in Finesse, in its spelling, and on this node of the cluster.")
        })
    })
}

pub(super) fn node_barred(seen: &Seen<'_>) -> Vec<Hit> {
    refused(seen, |_, refusal, node, _, _| {
        (refusal.condition == "forbidden").then(|| {
            Hit::new(Step::Subscribe, Fault::Configuration, format!("The account may not subscribe to {} (forbidden): it is an outcast there, or the node belongs to another account.", shown(node)))
                .or(Fault::Client)
                .look("The affiliations of the node, and whether the client asks for its own nodes.")
        })
    })
}

pub(super) fn node_closed(seen: &Seen<'_>) -> Vec<Hit> {
    refused(seen, |_, refusal, node, _, _| {
        let is_it = ["closed-node", "not-in-roster-group", "presence-subscription-required"]
            .iter()
            .any(|one| special(refusal).starts_with(one));
        is_it.then(|| {
            Hit::new(
                Step::Subscribe,
                Fault::Configuration,
                format!(
                    "The node {} takes only the accounts on its list ({refusal}).",
                    shown(node)
                ),
            )
            .look("The access model of the node, and its whitelist.")
        })
    })
}

pub(super) fn other_jid(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = refused(seen, |session, refusal, node, jid, _| {
        let is_it = special(refusal).starts_with("invalid-jid")
            || special(refusal).starts_with("jid-required");
        let is_foreign =
            session.jid.as_deref().is_some_and(|own| !bare(own).eq_ignore_ascii_case(bare(jid)));
        (is_it || (refusal.condition == "bad-request" && is_foreign)).then(|| {
            let own = session.jid.as_deref().unwrap_or("unknown");
            let jid = if jid.is_empty() { "no JID" } else { jid };
            Hit::new(Step::Subscribe, Fault::Client, format!("The client subscribed {} to {}, and is bound as {} ({refusal}).", textual::clipped(jid, 80), shown(node), textual::clipped(own, 80)))
                .look("The attribute jid of the client's request: it is the address that the server bound.")
        })
    });
    for session in &seen.sessions {
        let Some(own) = &session.jid else { continue };
        for (request, node, jid, _) in session.subscriptions() {
            let differs =
                !jid.is_empty() && jid.contains('/') && jid != own && bare(jid) == bare(own);
            if differs && session.is_result(request) {
                let none = !session.events.iter().any(|event| event.node == node);
                let hit = Hit::new(
                    Step::Subscribe,
                    Fault::Client,
                    format!(
                        "The client subscribed {} to {}, and is bound as {}: events go to a resource that is not there.",
                        textual::clipped(jid, 80),
                        shown(node),
                        textual::clipped(own, 80)
                    ),
                );
                found.push(hit.look("The attribute jid of the client's request: it is the address that the server bound.").at(session, request.asked).remark_if(!none));
                break;
            }
        }
    }
    found
}

pub(super) fn refused_otherwise(seen: &Seen<'_>) -> Vec<Hit> {
    refused(seen, |session, refusal, node, jid, to| {
        let taken = is_elsewhere(session, to)
            || matches!(refusal.condition.as_str(), "item-not-found" | "forbidden")
            || [
                "closed-node",
                "not-in-roster-group",
                "presence-subscription-required",
                "invalid-jid",
                "jid-required",
            ]
            .iter()
            .any(|one| special(refusal).starts_with(one))
            || session.jid.as_deref().is_some_and(|own| {
                refusal.condition == "bad-request" && !bare(own).eq_ignore_ascii_case(bare(jid))
            });
        let (fault, look) = match refusal.condition.as_str() {
            "bad-request" => {
                (Fault::Client, "The client's request: node and jid are wanted, and type='set'.")
            }
            "not-authorized" | "not-allowed" | "registration-required" | "payment-required" => (
                Fault::Configuration,
                "The node's configuration: it may ask for approval, or take no subscriptions.",
            ),
            "feature-not-implemented" => {
                (Fault::Configuration, "Whether the node takes subscriptions at all.")
            }
            _ => (Fault::Server, "The log of the notification service."),
        };
        (!taken).then(|| {
            Hit::new(
                Step::Subscribe,
                fault,
                format!("The subscription to {} was refused ({refusal}).", shown(node)),
            )
            .look(look)
        })
    })
}

pub(super) fn unanswered(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        if seen.is_cut(session)
            || matches!(
                end(seen, session),
                End::Error | End::Gone(_) | End::WebSocket { .. } | End::Bare
            )
        {
            continue;
        }
        let leaves = session.client_leaves().and_then(|place| session.stanzas[place].at);
        let until = leaves
            .or(session.connection.ended)
            .max(session.connection.last_said().filter(|_| leaves.is_none()));
        let said_by_server =
            (0..session.stanzas.len()).filter(|place| session.stanzas[*place].from == Side::Server);
        let third_last = said_by_server.rev().nth(2);
        for (request, node, ..) in session.subscriptions() {
            if request.answer.is_some() {
                continue;
            }
            let asked = session.stanzas[request.asked].at;
            let waited = until.zip(asked).map_or(0, |(until, asked)| until - asked);
            let is_server_going_on = third_last >= Some(request.asked);
            // A client that leaves at once does not wait for its answers.
            if waited >= SECOND / 2 || (asked.is_none() && is_server_going_on) {
                let hit = Hit::new(
                    Step::Subscribe,
                    Fault::Server,
                    format!("The subscription to {} was never answered.", shown(node)),
                );
                found.push(hit.look("The log of the notification service, and the `id` of the request: an answer is known by it.").at(session, request.asked));
                break;
            }
        }
    }
    found
}

pub(super) fn pending(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        for (request, node, ..) in
            session.subscriptions().filter(|(one, ..)| session.is_result(one))
        {
            let Some(place) = request.answer else { continue };
            let state = session.element(place).and_then(|iq| {
                let pubsub = iq.children().find(|child| child.name.local == "pubsub")?;
                let one = pubsub.children().find(|child| child.name.local == "subscription")?;
                one.attr("subscription").map(str::to_owned)
            });
            if let Some(state) = state.filter(|state| state == "pending" || state == "unconfigured")
            {
                let approved = session.events.iter().any(|event| event.node == node);
                let hit = Hit::new(
                    Step::Subscribe,
                    Fault::Configuration,
                    format!(
                        "The subscription to {} is {state}: no event comes before it is approved or configured.",
                        shown(node)
                    ),
                );
                found.push(
                    hit.look("The access model of the node, and its owner, who approves.")
                        .at(session, place)
                        .remark_if(approved),
                );
                break;
            }
        }
    }
    found
}

/// Nodes that brought one item to two addresses.
pub(super) fn twice(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        // Of several requests for a node, the first.
        let asked: HashMap<&str, usize> = session
            .subscriptions()
            .filter(|(one, ..)| session.is_result(one))
            .map(|(one, node, ..)| (node, one.asked))
            .rev()
            .collect();
        for (first, second) in super::events::doubles(session) {
            let (one, two) = (&session.events[first], &session.events[second]);
            if one.to == two.to {
                continue;
            }
            let by_client = asked.get(one.node.as_str());
            let says = match by_client {
                Some(_) => format!(
                    "The client subscribed with its full JID to {}, to which the account is subscribed already: each event comes twice.",
                    shown(&one.node)
                ),
                None => format!(
                    "Events of {} come twice, once to the bare and once to the full JID: there are two subscriptions.",
                    shown(&one.node)
                ),
            };
            let hit = Hit::new(Step::Subscribe, Fault::Client, says).look("The subscriptions of the account (`<subscriptions/>`): the server subscribes each agent to User/ID, User/ID/Dialogs and SystemInfo itself.");
            found.push(match by_client {
                Some(place) => hit.at(session, *place),
                None => hit.at(session, two.stanza),
            });
            break;
        }
    }
    found
}
