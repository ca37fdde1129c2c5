//! Why a measurement fails.

use std::time::Duration;

/// Why a measurement fails.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The fake does not start.
    #[error("the fake does not start: {0}")]
    Start(String),
    /// A client cannot connect.
    #[error(transparent)]
    Dial(#[from] wire::DialError),
    /// A connection breaks.
    #[error("a connection broke: {0}")]
    Broken(#[from] std::io::Error),
    /// The server says something that a client of this way does not expect.
    #[error("wanted {wanted}, got {got}")]
    Unexpected { wanted: &'static str, got: String },
    /// A step takes too long.
    #[error("{step} did not come within {after:?}")]
    Late { step: String, after: Duration },
    /// A client hears something else than what was published.
    #[error("agent {agent} heard something else than change {number}: {heard}")]
    Differs { agent: String, number: u64, heard: String },
    /// Two days of one seed are not the same.
    #[error("the day was another than before: {changes} changes, and {before} before")]
    OtherDay { changes: usize, before: usize },
    /// A way that failed.
    #[error("{way} with {agents} agents: {error}")]
    Way { way: String, agents: usize, error: Box<Self> },
}

impl Error {
    pub(crate) fn unexpected(wanted: &'static str, got: impl AsRef<str>) -> Self {
        Self::Unexpected { wanted, got: textual::clipped(got.as_ref(), 300).into_owned() }
    }
}

/// Waits for a step, for as long as a machine under load may need.
pub(crate) async fn within<T>(
    step: impl FnOnce() -> String,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(done) => done,
        Err(_) => Err(Error::Late { step: step(), after: PATIENCE }),
    }
}

/// The longest that a step may take, in wall time: the day stands still meanwhile.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
