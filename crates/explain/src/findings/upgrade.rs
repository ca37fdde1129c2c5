//! The request for a WebSocket and its answer (RFC 6455 §4, RFC 7395 §3.1).

use super::Hit;
use super::cause::{Cause, cause, is_from_proxy, server};
use crate::conversation::Side;
use crate::seen::{SECOND, Seen};
use crate::session::Session;
use crate::step::{Fault, Step};

/// The sessions whose upgrade failed for a cause that `pick` takes.
fn failed(seen: &Seen<'_>, pick: impl Fn(&Session<'_>, Cause) -> Option<Hit>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        if let Some(hit) = cause(seen, session).and_then(|cause| pick(session, cause)) {
            let at = session.connection.upgrade.answered_at;
            found.push(hit.on(session).when(at).remark_if(seen.recovers(session)));
        }
    }
    // A client that tries again and again says the same each time.
    found.truncate(1);
    found
}

pub(super) fn plain_to_tls(seen: &Seen<'_>) -> Vec<Hit> {
    failed(seen, |session, cause| {
        (cause == Cause::PlainToTls).then(|| {
            let port = session.connection.url.port().map_or_else(String::new, |port| format!(" {port}"));
            Hit::new(Step::Upgrade, Fault::Client, format!("ws:// (plain HTTP) was spoken to port{port}, which wants TLS."))
                .look("The URL of the client: wss:// for 8445 and 7443. A page on http:// that builds its URL from its own scheme asks for ws://.")
        })
    })
}

pub(super) fn subprotocol_dropped(seen: &Seen<'_>) -> Vec<Hit> {
    failed(seen, |_, cause| {
        (cause == Cause::ProtocolDropped).then(|| {
            Hit::new(Step::Upgrade, Fault::Proxy, "The client asked for a subprotocol, and the proxy passed the request on without Sec-WebSocket-Protocol.")
                .look("The proxy's configuration: it must pass Sec-WebSocket-Protocol on in both directions (nginx: no proxy_set_header that empties it).")
        })
    })
}

pub(super) fn subprotocol_missing(seen: &Seen<'_>) -> Vec<Hit> {
    failed(seen, |session, cause| {
        (cause == Cause::ProtocolMissing).then(|| {
            Hit::new(Step::Upgrade, Fault::Client, format!("The client asked for no subprotocol, and was refused{}; it must ask for xmpp.", status(session)))
                .look("The second argument of `new WebSocket(url, 'xmpp')`. Openfire answers 503 without it.")
        })
    })
}

pub(super) fn subprotocol_wrong(seen: &Seen<'_>) -> Vec<Hit> {
    failed(seen, |session, cause| {
        match cause {
        Cause::ProtocolWrong(name) => Some(
            Hit::new(Step::Upgrade, Fault::Client, format!("The client asked for the subprotocol {}, and was refused{}; its name is xmpp.", textual::clipped(&name, 60), status(session)))
                .look("The second argument of `new WebSocket(url, 'xmpp')`. Openfire answers 503 to other names."),
        ),
        _ => None,
    }
    })
}

pub(super) fn subprotocol_not_agreed(seen: &Seen<'_>) -> Vec<Hit> {
    failed(seen, |_, cause| match cause {
        Cause::NotAgreed { by_proxy } => {
            let (fault, other) = if by_proxy {
                (Fault::Proxy, Fault::Server)
            } else {
                (Fault::Server, Fault::Proxy)
            };
            Some(
                Hit::new(Step::Upgrade, fault, "The answer 101 does not agree to the subprotocol xmpp, which the client asked for: browsers fail the connection then.")
                    .or(other)
                    .look("Whether the proxy passes Sec-WebSocket-Protocol on in both directions, and whether something else than the notification service answers there."),
            )
        }
        Cause::AgreedOther(name) => Some(
            Hit::new(
                Step::Upgrade,
                Fault::Server,
                format!(
                    "The server agreed to a subprotocol that the client did not ask for: {}.",
                    textual::clipped(&name, 60)
                ),
            )
            .look("The server behind this URL: is it the notification service?"),
        ),
        _ => None,
    })
}

pub(super) fn bad_accept(seen: &Seen<'_>) -> Vec<Hit> {
    failed(seen, |_, cause| {
        (cause == Cause::BadAccept).then(|| {
            Hit::new(
                Step::Upgrade,
                Fault::Server,
                "Sec-WebSocket-Accept in the answer does not belong to the key of the request.",
            )
            .or(Fault::Proxy)
            .look("A proxy that answers from its cache, or that makes a key of its own.")
        })
    })
}

pub(super) fn no_upgrade(seen: &Seen<'_>) -> Vec<Hit> {
    failed(seen, |_, cause| {
        (cause == Cause::NoUpgrade).then(|| {
            Hit::new(
                Step::Upgrade,
                Fault::Proxy,
                "The answer 101 came without Upgrade: websocket or Connection: Upgrade.",
            )
            .or(Fault::Server)
            .look("The proxy: it must pass both headers on, in both directions.")
        })
    })
}

pub(super) fn proxy_cannot_reach(seen: &Seen<'_>) -> Vec<Hit> {
    failed(seen, |_, cause| match cause {
        Cause::ProxyCannotReach(status) => {
            let why = if status == 504 {
                "the server behind it does not answer in time"
            } else {
                "it does not reach the server behind it, or does not understand its answer"
            };
            Some(
                Hit::new(Step::Upgrade, Fault::Proxy, format!("The proxy answered the request for a WebSocket with {status}: {why}."))
                    .or(Fault::Server)
                    .look("The proxy's error log, its upstream's host and port, and whether the notification service runs."),
            )
        }
        _ => None,
    })
}

pub(super) fn not_passed_on(seen: &Seen<'_>) -> Vec<Hit> {
    failed(seen, |session, cause| match cause {
        Cause::NotPassedOn(status) => {
            let shown = seen.behind(session).is_some();
            let how = if shown {
                "the proxy's request to the server has no Upgrade header"
            } else {
                "so answers a server that saw a plain request: a proxy in between does not pass Upgrade and Connection on"
            };
            let hit = Hit::new(
                Step::Upgrade,
                Fault::Proxy,
                format!("The request for a WebSocket was answered with {status}: {how}."),
            );
            let hit = if shown {
                hit
            } else {
                hit.or(if (200..300).contains(&status) {
                    Fault::Configuration
                } else {
                    Fault::Client
                })
            };
            Some(hit.look("The proxy's configuration (nginx: proxy_http_version 1.1, proxy_set_header Upgrade $http_upgrade, proxy_set_header Connection \"upgrade\"), and the path of the URL."))
        }
        _ => None,
    })
}

pub(super) fn unavailable(seen: &Seen<'_>) -> Vec<Hit> {
    failed(seen, |session, cause| match cause {
        Cause::Unavailable { by_proxy, or_proxy } => {
            let name = server(&session.connection.upgrade);
            let shown = if name.is_empty() {
                String::new()
            } else {
                format!(" (Server: {})", textual::clipped(name, 60))
            };
            if by_proxy {
                return Some(
                    Hit::new(Step::Upgrade, Fault::Proxy, format!("The proxy answered the request for a WebSocket with 503{shown}: it has no server behind it, or limits requests."))
                        .or(Fault::Server)
                        .look("The proxy's error log and its upstreams."),
                );
            }
            let host = &session.connection.url.host;
            if super::failover::is_told(seen, session) {
                return Some(
                    Hit::new(Step::Upgrade, Fault::Server, format!("The request for a WebSocket was answered with 503{shown}: the SystemInfo of {} says OUT_OF_SERVICE.", textual::clipped(host, 80)))
                        .or(Fault::Client)
                        .look("SystemInfo of both nodes; the client should go to the one that is IN_SERVICE."),
                );
            }
            let hit = Hit::new(
                Step::Upgrade,
                if or_proxy { Fault::Proxy } else { Fault::Server },
                format!("The request for a WebSocket was answered with 503{shown}."),
            );
            Some(
                hit.or(if or_proxy { Fault::Server } else { Fault::Proxy }).look(
                    "Whether the node is in service (SystemInfo), and whether the notification service has started. Openfire answers 503 as well if the subprotocol xmpp is missing: a proxy may have dropped it on the way.",
                ),
            )
        }
        _ => None,
    })
}

pub(super) fn path_unknown(seen: &Seen<'_>) -> Vec<Hit> {
    failed(seen, |session, cause| {
        (cause == Cause::PathUnknown).then(|| {
            Hit::new(Step::Upgrade, Fault::Client, format!("There is nothing at {} (404).", session.connection.url.path))
                .or(Fault::Configuration)
                .look("The path of the URL: /ws/ with the slash at the end, on the port of Openfire; behind a proxy, the location that it passes on.")
        })
    })
}

pub(super) fn forbidden(seen: &Seen<'_>) -> Vec<Hit> {
    failed(seen, |session, cause| {
        (cause == Cause::Forbidden).then(|| {
            let origin = session.connection.upgrade.asked.as_ref().and_then(|asked| asked.first("origin"));
            let origin = origin.map_or_else(String::new, |origin| format!(" The page's origin is {}.", textual::clipped(origin, 80)));
            // A proxy that names itself answered in the server's place.
            let (by, fault, or) = if is_from_proxy(&session.connection.upgrade) {
                (" by a proxy", Fault::Proxy, Fault::Configuration)
            } else {
                ("", Fault::Configuration, Fault::Proxy)
            };
            Hit::new(Step::Upgrade, fault, format!("The request for a WebSocket was refused{by} with 403.{origin}"))
                .or(or)
                .look("Origins that the server allows (`utils finesse cors`), and access rules of the proxy.")
        })
    })
}

pub(super) fn unauthorized(seen: &Seen<'_>) -> Vec<Hit> {
    failed(seen, |_, cause| match cause {
        Cause::Unauthorized { by_proxy } => {
            let hit = Hit::new(
                Step::Upgrade,
                Fault::Proxy,
                "The request for a WebSocket was answered with 401 or 407: a proxy on the way wants a login of HTTP, which the notification service does not.",
            );
            let hit = if by_proxy { hit } else { hit.or(Fault::Configuration) };
            Some(hit.look("The proxy: a browser cannot send credentials with a WebSocket that it was not asked for before."))
        }
        _ => None,
    })
}

pub(super) fn redirect(seen: &Seen<'_>) -> Vec<Hit> {
    failed(seen, |session, cause| match cause {
        Cause::Redirect(status) => {
            let answered = session.connection.upgrade.answered.as_ref();
            let to = answered
                .and_then(|headers| headers.first("location"))
                .map(crate::conversation::Url::parse);
            let to = to.map_or_else(String::new, |url| format!(" to {url}"));
            Some(
                Hit::new(Step::Upgrade, Fault::Proxy, format!("The request for a WebSocket was redirected{to} ({status}); browsers do not follow."))
                    .or(Fault::Configuration)
                    .look("The sender of the redirect: a proxy from http to https, a login page, or a server that wants the slash at the end of /ws/. Ask for the final URL."),
            )
        }
        _ => None,
    })
}

pub(super) fn other_status(seen: &Seen<'_>) -> Vec<Hit> {
    failed(seen, |session, cause| match cause {
        Cause::Other(status) => {
            let from = is_from_proxy(&session.connection.upgrade);
            let fault = match status {
                _ if from => Fault::Proxy,
                400..=499 => Fault::Client,
                _ => Fault::Server,
            };
            Some(
                Hit::new(
                    Step::Upgrade,
                    fault,
                    format!("The request for a WebSocket was answered with {status}."),
                )
                .or(if from { Fault::Server } else { Fault::Proxy })
                .look("The log of the server or proxy that answered."),
            )
        }
        Cause::NotHttp => Some(
            Hit::new(
                Step::Upgrade,
                Fault::Server,
                "The answer to the request for a WebSocket is not HTTP.",
            )
            .or(Fault::Configuration)
            .look("The program that listens on this port: 5222 and 5223 speak XMPP without HTTP."),
        ),
        _ => None,
    })
}

pub(super) fn unanswered(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        let connection = session.connection;
        let upgrade = &connection.upgrade;
        let by_server = [connection.tcp.ended, connection.tcp.reset]
            .iter()
            .flatten()
            .any(|(side, _)| *side == Side::Server);
        let says_nothing =
            upgrade.status.is_none() && upgrade.asked.is_some() && session.stanzas.is_empty();
        let is_told = upgrade.error.as_deref().is_some_and(|error| {
            !error.contains("TIMED_OUT")
                && !error.contains("timeout")
                && !error.contains("timed out")
        });
        let waited = connection.ended.zip(connection.began).map_or(0, |(end, began)| end - began);
        // A browser that gave up at once had another reason than waiting.
        let is_short = !connection.sight.end && waited < 3 * SECOND;
        if says_nothing
            && !is_short
            && !by_server
            && !is_told
            && !connection.is_bosh
            && connection.tls.foreign.is_none()
            && !seen.is_cut(session)
        {
            let hit = Hit::new(
                Step::Upgrade,
                Fault::Server,
                format!(
                    "The request for a WebSocket was never answered; the client waited {}.",
                    crate::seen::duration(waited)
                ),
            );
            found.push(
                hit.or(Fault::Proxy)
                    .look("Whether the server hangs, or a proxy holds the request back.")
                    .on(session)
                    .remark_if(seen.recovers(session)),
            );
        }
    }
    found.truncate(1);
    found
}

fn status(session: &Session<'_>) -> String {
    session.connection.upgrade.status.map_or_else(String::new, |status| format!(" ({status})"))
}
