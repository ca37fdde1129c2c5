//! Cases for clients under test: they have `do`, they demand something of the client, and injected
//! answers stand where they can be sent.

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
                "the head does not say what the client is to do",
            )
            .help("add `do = [\"login\", \"wait\"]`"),
        ),
        (None, Some(ask)) => found.push(
            Diagnostic::error(
                Code::Ask,
                &case.source,
                ask.span.clone(),
                "`do` in a case that no client can play",
            )
            .help("add `\"client\"` to `roles`, or remove `do`"),
        ),
        _ => {}
    }
    if case.head.roles.iter().any(|role| role.value == Role::Server) {
        found.extend(special(case).map(|(what, why, span)| {
            let message = format!("{what} in a case that a server can play");
            Diagnostic::error(Code::Ask, &case.source, span, message)
                .label(why)
                .help("write `roles = [\"client\"]`: only a case for clients alone can have this")
        }));
    }
    let Some(role) = role else { return };
    if !demands(body) {
        found.push(
            Diagnostic::error(
                Code::Demand,
                &case.source,
                role.span.clone(),
                "a client that does nothing passes this case",
            )
            .help(
                "add a step that demands something of the client: `NAME -> PAYLOAD`, `NAME == closed`, `NAME reports EVENT`",
            ),
        );
    }
    if case.head.roles.iter().all(|role| role.value == Role::Client) {
        nothing(case, &case.body, found);
    }
}

/// Keys of the head for clients only: the thing, why a server cannot have it, and the place of the
/// key.
fn special(case: &Case) -> impl Iterator<Item = (&'static str, &'static str, Span)> {
    let head = &case.head;
    let certificate = head.certificate.as_ref().map(|it| &it.span);
    let host = head.host.as_ref().map(|it| &it.span);
    let password = head.password.as_ref().map(|it| &it.span);
    let servers = head.servers.as_ref().map(|it| &it.span);
    let clients = head.clients.as_ref().map(|it| &it.span);
    [
        ("a bad certificate", "a server has its own certificate", certificate),
        ("a host by its name", "a server has its own name", host),
        ("a special password", "an account of a server has its own password", password),
        ("a pair of servers", "the runner connects to one server only", servers),
        ("several clients", "a case against a server starts no clients", clients),
    ]
    .into_iter()
    .filter_map(|(what, why, span)| Some((what, why, span?.clone())))
}

/// Whether some step fails with a client that does nothing.
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

/// Checks that `[nothing]` stands directly below the line that gets no answer.
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
                        "`[nothing]` without a line to answer",
                    )
                    .help(format!(
                        "put it directly below the line `{} -> …` that gets no answer",
                        conn.value
                    )),
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
