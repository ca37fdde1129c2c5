//! Two cases that claim the same are one case, or one of them claims the wrong thing.

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
                    "a title that another case has",
                )
                .label(format!("this is also what `{other}` claims")),
            ),
            None => {
                claims.insert(title.value.to_lowercase(), &case.id);
            }
        }
    }
}
