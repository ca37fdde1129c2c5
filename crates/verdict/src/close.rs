//! The closing axis: how the connections of a case ended.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How the connections of a case ended (RFC 7395 §3.6, RFC 6455 §7.1). Red only with `--strict`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CloseAxis {
    /// Both `<close/>` elements and both WebSocket close frames were exchanged.
    Clean,
    /// No connection came as far as an upgrade, or the case ended it on purpose.
    NotReached,
    /// A WebSocket close frame had a code other than 1000.
    WrongCode,
    /// The peer ended a connection that the case had left open.
    WrongSide,
    /// TCP ended without the closing handshakes.
    Unclean,
}

impl CloseAxis {
    /// All ends of connections, best first.
    pub const ALL: [Self; 5] =
        [Self::Clean, Self::NotReached, Self::WrongCode, Self::WrongSide, Self::Unclean];

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

    /// Its meaning, for legends.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Clean => {
                "both `<close/>` elements and both WebSocket close frames were exchanged"
            }
            Self::NotReached => "the case ended earlier, or ended its connections itself",
            Self::WrongCode => "a WebSocket close frame had a code other than 1000",
            Self::WrongSide => "the peer ended a connection that the case had left open",
            Self::Unclean => "TCP ended without the closing handshakes",
        }
    }

    /// Whether this end is green with `--strict`.
    pub fn is_tidy(self) -> bool {
        matches!(self, Self::Clean | Self::NotReached)
    }
}

impl fmt::Display for CloseAxis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}
