//! A gate for a client that runs for long, a browser page or a desktop application: one port, on
//! which the path names the case, and an HTTP API with the tasks of each case.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use wire::net::{Authority, CertificateError, Listener, way_to_listen};

use crate::api::Api;
use crate::queue::CaseQueue;
use crate::router;

/// How long the HTTP API stays after the last case, so that a client that asks for its next case is
/// told that there is none.
const GRACE: Duration = Duration::from_secs(5);

/// How long the HTTP API may take to end.
const ENDING: Duration = Duration::from_secs(1);

/// The settings of a served gate.
#[derive(Debug, Clone)]
pub struct Service {
    /// The address that clients connect to.
    pub listen: SocketAddr,
    /// The address of the HTTP API, on loopback.
    pub api: SocketAddr,
    /// Whether clients connect without TLS.
    pub plain: bool,
    /// The file for the certificate that clients must trust.
    pub ca: PathBuf,
    /// The time without any client after which the remaining cases are given up.
    pub idle: Duration,
}

/// Why a gate cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The port of the clients, or that of the HTTP API, cannot be listened on.
    #[error("cannot listen on {address}: {}", way_to_listen(source))]
    Listen {
        /// The refused address as given.
        address: SocketAddr,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The authority cannot be made.
    #[error("cannot make a certificate authority: {0}")]
    Authority(#[from] CertificateError),
    /// The authority's certificate cannot be written.
    #[error(transparent)]
    Ca(#[from] files::Unwritten),
}

/// A gate that is served. It ends when it is dropped.
pub struct Served {
    pub(super) queue: Arc<CaseQueue>,
    pub(super) authority: Authority,
    pub(super) ca: PathBuf,
    pub(super) address: SocketAddr,
    pub(super) plain: bool,
    /// The password of the client under test, the same in all cases that are not about passwords,
    /// so that a person can type it once.
    pub(super) password: String,
    api: String,
    browser_api: String,
    stop_api: watch::Sender<bool>,
    api_task: Mutex<Option<JoinHandle<()>>>,
    _tasks: JoinSet<()>,
}

impl Served {
    /// Opens port and HTTP API for so many cases. Connections that belong to no case are described
    /// to `odd`, a line each.
    ///
    /// # Errors
    ///
    /// An address cannot be listened on, or the certificate cannot be made or written.
    pub async fn open(
        service: &Service,
        cases: usize,
        odd: mpsc::Sender<String>,
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
        let taken = |source| ServeError::Listen { address: service.listen, source };
        let listener = Listener::bind(service.listen, tls).await.map_err(taken)?;
        let address = listener.local_addr().map_err(taken)?;
        let opened = Api::open(service.api).await;
        let server =
            opened.map_err(|source| ServeError::Listen { address: service.api, source })?;
        let (api, browser_api) = (server.url(), server.browser_url());
        let queue = Arc::new(CaseQueue::new(cases));
        let mut tasks = JoinSet::new();
        tasks.spawn(router::route(listener, Arc::clone(&queue), odd));
        let (stop_api, stop) = watch::channel(false);
        let api_task = tokio::spawn(server.serve(Arc::clone(&queue), stop));
        let (watched, idle) = (Arc::clone(&queue), service.idle);
        tasks.spawn(async move { watched.close_when_idle(idle).await });
        Ok(Self {
            queue,
            authority,
            ca,
            address,
            plain: service.plain,
            password: runner::fresh_password(),
            api,
            browser_api,
            stop_api,
            api_task: Mutex::new(Some(api_task)),
            _tasks: tasks,
        })
    }

    /// The URL for clients, without the path.
    pub fn origin(&self) -> String {
        format!("{}://{}", if self.plain { "ws" } else { "wss" }, self.address)
    }

    /// The file with the certificate that clients must trust; none without TLS.
    pub fn ca(&self) -> Option<&Path> {
        (!self.plain).then_some(self.ca.as_path())
    }

    /// The URL of the HTTP API, for programs.
    pub fn api(&self) -> &str {
        &self.api
    }

    /// The URL of the HTTP API with the token that a browser needs.
    pub fn browser_api(&self) -> &str {
        &self.browser_api
    }

    /// Lets no more clients in: cases that no client came for are not played.
    pub fn close(&self, why: &str) {
        self.queue.close(why);
    }

    /// Ends the HTTP API after the last case. A client that asks for its next case meanwhile is
    /// told that all cases are over; so the end waits a few seconds for a client that uses the API.
    pub async fn finish(&self) {
        self.queue.finish(GRACE).await;
        self.stop_api.send_replace(true);
        let task = self.api_task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            // A connection that is kept open must not hold up the gate.
            let _ = tokio::time::timeout(ENDING, task).await;
        }
    }
}
