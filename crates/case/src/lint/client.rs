//! Cases that a client under test can play: it is asked for something, something is demanded of it, and what the fake says
//! in its own words stands where it can.

use crate::visit::expanded;
use crate::{Arrow, Case, Code, Diagnostic, Fact, Item, Payload, Role, Span, StepKind};

pub(super) fn check(case: &Case, body: &[Item], found: &mut Vec<Diagnostic>) {
    let role = case.head.roles.iter().find(|role| role.value == Role::Client);
    match (role, case.head.asks.first()) {
        (Some(role), None) => found.push(
            Diagnostic::error(
                Code::Ask,
                &case.source,
                role.span.clone(),
                "nothing says what a client is to do",
            )
            .help("add `do = [\"login\", \"wait\"]`"),
        ),
        (None, Some(ask)) => found.push(
            Diagnostic::error(
                Code::Ask,
                &case.source,
                ask.span.clone(),
                "a client is asked for something in a case that none can play",
            )
            .help("add `\"client\"` to `roles`, or take `do` away"),
        ),
        _ => {}
    }
    if case.head.roles.iter().any(|role| role.value == Role::Server) {
        found.extend(special(case).map(|(what, why, span)| {
            let message = format!("{what} in a case that a server can play");
            Diagnostic::error(Code::Ask, &case.source, span, message)
                .label(why)
                .help("such a case has `roles = [\"client\"]` alone")
        }));
    }
    let Some(role) = role else { return };
    if !demands(body) {
        found.push(
            Diagnostic::error(
                Code::Demand,
                &case.source,
                role.span.clone(),
                "a client that does nothing passes this",
            )
            .help(
                "demand something of it: `NAME -> PAYLOAD`, `NAME == closed`, `NAME reports EVENT`",
            ),
        );
    }
    if case.head.roles.iter().all(|role| role.value == Role::Client) {
        nothing(case, &case.body, found);
    }
}

/// What the head says of how a client is received, why a server cannot be, and where it says so.
fn special(case: &Case) -> impl Iterator<Item = (&'static str, &'static str, Span)> {
    let head = &case.head;
    let certificate = head.certificate.as_ref().map(|it| &it.span);
    let host = head.host.as_ref().map(|it| &it.span);
    let password = head.password.as_ref().map(|it| &it.span);
    let servers = head.servers.as_ref().map(|it| &it.span);
    let clients = head.clients.as_ref().map(|it| &it.span);
    [
        ("a bad certificate", "a server has its own", certificate),
        ("a host by its name", "a server has its own", host),
        ("a special password", "an account has its own", password),
        ("a pair of servers", "our side is told of one", servers),
        ("several clients", "a server is not started by a case", clients),
    ]
    .into_iter()
    .filter_map(|(what, why, span)| Some((what, why, span?.clone())))
}

/// Whether some step holds only because of what the client does, beyond being there.
fn demands(body: &[Item]) -> bool {
    let mut demands = false;
    expanded(body, None, &mut |step, _| {
        demands |= match &step.kind {
            StepKind::Say { arrow: Arrow::ToServer, .. } | StepKind::Reports { .. } => true,
            StepKind::Fact { fact, .. } => {
                matches!(
                    fact,
                    Fact::Connect { .. }
                        | Fact::ServerName
                        | Fact::Caps
                        | Fact::Closed
                        | Fact::Eof
                        | Fact::Reset
                )
            }
            _ => false,
        };
    });
    demands
}

/// `[nothing]` is an answer, so it stands below the line that it leaves without one.
fn nothing(case: &Case, items: &[Item], found: &mut Vec<Diagnostic>) {
    let mut before: Option<&StepKind> = None;
    for step in items.iter().filter_map(Item::step) {
        if let StepKind::Say { conn, arrow: Arrow::Injected, payload: Payload::Nothing, .. } =
            &step.kind
        {
            let answers = matches!(before, Some(StepKind::Say { conn: above, arrow: Arrow::ToServer, .. }) if above.value == conn.value);
            if !answers {
                found.push(
                    Diagnostic::error(
                        Code::Injection,
                        &case.source,
                        step.span.clone(),
                        "`[nothing]` that answers nothing",
                    )
                    .help(format!("it stands directly below the line `{} -> …` that is to stay without an answer", conn.value)),
                );
            }
        }
        match &step.kind {
            StepKind::OneOf { branches, .. } => {
                branches.iter().for_each(|branch| nothing(case, &branch.body, found));
            }
            StepKind::AnyOrder(body) | StepKind::Finally(body) => nothing(case, body, found),
            _ => {}
        }
        before = Some(&step.kind);
    }
}
