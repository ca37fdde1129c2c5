//! The request for a WebSocket and its answer (RFC 6455 §4, RFC 7395 §3.1).

use super::Hit;
use crate::conversation::{Side, Upgrade};
use crate::seen::{PLAIN_PORTS, Seen, TLS_PORTS, is_proxy};
use crate::session::Session;
use crate::step::{Fault, Step};

const PROTOCOL: &str = "sec-websocket-protocol";

/// What makes an upgrade fail, in the order in which it is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Cause {
    PlainToTls,
    ProtocolDropped,
    ProtocolMissing,
    ProtocolWrong(String),
    NotAgreed { by_proxy: bool },
    AgreedOther(String),
    BadAccept,
    NotPassedOn(u16),
    ProxyCannotReach(u16),
    Unavailable { by_proxy: bool, or_proxy: bool },
    PathUnknown,
    Forbidden,
    Unauthorized { by_proxy: bool },
    Redirect(u16),
    NoUpgrade,
    NotHttp,
    Other(u16),
}

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

fn server(upgrade: &Upgrade) -> &str {
    upgrade.answered.as_ref().and_then(|headers| headers.first("server")).unwrap_or_default()
}

/// Whether the answer is one of a proxy, as far as it says so itself. Servers of Java answer behind
/// a proxy with their own pages.
fn is_from_proxy(upgrade: &Upgrade) -> bool {
    let body = upgrade.body.to_ascii_lowercase();
    let is_jetty = body.contains("jetty") || server(upgrade).to_ascii_lowercase().contains("jetty");
    !is_jetty && (is_proxy(server(upgrade)) || body.contains("<center>nginx"))
}

fn cause(seen: &Seen<'_>, session: &Session<'_>) -> Option<Cause> {
    let connection = session.connection;
    let upgrade = &connection.upgrade;
    if connection.is_bosh || !session.stanzas.is_empty() {
        return None;
    }
    let error = upgrade.error.as_deref().unwrap_or_default();
    let status = upgrade.status;
    let asked = upgrade.asked.as_ref();
    let behind = seen.behind(session);
    let dropped = |name: &str| {
        let theirs = behind.and_then(|behind| behind.connection.upgrade.asked.as_ref());
        asked.is_some_and(|asked| asked.first(name).is_some())
            && theirs.is_some_and(|theirs| theirs.first(name).is_none())
    };
    let port = connection.url.port().unwrap_or_default();
    let is_plain = !connection.url.is_secure() && !connection.tls.began;
    let page = upgrade.body.to_ascii_lowercase();
    if error.contains("ERR_INVALID_HTTP_RESPONSE")
        || error.contains("ERR_RESPONSE_HEADERS_TRUNCATED")
    {
        return Some(if is_plain { Cause::PlainToTls } else { Cause::NotHttp });
    }
    if is_plain
        && (page.contains("plain http request was sent to https")
            || page.contains("client sent an http request to an https")
            || (status == Some(400) && TLS_PORTS.contains(&port)))
    {
        return Some(Cause::PlainToTls);
    }
    if error.contains("Sec-WebSocket-Accept") {
        return Some(Cause::BadAccept);
    }
    if error.contains("Sec-WebSocket-Protocol") {
        if error.contains("mismatch") {
            return Some(Cause::AgreedOther(String::new()));
        }
        return Some(Cause::NotAgreed { by_proxy: !is_own_port(port) });
    }
    let status = match status {
        Some(status) => status,
        None if error.contains("HTTP Authentication failed") => 401,
        None if error.contains("'Connection' header") || error.contains("'Upgrade' header") => {
            return Some(Cause::NoUpgrade);
        }
        None => return None,
    };
    if status == 101 {
        return after_101(session, behind);
    }
    // An extended CONNECT of HTTP/2 is answered with 200 (RFC 8441 §5).
    let is_connect = upgrade.version.to_ascii_lowercase().contains("/2")
        || asked.is_some_and(|asked| asked.first("sec-websocket-key").is_none());
    if status == 200 && connection.sight.upgrade && is_connect && error.is_empty() {
        return None;
    }
    if dropped("upgrade") {
        return Some(Cause::NotPassedOn(status));
    }
    if dropped(PROTOCOL) {
        return Some(Cause::ProtocolDropped);
    }
    match status {
        401 | 407 => {
            return Some(Cause::Unauthorized { by_proxy: status == 407 || is_from_proxy(upgrade) });
        }
        403 => return Some(Cause::Forbidden),
        404 => return Some(Cause::PathUnknown),
        502 | 504 => return Some(Cause::ProxyCannotReach(status)),
        300..=399 => return Some(Cause::Redirect(status)),
        _ => {}
    }
    if let Some(asked) = asked {
        match asked.first(PROTOCOL) {
            None => return Some(Cause::ProtocolMissing),
            Some(name) if !asked.has_token(PROTOCOL, "xmpp") => {
                return Some(Cause::ProtocolWrong(name.to_owned()));
            }
            Some(_) => {}
        }
    }
    Some(match status {
        503 => {
            let by_proxy = is_from_proxy(upgrade);
            Cause::Unavailable {
                by_proxy,
                or_proxy: !by_proxy && server(upgrade).is_empty() && !is_own_port(port),
            }
        }
        400 | 405 | 426 | 200..=299 | 501 => Cause::NotPassedOn(status),
        status => Cause::Other(status),
    })
}

/// Whether servers of XMPP listen on this port themselves.
fn is_own_port(port: u16) -> bool {
    (TLS_PORTS.contains(&port) && port != 443) || (PLAIN_PORTS.contains(&port) && port != 80)
}

fn after_101(session: &Session<'_>, behind: Option<&Session<'_>>) -> Option<Cause> {
    let upgrade = &session.connection.upgrade;
    let (asked, answered) = (upgrade.asked.as_ref()?, upgrade.answered.as_ref()?);
    let key = asked.first("sec-websocket-key");
    if let (Some(key), Some(accept)) = (key, answered.first("sec-websocket-accept"))
        && wire::accept_value(key) != accept
    {
        return Some(Cause::BadAccept);
    }
    if !answered.has_token("upgrade", "websocket")
        && answered.first("sec-websocket-accept").is_some()
    {
        return Some(Cause::NoUpgrade);
    }
    match (asked.first(PROTOCOL), answered.first(PROTOCOL)) {
        (Some(_), None) => {
            let agreed = behind.and_then(|one| one.connection.upgrade.answered.as_ref());
            let by_proxy = agreed.is_some_and(|headers| headers.first(PROTOCOL).is_some());
            let asked = behind.and_then(|one| one.connection.upgrade.asked.as_ref());
            let not_asked = asked.is_some_and(|headers| headers.first(PROTOCOL).is_none());
            Some(Cause::NotAgreed { by_proxy: by_proxy || not_asked })
        }
        (Some(_), Some(name)) if !asked.has_token(PROTOCOL, name) => {
            Some(Cause::AgreedOther(name.to_owned()))
        }
        _ => None,
    }
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
            Hit::new(Step::Upgrade, Fault::Configuration, format!("The request for a WebSocket was refused with 403.{origin}"))
                .or(Fault::Proxy)
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
                "The request for a WebSocket was answered with 401 or 407: somebody on the way wants a login of HTTP, which the notification service does not.",
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
                    .look("What redirects there: a proxy from http to https, a login page, or a server that wants the slash at the end of /ws/. Ask for the final URL."),
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
                .look("The log of whoever answered."),
            )
        }
        Cause::NotHttp => Some(
            Hit::new(
                Step::Upgrade,
                Fault::Server,
                "The answer to the request for a WebSocket is not HTTP.",
            )
            .or(Fault::Configuration)
            .look("What listens on this port: 5222 and 5223 speak XMPP without HTTP."),
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
        if says_nothing
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
