//! Every branch of `one of` can be reached.

use std::sync::Arc;

use super::cover;
use crate::visit::steps;
use crate::{Branch, Code, Diagnostic, Item, Source, Step, StepKind};

pub(super) fn check(source: &Arc<Source>, items: &[Item], found: &mut Vec<Diagnostic>) {
    steps(items, &mut |step| {
        let StepKind::OneOf { branches, .. } = &step.kind else {
            return;
        };
        for (index, later) in branches.iter().enumerate() {
            let Some(last) = first(later) else {
                continue;
            };
            let wider = branches[..index]
                .iter()
                .filter_map(first)
                .find(|earlier| takes(&earlier.kind, &last.kind));
            if let Some(wider) = wider {
                found.push(
                    Diagnostic::error(
                        Code::UnreachableBranch,
                        source,
                        last.span.clone(),
                        "a branch that cannot be reached",
                    )
                    .label("every message that fits this branch …")
                    .also(wider.span.clone(), "… already fits this earlier branch")
                    .help("put the narrower branch first, or make the earlier one narrower"),
                );
            }
        }
    });
}

/// The step that chooses a branch. None in `any order`, where each step may come first.
fn first(branch: &Branch) -> Option<&Step> {
    branch.body.iter().find_map(|item| if let Item::Step(step) = item { Some(step) } else { None })
}

fn takes(earlier: &StepKind, later: &StepKind) -> bool {
    match (earlier, later) {
        (
            StepKind::Say { conn: a, payload: wide, .. },
            StepKind::Say { conn: b, payload: narrow, .. },
        ) => a == b && cover::payload(wide, narrow),
        (
            StepKind::Fact { conn: a, fact: wide, .. },
            StepKind::Fact { conn: b, fact: narrow, .. },
        ) => a == b && wide == narrow,
        _ => false,
    }
}
