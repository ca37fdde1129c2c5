//! The steps of a conversation, in the order in which they come, and whose fault a break is.

use std::fmt;

/// A step of the ladder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    Dns,
    Connect,
    Tls,
    Upgrade,
    Open,
    Auth,
    Restart,
    Bind,
    Session,
    Presence,
    Subscribe,
    Rest,
    Events,
    Stanza,
    Keepalive,
    Idle,
    Failover,
    Reconnect,
    Close,
    /// TLS without keys: the conversation cannot be seen.
    Hidden,
}

impl Step {
    /// Its name in the output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Upgrade => "upgrade",
            Self::Open => "open",
            Self::Auth => "auth",
            Self::Restart => "restart",
            Self::Bind => "bind",
            Self::Session => "session",
            Self::Presence => "presence",
            Self::Subscribe => "subscribe",
            Self::Rest => "rest",
            Self::Events => "events",
            Self::Stanza => "stanza",
            Self::Keepalive => "keepalive",
            Self::Idle => "idle",
            Self::Failover => "failover",
            Self::Reconnect => "reconnect",
            Self::Close => "close",
            Self::Hidden => "unknown (TLS, no keys)",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The party that has to mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    Client,
    Server,
    /// Something between the two: a reverse proxy, a load balancer, a firewall, the network.
    Proxy,
    Certificate,
    /// Accounts, nodes, names and settings.
    Configuration,
}

impl Fault {
    /// Its name in the output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
            Self::Proxy => "proxy",
            Self::Certificate => "certificate",
            Self::Configuration => "configuration",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
