//! The actions of an expanded body.

use std::collections::BTreeSet;

use crate::visit::steps;
use crate::{Item, StepKind};

/// The names of all actions that a body has after `do`, in blocks too.
pub fn actions(body: &[Item]) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    steps(body, &mut |step| {
        if let StepKind::Do(call) = &step.kind {
            names.insert(call.name.value.as_str());
        }
    });
    names
}
