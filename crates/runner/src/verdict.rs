//! What a run says of a case, and what it says as a whole: verdicts, the closing axis, exit codes.

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
    /// All verdicts, worst last in the sense of [`Verdict::is_red`].
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

    /// Whether a run with this verdict in it is not green under `options`.
    pub fn is_red(self, options: Strictness) -> bool {
        match self {
            Self::Pass | Self::Info | Self::Expected => false,
            Self::NonStrict | Self::Flaky => options.strict,
            Self::Unsupported => options.require_all,
            Self::Drift | Self::Fail | Self::Error | Self::Blocked | Self::UnexpectedPass => true,
        }
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

/// How the connections of a case ended; decides nothing by itself (RFC 7395 §3.6, RFC 6455 §7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CloseAxis {
    /// Both `<close/>` and both WebSocket closes.
    Clean,
    /// No connection came as far as an upgrade, or the case ended it on purpose.
    NotReached,
    /// WebSocket was closed with another code than 1000.
    WrongCode,
    /// The peer ended what we had not asked it to end.
    WrongSide,
    /// TCP ended without the closing handshakes.
    Unclean,
}

impl CloseAxis {
    /// The word for machines: `clean`, `not-reached`, `wrong-code`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::NotReached => "not-reached",
            Self::WrongCode => "wrong-code",
            Self::WrongSide => "wrong-side",
            Self::Unclean => "unclean",
        }
    }

    /// Whether `--strict` lets it pass.
    pub fn is_tidy(self) -> bool {
        matches!(self, Self::Clean | Self::NotReached)
    }
}

impl fmt::Display for CloseAxis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// Exit codes of the tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exit {
    /// 0: green.
    Green,
    /// 1: FAIL, UNEXPECTED-PASS, an orphan, a stale deviation, a finding of lint or fmt.
    Fail,
    /// 2: nothing worse than DRIFT.
    Drift,
    /// 3: the target could not be reached or stopped answering, or a case was BLOCKED and its owner did not run.
    Error,
    /// 4: nothing was selected, or everything selected is UNSUPPORTED.
    Nothing,
    /// 64: the command line, a target file, or a variable of the environment.
    Usage,
    /// 65: a case file does not parse.
    Parse,
    /// 70: a bug of ours.
    Bug,
    /// 130: interrupted.
    Interrupted,
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Green => 0,
            Self::Fail => 1,
            Self::Drift => 2,
            Self::Error => 3,
            Self::Nothing => 4,
            Self::Usage => 64,
            Self::Parse => 65,
            Self::Bug => 70,
            Self::Interrupted => 130,
        }
    }
}
