//! Checks tables against themselves and against the cases that they name.

use std::collections::BTreeSet;

use case::{Case, Clause, Clauses, Library};

use crate::{Binds, Document, Row};

/// One line for each mistake: lost rows, unknown clauses and cases, cases that do not cite the
/// clause or play no bound side, rows with neither case nor reason.
pub fn check(document: &Document, library: &Library) -> Vec<String> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for section in &document.sections {
        let name = format!("{} §{}", document.document, section.section);
        if !seen.insert(&section.section) {
            found.push(format!("{name}: this clause has two tables"));
        }
        let Some(clause) = document.clause(section).filter(Clauses::known) else {
            found.push(format!("{name}: there is no such clause"));
            continue;
        };
        if section.rows.len() != section.count {
            found.push(format!(
                "{name}: {} rows, but the text has {} statements",
                section.rows.len(),
                section.count
            ));
        }
        for (row, number) in section.rows.iter().zip(1..) {
            let mistakes = mistakes(row, &clause, library).into_iter();
            found.extend(mistakes.map(|mistake| format!("{name} #{number}: {mistake}")));
        }
    }
    found
}

/// Whether a case cites a clause; the item of a list in it does not matter.
fn cites(case: &Case, clause: &Clause) -> bool {
    let section = |clause: &Clause| match clause {
        Clause::Section { document, section, .. } => Some((document.clone(), section.clone())),
        Clause::Vendor | Clause::Robustness => None,
    };
    case.head.spec.iter().any(|cited| section(&cited.value) == section(clause))
}

fn mistakes(row: &Row, clause: &Clause, library: &Library) -> Vec<String> {
    let mut found = Vec::new();
    let mut sides = BTreeSet::new();
    for (index, id) in row.cases.iter().enumerate() {
        if row.cases[..index].contains(id) {
            found.push(format!("names `{id}` twice"));
        }
        let Some(case) = library.cases.iter().find(|case| case.id == *id) else {
            let ids = library.cases.iter().map(|case| case.id.as_str());
            let near = textual::nearest(id, ids);
            let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            found.push(format!("there is no case `{id}`{near}"));
            continue;
        };
        if !cites(case, clause) {
            found.push(format!("`{id}` does not cite {clause}; add it to the case's `spec`"));
        }
        let plays = case.head.roles.iter().map(|role| role.value);
        let bound: Vec<_> = plays.filter(|role| row.binds.roles().contains(role)).collect();
        if bound.is_empty() {
            found.push(format!("binds {}, and `{id}` does not test that side", row.binds));
        }
        sides.extend(bound);
    }
    let is_whole = row.binds != Binds::Others && sides.len() == row.binds.roles().len();
    match (is_whole, row.none) {
        (true, Some(reason)) => {
            found.push(format!("has cases for every side; `none = \"{reason}\"` must go"));
        }
        (false, None) if found.is_empty() => found.push(if row.cases.is_empty() {
            "has no case; say why under `none` and `because`".to_owned()
        } else {
            "no case tests one of its sides; say why under `none` and `because`".to_owned()
        }),
        _ => {}
    }
    if row.none.is_some() != row.because.as_deref().is_some_and(|text| !text.is_empty()) {
        found.push("`none` and `because` go together".to_owned());
    }
    found
}
