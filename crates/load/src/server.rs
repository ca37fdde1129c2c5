//! The server under load.

use remote::Url;
use wire::net::Trust;

/// Address and names of a server under load.
#[derive(Debug, Clone)]
pub struct MeasuredServer {
    /// The URL of the WebSocket.
    pub url: Url,
    /// The trusted certificates; unused for `ws`.
    pub trust: Trust,
    /// The XMPP domain, for `to` of `<open/>`.
    pub domain: String,
    /// The JID of the publish-subscribe service.
    pub pubsub: String,
}
