//! The server that is measured.

use remote::Url;
use wire::net::Trust;

/// Where the server is and what it calls itself.
#[derive(Debug, Clone)]
pub struct MeasuredServer {
    /// URL of its WebSocket.
    pub url: Url,
    /// Which certificates to believe, if the URL is one over TLS.
    pub trust: Trust,
    /// The XMPP domain.
    pub domain: String,
    /// The address of the publish-subscribe service.
    pub pubsub: String,
}
