//! Requests of the REST API, as far as the file has them.

use super::Hit;
use crate::conversation::Exchange;
use crate::seen::{SECOND, Seen};
use crate::step::{Fault, Step};
use crate::update::{self, Object};

/// How far apart a HAR may put the times of a request and of a message, in microseconds.
const SLACK: i64 = 20_000;

/// Requests that failed and were not made good by the same request later.
fn failed(seen: &Seen<'_>, pick: impl Fn(&Exchange, u16) -> Option<Hit>) -> Vec<Hit> {
    let all = &seen.conversation.exchanges;
    let mut found = Vec::new();
    for (place, one) in
        all.iter().enumerate().filter(|(_, one)| one.is_rest() && one.method != "OPTIONS")
    {
        let Some(status) = one.status.filter(|status| *status >= 400) else { continue };
        let made_good = all[place + 1..].iter().any(|later| {
            later.method == one.method
                && later.url.path == one.url.path
                && later.status.is_some_and(|status| status < 400)
        });
        if let Some(hit) = pick(one, status) {
            found.push(hit.when(one.began).remark_if(made_good));
            break;
        }
    }
    found
}

fn what(one: &Exchange) -> String {
    format!("{} {}", textual::clipped(&one.method, 10), textual::clipped(&one.url.path, 120))
}

/// Type and message of the error in an answer.
fn error(one: &Exchange) -> String {
    let kind = update::first_text(&one.answer, "ErrorType").unwrap_or_default();
    let message = update::first_text(&one.answer, "ErrorMessage").unwrap_or_default();
    match (kind.is_empty(), message.is_empty()) {
        (true, true) => String::new(),
        (false, true) => format!(": {}", textual::clipped(&kind, 80)),
        (true, false) => format!(": {}", textual::clipped(&message, 80)),
        (false, false) => {
            format!(": {}, {}", textual::clipped(&kind, 80), textual::clipped(&message, 80))
        }
    }
}

pub(super) fn unauthorized(seen: &Seen<'_>) -> Vec<Hit> {
    failed(seen, |one, status| {
        (status == 401).then(|| {
            let sent = one.asked.first("authorization").is_some();
            let how = if sent { "" } else { " No Authorization header is in the file: either none was sent, or the export left it out." };
            Hit::new(Step::Rest, Fault::Client, format!("{} was refused with 401{}.{how}", what(one), error(one)))
                .or(Fault::Configuration)
                .look("Name and password of the REST request; agents may ask for their own objects only. Five wrong passwords lock the account.")
        })
    })
}

/// Whether the server that was asked is no Finesse: all it has for the REST API is 404, without the
/// error in XML that Finesse writes.
pub(super) fn is_absent(seen: &Seen<'_>) -> bool {
    let asked = seen.conversation.exchanges.iter().filter(|one| one.is_rest());
    let mut answered = asked.filter(|one| one.status.is_some()).peekable();
    answered.peek().is_some()
        && answered.all(|one| one.status == Some(404) && error(one).is_empty())
}

pub(super) fn absent(seen: &Seen<'_>) -> Vec<Hit> {
    if !is_absent(seen) {
        return Vec::new();
    }
    failed(seen, |one, _| {
        let says = format!(
            "{} was answered with 404, like all else: the server has no REST API of Finesse.",
            what(one)
        );
        Some(Hit::new(Step::Rest, Fault::Configuration, says).or(Fault::Client).look(
            "Host and port of the requests: Finesse has its REST API on 8445. An Openfire alone \
             has neither that nor the nodes of agents.",
        ))
    })
}

pub(super) fn bad_request(seen: &Seen<'_>) -> Vec<Hit> {
    if is_absent(seen) {
        return Vec::new();
    }
    failed(seen, |one, status| {
        matches!(status, 400 | 403..=499).then(|| {
            Hit::new(
                Step::Rest,
                Fault::Client,
                format!("{} was refused with {status}{}.", what(one), error(one)),
            )
            .look("The request's path, method and body against the developer guide.")
        })
    })
}

pub(super) fn out_of_service(seen: &Seen<'_>) -> Vec<Hit> {
    failed(seen, |one, status| {
        (status == 503).then(|| {
            Hit::new(
                Step::Failover,
                Fault::Server,
                format!(
                    "{} was answered with 503{}: the node is out of service.",
                    what(one),
                    error(one)
                ),
            )
            .or(Fault::Proxy)
            .look("SystemInfo of both nodes; the client should go to the one that is IN_SERVICE.")
        })
    })
}

pub(super) fn server_error(seen: &Seen<'_>) -> Vec<Hit> {
    failed(seen, |one, status| {
        (status >= 500 && status != 503).then(|| {
            let fault = if matches!(status, 502 | 504) { Fault::Proxy } else { Fault::Server };
            let other = if fault == Fault::Proxy { Fault::Server } else { Fault::Proxy };
            Hit::new(
                Step::Rest,
                fault,
                format!("{} was answered with {status}{}.", what(one), error(one)),
            )
            .or(other)
            .look("The log of Finesse at this time.")
        })
    })
}

pub(super) fn unanswered(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for one in seen.conversation.exchanges.iter().filter(|one| one.is_rest()) {
        let error = one.error.as_deref().unwrap_or_default();
        if one.status.is_none() && !error.is_empty() && !error.contains("ERR_ABORTED") {
            let hit = Hit::new(
                Step::Rest,
                Fault::Server,
                format!("{} got no answer ({}).", what(one), textual::clipped(error, 80)),
            );
            found.push(hit.or(Fault::Proxy).look("Whether the request is of another origin (CORS), whether the certificate is accepted, and the log of Finesse.").when(one.began));
            break;
        }
    }
    found
}

pub(super) fn cross_origin(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for one in
        seen.conversation.exchanges.iter().filter(|one| one.method == "OPTIONS" && one.is_rest())
    {
        let refused = one.status.is_some_and(|status| status >= 400)
            || (one.status.is_some()
                && one.answered.first("access-control-allow-origin").is_none()
                && !one.answered.0.is_empty());
        if refused {
            let hit = Hit::new(
                Step::Rest,
                Fault::Configuration,
                format!(
                    "The browser's question whether it may ask {} from another origin was refused.",
                    textual::clipped(&one.url.path, 120)
                ),
            );
            found.push(hit.look("`utils finesse cors enable_all` on the server, or a page from the server's own origin.").when(one.began));
            break;
        }
    }
    found
}

pub(super) fn accepted_without_event(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for one in &seen.conversation.exchanges {
        let accepted = one.is_rest()
            && matches!(one.method.as_str(), "PUT" | "POST")
            && one.status == Some(202);
        let Some((_, object)) = one.url.path.split_once("/finesse/api/").filter(|_| accepted)
        else {
            continue;
        };
        let Some(asked) = one.ended.or(one.began) else { continue };
        let kind = object.split('/').next().unwrap_or_default();
        if !matches!(kind, "User" | "Dialog") || object.ends_with("/ClientLog") {
            continue;
        }
        // The sessions that were there for the event: available from before to three seconds after.
        let witnesses: Vec<_> = seen
            .sessions
            .iter()
            .filter(|session| {
                let available = session.available().and_then(|place| session.stanzas[place].at);
                let last = session
                    .client_leaves()
                    .and_then(|place| session.stanzas[place].at)
                    .or_else(|| session.connection.ended.max(session.connection.last_said()));
                available.is_some_and(|at| at <= asked)
                    && last.is_some_and(|last| last >= asked + 3 * SECOND)
                    && !seen.is_cut(session)
            })
            .collect();
        let request = one.asked.first("requestid").unwrap_or_default();
        // An event may come before its 202, not before its request.
        let earliest = one.began.unwrap_or(asked) - SLACK;
        let came = |session: &&&crate::session::Session<'_>| {
            session.events.iter().any(|event| {
                let in_time =
                    event.at.is_none_or(|at| (earliest..=asked + 30 * SECOND).contains(&at));
                let id = event.update.request_id.as_str();
                let is_its = (!request.is_empty() && id == request)
                    || ((id.is_empty() || request.is_empty())
                        && matches!(
                            event.update.object,
                            Object::User { .. } | Object::Dialog { .. } | Object::Errors { .. }
                        ));
                in_time && is_its
            })
        };
        if let Some(session) =
            witnesses.first().filter(|_| !witnesses.iter().any(|session| came(&session)))
        {
            let hit = Hit::new(
                Step::Events,
                Fault::Server,
                format!("{} was accepted with 202, and its event never came.", what(one)),
            );
            found.push(hit.look("The event's requestId is that of the request. Read the state anew by REST when it does not come within some seconds.").on(session).when(Some(asked)));
            break;
        }
    }
    found
}
