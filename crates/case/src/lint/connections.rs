//! A connection must be opened before a step uses it. The REST requests of a client need none.

use std::collections::BTreeSet;

use crate::visit::expanded;
use crate::{Case, Code, Diagnostic, Fact, Item, REST, Role, StepKind};

pub(super) fn check(case: &Case, body: &[Item], found: &mut Vec<Diagnostic>) {
    let mut connected: BTreeSet<&str> = BTreeSet::new();
    let is_for_clients = case.head.roles.iter().any(|role| role.value == Role::Client);
    if is_for_clients {
        connected.insert(REST);
    }
    expanded(body, None, &mut |step, used_at| {
        let (conn, opens) = match &step.kind {
            StepKind::Say { conn, .. } | StepKind::Reports { conn, .. } => (conn, false),
            StepKind::Fact { conn, fact, .. } => (conn, matches!(fact, Fact::Connect { .. })),
            _ => return,
        };
        if is_for_clients && opens && conn.value == REST {
            let span = used_at.unwrap_or(&conn.span).clone();
            let message = format!("`{REST}` is no connection that a step can wait for");
            found.push(
                Diagnostic::error(Code::NotConnected, &case.source, span, message)
                    .label("the name of all REST requests of the client, on whatever connections")
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
