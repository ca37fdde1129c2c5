//! The extent of a bench.

/// A kind of measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeasureKind {
    /// Time from the start of the process until it is ready.
    Start,
    /// Logins a second: TLS, upgrade, SASL, bind, presence, two subscriptions.
    Logins,
    /// Memory per session, and one publication to many subscribers.
    Sessions,
    /// Cases of the suite a second.
    Suite,
}

impl MeasureKind {
    /// All kinds, in the order of the report.
    pub const ALL: [Self; 4] = [Self::Start, Self::Logins, Self::Sessions, Self::Suite];
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
        sessions.chain(logins).max().unwrap_or_default()
    }
}
