//! Authentication (RFC 6120 §6, RFC 4616).

use super::Hit;
use super::stream::mechanisms;
use crate::conversation::Side;
use crate::seen::Seen;
use crate::session::{Kind, Session, Subject};
use crate::step::{Fault, Step};

/// The last refusals of sessions that never logged in.
fn refused(
    seen: &Seen<'_>,
    conditions: &[&str],
    hit: impl Fn(&Session<'_>, &str, String) -> Hit,
) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        let Some((place, condition)) = session.failure() else { continue };
        if conditions.contains(&condition.as_str()) {
            let who = session
                .login
                .as_ref()
                .map_or_else(String::new, |login| format!(" ({})", login.words()));
            let recovers = session.is_logged_in() || seen.recovers(session);
            found.push(hit(session, &condition, who).at(session, place).remark_if(recovers));
        }
    }
    found
}

pub(super) fn not_authorized(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = refused(seen, &["not-authorized"], |session, _, who| {
        let login = session.login.as_ref();
        if let Some(wrong) = login.and_then(|login| login.wrong) {
            return Hit::new(Step::Auth, Fault::Client, format!("The server refused the login: {wrong}."))
                .look("The client's PLAIN message: [authzid] NUL authcid NUL password, in base64 of UTF-8.");
        }
        let times = session.all(Side::Server, Kind::Failure).count();
        let times = if times > 1 { format!(" {times} times") } else { String::new() };
        let odd = login
            .filter(|login| login.authcid.contains('@'))
            .map_or("", |_| " The name is a whole JID; the server wants the part before the @.");
        Hit::new(Step::Auth, Fault::Client, format!("The server refused the name or the password{times}: not-authorized{who}.{odd}"))
            .or(Fault::Configuration)
            .look("The password, its case and its characters, and whether the account exists: the server's answer does not tell. Five wrong passwords lock an account for five minutes.")
    });
    // Servers of old answer a login before SASL with an error of a stanza.
    for session in &seen.sessions {
        let legacy = session
            .requests
            .iter()
            .filter(|one| one.about == Subject::LegacyAuth && one.by == Side::Client);
        for asked in legacy {
            if let Some(refusal) = session.refusal(asked) {
                let hit = Hit::new(
                    Step::Auth,
                    Fault::Client,
                    format!("The server refused the login by jabber:iq:auth ({refusal})."),
                );
                found.push(
                    hit.look("The password; and why the client did not use SASL.")
                        .at(session, asked.answer.unwrap_or_default())
                        .remark_if(seen.recovers(session)),
                );
            }
        }
    }
    found
}

pub(super) fn logged_refusal(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found: Vec<Hit> = Vec::new();
    // The conversation says it better, where there is one.
    if seen.sessions.iter().any(|one| one.first(Side::Client, Kind::Auth).is_some()) {
        return found;
    }
    for line in &seen.conversation.logged {
        let text = &line.text;
        if text.contains("PLAIN authentication failed")
            || text.contains("SASL negotiation failed")
            || text.contains("UnauthorizedException")
        {
            let name = text
                .split("authentication failed for:")
                .nth(1)
                .or_else(|| text.split("user not authorized:").nth(1));
            let name = name.and_then(|rest| rest.split_whitespace().next()).unwrap_or_default();
            let who = if name.is_empty() {
                String::new()
            } else {
                format!(" of {}", textual::clipped(name, 60))
            };
            let hit = Hit::new(
                Step::Auth,
                Fault::Client,
                format!(
                    "The server's log says that the login{who} was refused: name or password are wrong."
                ),
            );
            found.push(
                hit.or(Fault::Configuration).look("The password and the account.").when(line.at),
            );
            break;
        }
    }
    found
}

pub(super) fn account_disabled(seen: &Seen<'_>) -> Vec<Hit> {
    refused(seen, &["account-disabled"], |_, _, who| {
        Hit::new(Step::Auth, Fault::Configuration, format!("The account is disabled or locked on the server (account-disabled){who}; the password was not the reason."))
            .look("The account in the administration. Finesse locks it for five minutes after five wrong passwords.")
    })
}

pub(super) fn credentials_expired(seen: &Seen<'_>) -> Vec<Hit> {
    refused(seen, &["credentials-expired"], |_, _, who| {
        Hit::new(Step::Auth, Fault::Configuration, format!("The password or token has expired (credentials-expired){who}."))
            .or(Fault::Client)
            .look("The password of the account; with single sign-on, whether the client refreshes its token.")
    })
}

pub(super) fn temporary(seen: &Seen<'_>) -> Vec<Hit> {
    refused(seen, &["temporary-auth-failure"], |_, _, who| {
        Hit::new(Step::Auth, Fault::Server, format!("The server cannot check the password at this time (temporary-auth-failure){who}."))
            .look("The user directory behind the server. The client should try again later with the same password.")
    })
}

pub(super) fn mechanism(seen: &Seen<'_>) -> Vec<Hit> {
    refused(
        seen,
        &["invalid-mechanism", "mechanism-too-weak", "encryption-required"],
        |session, condition, _| {
            let used =
                session.login.as_ref().map(|login| login.mechanism.clone()).unwrap_or_default();
            let offered = mechanisms(session);
            let was_offered = offered.contains(&used);
            let fault = if was_offered { Fault::Configuration } else { Fault::Client };
            let shown = if offered.is_empty() {
                String::new()
            } else {
                format!("; offered: {}", textual::clipped(&offered.join(", "), 120))
            };
            Hit::new(Step::Auth, fault, format!("The server does not take the mechanism {} ({condition}{shown}).", textual::clipped(&used, 40)))
            .look("The mechanisms of the server (sasl.mechs), and the client's choice: PLAIN is what Finesse offers.")
        },
    )
}

pub(super) fn malformed(seen: &Seen<'_>) -> Vec<Hit> {
    refused(seen, &["malformed-request", "incorrect-encoding"], |session, condition, _| {
        let wrong = session.login.as_ref().and_then(|login| login.wrong);
        let wrong = wrong.map_or_else(String::new, |wrong| format!(": {wrong}"));
        Hit::new(
            Step::Auth,
            Fault::Client,
            format!("The server cannot read the login ({condition}){wrong}."),
        )
        .look("The client's PLAIN message: [authzid] NUL authcid NUL password, in base64 of UTF-8.")
    })
}

pub(super) fn authzid(seen: &Seen<'_>) -> Vec<Hit> {
    refused(seen, &["invalid-authzid"], |_, _, who| {
        Hit::new(Step::Auth, Fault::Client, format!("The account may not act as the identity that the login names (invalid-authzid){who}."))
            .look("The client's authzid: leave it empty, or make it the account's own JID.")
    })
}

pub(super) fn other_failure(seen: &Seen<'_>) -> Vec<Hit> {
    let known = [
        "not-authorized",
        "account-disabled",
        "credentials-expired",
        "temporary-auth-failure",
        "invalid-mechanism",
        "mechanism-too-weak",
        "encryption-required",
        "malformed-request",
        "incorrect-encoding",
        "invalid-authzid",
    ];
    let mut found = Vec::new();
    for session in &seen.sessions {
        let Some((place, condition)) = session.failure() else { continue };
        if !known.contains(&condition.as_str()) {
            let by_client = session.first(Side::Client, Kind::Abort).is_some();
            let (fault, name) = if by_client {
                (Fault::Client, "the client gave up its login")
            } else {
                (Fault::Server, "the server refused the login")
            };
            let hit = Hit::new(
                Step::Auth,
                fault,
                format!("The login failed: {name} ({}).", textual::clipped(&condition, 60)),
            );
            found.push(
                hit.look("The log of the notification service.")
                    .at(session, place)
                    .remark_if(session.is_logged_in() || seen.recovers(session)),
            );
        }
    }
    found
}

pub(super) fn plain_not_offered(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        let Some(place) = session.first(Side::Server, Kind::Features) else { continue };
        let offered = mechanisms(session);
        let others = session
            .element(place)
            .is_some_and(|features| features.children().any(|child| child.name.local == "bind"));
        if session.is_logged_in() || others || offered.iter().any(|name| name == "PLAIN") {
            continue;
        }
        let shown = if offered.is_empty() {
            "no mechanism at all".to_owned()
        } else {
            textual::clipped(&offered.join(", "), 120).into_owned()
        };
        let hit = Hit::new(
            Step::Auth,
            Fault::Configuration,
            format!(
                "The server does not offer PLAIN, the mechanism of Finesse; it offers {shown}."
            ),
        );
        found.push(hit.or(Fault::Server).look("The server's setting sasl.mechs, and whether this is the notification service of Finesse.").at(session, place).remark_if(seen.recovers(session)));
    }
    found
}

pub(super) fn external_chosen(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        let Some(place) = session.first(Side::Client, Kind::Auth) else { continue };
        let mechanism =
            session.element(place).and_then(|auth| auth.attr("mechanism")).unwrap_or_default();
        if (mechanism == "EXTERNAL" || mechanism == "ANONYMOUS") && !session.is_logged_in() {
            let hit = Hit::new(
                Step::Auth,
                Fault::Configuration,
                format!(
                    "The server offers {mechanism}, the client took it, and the login did not succeed by it."
                ),
            );
            found.push(hit.or(Fault::Client).look("The server's setting sasl.mechs: PLAIN alone; or tell the client which mechanism to take.").at(session, place).remark_if(seen.recovers(session)));
        }
    }
    found
}

pub(super) fn in_the_clear(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        let url = &session.connection.url;
        let is_local = ["localhost", "127.0.0.1", "::1", "[::1]"].contains(&url.host.as_str());
        if let Some(place) = session.first(Side::Client, Kind::Auth)
            && url.scheme == "ws"
            && !is_local
            && !session.connection.tls.began
        {
            let hit = Hit::new(
                Step::Auth,
                Fault::Configuration,
                "The password went over the network without TLS.",
            );
            found.push(hit.remark().look("wss:// in place of ws://.").at(session, place));
        }
    }
    // One is enough: it is the same for all.
    found.truncate(1);
    found
}
