//! A lock whose users can let others go first.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

/// How often a thread looks whether the value is free before it sleeps, and how long it pauses
/// in between: about 20 microseconds in all.
const SPINS: usize = 40;
const PAUSES: usize = 20;

/// A value that one thread has at a time.
#[derive(Debug, Default)]
pub(crate) struct Turns<T> {
    value: Mutex<T>,
    /// How many threads wait for it, and how often one has had it.
    waiting: AtomicUsize,
    taken: AtomicU64,
}

impl<T> Turns<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { value: Mutex::new(value), waiting: AtomicUsize::new(0), taken: AtomicU64::new(0) }
    }

    /// The value, once it is free, also after a panic of a thread that had it.
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let value = self
            .soon()
            .unwrap_or_else(|| self.value.lock().unwrap_or_else(PoisonError::into_inner));
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        self.taken.fetch_add(1, Ordering::Relaxed);
        value
    }

    /// The value, if it becomes free within the time of one message. To sleep for that and wake up
    /// costs more.
    fn soon(&self) -> Option<MutexGuard<'_, T>> {
        for _ in 0..SPINS {
            match self.value.try_lock() {
                Ok(value) => return Some(value),
                Err(TryLockError::Poisoned(value)) => return Some(value.into_inner()),
                Err(TryLockError::WouldBlock) => {}
            }
            (0..PAUSES).for_each(|_| std::hint::spin_loop());
        }
        None
    }

    /// Waits until a thread that waits now has had its turn. Without that, a task that goes on at
    /// once takes the lock again and again: the others have to wake up first.
    pub(crate) async fn give_way(&self) {
        let taken = self.taken.load(Ordering::Relaxed);
        tokio::task::yield_now().await;
        while self.waiting.load(Ordering::Relaxed) > 0
            && self.taken.load(Ordering::Relaxed) == taken
        {
            tokio::task::yield_now().await;
        }
    }
}
