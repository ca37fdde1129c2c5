//! A shift: many agents, of whom a few make requests at the same time.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use remote::Account;
use tokio::task::JoinSet;

use crate::agent::{Agent, AgentRequest, Times};
use crate::error::Error;
use crate::progress::Progress;
use crate::server::MeasuredServer;
use crate::workers::{joined, leave_all, log_in_all, of};

/// Agents that are logged in on the WebSocket.
#[derive(Default)]
pub struct Shift {
    agents: VecDeque<Agent>,
}

/// The times of many requests.
#[derive(Debug, Default)]
pub struct Done {
    /// From the first octet to the last event.
    pub took: Duration,
    /// Each request.
    pub each: Vec<Times>,
}

impl Shift {
    /// Logs in with each account, `at_once` at a time.
    ///
    /// # Errors
    ///
    /// The first login that fails; the others are aborted.
    pub async fn log_in(
        server: &Arc<MeasuredServer>,
        accounts: &[Account],
        resource: &str,
        at_once: usize,
        progress: &Progress,
    ) -> Result<Self, Error> {
        let (server, resource) = (Arc::clone(server), resource.to_owned());
        let log_in = move |account| {
            let (server, resource) = (Arc::clone(&server), resource.clone());
            async move { Agent::log_in(&server, &account, &resource).await }
        };
        let agents = log_in_all(accounts, 0, at_once, progress, log_in).await?.into();
        Ok(Self { agents })
    }

    /// Makes `requests` of one kind, the agents in turn, `at_once` at a time.
    ///
    /// # Errors
    ///
    /// The first request that fails; the others are aborted.
    pub async fn does(
        &mut self,
        deed: AgentRequest,
        requests: usize,
        at_once: usize,
        progress: &Progress,
    ) -> Result<Done, Error> {
        let workers_wanted = at_once.clamp(1, self.agents.len().max(1));
        let waiting = Arc::new(Mutex::new(std::mem::take(&mut self.agents)));
        let begun_so_far = Arc::new(AtomicUsize::new(0));
        let mut workers = JoinSet::new();
        let begun = Instant::now();
        for _ in 0..workers_wanted {
            let (waiting, progress) = (Arc::clone(&waiting), Arc::clone(progress));
            let begun_so_far = Arc::clone(&begun_so_far);
            workers.spawn(async move {
                let mut each = Vec::new();
                while begun_so_far.fetch_add(1, Ordering::Relaxed) < requests {
                    // There are no more workers than agents.
                    let Some(mut agent) = lock(&waiting).pop_front() else { break };
                    let times = agent.does(deed).await;
                    each.push(times.map_err(|error| of(agent.account(), each.len(), error))?);
                    lock(&waiting).push_back(agent);
                    progress.fetch_add(1, Ordering::Relaxed);
                }
                Ok(each)
            });
        }
        let each = joined(workers).await?.into_iter().flatten().collect();
        let took = begun.elapsed();
        self.agents = std::mem::take(&mut *lock(&waiting));
        Ok(Done { took, each })
    }

    /// Number of agents.
    #[must_use]
    pub fn len(&self) -> usize {
        self.agents.len()
    }

    /// Whether there are no agents.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.agents.is_empty()
    }

    /// Ends all connections, `at_once` at a time.
    pub async fn leave(self, at_once: usize) {
        leave_all(self.agents.into_iter().map(Agent::leave), at_once).await;
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
