//! The server that is measured, and who logs in to it.

use std::fmt;

use wire::net::Trust;

/// Where the server is and what it calls itself.
#[derive(Debug, Clone)]
pub struct Server {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Path of the WebSocket, e.g. `/ws/`.
    pub path: String,
    /// Which certificates to believe; none for a server without TLS.
    pub trust: Option<Trust>,
    /// The XMPP domain.
    pub domain: String,
    /// The address of the publish-subscribe service.
    pub pubsub: String,
}

/// Somebody who can log in. The password is not shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Login name.
    pub name: String,
    /// Password.
    pub password: String,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Account").field(&self.name).finish()
    }
}
