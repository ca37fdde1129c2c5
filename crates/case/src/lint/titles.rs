//! Titles are unique: two cases with one claim are one case, or one claim is wrong.

use std::collections::BTreeMap;

use crate::{Code, Diagnostic, Library};

pub(super) fn check(library: &Library, found: &mut Vec<Diagnostic>) {
    let mut claims: BTreeMap<String, &str> = BTreeMap::new();
    for case in &library.cases {
        let title = &case.head.title;
        match claims.get(&title.value.to_lowercase()) {
            Some(other) => found.push(
                Diagnostic::error(
                    Code::DuplicateTitle,
                    &case.source,
                    title.span.clone(),
                    "another case has this title",
                )
                .label(format!("`{other}` has it too")),
            ),
            None => {
                claims.insert(title.value.to_lowercase(), &case.id);
            }
        }
    }
}
