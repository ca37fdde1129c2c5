//! Fragments: used by a case, owned by a case, and without fragments inside.

use std::collections::BTreeSet;

use super::{branches, ids, values};
use crate::expand::nested;
use crate::visit::{steps, templates, tokens};
use crate::{Arg, Code, Diagnostic, Fragment, Library, Step, StepKind, Token, suggest};

pub(super) fn check(library: &Library, found: &mut Vec<Diagnostic>) {
    let mut used: BTreeSet<&str> = BTreeSet::new();
    for case in &library.cases {
        steps(&case.body, &mut |step| {
            if let StepKind::Use(call) = &step.kind {
                used.insert(&call.name.value);
            }
        });
    }
    for fragment in library.fragments.values() {
        found.extend(nested(fragment));
        branches::check(&fragment.source, &fragment.body, found);
        ids::check_fragment(fragment, found);
        values::check_fragment(fragment, found);
        let owner = &fragment.owner;
        if !library.cases.iter().any(|case| case.id == owner.value) {
            found.push(
                Diagnostic::error(
                    Code::UnknownOwner,
                    &fragment.source,
                    owner.span.clone(),
                    format!("there is no case `{}`", owner.value),
                )
                .help(suggest::help_near(
                    &owner.value,
                    library.cases.iter().map(|case| case.id.as_str()),
                ))
                .note("`owner` names the case to look at when a step of the fragment fails"),
            );
        }
        if !used.contains(fragment.name.as_str()) {
            found.push(Diagnostic::warning(
                Code::UnusedFragment,
                &fragment.source,
                fragment.title.span.clone(),
                "a fragment that no case uses",
            ));
        }
        let names = names_used(fragment);
        for param in fragment.params.iter().filter(|param| !names.contains(param.value.as_str())) {
            found.push(Diagnostic::warning(
                Code::UnusedParameter,
                &fragment.source,
                param.span.clone(),
                format!("no step uses the parameter `{}`", param.value),
            ));
        }
    }
}

/// Every word in which a parameter may stand: connections, and parts of the names of values.
fn names_used(fragment: &Fragment) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut add = |name: &str| names.extend(name.split('.').map(str::to_owned));
    steps(&fragment.body, &mut |step: &Step| {
        if let StepKind::Say { conn, .. }
        | StepKind::Fact { conn, .. }
        | StepKind::Reports { conn, .. } = &step.kind
        {
            add(&conn.value);
        }
        if let StepKind::Do(call) = &step.kind {
            for arg in &call.args {
                if let Arg::Word(word) = &arg.value {
                    add(word);
                }
            }
        }
        templates(&step.kind, &mut |template, _| {
            tokens(template, &mut |token| match &token.value {
                Token::Variable(name) => add(name),
                Token::Call { args, .. } => {
                    for arg in args {
                        if let Arg::Word(word) = arg {
                            add(word);
                        }
                    }
                }
                _ => {}
            });
        });
    });
    names
}
