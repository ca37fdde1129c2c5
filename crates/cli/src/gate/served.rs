//! A served gate, for a running client such as a browser page or desktop application: a port, on which the path names the
//! case, and a desk that hands out tasks.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use wire::net::{Authority, CertificateError, Listener};

use super::board::Board;
use super::desk::Desk;
use super::porter;

/// Settings of a served gate.
#[derive(Debug, Clone)]
pub struct Service {
    /// Address that the clients connect to.
    pub listen: SocketAddr,
    /// Address of the desk, on loopback.
    pub desk: SocketAddr,
    /// Clients connect without TLS.
    pub plain: bool,
    /// File for the CA certificate that clients must trust.
    pub ca: PathBuf,
    /// The run ends after this time without a client.
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
    #[error("cannot open the desk at {address}: {source}")]
    Desk {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The authority cannot be made.
    #[error("cannot make a certificate authority: {0}")]
    Authority(#[from] CertificateError),
    /// Its certificate cannot be written.
    #[error("{}: {source}", path.display())]
    Ca {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// A running gate. It ends on drop.
#[derive(Debug)]
pub struct Served {
    pub(super) board: Arc<Board>,
    pub(super) authority: Authority,
    pub(super) ca: PathBuf,
    pub(super) address: SocketAddr,
    pub(super) plain: bool,
    /// The client's password. It is the same in all cases that are not about passwords, since a person may type it.
    pub(super) password: String,
    desk: String,
    _tasks: JoinSet<()>,
}

impl Served {
    /// Opens port and desk for a number of cases. Messages about stray connections go to `odd`, a line each.
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
        let unwritten = |source| ServeError::Ca { path: ca.clone(), source };
        if let Some(folder) = ca.parent() {
            std::fs::create_dir_all(folder).map_err(unwritten)?;
        }
        std::fs::write(&ca, authority.ca_pem()).map_err(unwritten)?;
        let ca = std::path::absolute(&ca).map_err(unwritten)?;
        let own = service.listen.ip().to_string();
        let tls = match service.plain {
            true => None,
            false => Some(authority.server_config(&["localhost", "127.0.0.1", own.as_str()])?),
        };
        let taken = |source| ServeError::Port { address: service.listen, source };
        let listener = Listener::bind(service.listen, tls).await.map_err(taken)?;
        let address = listener.local_addr().map_err(taken)?;
        let desk = Desk::open(service.desk).await;
        let desk = desk.map_err(|source| ServeError::Desk { address: service.desk, source })?;
        let desk_url = desk.url();
        let board = Arc::new(Board::new(cases));
        let mut tasks = JoinSet::new();
        tasks.spawn(porter::route(listener, Arc::clone(&board), odd));
        tasks.spawn(desk.serve(Arc::clone(&board)));
        let (watched, idle) = (Arc::clone(&board), service.idle);
        tasks.spawn(async move { watched.close_when_idle(idle).await });
        Ok(Self {
            board,
            authority,
            ca,
            address,
            plain: service.plain,
            password: runner::fresh_password(),
            desk: desk_url,
            _tasks: tasks,
        })
    }

    /// The URL for clients without a path, `wss://ADDRESS:PORT`.
    pub fn origin(&self) -> String {
        format!("{}://{}", if self.plain { "ws" } else { "wss" }, self.address)
    }

    /// The CA certificate that clients must trust; none without TLS.
    pub fn ca(&self) -> Option<&Path> {
        (!self.plain).then_some(self.ca.as_path())
    }

    /// The URL of the desk.
    pub fn desk(&self) -> &str {
        &self.desk
    }

    /// Accepts no more clients; the waiting cases are not played.
    pub fn close(&self, why: &str) {
        self.board.close(why);
    }
}
