//! How much is measured.

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeasureKind {
    /// From the start of the process until it says that it is ready.
    Start,
    /// Logins a second: TLS, upgrade, SASL, bind, presence, two subscriptions.
    Logins,
    /// Memory for each session, and one publication to many subscribers.
    Sessions,
    /// Cases of the suite a second.
    Suite,
}

impl MeasureKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Start, Self::Logins, Self::Sessions, Self::Suite];
}

/// How much is measured.
#[derive(Debug, Clone)]
pub struct Extent {
    /// What is measured.
    pub kinds: Vec<MeasureKind>,
    /// Rounds of each kind.
    pub rounds: usize,
    /// Logins in a round.
    pub logins: usize,
    /// Sizes of the crowd, ascending.
    pub sessions: Vec<usize>,
    /// Clients that log in at the same time.
    pub at_once: usize,
    /// The area that the suite plays; without one, all of it.
    pub cases: Option<&'static str>,
}

impl Extent {
    /// Whether a kind is measured.
    pub fn has(&self, kind: MeasureKind) -> bool {
        self.kinds.contains(&kind)
    }

    /// The most connections that are open at once.
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
