//! The verdict on a case as a word, and what counts as red beyond the usual.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The verdict on one case against one target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The assertions hold and the snapshot is equal.
    Pass,
    /// A SHOULD is broken, or a branch labelled `non-strict` was taken.
    NonStrict,
    /// An observation.
    Info,
    /// The assertions hold, the transcript changed.
    Drift,
    /// A MUST is broken.
    Fail,
    /// The case could not be played: target unreachable, account missing. Writes no snapshot.
    Error,
    /// The mismatch sits inside a fragment, so the case's own question was never asked.
    Blocked,
    /// The target lacks what the case needs.
    Unsupported,
    /// A listed deviation happened as listed.
    Expected,
    /// A listed deviation did not happen, or has expired.
    UnexpectedPass,
    /// Played several times, it did not come to the same each time. Writes no snapshot.
    Flaky,
}

impl Verdict {
    /// All verdicts, those that need a look last.
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

    /// The word for machines: `pass`, `non-strict`, `unexpected-pass`.
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

    /// Whether what was said counts as the target's way, and is held against a snapshot.
    pub fn has_snapshot(self) -> bool {
        matches!(self, Self::Pass | Self::NonStrict | Self::Info | Self::Expected | Self::Drift)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// What counts as red beyond the usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Strictness {
    /// `--strict`: NON-STRICT, FLAKY, and an end that is not clean.
    pub strict: bool,
    /// `--require-all`: UNSUPPORTED.
    pub require_all: bool,
}
