//! A small client of the Cisco Finesse notification service: XMPP over WebSocket (RFC 7395), SASL
//! PLAIN, resource binding, presence, subscriptions (XEP-0060), and the events that come of them.
//!
//! It is the reference client of the conformance suite:
//! `cargo xtask gate -- target/debug/finesse-client` holds it to the cases. It shares no code of
//! the wire with the fake, whose mistakes it would otherwise make as well: WebSocket is
//! tokio-tungstenite's.
//!
//! ```no_run
//! # async fn example() -> Result<(), finesse_client::Error> {
//! use finesse_client::{Config, Session};
//! let config = Config {
//!     url: "wss://uccx.example.com:8445/ws/".to_owned(),
//!     ca_pem: std::fs::read_to_string("ca.pem").ok(),
//!     domain: "uccx.example.com".to_owned(),
//!     pubsub: "pubsub.uccx.example.com".to_owned(),
//!     user: "1001".to_owned(),
//!     password: std::env::var("PASSWORD").unwrap_or_default(),
//!     resource: "wallboard".to_owned(),
//!     ..Config::default()
//! };
//! let mut session = Session::login(&config).await?;
//! session.subscribe("/finesse/api/Team/5/Users").await?;
//! while let Some(event) = session.next().await? {
//!     println!("{event:?}");
//! }
//! # Ok(()) }
//! ```

#![warn(missing_docs)]

use std::time::Duration;

mod address;
mod agent;
mod api;
mod bosh;
mod driver;
mod error;
mod event;
mod fault;
mod frames;
mod http;
mod login;
mod misreading;
mod network;
mod recovery;
mod requests;
mod session;
mod tls;
mod transport;
mod update;
mod upgrade;
mod verb;
mod websocket;

pub use api::Api;
pub use driver::{DONE, Ended, Settings, UNSUPPORTED, USAGE, drive};
pub use error::Error;
pub use event::Event;
pub use fault::Fault;
pub use network::{Connect, Connecting, Network, Octets};
use recovery::Backoff;
pub use session::Session;

/// Where to connect to, and as whom.
#[derive(Clone, Default)]
pub struct Config {
    /// `wss://HOST:PORT/ws/`, or for BOSH `https://HOST:PORT/http-bind/`. No password goes over
    /// `ws://` unless [`Config::allow_plain`] says so.
    pub url: String,
    /// The base URL of the REST API, `https://HOST:PORT/finesse/api`. Empty where it is not used.
    pub rest: String,
    /// The authorities to trust, in PEM, and no others.
    pub ca_pem: Option<String>,
    /// The XMPP domain. On a Finesse server it is in SystemInfo, and need not be the host of the
    /// URL.
    pub domain: String,
    /// The address of the publish-subscribe service; SystemInfo has it as well.
    pub pubsub: String,
    /// Login name, without domain.
    pub user: String,
    /// Password.
    pub password: String,
    /// The resource to bind. `desktop` is that of people's own desktops: a client that binds it
    /// throws them off.
    pub resource: String,
    /// How long the connection may be silent before the server is asked whether it is there; ten
    /// seconds, as the vendor's desktop has it, if nothing is said.
    pub ping_every: Option<Duration>,
    /// A password may go over a connection that anybody can read.
    pub allow_plain: bool,
    /// Something to do wrong, for tests of the tests.
    pub fault: Option<Fault>,
    /// How connections are made: by TCP, if nothing is said.
    pub network: Network,
}

impl Config {
    /// The same at the endpoint that the server sends its clients to. None for one that is less
    /// secure than this (RFC 7395 §3.6.1), and for one that is no WebSocket.
    pub fn moved(&self, uri: &str) -> Option<Self> {
        let is_as_secure = uri.starts_with("wss://")
            || (uri.starts_with("ws://") && self.url.starts_with("ws://"))
            || self.has(Fault::AnyEndpoint);
        is_as_secure.then(|| Self { url: uri.to_owned(), ..self.clone() })
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config")
            .field("url", &self.url)
            .field("user", &self.user)
            .field("resource", &self.resource)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_goes_where_it_is_less_secure() {
        let at = |url: &str| Config { url: url.to_owned(), ..Config::default() };
        let goes = |from: &str, to: &str| at(from).moved(to).is_some_and(|moved| moved.url == to);
        assert!(goes("wss://a/ws/", "wss://b/ws/") && goes("ws://a/ws/", "wss://b/ws/"));
        assert!(goes("ws://a/ws/", "ws://b/ws/"));
        assert!(!goes("wss://a/ws/", "ws://b/ws/") && !goes("wss://a/ws/", "https://b/http-bind/"));
    }
}
