//! Why a request for a WebSocket failed (RFC 6455 §4).

use crate::conversation::Upgrade;
use crate::seen::{PLAIN_PORTS, Seen, TLS_PORTS, is_proxy};
use crate::session::Session;

const PROTOCOL: &str = "sec-websocket-protocol";

/// The causes of a failed upgrade, in the order in which they are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cause {
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

pub(super) fn server(upgrade: &Upgrade) -> &str {
    upgrade.answered.as_ref().and_then(|headers| headers.first("server")).unwrap_or_default()
}

/// Whether the answer is one of a proxy, as far as it says so itself. Servers of Java answer behind
/// a proxy with their own pages.
pub(super) fn is_from_proxy(upgrade: &Upgrade) -> bool {
    let body = upgrade.body.to_ascii_lowercase();
    let is_jetty = body.contains("jetty") || server(upgrade).to_ascii_lowercase().contains("jetty");
    !is_jetty && (is_proxy(server(upgrade)) || body.contains("<center>nginx"))
}

pub(super) fn cause(seen: &Seen<'_>, session: &Session<'_>) -> Option<Cause> {
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
