//! The control port: drives a fake over HTTP and JSON, from any language, on the same machine.
//!
//! `openapi.json` beside this file describes it. It is served as `/openapi.json`, and a test
//! compares it with the routes and their answers.
//!
//! ```
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! use std::sync::Arc;
//! use finesse_fake::{Control, FakeFinesse};
//!
//! let fake = Arc::new(FakeFinesse::builder().user("1001", "secret").start().await?);
//! let control = Control::open(&fake, "127.0.0.1:0".parse().unwrap()).await?;
//! assert!(control.url().starts_with("http://127.0.0.1:"));
//! # Ok::<(), finesse_fake::Error>(()) }).unwrap();
//! ```

mod ask;
mod calls;
mod conversation;
mod explain;
mod live;
mod problem;
mod publications;
mod routes;
mod world;

use std::net::SocketAddr;
use std::sync::Arc;

use ::console::Port;
use wire::net::LocalAccess;

use crate::error::Error;
use crate::server::FakeFinesse;

pub use ::console::Explainer;

/// The document that describes the port (OpenAPI 3.1).
pub const OPENAPI: &str = include_str!("openapi.json");

/// The control port of a fake. It is open until it is dropped, and does not keep its fake alive.
#[derive(Debug)]
pub struct Control {
    /// The host and port of its URLs.
    authority: String,
    port: Port,
}

impl Control {
    /// Opens the control port of a fake on an address of this machine's own; port 0 takes a free
    /// one.
    ///
    /// # Errors
    ///
    /// The address is not a loopback address, or cannot be listened on.
    pub async fn open(fake: &Arc<FakeFinesse>, address: SocketAddr) -> Result<Self, Error> {
        Self::begin(fake, address, None).await
    }

    /// The same with `POST /explain`, whose answers the function makes.
    ///
    /// # Errors
    ///
    /// As for [`Control::open`].
    pub async fn open_with(
        fake: &Arc<FakeFinesse>,
        address: SocketAddr,
        explainer: Explainer,
    ) -> Result<Self, Error> {
        Self::begin(fake, address, Some(explainer)).await
    }

    async fn begin(
        fake: &Arc<FakeFinesse>,
        address: SocketAddr,
        explainer: Option<Explainer>,
    ) -> Result<Self, Error> {
        // The port has no login, and its users may do anything to the fake.
        if !address.ip().is_loopback() {
            return Err(Error::NotLoopback { address });
        }
        Self::listen(fake, address, LocalAccess::new(), explainer).await
    }

    /// [`Control::open_with`] on any address, which may be one that other machines reach. So every
    /// request needs the token, which is a new one unless it is given.
    ///
    /// # Errors
    ///
    /// The address cannot be listened on.
    pub async fn open_beyond_loopback(
        fake: &Arc<FakeFinesse>,
        address: SocketAddr,
        token: Option<&str>,
        explainer: Explainer,
    ) -> Result<Self, Error> {
        let access = LocalAccess::beyond_loopback(token);
        Self::listen(fake, address, access, Some(explainer)).await
    }

    async fn listen(
        fake: &Arc<FakeFinesse>,
        address: SocketAddr,
        access: LocalAccess,
        explainer: Option<Explainer>,
    ) -> Result<Self, Error> {
        let opened = Port::open(fake, routes::of(fake), address, access, explainer).await;
        let port = opened.map_err(|source| Error::Listen { address, source })?;
        fake.keep_publications();
        let authority = fake.authority_of(port.address());
        Ok(Self { authority, port })
    }

    /// The URL of the port, e.g. `http://127.0.0.1:40124`.
    pub fn url(&self) -> String {
        format!("http://{}", self.authority)
    }

    /// The URL for a browser, with the token that a browser needs. Programs need none.
    pub fn browser_url(&self) -> String {
        self.port.access().browser_url(&self.url())
    }

    /// The URL of the console, the page of the port, with the token.
    pub fn console_url(&self) -> String {
        format!("{}/console?token={}", self.url(), self.port.access().token())
    }

    /// The token that a browser needs.
    pub fn token(&self) -> &str {
        self.port.access().token()
    }

    /// Methods and paths of all routes, as in the document.
    pub fn routes() -> impl Iterator<Item = (&'static str, &'static str)> {
        routes::ROUTES.iter().map(|route| (route.method, route.path))
    }
}
