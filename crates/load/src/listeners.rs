//! Listeners: clients that log in and take every message as it comes, which are counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use remote::Account;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::{JoinError, JoinSet};

use crate::client::CheckedClient;
use crate::error::Error;
use crate::progress::Progress;
use crate::server::MeasuredServer;

/// Clients that listen, from their login on.
pub struct Listeners {
    tasks: JoinSet<Result<(), Error>>,
    heard: Arc<AtomicU64>,
    stop: watch::Sender<bool>,
}

impl Listeners {
    /// Logs in with each account, `at_once` at a time, and becomes available. Each client listens
    /// as soon as it is logged in.
    ///
    /// # Errors
    ///
    /// The first login that fails, or a stream that ends meanwhile; the others are aborted.
    pub async fn log_in(
        server: &Arc<MeasuredServer>,
        accounts: &[Account],
        resource: &str,
        at_once: usize,
        progress: &Progress,
    ) -> Result<Self, Error> {
        let (stop, stopped) = watch::channel(false);
        let (told, mut logged_in) = mpsc::channel::<()>(1);
        let (mut tasks, heard) = (JoinSet::new(), Arc::new(AtomicU64::new(0)));
        let permits = Arc::new(Semaphore::new(at_once.max(1)));
        for (index, account) in accounts.iter().cloned().enumerate() {
            let (server, resource) = (Arc::clone(server), resource.to_owned());
            let (permits, progress, heard) =
                (Arc::clone(&permits), Arc::clone(progress), Arc::clone(&heard));
            let (told, mut stopped) = (told.clone(), stopped.clone());
            tasks.spawn(async move {
                let work = async {
                    // The semaphore is never closed.
                    let permit = permits.acquire().await;
                    let mut client = CheckedClient::log_in(&server, &account, &resource).await?;
                    client.be_present().await?;
                    drop((permit, told));
                    progress.fetch_add(1, Ordering::Relaxed);
                    tokio::select! {
                        // It ends by an error alone.
                        ended = client.count_messages(&heard) => ended?,
                        _ = stopped.wait_for(|is_over| *is_over) => (),
                    }
                    client.leave().await;
                    Ok(())
                };
                let account = account.name.clone();
                work.await.map_err(|error: Error| Error::Client {
                    account,
                    number: index + 1,
                    error: error.into(),
                })
            });
        }
        drop(told);
        let mut all = Self { tasks, heard, stop };
        loop {
            tokio::select! {
                // The channel closes when each is logged in or has failed.
                _ = logged_in.recv() => break,
                ended = all.tasks.join_next(), if !all.tasks.is_empty() => came_to(ended)?,
            }
        }
        while let Some(ended) = all.tasks.try_join_next() {
            came_to(Some(ended))?;
        }
        Ok(all)
    }

    /// Number of messages so far, of all clients together.
    #[must_use]
    pub fn heard(&self) -> u64 {
        self.heard.load(Ordering::Relaxed)
    }

    /// Ends all connections.
    ///
    /// # Errors
    ///
    /// A stream had ended before.
    pub async fn leave(mut self) -> Result<(), Error> {
        let _ = self.stop.send(true);
        while !self.tasks.is_empty() {
            came_to(self.tasks.join_next().await)?;
        }
        Ok(())
    }
}

/// How a client came to its end.
fn came_to(ended: Option<Result<Result<(), Error>, JoinError>>) -> Result<(), Error> {
    match ended {
        Some(Ok(ended)) => ended,
        Some(Err(panic)) => std::panic::resume_unwind(panic.into_panic()),
        None => Ok(()),
    }
}
