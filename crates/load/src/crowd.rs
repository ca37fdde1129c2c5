//! A crowd of clients that log in at the same time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use remote::Account;
use tokio::task::JoinSet;

use crate::client::CheckedClient;
use crate::error::Error;
use crate::server::MeasuredServer;

/// Number of clients finished so far, for a progress line.
pub type Progress = Arc<AtomicUsize>;

/// The login of one client: its resource, and nodes to subscribe to. The subscriptions are part of
/// the login.
#[derive(Debug, Clone)]
pub struct LoginPlan {
    /// The resource that each client binds.
    pub resource: String,
    /// The nodes that each client subscribes to.
    pub nodes: Vec<String>,
}

/// Logged-in clients, in the order of their accounts.
#[derive(Default)]
pub struct Crowd {
    clients: Vec<CheckedClient>,
}

impl Crowd {
    /// Logs in with each account (TLS for `wss`, upgrade, SASL, bind, presence, subscriptions),
    /// `at_once` clients at a time, and adds them to the crowd. Returns the time from the first
    /// octet to the last answer.
    ///
    /// # Errors
    ///
    /// The first login that fails; the others are aborted.
    pub async fn log_in(
        &mut self,
        server: &Arc<MeasuredServer>,
        accounts: &[Account],
        login: &LoginPlan,
        at_once: usize,
        progress: &Progress,
    ) -> Result<Duration, Error> {
        let before = self.clients.len();
        let accounts: Arc<[Account]> = accounts.into();
        let login = Arc::new(login.clone());
        let next = Arc::new(AtomicUsize::new(0));
        let mut workers = JoinSet::<Result<Vec<_>, Error>>::new();
        let begun = Instant::now();
        for _ in 0..at_once.clamp(1, accounts.len().max(1)) {
            let (server, accounts, login) =
                (Arc::clone(server), Arc::clone(&accounts), Arc::clone(&login));
            let (next, progress) = (Arc::clone(&next), Arc::clone(progress));
            workers.spawn(async move {
                let mut done = Vec::new();
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(account) = accounts.get(index) else { return Ok(done) };
                    let client = log_in(&server, account, &login).await.map_err(|error| {
                        let account = account.name.clone();
                        Error::Client { account, number: before + index + 1, error: error.into() }
                    })?;
                    progress.fetch_add(1, Ordering::Relaxed);
                    done.push((index, client));
                }
            });
        }
        let mut clients = Vec::with_capacity(accounts.len());
        while let Some(done) = workers.join_next().await {
            match done {
                Ok(done) => clients.extend(done?),
                Err(panic) => std::panic::resume_unwind(panic.into_panic()),
            }
        }
        let took = begun.elapsed();
        clients.sort_by_key(|(index, _)| *index);
        self.clients.extend(clients.into_iter().map(|(_, client)| client));
        Ok(took)
    }

    /// Number of clients.
    #[must_use]
    pub fn len(&self) -> usize {
        self.clients.len()
    }

    /// Whether the crowd has no clients.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.clients.is_empty()
    }

    /// Removes the first `count` clients; [`Crowd::put_back`] returns them.
    pub(crate) fn take_first(&mut self, count: usize) -> Vec<CheckedClient> {
        self.clients.drain(..count.min(self.clients.len())).collect()
    }

    pub(crate) fn put_back(&mut self, mut first: Vec<CheckedClient>) {
        first.append(&mut self.clients);
        self.clients = first;
    }

    /// Closes all connections, `at_once` at a time.
    pub async fn leave(self, at_once: usize) {
        let mut leaving = JoinSet::new();
        for client in self.clients {
            if leaving.len() >= at_once.max(1) {
                leaving.join_next().await;
            }
            leaving.spawn(client.leave());
        }
        while leaving.join_next().await.is_some() {}
    }
}

async fn log_in(
    server: &MeasuredServer,
    account: &Account,
    login: &LoginPlan,
) -> Result<CheckedClient, Error> {
    let mut client = CheckedClient::log_in(server, account, &login.resource).await?;
    client.be_present().await?;
    for node in &login.nodes {
        client.subscribe(node).await?;
    }
    Ok(client)
}
