//! Rules of BOSH broken on purpose, for tests of the conformance suite: a request is changed before
//! its session sees it, and an answer before it is sent.

use std::borrow::Cow;
use std::time::Duration;

use super::{Reply, Request, Session};
use crate::fault::{Faults, Name};

/// How long a session lives without a request, where it dies too soon.
const SHORT_LIFE: Duration = Duration::from_secs(5);

/// Reads a request as a server does that breaks a rule; `session` is the one that it is for.
pub(crate) fn distort(faults: &Faults, request: &mut Request, session: Option<&dyn Session>) {
    let breaks = |rule| faults.lasting(rule);
    request.terminates &= !breaks(Name::BoshIgnoreTerminate);
    if breaks(Name::BoshNoHold) {
        request.hold = 0;
    }
    if breaks(Name::BoshWaitLong) {
        request.wait = 60;
    }
    if breaks(Name::BoshIgnoreTerms) {
        (request.wait, request.hold, request.version) = (60, 10, Some((1, 11)));
    }
    if breaks(Name::BoshIgnorePause) {
        request.pause = None;
    }
    if breaks(Name::BoshRefuseKeys) && request.key.is_some() {
        request.key = Some(String::new());
    }
    if breaks(Name::BoshFirstElement) {
        request.elements.truncate(1);
    }
    if breaks(Name::BoshLoseLast) && request.terminates {
        request.elements.clear();
    }
    if let Some(session) = session.filter(|_| breaks(Name::BoshAnyRid)) {
        request.rid = session.expects();
    }
}

/// The request that a server takes for one that it should refuse.
pub(crate) fn taken(faults: &Faults, domain: &str) -> Option<Request> {
    faults.lasting(Name::BoshAnyBody).then(|| Request {
        rid: 1,
        wait: 60,
        hold: 1,
        version: Some((1, 6)),
        to: Some(domain.to_owned()),
        ..Request::default()
    })
}

/// The features that are offered with a new session.
pub(crate) fn features(faults: &Faults, features: String) -> String {
    if faults.lasting(Name::BoshNoFeatures) { String::new() } else { features }
}

/// When a session next does something by itself.
pub(crate) fn due(faults: &Faults, session: &dyn Session, now: Duration) -> Option<Duration> {
    let due = session.due();
    if faults.lasting(Name::BoshShortLife) {
        return due.into_iter().chain(Some(now + SHORT_LIFE)).min();
    }
    due.filter(|_| !faults.lasting(Name::BoshNoInactivity) || !session.waiting().is_empty())
}

/// Whether a session is over that has done what has fallen due.
pub(crate) fn is_over(faults: &Faults, is_over: bool) -> bool {
    is_over || faults.lasting(Name::BoshShortLife)
}

/// An answer as a server gives it that breaks a rule.
pub(crate) fn answer<'r>(faults: &Faults, reply: &'r Reply) -> Cow<'r, Reply> {
    let breaks = |rule| faults.lasting(rule);
    let mut body = match reply {
        Reply::Body(body) | Reply::Typed(_, body) if !faults.is_empty() => body.clone(),
        _ => return Cow::Borrowed(reply),
    };
    if breaks(Name::BoshNoConditions) {
        change(&mut body, "condition", |_| None);
    }
    if breaks(Name::BoshNoRestart) {
        change(&mut body, "xmpp:restartlogic", |_| None);
    }
    if breaks(Name::BoshWrongAck) {
        let next = |ack: &str| ack.parse::<i64>().ok().map(|ack| ack.saturating_add(1).to_string());
        change(&mut body, "ack", next);
    }
    Cow::Owned(match reply {
        _ if breaks(Name::BoshPlainText) => Reply::Typed("text/plain".to_owned(), body),
        Reply::Typed(kind, _) => Reply::Typed(kind.clone(), body),
        _ => Reply::Body(body),
    })
}

/// A response as it goes out.
pub(crate) fn response(faults: &Faults, response: Vec<u8>) -> Vec<u8> {
    const HEADER: &[u8] = b"Access-Control-";
    if !faults.lasting(Name::BoshNoOrigins) {
        return response;
    }
    let lines = response.split_inclusive(|octet| *octet == b'\n');
    lines.filter(|line| !line.starts_with(HEADER)).flatten().copied().collect()
}

/// Gives an attribute of the body another value, or removes it.
fn change(body: &mut String, name: &str, value: impl FnOnce(&str) -> Option<String>) {
    let tag = body.find('>').unwrap_or(body.len());
    for quote in ['"', '\''] {
        let begin = format!(" {name}={quote}");
        let Some(at) = body.get(..tag).and_then(|tag| tag.find(&begin)) else {
            continue;
        };
        let from = at + begin.len();
        let Some(length) = body.get(from..tag).and_then(|rest| rest.find(quote)) else {
            continue;
        };
        let new = body.get(from..from + length).and_then(value);
        let new = new.map(|new| format!("{begin}{new}{quote}")).unwrap_or_default();
        body.replace_range(at..=from + length, &new);
        return;
    }
}

#[cfg(test)]
mod tests {
    use super::change;

    #[test]
    fn an_attribute_of_the_body_changes_and_no_other() {
        for (before, changed, removed) in [
            (
                "<body ack='1'><a ack='1'/></body>",
                "<body ack='2'><a ack='1'/></body>",
                "<body><a ack='1'/></body>",
            ),
            ("<body x=\"1\" ack=\"1\"/>", "<body x=\"1\" ack=\"2\"/>", "<body x=\"1\"/>"),
            ("<body><a ack='1'/></body>", "<body><a ack='1'/></body>", "<body><a ack='1'/></body>"),
        ] {
            let with = |value: Option<&str>| {
                let mut body = before.to_owned();
                change(&mut body, "ack", |_| value.map(str::to_owned));
                body
            };
            assert_eq!((with(Some("2")).as_str(), with(None).as_str()), (changed, removed));
        }
    }
}
