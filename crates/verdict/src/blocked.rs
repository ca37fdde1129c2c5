//! Which cases of a run are BLOCKED, and by which: a cause is told once.

use std::collections::{BTreeMap, BTreeSet};

use crate::failure::BasicStep;
use crate::result::CaseResult;
use crate::run::Run;
use crate::word::Verdict;

impl CaseResult {
    /// Whether its verdict, or the case that blocks it, depends on other results of the run.
    pub fn is_open(&self) -> bool {
        self.verdict == Verdict::Blocked || self.basic().is_some()
    }

    /// The basic step at which it failed. A listed deviation and an answer that the case allows are
    /// no failures.
    fn basic(&self) -> Option<&BasicStep> {
        let is_failed =
            matches!(self.verdict, Verdict::Fail | Verdict::NonStrict | Verdict::Blocked);
        self.failure.as_ref().filter(|_| is_failed)?.basic.as_ref()
    }

    fn block(&mut self, owner: String) {
        self.verdict = Verdict::Blocked;
        self.note = self.failure.as_ref().map(|failure| failure.message.clone());
        self.owner = Some(owner);
    }
}

impl Run {
    /// Finds the causes. A case that failed at a basic step did not come to its own demand where
    /// the owner of that step failed at it too, or did not come to it: it is BLOCKED by the owner.
    /// Of a chain of blocked cases each names the first.
    pub fn find_causes(&mut self) {
        loop {
            let blocked = self.not_blocked_yet();
            if blocked.is_empty() {
                break;
            }
            for (at, owner) in blocked {
                self.cases[at].block(owner);
            }
        }
        let owners: BTreeMap<String, String> = (self.cases.iter())
            .filter(|case| case.verdict == Verdict::Blocked)
            .filter_map(|case| Some((case.id.clone(), case.owner.clone()?)))
            .collect();
        for case in &mut self.cases {
            if let Some(root) = owners.get(&case.id).map(|owner| first(owner, &owners)) {
                case.owner = Some(root.to_owned());
            }
        }
    }

    /// The places of cases that are blocked, as the results are now, and do not say so.
    fn not_blocked_yet(&self) -> Vec<(usize, String)> {
        let failed: BTreeMap<&str, &CaseResult> = (self.cases.iter())
            .filter(|case| case.is_open())
            .map(|case| (case.id.as_str(), case))
            .collect();
        let is_missed = |step: &BasicStep| {
            failed.get(&*step.owner).is_some_and(|owner| {
                // An inferior answer that the owner allows is no cause.
                let is_blocked = owner.verdict == Verdict::Blocked;
                let is_red = owner.verdict != Verdict::NonStrict;
                is_blocked || is_red && owner.basic().is_some_and(|its| its.name == step.name)
            })
        };
        let blocked = self.cases.iter().enumerate().filter_map(|(at, case)| {
            let step = case.basic()?;
            let is_said = case.owner.as_ref() == Some(&step.owner);
            let is_blocked = step.owner != case.id && !is_said && is_missed(step);
            is_blocked.then(|| (at, step.owner.clone()))
        });
        blocked.collect()
    }
}

/// The beginning of the chain that `owner` is in. A circle has none: there each names the next.
fn first<'a>(owner: &'a str, owners: &'a BTreeMap<String, String>) -> &'a str {
    let mut seen = BTreeSet::new();
    let mut at = owner;
    while let Some(next) = owners.get(at) {
        if !seen.insert(at) {
            return owner;
        }
        at = next;
    }
    at
}
