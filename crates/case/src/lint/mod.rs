//! Rules across files: what parses and still does not say what its author meant.

mod actions;
mod branches;
mod clauses;
mod client;
mod connections;
mod cover;
mod effects;
mod fragments;
mod ids;
mod needs;
mod titles;
mod values;

pub use actions::actions;

use crate::{Diagnostic, Library};

/// Every finding, by file and line. Empty for a library that is as it should be.
pub fn lint(library: &Library) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    titles::check(library, &mut found);
    fragments::check(library, &mut found);
    for case in &library.cases {
        clauses::check(case, &mut found);
        branches::check(&case.source, &case.body, &mut found);
        ids::check(case, &mut found);
        // Without its fragments nothing can be said about what a case does.
        match library.expand(case) {
            Err(errors) => found.extend(errors),
            Ok(body) => {
                needs::check(case, &body, &mut found);
                effects::check(case, &body, &mut found);
                client::check(case, &body, &mut found);
                connections::check(case, &body, &mut found);
                values::check(case, &body, &mut found);
            }
        }
    }
    found.sort_by(|a, b| (&a.source.path, a.span.start).cmp(&(&b.source.path, b.span.start)));
    found.dedup();
    found
}
