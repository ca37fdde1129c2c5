//! One case at a time with an account of a server: two that log in as the same agent with the same
//! resource would throw each other off, and neither would know why.

use std::collections::BTreeMap;
use std::sync::Arc;

use case::{Case, Effects};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::targets::{Endpoint, Target};

/// How a need is written that is an account.
const ACCOUNT: &str = "account ";

/// The account that every case may use, and need not name.
const AGENT: &str = "account agent";

/// The accounts that a case logs in with, as needs are written, sorted; none when it leaves nothing
/// behind, not even a login.
pub(crate) fn accounts(case: &Case) -> Vec<&str> {
    let needs = case.head.needs.iter().map(|need| need.value.as_str());
    let mut accounts: Vec<&str> = needs.filter(|need| need.starts_with(ACCOUNT)).collect();
    if case.head.effects.value != Effects::None {
        accounts.push(AGENT);
    }
    accounts.sort_unstable();
    accounts.dedup();
    accounts
}

/// The case that holds each account just now.
pub(crate) struct Accounts {
    /// None for a fake: each case has its own accounts.
    locks: Option<BTreeMap<String, Arc<Mutex<()>>>>,
}

impl Accounts {
    /// The accounts of `target` that some of `cases` use.
    pub(crate) fn of(target: &Target, cases: &[&Case]) -> Self {
        let locks = || {
            let names = cases.iter().flat_map(|case| accounts(case));
            names.map(|name| (name.to_owned(), Arc::default())).collect()
        };
        let is_server = matches!(target.endpoint, Endpoint::Server(_));
        Self { locks: is_server.then(locks) }
    }

    /// Waits until no other case has an account that this one uses. Always taken in the same order,
    /// so that no two cases wait for each other.
    pub(crate) async fn hold(&self, case: &Case) -> Vec<OwnedMutexGuard<()>> {
        let mut held = Vec::new();
        for lock in accounts(case).into_iter().filter_map(|name| self.locks.as_ref()?.get(name)) {
            held.push(Arc::clone(lock).lock_owned().await);
        }
        held
    }
}
