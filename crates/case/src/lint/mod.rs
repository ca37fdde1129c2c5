//! Rules for files that parse: mistakes that only show across steps, heads or files.

mod branches;
mod clauses;
mod client;
mod connections;
mod cover;
mod effects;
mod fragments;
mod framing;
mod ids;
mod needs;
mod titles;
mod values;

pub use needs::known as needs;

use crate::{Case, Diagnostic, Library};

/// Mistakes by which these cases cannot be played, which would look like a deviation of the peer: a
/// connection that no step opens.
pub fn unplayable(library: &Library, cases: &[&Case]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for case in cases {
        match library.expand(case) {
            Err(errors) => found.extend(errors),
            Ok(body) => connections::unplayable(case, &body, &mut found),
        }
    }
    // A case is there once for each transport.
    found.dedup();
    found
}

/// All diagnostics of a library, by file and line.
pub fn lint(library: &Library) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    titles::check(library, &mut found);
    fragments::check(library, &mut found);
    for case in &library.cases {
        clauses::check(case, &mut found);
        branches::check(&case.source, &case.body, &mut found);
        ids::check(case, &mut found);
        // The other rules need the expanded body.
        match library.expand(case) {
            Err(errors) => found.extend(errors),
            Ok(body) => {
                needs::check(case, &body, &mut found);
                effects::check(case, &body, &mut found);
                client::check(case, &body, &mut found);
                connections::check(case, &body, &mut found);
                framing::check(case, &body, &mut found);
                values::check(case, &body, &mut found);
            }
        }
    }
    found.sort_by(|a, b| (&a.source.path, a.span.start).cmp(&(&b.source.path, b.span.start)));
    found.dedup();
    found
}
