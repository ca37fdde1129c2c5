//! A connection must be opened before a step uses it. The REST requests of a client need none.

use std::collections::BTreeSet;

use crate::visit::expanded;
use crate::{BOSH, Case, Code, Diagnostic, Fact, Item, REST, Role, StepKind, Transport};

pub(super) fn check(case: &Case, body: &[Item], found: &mut Vec<Diagnostic>) {
    unopened(case, body, true, found);
}

/// The steps that cannot be played. Reports of a client come without a connection too.
pub(super) fn unplayable(case: &Case, body: &[Item], found: &mut Vec<Diagnostic>) {
    unopened(case, body, false, found);
}

fn unopened(case: &Case, body: &[Item], with_reports: bool, found: &mut Vec<Diagnostic>) {
    let mut connected: BTreeSet<&str> = BTreeSet::new();
    let is_for_clients = case.head.roles.iter().any(|role| role.value == Role::Client);
    let is_about_bosh = !case.head.has_several_transports() && case.head.is_over(Transport::Bosh);
    let names: &[&str] = match (is_for_clients, is_about_bosh) {
        (false, _) => &[],
        (true, false) => &[REST],
        (true, true) => &[REST, BOSH],
    };
    connected.extend(names);
    expanded(body, None, &mut |step, used_at| {
        let (conn, opens) = match &step.kind {
            StepKind::Say { conn, .. } => (conn, false),
            StepKind::Reports { conn, .. } if with_reports => (conn, false),
            StepKind::Fact { conn, fact, .. } => (conn, matches!(fact, Fact::Connect { .. })),
            _ => return,
        };
        if opens && names.contains(&conn.value.as_str()) {
            let span = used_at.unwrap_or(&conn.span).clone();
            let kind = if conn.value == REST { "REST" } else { "BOSH" };
            let message = format!("`{}` is no connection that a step can wait for", conn.value);
            found.push(
                Diagnostic::error(Code::NotConnected, &case.source, span, message)
                    .label(format!(
                        "the name of all {kind} requests of the client, on all connections"
                    ))
                    .help("remove the step, or give the connection another name"),
            );
        } else if connected.insert(&conn.value) && !opens {
            let span = used_at.unwrap_or(&conn.span).clone();
            found.push(
                Diagnostic::error(
                    Code::NotConnected,
                    &case.source,
                    span,
                    format!("`{}` is not connected yet", conn.value),
                )
                .help(format!(
                    "write `{0} == connect` before this step, or use a fragment such as `use upgraded({0})`",
                    conn.value
                )),
            );
        }
    });
}
