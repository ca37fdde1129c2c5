//! Citations are checked against the section list.

use crate::{Case, Clauses, Code, Diagnostic};

pub(super) fn check(case: &Case, found: &mut Vec<Diagnostic>) {
    for clause in &case.head.spec {
        if !Clauses::known(&clause.value) {
            found.push(
                Diagnostic::error(
                    Code::UnknownClause,
                    &case.source,
                    clause.span.clone(),
                    format!("there is no {}", clause.value),
                )
                .help(Clauses::help(&clause.value)),
            );
        }
    }
}
