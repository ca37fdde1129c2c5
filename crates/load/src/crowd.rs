//! A crowd of clients that log in at the same time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use remote::Account;

use crate::client::CheckedClient;
use crate::error::Error;
use crate::progress::Progress;
use crate::server::MeasuredServer;
use crate::workers::{leave_all, log_in_all};

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
        let (server, login) = (Arc::clone(server), Arc::new(login.clone()));
        let begun = Instant::now();
        let log_in = move |account| {
            let (server, login) = (Arc::clone(&server), Arc::clone(&login));
            async move { log_in(&server, &account, &login).await }
        };
        let before = self.clients.len();
        let clients = log_in_all(accounts, before, at_once, progress, log_in).await?;
        let took = begun.elapsed();
        self.clients.extend(clients);
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
        leave_all(self.clients.into_iter().map(CheckedClient::leave), at_once).await;
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
