//! The stream and the resource: open, features, restart, bind, session (RFC 7395 §3.3, RFC 6120
//! §7).

use super::Hit;
use super::turn::{NextStep, stopped};
use crate::conversation::Side;
use crate::seen::Seen;
use crate::session::{Kind, LEGACY_AUTH, Session, Subject};
use crate::step::{Fault, Step};

fn waited(session: &Session<'_>) -> String {
    let last = session.connection.last_said();
    match session.connection.ended.zip(last) {
        Some((end, last)) if end - last >= 100_000 => {
            format!(" The client waited {}.", crate::seen::duration(end - last))
        }
        _ => String::new(),
    }
}

pub(super) fn open_missing(seen: &Seen<'_>) -> Vec<Hit> {
    stopped(seen, |session, next| {
        (next == NextStep::Open).then(|| {
            Hit::new(
                Step::Open,
                Fault::Client,
                format!(
                    "The WebSocket was there, and the client never opened a stream with <open/>.{}",
                    waited(session)
                ),
            )
            .look("The client after the event `open` of its WebSocket: the client speaks first.")
        })
    })
}

pub(super) fn open_unanswered(seen: &Seen<'_>) -> Vec<Hit> {
    stopped(seen, |session, next| {
        match next {
        NextStep::Opened => Some(Hit::new(Step::Open, Fault::Server, format!("The client's <open/> was never answered.{}", waited(session))).look("The log of the notification service. Whether the client's <open/> has the namespace urn:ietf:params:xml:ns:xmpp-framing: Openfire is silent without. A proxy that buffers holds answers back as well.").or(Fault::Proxy)),
        NextStep::Features => Some(Hit::new(Step::Open, Fault::Server, format!("The server opened the stream and never sent <stream:features/>.{}", waited(session))).look("The log of the notification service; the client's <open/> must have version='1.0'.").or(Fault::Proxy)),
        _ => None,
    }
    })
}

pub(super) fn auth_missing(seen: &Seen<'_>) -> Vec<Hit> {
    stopped(seen, |session, next| {
        (next == NextStep::Auth && plain_is_offered(session)).then(|| {
            Hit::new(Step::Auth, Fault::Client, format!("The server offered its mechanisms, and the client never logged in.{}", waited(session)))
                .look("The client: some refuse PLAIN without TLS, and some take only mechanisms that are not offered.")
        })
    })
}

/// The mechanisms that the server offers.
pub(super) fn mechanisms(session: &Session<'_>) -> Vec<String> {
    let features =
        session.first(Side::Server, Kind::Features).and_then(|place| session.element(place));
    let lists = features
        .into_iter()
        .flat_map(stanza::Element::children)
        .filter(|child| child.name.local == "mechanisms");
    lists
        .flat_map(stanza::Element::children)
        .filter(|child| child.name.local == "mechanism")
        .map(|child| child.text().trim().to_owned())
        .collect()
}

fn plain_is_offered(session: &Session<'_>) -> bool {
    mechanisms(session).iter().any(|name| name == "PLAIN")
}

pub(super) fn auth_unanswered(seen: &Seen<'_>) -> Vec<Hit> {
    stopped(seen, |session, next| {
        (next == NextStep::Answer).then(|| {
            let login = session.login.as_ref();
            let is_namespaced = session.first(Side::Client, Kind::Auth).and_then(|place| session.element(place)).is_none_or(|auth| auth.name.ns == stanza::ns::SASL);
            if !is_namespaced {
                return Hit::new(Step::Auth, Fault::Client, "The client's <auth/> lacks the namespace urn:ietf:params:xml:ns:xmpp-sasl, and was not answered.").look("The client's code that writes <auth/>.");
            }
            let who = login.map_or_else(String::new, |login| format!(" ({})", login.words()));
            Hit::new(Step::Auth, Fault::Server, format!("The login was never answered{who}.{}", waited(session))).look("The log of the notification service: a user directory that does not answer.").or(Fault::Proxy)
        })
    })
}

/// A client that goes on after its login without another `<open/>`, where the server does not let
/// it: Openfire takes a bind without one.
fn goes_on_without_restart(session: &Session<'_>) -> Option<usize> {
    let success = session.first(Side::Server, Kind::Success)?;
    let next = (success + 1..session.stanzas.len()).find(|place| {
        let stanza = &session.stanzas[*place];
        stanza.from == Side::Client && stanza.kind != Kind::Blank
    })?;
    let is_stanza = matches!(session.stanzas[next].kind, Kind::Iq | Kind::Message | Kind::Presence);
    let is_ended = || {
        let error = session.stream_error(Side::Server);
        error.is_some_and(|(place, _)| place > next)
    };
    (is_stanza && !session.is_bound() && is_ended()).then_some(next)
}

pub(super) fn restart_missing(seen: &Seen<'_>) -> Vec<Hit> {
    let skipped = seen.sessions.iter().filter_map(|session| {
        let place = goes_on_without_restart(session)?;
        let hit = Hit::new(Step::Restart, Fault::Client, "The client went on after <success/> without a second <open/>, and the server ended the stream.")
            .look("The client after <success/>: it opens the stream again, before any stanza.");
        Some(hit.at(session, place).remark_if(seen.recovers(session)))
    });
    let mut found: Vec<Hit> = skipped.collect();
    found.extend(stopped(seen, |session, next| {
        (next == NextStep::Restart).then(|| {
            Hit::new(Step::Restart, Fault::Client, format!("The login succeeded, and the client never opened the stream again, as it must after <success/>.{}", waited(session)))
                .look("The client after <success/>: it sends a second <open/>, for which the server waits.")
        })
    }));
    found
}

pub(super) fn restart_unanswered(seen: &Seen<'_>) -> Vec<Hit> {
    stopped(seen, |session, next| {
        match next {
        NextStep::Restarted | NextStep::RestartFeatures => Some(
            Hit::new(Step::Restart, Fault::Server, format!("The second <open/>, after the login, was never answered with <open/> and features.{}", waited(session)))
                .or(Fault::Proxy)
                .look("The log of the notification service."),
        ),
        _ => None,
    }
    })
}

pub(super) fn bind_missing(seen: &Seen<'_>) -> Vec<Hit> {
    stopped(seen, |session, next| {
        (next == NextStep::Bind).then(|| {
            let place = session.all(Side::Server, Kind::Features).next_back();
            let offers = place.and_then(|place| session.element(place)).is_some_and(|features| features.children().any(|child| child.name.local == "bind"));
            if offers {
                Hit::new(Step::Bind, Fault::Client, format!("The server offered resource binding, and the client never asked for a resource.{}", waited(session)))
                    .look("The client after the second <stream:features/>.")
            } else {
                Hit::new(Step::Bind, Fault::Server, "The features after the login do not offer resource binding.")
                    .look("The server: without <bind/> no client can go on.")
            }
        })
    })
}

/// The answer to a bind has no JID in it (RFC 6120 §7.6.1).
pub(super) fn bind_without_jid(seen: &Seen<'_>) -> Vec<Hit> {
    let without = seen.sessions.iter().filter(|one| !one.is_bound()).filter_map(|session| {
        let asked = session.request(&Subject::Bind).filter(|one| session.is_result(one))?;
        let hit = Hit::new(Step::Bind, Fault::Server, "The answer to the request for a resource has no JID in it: the client does not know its address.")
            .look("The server, and what rewrites stanzas on the way.");
        Some(hit.at(session, asked.answer?).remark_if(seen.recovers(session)))
    });
    without.collect()
}

/// Both sides go on after a login that was never answered.
pub(super) fn success_missing(seen: &Seen<'_>) -> Vec<Hit> {
    let without = seen.sessions.iter().filter_map(|session| {
        let auth = session.first(Side::Client, Kind::Auth)?;
        if session.is_logged_in() || session.failure().is_some() || seen.is_cut(session) {
            return None;
        }
        let restart = session.after(auth, Side::Client, Kind::Open)?;
        let opened = session.after(restart, Side::Server, Kind::Open)?;
        let hit = Hit::new(Step::Auth, Fault::Server, "The login was never answered, and both sides went on: the client opened the stream again without <success/>, and the server did too.")
            .or(Fault::Client)
            .look("Whether the file lacks the message. A client must wait for <success/> before it opens the stream again.");
        Some(hit.at(session, opened).remark_if(session.is_bound() || seen.recovers(session)))
    });
    without.collect()
}

pub(super) fn bind_unanswered(seen: &Seen<'_>) -> Vec<Hit> {
    stopped(seen, |session, next| {
        (next == NextStep::Bound).then(|| {
            if answers_without_id(session) {
                return Hit::new(Step::Bind, Fault::Server, "The answer to the request for a resource came without the `id` of the request: a client does not know it for its answer.")
                    .look("The server, and what rewrites stanzas on the way.");
            }
            Hit::new(Step::Bind, Fault::Server, format!("The request for a resource was never answered: the server fell silent after the restart of the stream.{}", waited(session)))
                .or(Fault::Proxy)
                .look("The log of the notification service.")
        })
    })
}

/// Whether the server sent a result for a resource that has no id.
fn answers_without_id(session: &Session<'_>) -> bool {
    session.all(Side::Server, Kind::Iq).filter_map(|place| session.element(place)).any(|iq| {
        iq.attr("type") == Some("result")
            && iq.attr("id").is_none_or(str::is_empty)
            && iq.children().any(|child| child.name.local == "bind")
    })
}

pub(super) fn session_unanswered(seen: &Seen<'_>) -> Vec<Hit> {
    stopped(seen, |session, next| {
        let asked = session.request(&Subject::Session)?;
        let goes_on = session.stanzas.iter().skip(asked.asked).any(|one| one.from == Side::Server);
        (next == NextStep::Session).then(|| {
            Hit::new(Step::Session, Fault::Server, format!("The request for a session (RFC 3921 §3) was never answered.{}", waited(session)))
                .look("The log of the notification service. A client may leave the request out: the feature says <optional/>.")
                .remark_if(goes_on)
        })
    })
}

pub(super) fn session_refused(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        let Some(asked) = session.request(&Subject::Session) else { continue };
        if let Some(refusal) = session.refusal(asked) {
            let hit = Hit::new(
                Step::Session,
                Fault::Server,
                format!("The server refused the session ({refusal})."),
            );
            found.push(
                hit.look("The log of the notification service.")
                    .at(session, asked.answer.unwrap_or_default())
                    .remark_if(session.available().is_some()),
            );
        }
    }
    found
}

pub(super) fn bind_refused(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in seen.sessions.iter().filter(|one| !one.is_bound()) {
        let binds = session
            .requests
            .iter()
            .filter(|one| one.about == Subject::Bind && one.by == Side::Client);
        let Some((asked, refusal)) = binds.rev().find_map(|one| Some((one, session.refusal(one)?)))
        else {
            continue;
        };
        let (fault, look) = match refusal.condition.as_str() {
            "conflict" => (
                Fault::Client,
                "Another session has this resource, and the server keeps it: take another resource, or none.",
            ),
            "bad-request" | "jid-malformed" | "not-acceptable" => (
                Fault::Client,
                "The resource that the client asks for: its characters and its length (at most 1023 octets).",
            ),
            "not-authorized" => (
                Fault::Client,
                "The order of the login: a resource is bound after <success/> and the second <open/>.",
            ),
            "resource-constraint" => {
                (Fault::Configuration, "The number of sessions that the server allows an account.")
            }
            _ => (
                Fault::Server,
                "The log of the notification service: why it allows this account no resource.",
            ),
        };
        let hit =
            Hit::new(Step::Bind, fault, format!("The server refused the resource ({refusal})."));
        found.push(
            hit.look(look)
                .at(session, asked.answer.unwrap_or_default())
                .remark_if(seen.recovers(session)),
        );
    }
    found
}

pub(super) fn legacy_stream(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        if let Some(place) = session.first(Side::Client, Kind::LegacyStream)
            && !session.is_logged_in()
        {
            let hit = Hit::new(
                Step::Open,
                Fault::Client,
                "The client opened the stream with <stream:stream>, as over TCP; over a WebSocket it is <open/> (RFC 7395).",
            );
            found.push(
                hit.look("The client's library: it must speak RFC 7395, not the drafts before it.")
                    .at(session, place),
            );
        }
    }
    found
}

pub(super) fn open_namespace(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        let Some(place) = session.first(Side::Client, Kind::Open) else { continue };
        let Some(open) = session.element(place) else { continue };
        if open.name.ns != stanza::ns::FRAMING {
            let shown = if open.name.ns.is_empty() {
                "no namespace".to_owned()
            } else {
                format!("the namespace {}", textual::clipped(&open.name.ns, 80))
            };
            let hit = Hit::new(
                Step::Open,
                Fault::Client,
                format!(
                    "The client's <open/> has {shown}; it must be urn:ietf:params:xml:ns:xmpp-framing."
                ),
            );
            found.push(
                hit.look("The client's code that writes <open/>.")
                    .at(session, place)
                    .remark_if(session.is_logged_in()),
            );
        }
    }
    found
}

pub(super) fn open_other_domain(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        let (Some(asked), Some(answered)) =
            (session.first(Side::Client, Kind::Open), session.first(Side::Server, Kind::Open))
        else {
            continue;
        };
        let to = session.element(asked).and_then(|open| open.attr("to")).unwrap_or_default();
        let from = session.element(answered).and_then(|open| open.attr("from")).unwrap_or_default();
        if !to.is_empty() && !from.is_empty() && !to.eq_ignore_ascii_case(from) {
            let hit = Hit::new(
                Step::Open,
                Fault::Client,
                format!(
                    "The client opened the stream to {}, and the server's domain is {}: addresses with the client's name lead nowhere.",
                    textual::clipped(to, 80),
                    textual::clipped(from, 80)
                ),
            );
            // A client that gave up then, or logged in with a JID of that domain and was refused.
            let login = session.login.as_ref();
            let is_end = login.is_none_or(|login| {
                login.authzid.rsplit_once('@').is_some_and(|(_, domain)| domain == to)
            });
            let is_harmless = session.is_logged_in() || !is_end;
            found.push(hit.or(Fault::Configuration).look("xmppDomain in SystemInfo: it is the `to` of <open/>, and not always the host of the URL.").at(session, asked).remark_if(is_harmless));
        }
    }
    found
}

pub(super) fn login_before_open(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in
        seen.sessions.iter().filter(|one| one.connection.sight.beginning && !one.connection.is_bosh)
    {
        let first = session
            .stanzas
            .iter()
            .position(|one| one.from == Side::Client && one.kind != Kind::Blank);
        let Some(place) = first else { continue };
        let kind = session.stanzas[place].kind;
        // The file begins amid the session, if its stanzas are answered.
        if session.requests.iter().any(|one| one.by == Side::Client && session.is_result(one)) {
            continue;
        }
        if matches!(kind, Kind::Iq | Kind::Message | Kind::Presence | Kind::Auth)
            && !session.is_bound()
        {
            let name = session.element(place).map(|one| one.name.local.clone()).unwrap_or_default();
            let hit = Hit::new(
                Step::Open,
                Fault::Client,
                format!("The client began with <{name}/>: a stream begins with <open/>."),
            );
            found.push(hit.look("The order of the client's messages.").at(session, place));
        }
    }
    found
}

pub(super) fn stanza_before_login(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in
        seen.sessions.iter().filter(|one| one.connection.sight.beginning && !one.is_bound())
    {
        // Authentication before SASL is a stanza by itself.
        if session.stanzas.iter().any(|one| one.text.contains(LEGACY_AUTH)) {
            continue;
        }
        let is_stanza = |place: &usize| {
            matches!(session.stanzas[*place].kind, Kind::Iq | Kind::Message | Kind::Presence)
                && session.stanzas[*place].from == Side::Client
        };
        let opened = session.first(Side::Client, Kind::Open);
        let places =
            (0..session.stanzas.len()).filter(|place| opened.is_some_and(|open| open < *place));
        let Some(place) = places.into_iter().find(|place| is_stanza(place)) else { continue };
        let success = session.first(Side::Server, Kind::Success);
        if success.is_none_or(|success| place < success) {
            let hit = Hit::new(
                Step::Auth,
                Fault::Client,
                "The client sent a stanza before it was logged in; the server answers not-authorized and ends the stream.",
            );
            found.push(hit.look("The order of the client's messages: login, second <open/>, resource, and then stanzas.").at(session, place));
        } else if !session
            .requests
            .iter()
            .any(|one| one.asked == place && one.about == Subject::Bind)
            && session.request(&Subject::Bind).is_none_or(|bind| place < bind.asked)
        {
            let hit = Hit::new(
                Step::Bind,
                Fault::Client,
                "The client sent a stanza before it had bound a resource.",
            );
            found.push(
                hit.look("The order of the client's messages: resource first, and then stanzas.")
                    .at(session, place),
            );
        }
    }
    found
}
