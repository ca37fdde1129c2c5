//! The real server that a proxy stands in front of.

use wire::net::Trust;

/// Address and trust of a server.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// Host name or address; an IPv6 address in its brackets.
    pub host: String,
    pub port: u16,
    /// The condition for its certificate; none for a server without TLS.
    pub trust: Option<Trust>,
}

impl Upstream {
    /// `host:port`, without the port where the scheme implies it (RFC 9110 §7.2).
    #[must_use]
    pub fn authority(&self) -> String {
        let usual = if self.trust.is_some() { 443 } else { 80 };
        if self.port == usual { self.host.clone() } else { format!("{}:{}", self.host, self.port) }
    }

    /// `wss://host:port` or `ws://host:port`.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.trust.is_some() { "wss" } else { "ws" };
        format!("{scheme}://{}:{}", self.host, self.port)
    }
}
