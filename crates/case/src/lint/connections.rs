//! A connection must be opened before a step uses it.

use std::collections::BTreeSet;

use crate::visit::expanded;
use crate::{Case, Code, Diagnostic, Fact, Item, StepKind};

pub(super) fn check(case: &Case, body: &[Item], found: &mut Vec<Diagnostic>) {
    let mut connected: BTreeSet<&str> = BTreeSet::new();
    expanded(body, None, &mut |step, used_at| {
        let (conn, opens) = match &step.kind {
            StepKind::Say { conn, .. } | StepKind::Reports { conn, .. } => (conn, false),
            StepKind::Fact { conn, fact, .. } => (conn, matches!(fact, Fact::Connect { .. })),
            _ => return,
        };
        if connected.insert(&conn.value) && !opens {
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
