//! Before HTTP: names, TCP, TLS.

use super::Hit;
use crate::conversation::{Connection, Side};
use crate::seen::{Seen, TLS_PORTS};
use crate::session::Session;
use crate::step::{Fault, Step};

/// Chrome's and Firefox's names of errors, and what the hit is if one of them is there.
fn on_errors(seen: &Seen<'_>, names: &[&str], hit: impl Fn(&Session<'_>, &str) -> Hit) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        let errors = errors(session.connection);
        let name = names.iter().find(|name| errors.iter().any(|error| error.contains(**name)));
        if let Some(name) = name {
            found.push(hit(session, name).on(session).remark_if(seen.recovers(session)));
        }
    }
    found
}

fn errors(connection: &Connection) -> Vec<&str> {
    connection.upgrade.error.iter().chain(&connection.reported).map(String::as_str).collect()
}

fn alert<'a>(connection: &'a Connection, names: &[&str]) -> Option<(Side, &'a str)> {
    let alerts = connection.tls.alerts.iter();
    alerts
        .map(|(side, name)| (*side, name.as_str()))
        .find(|(_, name)| names.iter().any(|wanted| name.to_ascii_lowercase().contains(wanted)))
}

pub(super) fn name_unknown(seen: &Seen<'_>) -> Vec<Hit> {
    on_errors(
        seen,
        &[
            "ERR_NAME_NOT_RESOLVED",
            "ERR_NAME_RESOLUTION_FAILED",
            "NS_ERROR_UNKNOWN_HOST",
            "ENOTFOUND",
            "EAI_AGAIN",
        ],
        |session, name| {
            Hit::new(
            Step::Dns,
            Fault::Configuration,
            format!("The name {} cannot be resolved ({name}).", session.connection.url.host),
        )
        .look("The host name in the client's settings, and the DNS server of this machine: `nslookup HOST`.")
        .or(Fault::Client)
        },
    )
}

pub(super) fn refused(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = on_errors(
        seen,
        &["ERR_CONNECTION_REFUSED", "NS_ERROR_CONNECTION_REFUSED", "ECONNREFUSED"],
        |session, name| refused_hit(session, &format!(" ({name})")),
    );
    for session in seen.sessions.iter().filter(|one| one.connection.tcp.refused) {
        found.push(
            refused_hit(session, ": its answer to the first packet was a reset")
                .on(session)
                .remark_if(seen.recovers(session)),
        );
    }
    found
}

fn refused_hit(session: &Session<'_>, how: &str) -> Hit {
    let url = &session.connection.url;
    let port = url.port().map_or_else(String::new, |port| format!(" port {port}"));
    Hit::new(Step::Connect, Fault::Server, format!("Nothing listens at {}{port}{how}.", url.host))
        .or(Fault::Configuration)
        .look("Whether the notification service runs, and whether the client has the right port: 8445 from Finesse 12.6 on, 7443 or 7071 before.")
}

pub(super) fn unreachable(seen: &Seen<'_>) -> Vec<Hit> {
    let says = |session: &Session<'_>, how: &str| {
        Hit::new(
            Step::Connect,
            Fault::Proxy,
            format!("{} does not answer{how}.", session.connection.url.host),
        )
        .or(Fault::Server)
        .look("A firewall that drops packets, a route, or a machine that is off.")
    };
    let mut found = on_errors(
        seen,
        &[
            "ERR_CONNECTION_TIMED_OUT",
            "ERR_ADDRESS_UNREACHABLE",
            "ERR_INTERNET_DISCONNECTED",
            "ERR_NETWORK_ACCESS_DENIED",
            "ERR_TUNNEL_CONNECTION_FAILED",
            "ERR_PROXY_CONNECTION_FAILED",
            "ETIMEDOUT",
            "EHOSTUNREACH",
        ],
        |session, name| says(session, &format!(" ({name})")),
    );
    for session in seen.sessions.iter().filter(|one| one.connection.tcp.unanswered) {
        found.push(
            says(session, ": no packet came back").on(session).remark_if(seen.recovers(session)),
        );
    }
    found
}

pub(super) fn ended_early(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = on_errors(
        seen,
        &[
            "ERR_CONNECTION_RESET",
            "ERR_CONNECTION_CLOSED",
            "ERR_EMPTY_RESPONSE",
            "ERR_SOCKET_NOT_CONNECTED",
            "Connection closed before receiving a handshake response",
            "ECONNRESET",
            "socket hang up",
        ],
        |_, name| early(&format!(" ({name})")),
    );
    for session in &seen.sessions {
        let connection = session.connection;
        let asked = connection.upgrade.asked.is_some() && connection.upgrade.status.is_none();
        let by_server = connection.tcp.ended.is_some_and(|(side, _)| side == Side::Server)
            || connection.tcp.reset.is_some_and(|(side, _)| side == Side::Server);
        let is_told = connection.tls.foreign.is_some() || connection.upgrade.error.is_some();
        if asked && by_server && connection.sight.end && !is_told {
            let how = if connection.tcp.reset.is_some() { ": it reset the connection" } else { "" };
            found.push(early(how).on(session).remark_if(seen.recovers(session)));
        }
    }
    found
}

fn early(how: &str) -> Hit {
    Hit::new(
        Step::Upgrade,
        Fault::Server,
        format!("The connection ended before the request for a WebSocket was answered{how}."),
    )
    .or(Fault::Proxy)
    .look(
        "The log of the server, and of what stands in between: which of them ended the connection.",
    )
}

/// Alerts by which a client refuses a certificate (RFC 8446 §6.2).
const REFUSALS: [&str; 7] = [
    "certificate unknown",
    "unknown ca",
    "bad certificate",
    "certificate expired",
    "certificate revoked",
    "unsupported certificate",
    "certificate required",
];

pub(super) fn certificate_name(seen: &Seen<'_>) -> Vec<Hit> {
    on_errors(
        seen,
        &[
            "ERR_CERT_COMMON_NAME_INVALID",
            "SSL_ERROR_BAD_CERT_DOMAIN",
            "ERR_TLS_CERT_ALTNAME_INVALID",
        ],
        |session, name| {
            Hit::new(
            Step::Tls,
            Fault::Certificate,
            format!("The certificate is for another name than {} ({name}).", session.connection.url.host),
        )
        .look("The names in the certificate (subjectAltName): the host of the URL must be among them. A browser asks nothing for a WebSocket: open https:// at the same host and port once to see the certificate.")
        },
    )
}

pub(super) fn certificate_date(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = on_errors(
        seen,
        &[
            "ERR_CERT_DATE_INVALID",
            "SEC_ERROR_EXPIRED_CERTIFICATE",
            "CERT_HAS_EXPIRED",
            "CERT_NOT_YET_VALID",
        ],
        |_, name| {
            Hit::new(
                Step::Tls,
                Fault::Certificate,
                format!("The certificate has expired or is not valid yet ({name})."),
            )
            .look("The dates of the certificate, and the clock of this machine.")
        },
    );
    found.extend(on_alert(
        seen,
        &["certificate expired"],
        "The client refused the certificate as expired",
    ));
    found
}

pub(super) fn certificate_authority(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = on_errors(
        seen,
        &[
            "ERR_CERT_AUTHORITY_INVALID",
            "SEC_ERROR_UNKNOWN_ISSUER",
            "MOZILLA_PKIX_ERROR_SELF_SIGNED_CERT",
            "SELF_SIGNED_CERT",
            "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
            "UNABLE_TO_GET_ISSUER_CERT",
        ],
        |_, name| {
            Hit::new(Step::Tls, Fault::Certificate, format!("The client does not know the authority of the certificate, or it is self-signed ({name})."))
            .look("Whether the server sends its intermediate certificates, and whether the client trusts the root. A self-signed certificate must be accepted once: open https:// at the same host and port.")
        },
    );
    found.extend(on_alert(
        seen,
        &["unknown ca"],
        "The client does not know the authority of the certificate",
    ));
    found
}

/// Errors about certificates that other rules name.
const NAMED: [&str; 3] =
    ["ERR_CERT_COMMON_NAME_INVALID", "ERR_CERT_DATE_INVALID", "ERR_CERT_AUTHORITY_INVALID"];

pub(super) fn certificate_refused(seen: &Seen<'_>) -> Vec<Hit> {
    let is_named = |session: &Session<'_>| {
        errors(session.connection).iter().any(|error| NAMED.iter().any(|name| error.contains(name)))
    };
    if seen.sessions.iter().any(is_named) {
        return Vec::new();
    }
    let mut found = on_errors(
        seen,
        &[
            "ERR_CERT_REVOKED",
            "ERR_CERT_INVALID",
            "ERR_CERT_",
            "ERR_SSL_PINNED_KEY",
            "ERR_CERTIFICATE_TRANSPARENCY",
            "ERR_BAD_SSL_CLIENT_AUTH_CERT",
            "ERR_SSL_CLIENT_AUTH_CERT_NEEDED",
        ],
        |_, name| {
            Hit::new(Step::Tls, Fault::Certificate, format!("The certificate was refused ({name})."))
            .look("The certificate: open https:// at the same host and port, and look at it in the browser.")
        },
    );
    let names = REFUSALS
        .iter()
        .copied()
        .filter(|name| !matches!(*name, "unknown ca" | "certificate expired"));
    found.extend(on_alert(seen, &names.collect::<Vec<_>>(), "The client refused the certificate"));
    // TLS 1.3 encrypts the alert: the client goes after the server's certificate, and says nothing.
    for session in &seen.sessions {
        let connection = session.connection;
        let tls = &connection.tls;
        let by_client = connection.tcp.ended.is_some_and(|(side, _)| side == Side::Client)
            || connection.tcp.reset.is_some_and(|(side, _)| side == Side::Client);
        let asked = connection.upgrade.asked.is_some() || !connection.said.is_empty();
        if tls.answered
            && !asked
            && by_client
            && tls.alerts.is_empty()
            && connection.tcp.octets[0] < 4_000
            && !tls.established
        {
            let hit = Hit::new(
                Step::Tls,
                Fault::Certificate,
                "The client ended the connection right after the server's certificate came, before it asked anything: so clients refuse a certificate.",
            );
            found.push(hit.or(Fault::Client).look("The certificate: its names, its dates, its authority, as `openssl s_client -connect HOST:PORT -servername HOST` shows it.").on(session));
        }
    }
    found
}

fn on_alert(seen: &Seen<'_>, names: &[&str], says: &str) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        let connection = session.connection;
        if connection.upgrade.error.is_some() || connection.upgrade.asked.is_some() {
            continue;
        }
        if let Some((Side::Client, name)) = alert(connection, names) {
            let host = if connection.tls.name.is_empty() {
                &connection.url.host
            } else {
                &connection.tls.name
            };
            let hit = Hit::new(
                Step::Tls,
                Fault::Certificate,
                format!(
                    "{says}: it answered the certificate of {host} with the TLS alert \"{name}\"."
                ),
            );
            found.push(
                hit.look("The certificate: its names, its dates, its authority, as `openssl s_client -connect HOST:PORT -servername HOST` shows it. A capture does not say which of them it was.")
                    .on(session),
            );
        }
    }
    found
}

pub(super) fn tls_to_plain(seen: &Seen<'_>) -> Vec<Hit> {
    let hit = |session: &Session<'_>, how: &str| {
        let url = &session.connection.url;
        let port = url.port().map_or_else(String::new, |port| format!(" {port}"));
        Hit::new(Step::Tls, Fault::Client, format!("TLS (wss://) was spoken to port{port} of {}, which answers without TLS{how}.", url.host))
            .look("The URL of the client: ws:// for a port without TLS (7070), wss:// for one with TLS (8445, 7443). With some servers the same shows when they and the client have no version of TLS in common.")
    };
    let mut found = on_errors(
        seen,
        &[
            "ERR_SSL_PROTOCOL_ERROR",
            "SSL_ERROR_RX_RECORD_TOO_LONG",
            "EPROTO",
            "wrong version number",
        ],
        |session, name| {
            let is_tls_port =
                session.connection.url.port().is_some_and(|port| TLS_PORTS.contains(&port));
            let hit = hit(session, &format!(" ({name})"));
            if is_tls_port { hit.or(Fault::Server) } else { hit }
        },
    );
    for session in &seen.sessions {
        if let Some(answer) = &session.connection.tls.foreign {
            let answer = answer.lines().next().unwrap_or_default();
            let how = format!(
                ": its answer to the TLS handshake begins with \"{}\"",
                textual::clipped(answer, 40)
            );
            found.push(hit(session, &how).on(session).remark_if(seen.recovers(session)));
        }
    }
    // A browser tries again by itself; one finding says it all.
    found.truncate(1);
    found
}

pub(super) fn tls_failed(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = on_errors(
        seen,
        &[
            "ERR_SSL_VERSION_OR_CIPHER_MISMATCH",
            "ERR_SSL_UNRECOGNIZED_NAME_ALERT",
            "ERR_SSL_OBSOLETE",
            "SSL_ERROR_UNSUPPORTED_VERSION",
            "SSL_ERROR_NO_CYPHER_OVERLAP",
            "ERR_SSL_WEAK",
        ],
        |_, name| {
            Hit::new(Step::Tls, Fault::Configuration, format!("Client and server have no version or cipher of TLS in common ({name}), or the server does not know the name."))
            .or(Fault::Server)
            .look("The versions of TLS that the server allows: browsers want 1.2 at least.")
        },
    );
    for session in &seen.sessions {
        let connection = session.connection;
        let refusal = connection.tls.alerts.iter().find(|(side, name)| {
            *side == Side::Server && !name.eq_ignore_ascii_case("close notify")
        });
        if let Some((_, name)) = refusal
            && connection.upgrade.asked.is_none()
        {
            let hit = Hit::new(
                Step::Tls,
                Fault::Configuration,
                format!("The server refused the TLS handshake with the alert \"{name}\"."),
            );
            found.push(hit.or(Fault::Server).look("Versions and ciphers of both sides, and the name that the client asked for.").on(session));
        } else if connection.tls.began
            && !connection.tls.answered
            && connection.tls.foreign.is_none()
            && !connection.tls.hidden
        {
            let by_server = connection.tcp.ended.is_some_and(|(side, _)| side == Side::Server)
                || connection.tcp.reset.is_some_and(|(side, _)| side == Side::Server);
            if by_server {
                let hit = Hit::new(
                    Step::Tls,
                    Fault::Server,
                    "The server ended the connection in answer to the TLS handshake.",
                );
                found.push(
                    hit.or(Fault::Proxy)
                        .look("Whether this port speaks TLS at all, and the log of the server.")
                        .on(session),
                );
            }
        }
    }
    found
}

pub(super) fn hidden_end(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        let connection = session.connection;
        if !connection.tls.hidden || !connection.tls.established {
            continue;
        }
        let notified = |side: Side| {
            connection
                .tls
                .alerts
                .iter()
                .any(|(own, name)| *own == side && name.eq_ignore_ascii_case("close notify"))
        };
        let look = "The same capture with keys: set SSLKEYLOGFILE for the browser before it starts, and give the file with --keylog. Without keys the messages cannot be read.";
        let hit = match (connection.tcp.reset, connection.tcp.ended) {
            (Some((Side::Server, at)), _) => Hit::new(Step::Hidden, Fault::Server, "TLS without keys: the messages cannot be read. The server reset the connection.").when(Some(at)),
            // The last record of a client that goes in order is an alert of some 24 octets.
            (_, Some((Side::Server, at))) if !notified(Side::Server) && connection.tls.alerts.is_empty() => {
                Hit::new(Step::Hidden, Fault::Server, "TLS without keys: the messages cannot be read. The server ended TCP without close_notify, which is no orderly end (RFC 8446 §6.1).").when(Some(at))
            }
            _ => continue,
        };
        found.push(hit.or(Fault::Proxy).look(look).on(session));
    }
    found
}

pub(super) fn hidden(seen: &Seen<'_>) -> Vec<Hit> {
    let hidden = seen
        .sessions
        .iter()
        .filter(|one| one.connection.tls.hidden && one.connection.tls.established);
    hidden
        .map(|session| {
            Hit::new(Step::Hidden, Fault::Configuration, "The conversation is encrypted, and there are no keys for it: the messages cannot be read.")
                .remark()
                .look("Set SSLKEYLOGFILE for the browser before it starts, capture anew, and give the file with --keylog.")
                .on(session)
        })
        .collect()
}
