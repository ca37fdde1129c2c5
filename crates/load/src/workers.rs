//! Work of many clients, done by a few workers at the same time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use remote::Account;
use tokio::task::JoinSet;

use crate::error::Error;
use crate::progress::Progress;

/// Logs in with each account, `at_once` at a time; the clients are in the order of their accounts.
/// Errors count from `before`, the number of clients that are there already.
///
/// # Errors
///
/// The first login that fails; the others are aborted.
pub(crate) async fn log_in_all<T, F>(
    accounts: &[Account],
    before: usize,
    at_once: usize,
    progress: &Progress,
    log_in: impl Fn(Account) -> F + Clone + Send + 'static,
) -> Result<Vec<T>, Error>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Error>> + Send,
{
    let accounts: Arc<[Account]> = accounts.into();
    let next = Arc::new(AtomicUsize::new(0));
    let mut workers = JoinSet::new();
    for _ in 0..at_once.clamp(1, accounts.len().max(1)) {
        let (accounts, next) = (Arc::clone(&accounts), Arc::clone(&next));
        let (progress, log_in) = (Arc::clone(progress), log_in.clone());
        workers.spawn(async move {
            let mut done = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(account) = accounts.get(index) else { return Ok(done) };
                let client = log_in(account.clone()).await;
                done.push((index, client.map_err(|error| of(account, before + index, error))?));
                progress.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    let mut clients: Vec<_> = joined(workers).await?.into_iter().flatten().collect();
    clients.sort_by_key(|(index, _)| *index);
    Ok(clients.into_iter().map(|(_, client)| client).collect())
}

/// Lets all clients leave, `at_once` at a time.
pub(crate) async fn leave_all<F>(leaves: impl IntoIterator<Item = F>, at_once: usize)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut leaving = JoinSet::new();
    for leave in leaves {
        if leaving.len() >= at_once.max(1) {
            leaving.join_next().await;
        }
        leaving.spawn(leave);
    }
    while leaving.join_next().await.is_some() {}
}

/// The results of all workers; the first failure aborts the others.
pub(crate) async fn joined<T: 'static>(
    mut workers: JoinSet<Result<T, Error>>,
) -> Result<Vec<T>, Error> {
    let mut all = Vec::with_capacity(workers.len());
    while let Some(done) = workers.join_next().await {
        match done {
            Ok(done) => all.push(done?),
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        }
    }
    Ok(all)
}

/// The error of the client that has so many before it.
pub(crate) fn of(account: &Account, before: usize, error: Error) -> Error {
    Error::Client { account: account.name.clone(), number: before + 1, error: error.into() }
}
