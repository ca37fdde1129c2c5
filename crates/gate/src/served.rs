//! A gate for a client that runs for long, a browser page or a desktop application: one port, on
//! which the path names the case, and an HTTP API that says what each case asks for.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use wire::net::{Authority, CertificateError, Listener};

use crate::api::Api;
use crate::queue::CaseQueue;
use crate::router;

/// How a gate is served.
#[derive(Debug, Clone)]
pub struct Service {
    /// The port of the clients.
    pub listen: SocketAddr,
    /// The desk, on loopback.
    pub desk: SocketAddr,
    /// Clients come without TLS.
    pub plain: bool,
    /// Where to write the certificate that clients must trust.
    pub ca: PathBuf,
    /// After how long without a client the rest is given up.
    pub idle: Duration,
}

/// Why a gate cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The port of the clients.
    #[error("cannot listen on {address}: {source}")]
    Port {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The desk.
    #[error("no desk at {address}: {source}")]
    Desk {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The authority cannot be made.
    #[error("no authority: {0}")]
    Authority(#[from] CertificateError),
    /// Its certificate cannot be written.
    #[error(transparent)]
    Ca(#[from] files::Unwritten),
}

/// A gate that is served. It ends when it is dropped.
#[derive(Debug)]
pub struct Served {
    pub(super) queue: Arc<CaseQueue>,
    pub(super) authority: Authority,
    pub(super) ca: PathBuf,
    pub(super) address: SocketAddr,
    pub(super) plain: bool,
    /// What a client under test is told for its password, the same in all cases that are not about
    /// passwords: somebody may type it.
    pub(super) password: String,
    desk: String,
    _tasks: JoinSet<()>,
}

impl Served {
    /// Opens port and desk for so many cases. What is odd about connections is sent to `odd`, a
    /// line each.
    ///
    /// # Errors
    ///
    /// An address is taken, or the certificate cannot be made or written.
    pub async fn open(
        service: &Service,
        cases: usize,
        odd: mpsc::UnboundedSender<String>,
    ) -> Result<Self, ServeError> {
        let authority = Authority::new()?;
        let ca = service.ca.clone();
        files::write(&ca, authority.ca_pem())?;
        let ca = std::path::absolute(&ca).map_err(|error| files::Unwritten::new(&ca, error))?;
        let own = service.listen.ip().to_string();
        let tls = match service.plain {
            true => None,
            false => Some(authority.server_config(&["localhost", "127.0.0.1", own.as_str()])?),
        };
        let taken = |source| ServeError::Port { address: service.listen, source };
        let listener = Listener::bind(service.listen, tls).await.map_err(taken)?;
        let address = listener.local_addr().map_err(taken)?;
        let api = Api::open(service.desk).await;
        let api = api.map_err(|source| ServeError::Desk { address: service.desk, source })?;
        let desk = api.url();
        let queue = Arc::new(CaseQueue::new(cases));
        let mut tasks = JoinSet::new();
        tasks.spawn(router::route(listener, Arc::clone(&queue), odd));
        tasks.spawn(api.serve(Arc::clone(&queue)));
        let (watched, idle) = (Arc::clone(&queue), service.idle);
        tasks.spawn(async move { watched.close_when_idle(idle).await });
        Ok(Self {
            queue,
            authority,
            ca,
            address,
            plain: service.plain,
            password: runner::fresh_password(),
            desk,
            _tasks: tasks,
        })
    }

    /// Where clients come to, without the path.
    pub fn origin(&self) -> String {
        format!("{}://{}", if self.plain { "ws" } else { "wss" }, self.address)
    }

    /// The certificate that they must trust.
    pub fn ca(&self) -> Option<&Path> {
        (!self.plain).then_some(self.ca.as_path())
    }

    /// Where they ask what to do.
    pub fn desk(&self) -> &str {
        &self.desk
    }

    /// Lets no more clients in: what nobody came for will not be played.
    pub fn close(&self, why: &str) {
        self.queue.close(why);
    }
}
