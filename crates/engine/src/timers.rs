//! Timers: the server's own deeds after a while, in the order in which they fall due.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::numbers::Party;
use crate::outgoing::Outgoing;
use crate::outlet::Output;
use crate::response::Response;
use crate::script::ServerAct;

/// One thing that falls due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Timer {
    /// No complete request head came (recorded: http_tcp_idle, 30 s).
    HttpIdle,
    /// The stream was not opened (recorded: 300 s, then WebSocket close 1000 alone).
    OpenIdle,
    /// Once a minute: send a WebSocket ping if nothing was sent for a minute (recorded:
    /// ws_idle_ping).
    PingTick,
    /// Look whether the peer of XMPP over TCP still says anything.
    ReadIdle,
    /// Ask the client for its version (recorded: bind_version_query, 5 s after each bind).
    VersionQuery,
    /// A fault cuts a WebSocket on which nothing is said for so long.
    CutIdle(Duration),
    /// The peer owes the end of a close; wait no longer.
    CloseOverdue,
    /// The peer has heard all there is to say and was given time to take it.
    Drained,
    /// Output held back by a fault.
    Deliver(Output),
    /// An answer of the REST API held back by a fault.
    Respond(Response),
    /// An element held back by a fault.
    Say(Outgoing),
    /// A deed whose time the script has set.
    Cue(ServerAct),
    /// Elements that wait to be overtaken wait no longer.
    Overtaken,
    /// A session has outlived its connection for long enough.
    GhostOver,
    /// A session of BOSH has something to do.
    Session,
    /// The time of this fault is over.
    FaultOver(u64),
}

/// All timers, ordered by due time and then by the order in which they were set.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    queue: BTreeMap<(Duration, u64), (Party, Timer)>,
    /// The same keys by owner, so that to forget those of one costs nothing among thousands.
    owned: BTreeSet<(Party, Duration, u64)>,
    set: u64,
}

impl Timers {
    pub(crate) fn set(&mut self, due: Duration, owner: Party, timer: Timer) {
        self.set += 1;
        self.queue.insert((due, self.set), (owner, timer));
        self.owned.insert((owner, due, self.set));
    }

    /// The server time at which the next timer falls due.
    pub(crate) fn next_due(&self) -> Option<Duration> {
        self.queue.keys().next().map(|(due, _)| *due)
    }

    /// The server time at which the next timer falls due that a peer could notice, other than by
    /// being asked or pinged.
    pub(crate) fn next_deed(&self) -> Option<Duration> {
        let is_talk =
            |timer: &Timer| matches!(timer, Timer::PingTick | Timer::VersionQuery | Timer::Drained);
        self.queue.iter().find(|(_, (_, timer))| !is_talk(timer)).map(|((due, _), _)| *due)
    }

    /// Takes the next timer that has fallen due at `now`, with the time at which it did.
    pub(crate) fn take_due(&mut self, now: Duration) -> Option<(Duration, Party, Timer)> {
        let entry = self.queue.first_entry()?;
        if entry.key().0 > now {
            return None;
        }
        let ((due, number), (owner, timer)) = entry.remove_entry();
        self.owned.remove(&(owner, due, number));
        Some((due, owner, timer))
    }

    /// Forgets the timers of an owner for which `gone` holds.
    pub(crate) fn cancel(&mut self, owner: Party, gone: impl Fn(&Timer) -> bool) {
        let first = (owner, Duration::ZERO, 0);
        let last = (owner, Duration::MAX, u64::MAX);
        let owned: Vec<_> = self.owned.range(first..=last).copied().collect();
        for key @ (_, due, number) in owned {
            if self.queue.get(&(due, number)).is_some_and(|(_, timer)| gone(timer)) {
                self.queue.remove(&(due, number));
                self.owned.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numbers::ConnectionId;

    fn party(number: u64) -> Party {
        ConnectionId(number).into()
    }

    #[test]
    fn equal_due_times_keep_their_order() {
        let mut timers = Timers::default();
        let due = Duration::from_secs(1);
        timers.set(due, party(1), Timer::VersionQuery);
        timers.set(due, party(2), Timer::PingTick);
        assert_eq!(timers.take_due(Duration::ZERO), None);
        assert_eq!(timers.next_due(), Some(due));
        assert_eq!(timers.take_due(due), Some((due, party(1), Timer::VersionQuery)));
        assert_eq!(timers.take_due(due), Some((due, party(2), Timer::PingTick)));
    }

    #[test]
    fn cancelling_touches_one_connection_only() {
        let mut timers = Timers::default();
        for id in [1, 2] {
            timers.set(Duration::ZERO, party(id), Timer::PingTick);
        }
        timers.cancel(party(1), |_| true);
        assert_eq!(
            timers.take_due(Duration::ZERO),
            Some((Duration::ZERO, party(2), Timer::PingTick))
        );
        assert!(timers.owned.is_empty());
    }
}
