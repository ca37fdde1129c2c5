//! The facts about its server that the API knows, beside the contact centre.

use std::fmt;
use std::time::Duration;

use contact::SystemStatus;

use crate::broken::Rule;
use crate::sign_on::SignOn;

/// Accounts and their passwords.
pub trait Accounts: fmt::Debug {
    /// Whether this is the password of the agent of this id, whether or not it has single sign-on.
    fn accepts_agent(&self, id: &str, password: &str) -> bool;

    /// Whether there is an administrator of this name.
    fn has_administrator(&self, name: &str) -> bool;

    /// Whether this is the password of the administrator of this name.
    fn accepts_administrator(&self, name: &str, password: &str) -> bool;

    /// Single sign-on, where agents have it.
    fn sign_on(&self) -> Option<&SignOn>;
}

/// The facts of one server.
#[derive(Debug)]
pub struct Site<'a> {
    /// The XMPP domain, which is the host name of the server.
    pub domain: &'a str,
    /// The host name of the other server of a pair.
    pub peer: Option<&'a str>,
    /// Whether this is the secondary one of a pair.
    pub is_secondary: bool,
    pub status: SystemStatus,
    /// Whether browsers of other origins may use the API (`utils finesse cors`).
    pub allows_cross_origin: bool,
    /// Server time.
    pub now: Duration,
    /// The time of day in seconds since 1970.
    pub seconds: u64,
    /// Server time as XEP-0082 writes it.
    pub stamp: String,
    pub accounts: &'a dyn Accounts,
    /// The rules of the API that this server breaks, for tests of the conformance suite.
    pub broken: Vec<Rule>,
}

impl Site<'_> {
    /// The primary server, and the secondary one of a pair.
    pub(crate) fn nodes(&self) -> (&str, Option<&str>) {
        match self.peer {
            Some(peer) if self.is_secondary => (peer, Some(self.domain)),
            peer => (self.domain, peer),
        }
    }

    /// Whether this server breaks a rule.
    pub(crate) fn breaks(&self, rule: Rule) -> bool {
        self.broken.contains(&rule)
    }
}
