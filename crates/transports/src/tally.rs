//! The changes that the clients of a way have heard of, and when.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use crate::changes::{Change, Object};
use crate::error::Error;

/// The changes of a way's day, heard and missed.
#[derive(Default)]
pub(crate) struct Tally {
    /// Changes of which an agent has not heard, by agent.
    waiting: HashMap<usize, VecDeque<Change>>,
    /// How many of them there are.
    pub(crate) open: usize,
    /// From the change to the client, of each that was heard.
    pub(crate) latencies: Vec<Duration>,
    /// Changes that were over before the client looked.
    pub(crate) missed: usize,
    /// Changes of the first agent, with what became of them.
    pub(crate) fates: Vec<ChangeHeard>,
}

/// A change, and when the client heard of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangeHeard {
    /// The day's time of the change.
    pub at: Duration,
    /// The day's time at which the client knows of it; none if it never does.
    pub heard: Option<Duration>,
}

impl Tally {
    pub(crate) fn expect(&mut self, change: Change) {
        self.open += 1;
        self.waiting.entry(change.agent).or_default().push_back(change);
    }

    /// A client was told of a change, which must be the oldest of its agent's.
    pub(crate) fn told(
        &mut self,
        agent: usize,
        update: &str,
        now: Duration,
        late: Duration,
    ) -> Result<(), Error> {
        let next = self.waiting.get_mut(&agent).and_then(VecDeque::pop_front);
        let Some(change) = next.filter(|next| next.update == update) else {
            let heard = textual::clipped(update, 300).into_owned();
            return Err(Error::Differs { agent: (agent + 1).to_string(), number: 0, heard });
        };
        self.open -= 1;
        self.hear(&change, now, late);
        Ok(())
    }

    /// A client has looked: it knew `before`, and sees `shown` now. Of each object that looks
    /// different, it hears of the last change. Those before it are over, and so is a change after
    /// which the object looks as before.
    pub(crate) fn looked(
        &mut self,
        agent: usize,
        before: &HashMap<Object, String>,
        shown: &HashMap<Object, String>,
        now: Duration,
        late: Duration,
    ) -> Result<(), Error> {
        let changes = self.waiting.remove(&agent).unwrap_or_default();
        self.open -= changes.len();
        let mut last: HashMap<&Object, usize> = HashMap::new();
        for (index, change) in changes.iter().enumerate() {
            last.insert(&change.object, index);
        }
        for (index, change) in changes.iter().enumerate() {
            let (old, new) = (before.get(&change.object), shown.get(&change.object));
            if last[&change.object] != index || old == new {
                self.miss(change);
            } else if new == change.state.as_ref() {
                self.hear(change, now, late);
            } else {
                let heard = textual::clipped(new.map_or("nothing", String::as_str), 300);
                return Err(Error::Differs {
                    agent: (agent + 1).to_string(),
                    number: change.number,
                    heard: heard.into_owned(),
                });
            }
        }
        Ok(())
    }

    fn hear(&mut self, change: &Change, now: Duration, late: Duration) {
        let heard = now + late;
        self.latencies.push(heard.saturating_sub(change.at));
        if change.agent == 0 {
            self.fates.push(ChangeHeard { at: change.at, heard: Some(heard) });
        }
    }

    fn miss(&mut self, change: &Change) {
        self.missed += 1;
        if change.agent == 0 {
            self.fates.push(ChangeHeard { at: change.at, heard: None });
        }
    }
}

/// The time since an instant, as it is added to the day's time: the day stands still meanwhile.
pub(crate) fn since(began: Instant, when: Instant) -> Duration {
    when.saturating_duration_since(began)
}
