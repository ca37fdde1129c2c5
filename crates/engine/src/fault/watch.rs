//! Watches a server for the rules that come up in its conversations: a sabotage of a rule that does
//! not come up changes nothing.

use std::collections::BTreeSet;

use super::Fault;
use super::table::{Group, Name};

/// The rules that have come up since the watch began.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    come_up: BTreeSet<Name>,
}

impl Watch {
    /// The server has looked whether this rule is broken, or would have said something else.
    pub(super) fn note(&mut self, name: Name) {
        self.come_up.insert(name);
    }

    /// Whether the same conversations would surely have gone the same way with this fault from the
    /// start. Only of [sabotages](Fault::sabotages) it can be known: other faults choose their
    /// moments.
    pub fn is_untouched_by(&self, fault: &Fault) -> bool {
        let is_watched = fault.name.shape().group == Group::Suite && fault.alias.is_none();
        is_watched && !self.come_up.contains(&fault.name)
    }
}
