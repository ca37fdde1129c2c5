//! Advice for a failed step, and traces of proxies in the response.

use remote::{Error, Url};
use wire::ResponseHead;
use wire::handshake::HandshakeFault;

use super::{ApiUser, Facts, ProbePlan, ProbeStep};

/// Advice for a failed step, most likely cause first.
pub(super) fn look_at(
    stage: ProbeStep,
    trouble: &Error,
    facts: &Facts,
    plan: &ProbePlan<'_>,
) -> Vec<String> {
    let lines = match (stage, trouble) {
        (_, Error::Dial(error)) => dial(stage, error.hint(), facts),
        (_, Error::Upgrade { fault, answer }) => upgrade(fault, answer, plan),
        (_, Error::SpeaksTls) => vec![
            "write wss:// in place of ws://, and say whom to trust: --ca FILE, --pin sha256/… or \
             --insecure"
                .to_owned(),
        ],
        (_, Error::Unreadable(_)) => vec![
            "the server, or a proxy before it, sends what no client can read: look into its log; no setting here mends that".to_owned(),
            "a port of another protocol answers so too: XMPP over WebSocket is on 8445, or 7443 before Finesse 12.6".to_owned(),
        ],
        (ProbeStep::Upgrade, Error::Silent(_)) => vec![
            "connected, but no answer: the server behind a proxy hangs, or the port is one of another protocol".to_owned(),
            "on a UCCX: utils service list, and there Cisco Finesse Notification Service".to_owned(),
        ],
        (ProbeStep::Upgrade, Error::Ended(_)) => vec![
            format!(
                "a proxy or the server closed the connection: an allow list of addresses{}",
                or_tls(plan)
            ),
        ],
        (ProbeStep::Upgrade, _) => vec!["is it a web server at all that listens on this port?".to_owned()],
        (ProbeStep::Open | ProbeStep::Features, Error::StreamError(_) | Error::ClosedWebSocket(_) | Error::ClosedStream) => vec![
            format!(
                "most likely the server does not know the domain it was asked for, {}: write `domain = \"…\"` into the target's file, or give --domain",
                asked_for(plan, facts)
            ),
            "on a UCCX the domain stands in xmppDomain of https://HOST:8445/finesse/api/SystemInfo".to_owned(),
        ],
        (ProbeStep::Open | ProbeStep::Features, Error::Silent(_)) => vec![
            "the WebSocket is open, but no XMPP came: the service behind the proxy may be starting, or hang".to_owned(),
            "on a UCCX: utils service restart Cisco Finesse Notification Service, when no agent works".to_owned(),
        ],
        (ProbeStep::Open, _) => vec!["write `domain = \"…\"` into the target's file, or give --domain".to_owned()],
        (ProbeStep::Login, Error::Login(condition)) => login(condition, facts, plan),
        (ProbeStep::Login, _) if !facts.mechanisms.iter().any(|name| name == "PLAIN") => vec![
            "the server does not offer PLAIN, and this tool speaks no other".to_owned(),
        ],
        (ProbeStep::Bind, Error::Stanza(condition)) if condition == "conflict" => {
            vec!["another client is logged in as this agent with the same resource, and the server keeps it".to_owned()]
        }
        (ProbeStep::Presence, Error::Silent(_) | Error::Ended(_)) => {
            vec!["the server stopped talking once the agent became available: look into its log".to_owned()]
        }
        (ProbeStep::Pubsub, Error::Unexpected(_)) => vec![
            "without it no client gets notifications; on an Openfire: xmpp.pubsub.enabled".to_owned(),
        ],
        (ProbeStep::Pubsub, Error::Stanza(_)) => {
            vec!["the service is there and refuses to list: look at the rights of the account".to_owned()]
        }
        (_, Error::Silent(_)) => vec!["a slow server gets more time by `patience` in the target's file".to_owned()],
        _ => Vec::new(),
    };
    if lines.is_empty() {
        vec!["the log of the server, at the time of this probe".to_owned()]
    } else {
        lines
    }
}

fn dial(stage: ProbeStep, hint: Option<String>, facts: &Facts) -> Vec<String> {
    let mut lines: Vec<String> = hint.into_iter().collect();
    match stage {
        ProbeStep::Tcp => lines.push(
            "Finesse 12.6 and later answers on 8445; 12.0 and 12.5 answer WebSockets on 7443"
                .to_owned(),
        ),
        ProbeStep::Tls => {
            let is_said = |pin: &str| lines.iter().any(|line| line.contains(pin));
            if let Some(pin) = facts.pin.filter(|pin| !is_said(&pin.to_string())) {
                lines.push(format!(
                    "if this is the certificate that you mean to trust, in spite of its names and dates, pin its key: {pin}"
                ));
            }
        }
        _ => (),
    }
    lines
}

/// The other cause, where the URL is one without TLS.
fn or_tls(plan: &ProbePlan<'_>) -> &'static str {
    match plan.access.url.starts_with("ws:") {
        true => ", or the port is one with TLS: write wss:// in place of ws://",
        false => "",
    }
}

fn upgrade(fault: &HandshakeFault, answer: &ResponseHead, plan: &ProbePlan<'_>) -> Vec<String> {
    match fault {
        // nginx and Tomcat: "The plain HTTP request was sent to HTTPS port".
        HandshakeFault::Status(400) if plan.access.url.starts_with("ws:") => {
            let mut lines = vec![format!("a proxy may have changed the request{}", or_tls(plan))];
            lines.extend(by_status(400, answer));
            lines
        }
        HandshakeFault::Status(status) => by_status(*status, answer),
        HandshakeFault::Upgrade | HandshakeFault::Connection => {
            vec!["the server switched, and a proxy took the header out of its answer: let it pass on Upgrade and Connection".to_owned()]
        }
        HandshakeFault::Accept { .. } => {
            vec!["the answer belongs to another request: a proxy or cache answers in place of the server".to_owned()]
        }
        HandshakeFault::NoSubprotocol | HandshakeFault::Subprotocol(_) => {
            vec![
                "it is a WebSocket, and not one for XMPP: check the path, which is /ws/".to_owned(),
            ]
        }
        HandshakeFault::Extension(_) => {
            vec!["the server uses an extension that the client did not offer".to_owned()]
        }
    }
}

fn by_status(status: u16, answer: &ResponseHead) -> Vec<String> {
    let stripped = || {
        vec![
            "this is the answer to a plain GET: most likely a proxy between here and the server took out Upgrade and Connection".to_owned(),
            "let it pass them on; nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection \"upgrade\"".to_owned(),
            "to be sure, probe the server itself, past the proxy".to_owned(),
        ]
    };
    let lines = match status {
        200 | 400 | 405 | 426 => return stripped(),
        301 | 302 | 303 | 307 | 308 => {
            let to = answer.headers.first("Location").unwrap_or("nowhere");
            return vec![format!("it sends you to {to}: use that host, port and path")];
        }
        401 | 403 | 407 => [
            "a reverse proxy of Finesse wants credentials with the upgrade, or a REST call before it from this address",
            "to see whether it is the proxy, probe the server itself, past it",
        ],
        404 => [
            "nothing is at this path: it is /ws/",
            "Finesse before 12.6 serves it on port 7443 only",
        ],
        418 => [
            "the reverse proxy of Finesse has locked this address out after failed logins",
            "wait until it lets go, and find out who keeps failing",
        ],
        429 | 503 => [
            "the server has too much to do, or is starting",
            "on a UCCX: utils service list, and there Cisco Finesse Notification Service",
        ],
        502 | 504 => [
            "the proxy is there, and the notification service behind it is not",
            "on a UCCX: utils service list, and there Cisco Finesse Notification Service",
        ],
        _ => return vec!["the log of the web server".to_owned()],
    };
    lines.map(str::to_owned).to_vec()
}

/// Advice for a request to the REST API that is answered with this status.
pub(super) fn by_status_of_api(answer: &ResponseHead) -> Vec<String> {
    match answer.status {
        300.. if ![400, 401, 403, 404, 405, 407, 426].contains(&answer.status) => {
            by_status(answer.status, answer)
        }
        _ => vec![
            "something other than Finesse answers here, or a proxy before it that wants credentials: look into its log"
                .to_owned(),
        ],
    }
}

/// Advice for credentials that the REST API refuses, by how users sign in there.
pub(super) fn refused_by_api(auth_mode: &str) -> Vec<String> {
    let token = "the server signs users in by single sign-on: the password in the environment must be an access token, as /desktop/sso/token gives it, and one that has not expired";
    let first = match auth_mode.to_ascii_uppercase().as_str() {
        "SSO" => vec![token],
        "HYBRID" => vec![
            "the password in the environment, and the login name",
            "whether this user signs in by single sign-on, as some of this server do: their passwords are not for Finesse",
        ],
        _ => vec!["the password in the environment, and the login name"],
    };
    let rest = ["whether the account is locked, and whether its password has expired", ONCE];
    first.into_iter().chain(rest).map(str::to_owned).collect()
}

const ONCE: &str = "do not probe again before that is known: servers lock an account after a few failures (Finesse after five, for five minutes)";

fn login(condition: &str, facts: &Facts, plan: &ProbePlan<'_>) -> Vec<String> {
    let once = ONCE;
    if condition == "not-authorized"
        && let Some(user) = &facts.api_user
    {
        return without_account(user, plan);
    }
    match condition {
        "not-authorized" => vec![
            "the password in the environment, and whether this is the login name (the agent's id, without domain)".to_owned(),
            "whether the account is locked, and whether its password has expired".to_owned(),
            once.to_owned(),
        ],
        "account-disabled" | "credentials-expired" | "temporary-auth-failure" => vec![
            "the account itself: it is locked, disabled, or its password has expired".to_owned(),
            once.to_owned(),
        ],
        "invalid-mechanism" => {
            vec![format!("the server does not take PLAIN; it offers {}", facts.mechanisms.join(", "))]
        }
        _ => vec!["the log of the server says why".to_owned(), once.to_owned()],
    }
}

/// The REST API took the password that the notification service refuses.
fn without_account(user: &ApiUser, plan: &ProbePlan<'_>) -> Vec<String> {
    let name = plan.access.user(plan.account).unwrap_or_default();
    let second = if user.id.is_empty() || user.id.eq_ignore_ascii_case(name) {
        "on a UCCX: utils service restart Cisco Finesse Notification Service, when no agent works"
            .to_owned()
    } else {
        format!(
            "the REST API takes id and login name, the notification service the id alone: log in as {}, not as {name}",
            user.id
        )
    };
    let first = "the password is right, since the REST API took it: the notification service has no account of this name, or does not get its passwords from Finesse";
    vec![first.to_owned(), second]
}

fn asked_for(plan: &ProbePlan<'_>, facts: &Facts) -> String {
    let told = facts.system.as_ref().map(|system| system.domain.clone());
    let told = told.filter(|domain| !domain.is_empty());
    let host = || Url::parse(&plan.access.url).ok().map(|url| url.host);
    plan.access.domain.clone().or(told).or_else(host).unwrap_or_default()
}

/// The server and proxies that show in the response to the upgrade.
pub(super) fn on_the_way(answer: &ResponseHead) -> Vec<(&'static str, String)> {
    let headers = &answer.headers;
    let mut details = Vec::new();
    if let Some(server) = headers.first("Server") {
        details.push(("server", server.trim().to_owned()));
    }
    let mut proxies: Vec<String> = Vec::new();
    proxies.extend(headers.all("Via").map(|via| format!("Via: {}", via.trim())));
    let names = ["nginx", "haproxy", "envoy", "apache", "cloudflare", "varnish", "big-ip", "squid"];
    if let Some(server) = headers.first("Server") {
        let lower = server.to_ascii_lowercase();
        proxies.extend(
            names
                .iter()
                .filter(|name| lower.contains(*name))
                .map(|name| format!("Server names {name}")),
        );
    }
    for name in ["X-Cache", "X-Forwarded-For", "CF-RAY", "X-Served-By"] {
        proxies.extend(headers.first(name).map(|value| format!("{name}: {}", value.trim())));
    }
    // Jetty spells both with a capital; an answer through nginx has `Connection: upgrade`.
    if headers.first("Connection").map(str::trim) == Some("upgrade") {
        proxies.push("Connection: upgrade in small letters, as nginx writes it".to_owned());
    }
    let said = if proxies.is_empty() {
        "nothing in the answer shows one".to_owned()
    } else {
        proxies.join("; ")
    };
    details.push(("proxy", said));
    details
}
