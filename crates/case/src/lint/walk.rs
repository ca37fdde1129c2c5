//! An expanded body step by step, with the place in the case's own file that answers for each.

use std::collections::BTreeSet;

use crate::{Item, Span, Step, StepKind};

/// The names of the actions that the steps of a body `do`, wherever they stand.
pub fn actions(body: &[Item]) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    expanded(body, &mut |step, _| {
        if let StepKind::Do(call) = &step.kind {
            names.insert(call.name.value.as_str());
        }
    });
    names
}

/// Calls `visit` with every step, and with the span of the `use` when the step comes from a fragment.
pub(super) fn expanded<'a>(items: &'a [Item], visit: &mut dyn FnMut(&'a Step, Option<&'a Span>)) {
    within(items, None, visit);
}

fn within<'a>(
    items: &'a [Item],
    used_at: Option<&'a Span>,
    visit: &mut dyn FnMut(&'a Step, Option<&'a Span>),
) {
    for item in items {
        let Item::Step(step) = item else {
            continue;
        };
        visit(step, used_at);
        match &step.kind {
            StepKind::Used { call, body, .. } => {
                within(body, used_at.or(Some(&call.name.span)), visit)
            }
            StepKind::AnyOrder(body) | StepKind::Finally(body) => within(body, used_at, visit),
            StepKind::OneOf { branches, .. } => {
                for branch in branches {
                    within(&branch.body, used_at, visit);
                }
            }
            StepKind::Say { .. }
            | StepKind::Fact { .. }
            | StepKind::Reports { .. }
            | StepKind::Mark(_)
            | StepKind::Time(_)
            | StepKind::Do(_)
            | StepKind::Use(_) => {}
        }
    }
}
