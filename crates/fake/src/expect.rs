//! Expectations on the clients of a fake, and waiting for messages.

use std::time::Duration;

use engine::Said;

use crate::error::Error;
use crate::expectation::{Expected, in_vain, what_was_said};
use crate::outlet::FakeOutlet;
use crate::pattern::{CandidateSort, Pattern};
use crate::server::FakeFinesse;

/// A new expectation, to set how often the message must come. Default: at least once.
#[derive(Debug, Clone, Copy)]
pub struct Expectation<'a> {
    fake: &'a FakeFinesse,
    id: u64,
}

/// A wait, which ends when it is dropped.
struct Wait<'a> {
    way: &'a FakeOutlet,
    sort: CandidateSort,
    number: u64,
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        self.way.waiting().remove(&self.sort, self.number);
    }
}

impl Expectation<'_> {
    /// The message comes exactly this often.
    pub fn times(self, n: u64) -> Self {
        self.between(n, Some(n))
    }

    /// The message comes at least this often.
    pub fn at_least(self, n: u64) -> Self {
        self.between(n, None)
    }

    /// The message comes at most this often.
    pub fn at_most(self, n: u64) -> Self {
        self.between(0, Some(n))
    }

    /// The message never comes.
    pub fn never(self) -> Self {
        self.times(0)
    }

    fn between(self, least: u64, most: Option<u64>) -> Self {
        self.fake.shared.way.expectations().set(self.id, least, most);
        self
    }
}

impl FakeFinesse {
    /// Expects clients to send a message, or a request of the REST API, from now on, at least once
    /// unless set otherwise; see
    /// [`Pattern`]. An expectation that is not met when the fake is dropped fails the test; the
    /// report has the nearest messages and the transcript.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use finesse_fake::FakeFinesse;
    /// let fake = FakeFinesse::builder().user("1001", "secret").start().await?;
    /// fake.expect("<iq type='set'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>").times(1);
    /// // No client has come yet.
    /// assert!(fake.verify().unwrap_err().to_string().contains("wanted once, did not come"));
    /// # Ok::<(), finesse_fake::Error>(()) }).unwrap();
    /// ```
    ///
    /// # Panics
    ///
    /// The pattern is not one XML element, or the fake has 256 expectations already: mistakes of
    /// the test itself.
    #[track_caller]
    pub fn expect(&self, pattern: &str) -> Expectation<'_> {
        match pattern.parse().and_then(|pattern| self.add_expectation(pattern, true)) {
            Ok(id) => Expectation { fake: self, id },
            Err(error) => panic!("{}", in_full(&error)),
        }
    }

    /// Checks all expectations up to now. Each is judged once, here or when the
    /// fake is dropped.
    ///
    /// # Errors
    ///
    /// An expectation is not met. The text has the nearest messages and the transcript.
    pub fn verify(&self) -> Result<(), Error> {
        self.judge(|_| true)
    }

    /// Waits until a client has sent a message or request that fits, or has an answer that fits,
    /// perhaps before the call; see [`Pattern`]. Each message, request and answer ends one wait.
    /// `within` is wall time.
    ///
    /// ```
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// # use finesse_fake::FakeFinesse;
    /// # use std::time::Duration;
    /// let fake = FakeFinesse::builder().user("1001", "secret").start().await?;
    /// let nobody = fake.wait_for("<presence/>", Duration::from_millis(10)).await;
    /// assert!(nobody.unwrap_err().to_string().starts_with("waited 10ms for <presence/>"));
    /// # Ok::<(), finesse_fake::Error>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// No message fits in time, the pattern is not one XML element, or the transcript is off.
    pub async fn wait_for(&self, pattern: &str, within: Duration) -> Result<Said, Error> {
        let pattern: Pattern = pattern.parse()?;
        let (_wait, message) = {
            // A message after this look at the transcript goes to the wait.
            let mut inner = self.shared.lock();
            if !inner.engine.keeps_transcript() {
                return Err(Error::NoTranscript);
            }
            if let Some(said) = inner.engine.take_said(|said| pattern.fits_said(said)) {
                return Ok(said);
            }
            let (number, message) = self.shared.way.waiting().add(pattern.clone());
            (Wait { way: &self.shared.way, sort: pattern.sort(), number }, message)
        };
        match tokio::time::timeout(within, message).await {
            Ok(Ok(said)) => Ok(said),
            _ => Err(Error::Unmet { report: in_vain(&pattern, within, &self.transcript()) }),
        }
    }

    /// The expectations, and how often each came.
    pub fn expected(&self) -> Vec<Expected> {
        self.shared.way.expectations().list().to_vec()
    }

    pub(crate) fn add_expectation(&self, pattern: Pattern, on_drop: bool) -> Result<u64, Error> {
        self.shared.way.expectations().add(pattern, on_drop)
    }

    /// Judges and forgets expectations.
    pub(crate) fn judge(&self, which: impl Fn(&Expected) -> bool) -> Result<(), Error> {
        let judged = self.shared.way.expectations().take(which);
        let unmet: Vec<String> =
            judged.iter().filter(|expected| !expected.is_met()).map(Expected::report).collect();
        if unmet.is_empty() {
            return Ok(());
        }
        let report = format!("{}{}", unmet.join("\n"), what_was_said(&self.transcript()));
        Err(Error::Unmet { report })
    }
}

/// An error with its causes.
fn in_full(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", in_full(source)),
        None => error.to_string(),
    }
}
