//! Verdicts as words, and the options that make more of them red.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The verdict on one case against one target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The assertions hold, and the transcript equals the snapshot.
    Pass,
    /// A claim of level SHOULD is broken, or a branch labelled `non-strict` was taken.
    NonStrict,
    /// An observation without a claim.
    Info,
    /// The assertions hold, but the transcript changed.
    Drift,
    /// A claim of level MUST is broken.
    Fail,
    /// The case could not be played: target unreachable, account missing. Writes no snapshot.
    Error,
    /// A fragment failed, so the case never came to its own question.
    Blocked,
    /// The target lacks a feature that the case needs.
    Unsupported,
    /// A listed deviation happened as listed.
    Expected,
    /// A listed deviation did not happen, or has expired.
    UnexpectedPass,
    /// Repeated plays had different results. Writes no snapshot.
    Flaky,
}

impl Verdict {
    /// All verdicts; those that need a look come last.
    pub const ALL: [Self; 11] = [
        Self::Pass,
        Self::NonStrict,
        Self::Info,
        Self::Expected,
        Self::Unsupported,
        Self::Flaky,
        Self::Blocked,
        Self::Drift,
        Self::UnexpectedPass,
        Self::Fail,
        Self::Error,
    ];

    /// The word in JSON: `pass`, `non-strict`, `unexpected-pass`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::NonStrict => "non-strict",
            Self::Info => "info",
            Self::Drift => "drift",
            Self::Fail => "fail",
            Self::Error => "error",
            Self::Blocked => "blocked",
            Self::Unsupported => "unsupported",
            Self::Expected => "expected",
            Self::UnexpectedPass => "unexpected-pass",
            Self::Flaky => "flaky",
        }
    }

    /// Its meaning, for legends.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Pass => "the assertions hold and the transcript is the accepted one",
            Self::NonStrict => "a SHOULD is broken, or an allowed but inferior answer arrived",
            Self::Info => "an observation; the case demands nothing",
            Self::Drift => "the assertions hold, the transcript changed",
            Self::Fail => "a MUST is broken",
            Self::Error => {
                "the case could not be played: nothing listens, the certificate is not trusted"
            }
            Self::Blocked => {
                "a step before the case's own question failed; the report names the case that tests that step"
            }
            Self::Unsupported => {
                "the target lacks what the case needs, or does not allow its side effects"
            }
            Self::Expected => "a listed deviation of the target happened as listed",
            Self::UnexpectedPass => "a listed deviation did not happen, or has expired",
            Self::Flaky => "several tries (`--retries`) did not agree",
        }
    }

    /// Whether the transcript is compared with a snapshot.
    pub fn has_snapshot(self) -> bool {
        matches!(self, Self::Pass | Self::NonStrict | Self::Info | Self::Expected | Self::Drift)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// Options that make more verdicts red.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Strictness {
    /// `--strict`: NON-STRICT, FLAKY and unclean ends are red.
    pub strict: bool,
    /// `--require-all`: UNSUPPORTED is red.
    pub require_all: bool,
}
