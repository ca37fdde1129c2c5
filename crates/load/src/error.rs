//! What goes wrong between a client and the server, and at which step.

use std::fmt;
use std::time::Duration;

use thiserror::Error;
use wire::handshake::HandshakeFault;
use wire::net::DialError;

/// A step of a client's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The WebSocket upgrade (RFC 6455 §4).
    Upgrade,
    /// Opening of the stream, before and after the login (RFC 7395 §3.4).
    Open,
    /// SASL PLAIN (RFC 6120 §6).
    Auth,
    /// Binding of a resource (RFC 6120 §7).
    Bind,
    /// Creation of a node (XEP-0060 §8.1).
    Create,
    /// A subscription (XEP-0060 §6.1).
    Subscribe,
    /// A publication (XEP-0060 §7.1).
    Publish,
    /// Arrival of what was published.
    Delivery,
    /// Deletion of a node (XEP-0060 §8.4).
    Delete,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Upgrade => "upgrade",
            Self::Open => "opening of the stream",
            Self::Auth => "login",
            Self::Bind => "bind",
            Self::Create => "creation of a node",
            Self::Subscribe => "subscription",
            Self::Publish => "publication",
            Self::Delivery => "delivery",
            Self::Delete => "deletion of a node",
        })
    }
}

/// Why a client did not get on.
#[derive(Debug, Error)]
pub enum Fault {
    /// There is no connection.
    #[error("{}{}", .0, .0.hint().map_or_else(String::new, |hint| format!("; {hint}")))]
    Dial(#[from] DialError),
    /// The answer to the upgrade is not one that a client may go on with.
    #[error("upgrade: {0}")]
    Handshake(#[from] HandshakeFault),
    /// The server said no.
    #[error("{step}: refused with {condition}")]
    Refused {
        /// What was asked for.
        step: Step,
        /// The condition as the server named it.
        condition: String,
    },
    /// The answer is not what the protocol has there.
    #[error("{step}: {got}")]
    Unexpected {
        /// What was under way.
        step: Step,
        /// What came, and what was wanted.
        got: String,
    },
    /// The connection ended.
    #[error("{step}: the server ended the connection")]
    Ended {
        /// What was under way.
        step: Step,
    },
    /// No answer in time.
    #[error("{step}: no answer within {after:?}")]
    Timeout {
        /// What was under way.
        step: Step,
        /// The deadline.
        after: Duration,
    },
    /// The connection broke.
    #[error("{step}: {cause}")]
    Io {
        /// What was under way.
        step: Step,
        /// What the system said.
        cause: std::io::Error,
    },
    /// One client of many failed.
    #[error("{account}, client {number}: {fault}")]
    Client {
        /// The account that it logs in with.
        account: String,
        /// Which client, counted from 1.
        number: usize,
        /// What went wrong.
        fault: Box<Self>,
    },
}

impl Fault {
    /// Whether nobody could be reached, as against a server that answered.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        match self {
            Self::Dial(_) => true,
            Self::Client { fault, .. } => fault.is_unreachable(),
            _ => false,
        }
    }

    /// The condition of a refusal.
    #[must_use]
    pub fn condition(&self) -> Option<&str> {
        match self {
            Self::Refused { condition, .. } => Some(condition),
            _ => None,
        }
    }
}
