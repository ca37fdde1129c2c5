//! Errors of a client, with the failed step.

use std::fmt;

use thiserror::Error as ThisError;

/// A step of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientStep {
    /// The connection and the WebSocket upgrade (RFC 6455 §4).
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
    /// Arrival of a notification.
    Delivery,
    /// Deletion of a node (XEP-0060 §8.4).
    Delete,
    /// A request to the REST API of Finesse.
    Api,
}

impl ClientStep {
    /// The error of a client that fails at this step.
    pub(crate) fn failed(self, cause: remote::Error) -> Error {
        Error::Step { step: self, cause }
    }

    /// The error for an answer that the protocol does not allow at this step.
    pub(crate) fn unexpected(self, wanted: &str, got: &stanza::Element) -> Error {
        let got = format!("wanted {wanted}, got {}", stanza::print(got));
        self.failed(remote::Error::Unexpected(got))
    }
}

impl fmt::Display for ClientStep {
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
            Self::Api => "request to the REST API",
        })
    }
}

/// Why a client failed.
#[derive(Debug, ThisError)]
pub enum Error {
    /// A step of one client failed.
    #[error("{}", message(*.step, .cause))]
    Step {
        /// The failed step.
        step: ClientStep,
        /// The cause of the failure.
        cause: remote::Error,
    },
    /// One client of many failed.
    #[error("{account}, client {number}: {error}")]
    Client {
        /// The login name of its account.
        account: String,
        /// Number of the client, from 1.
        number: usize,
        /// The error of that client.
        error: Box<Self>,
    },
}

/// The message: a dialling error names its step itself; other errors get the step as a prefix.
fn message(step: ClientStep, cause: &remote::Error) -> String {
    match cause {
        remote::Error::Dial(error) => {
            let hint = error.hint().map_or_else(String::new, |hint| format!("; {hint}"));
            format!("{error}{hint}")
        }
        remote::Error::Login(condition) => format!("{step}: refused with {condition}"),
        remote::Error::Ended(Some(cause)) => format!("{step}: {cause}"),
        remote::Error::ClosedWebSocket(_) | remote::Error::ClosedStream => {
            message(step, &remote::Error::Ended(None))
        }
        cause => format!("{step}: {cause}"),
    }
}
