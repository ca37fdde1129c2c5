//! The extent of a bench.

use std::time::Duration;

/// A kind of measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeasureKind {
    /// Time from the start of the process until it is ready.
    Start,
    /// Logins a second: TLS, upgrade, SASL, bind, presence, two subscriptions.
    Logins,
    /// Memory per session, and one publication to many subscribers.
    Sessions,
    /// Sign-ins and changes of state a second through the REST API, each with its event.
    Rest,
    /// A busy day of agents and calls, faster than the wall clock.
    Traffic,
    /// Cases of the suite a second.
    Suite,
}

impl MeasureKind {
    /// All kinds, in the order of the report.
    pub const ALL: [Self; 6] =
        [Self::Start, Self::Logins, Self::Sessions, Self::Rest, Self::Traffic, Self::Suite];
}

/// Kinds and numbers of measurements.
#[derive(Debug, Clone)]
pub struct Extent {
    /// The kinds to measure.
    pub kinds: Vec<MeasureKind>,
    /// Number of rounds of each kind.
    pub rounds: usize,
    /// Number of logins in a round.
    pub logins: usize,
    /// Numbers of sessions, ascending.
    pub sessions: Vec<usize>,
    /// Number of clients that log in at the same time.
    pub at_once: usize,
    /// Number of agents who use the REST API, or whose day is measured.
    pub agents: usize,
    /// Number of changes of state in a round, by all agents together.
    pub changes: usize,
    /// How long the busy day is watched, in wall time.
    pub busy: Duration,
    /// The area of cases to play; none for the whole suite.
    pub cases: Option<&'static str>,
}

impl Extent {
    /// Whether `kind` is measured.
    pub fn has(&self, kind: MeasureKind) -> bool {
        self.kinds.contains(&kind)
    }

    /// The greatest number of simultaneous connections.
    pub fn most(&self) -> usize {
        let logins = self.has(MeasureKind::Logins).then_some(self.logins);
        let sessions = self
            .has(MeasureKind::Sessions)
            .then(|| self.sessions.iter().copied())
            .into_iter()
            .flatten();
        // An agent has a WebSocket and a connection to the API.
        let agents = self.has(MeasureKind::Rest).then_some(2 * self.agents);
        let day = self.has(MeasureKind::Traffic).then_some(self.agents);
        sessions.chain(logins).chain(agents).chain(day).max().unwrap_or_default()
    }
}
