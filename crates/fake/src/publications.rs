//! The publications of the contact centre, numbered and kept for a while, for readers that come and
//! go. A reader that does not read costs nothing: it loses the oldest, and is told how many.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use engine::{Budget, Share};
use tokio::sync::watch;

use crate::server::FakeFinesse;

/// The memory for publications that are kept, in octets.
const MAX_KEPT: usize = 4 << 20;

/// The overhead of a publication in octets, so that many small ones count too.
const PIECE: usize = 128;

/// A publication in the server's own name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// Its number, from 1.
    pub number: u64,
    /// Server time.
    pub at: Duration,
    /// The path of the node.
    pub node: String,
    /// The element in the item.
    pub payload: String,
}

impl Publication {
    /// Whether it is for an agent: on the agent's own nodes, or on the one about the system.
    pub fn is_for(&self, agent: &str) -> bool {
        let below = self.node.strip_prefix("/finesse/api/User/");
        let own = below.and_then(|below| below.strip_prefix(agent));
        own.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            || self.node == "/finesse/api/SystemInfo"
    }
}

/// Publications behind a number, the oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Published {
    /// So many behind the number are not kept any more.
    pub lost: u64,
    /// All that are kept.
    pub kept: Vec<Arc<Publication>>,
}

/// The log of publications.
#[derive(Debug)]
pub(crate) struct Publications {
    is_on: bool,
    /// Distinguishes the numbers of this fake from those of another.
    #[cfg(feature = "control")]
    run: String,
    kept: VecDeque<(Arc<Publication>, Share)>,
    memory: Budget,
    /// The number of the last publication, which readers wait for; none once the fake has ended.
    last: Option<watch::Sender<u64>>,
}

/// A word that no other run of a fake has.
#[cfg(feature = "control")]
fn run() -> String {
    let started = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    format!("{:x}", started.unwrap_or_default().as_millis())
}

impl Default for Publications {
    fn default() -> Self {
        Self {
            is_on: false,
            #[cfg(feature = "control")]
            run: run(),
            kept: VecDeque::new(),
            memory: Budget::new(MAX_KEPT),
            last: Some(watch::Sender::new(0)),
        }
    }
}

impl Publications {
    pub(crate) fn are_kept(&self) -> bool {
        self.is_on
    }

    pub(crate) fn add(&mut self, at: Duration, node: &str, payload: String) {
        let Some(last) = &self.last else {
            return;
        };
        let number = *last.borrow() + 1;
        let size = PIECE + node.len() + payload.len();
        let share = loop {
            match (self.memory.share(size), self.kept.is_empty()) {
                (Some(share), _) => break Some(share),
                // It alone is too long, and counts as lost.
                (None, true) => break None,
                (None, false) => drop(self.kept.pop_front()),
            }
        };
        if let Some(share) = share {
            let publication = Publication { number, at, node: node.to_owned(), payload };
            self.kept.push_back((Arc::new(publication), share));
        }
        last.send_replace(number);
    }

    /// The publications behind a number, at most so many octets of them but at least one.
    pub(crate) fn after(&self, number: u64, octets: usize) -> Published {
        let last = self.last.as_ref().map_or(number, |last| *last.borrow());
        let first = self.kept.partition_point(|(kept, _)| kept.number <= number);
        let mut size = 0;
        let kept = self.kept.iter().skip(first).take_while(|(kept, _)| {
            let before = size;
            size += kept.payload.len();
            before == 0 || size <= octets
        });
        let kept: Vec<_> = kept.map(|(kept, _)| Arc::clone(kept)).collect();
        let next = kept.first().map_or(last + 1, |first| first.number);
        Published { lost: next.saturating_sub(number.saturating_add(1)), kept }
    }

    /// The number of the last publication, for a reader to wait for the next one. Its end is that
    /// of the fake.
    #[cfg(feature = "control")]
    pub(crate) fn news(&self) -> watch::Receiver<u64> {
        match &self.last {
            Some(last) => last.subscribe(),
            None => watch::channel(0).1,
        }
    }

    /// A word for this fake.
    #[cfg(feature = "control")]
    pub(crate) fn run(&self) -> &str {
        &self.run
    }

    /// Forgets what is kept. Numbers go on.
    pub(crate) fn forget(&mut self) {
        self.kept.clear();
    }

    /// Ends all readers.
    pub(crate) fn end(&mut self) {
        self.last = None;
    }
}

impl FakeFinesse {
    /// Keeps publications from now on: what the contact centre and [`FakeFinesse::publish`]
    /// publish, up to 4 MiB, and then the latest. An open control port does the same.
    pub fn keep_publications(&self) {
        self.shared.way.publications().is_on = true;
    }

    /// The kept publications behind a number, which is 0 for all.
    pub fn published(&self, after: u64) -> Published {
        self.shared.way.publications().after(after, usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(payloads: &[usize]) -> Publications {
        let mut log = Publications::default();
        for octets in payloads {
            log.add(Duration::ZERO, "/finesse/api/User/1001", "x".repeat(*octets));
        }
        log
    }

    fn numbers(published: &Published) -> Vec<u64> {
        published.kept.iter().map(|publication| publication.number).collect()
    }

    #[test]
    fn the_oldest_make_room_and_count_as_lost() {
        let log = log(&[MAX_KEPT / 2, MAX_KEPT / 3, MAX_KEPT / 2]);
        let all = log.after(0, usize::MAX);
        assert_eq!((all.lost, numbers(&all)), (1, vec![2, 3]));
        let rest = log.after(2, usize::MAX);
        assert_eq!((rest.lost, numbers(&rest)), (0, vec![3]));
        assert_eq!(log.after(3, usize::MAX), Published::default());
    }

    #[test]
    fn one_that_is_too_long_is_lost_alone() {
        let mut log = log(&[10, MAX_KEPT, 10]);
        assert_eq!(numbers(&log.after(0, usize::MAX)), [3]);
        assert_eq!(log.after(0, usize::MAX).lost, 2);
        log.forget();
        assert_eq!(log.after(2, usize::MAX), Published { lost: 1, kept: Vec::new() });
    }

    #[test]
    fn a_batch_is_bounded_and_never_empty() {
        let log = log(&[100, 10, 10, 10]);
        assert_eq!(numbers(&log.after(0, 20)), [1]);
        assert_eq!(numbers(&log.after(1, 20)), [2, 3]);
    }

    #[test]
    fn an_agent_hears_of_its_own_nodes_and_of_the_system() {
        let on = |node: &str| {
            let (number, at, payload) = (1, Duration::ZERO, String::new());
            Publication { number, at, node: node.to_owned(), payload }.is_for("1001")
        };
        assert!(on("/finesse/api/User/1001") && on("/finesse/api/User/1001/Dialogs"));
        assert!(on("/finesse/api/SystemInfo"));
        assert!(!on("/finesse/api/User/10010") && !on("/finesse/api/Team/1/Users"));
    }
}
