//! `gate --serve`: its options and messages.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use gate::{Served, Service};
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, watch};

use super::address::{address, loopback};
use super::quantity::{YEAR, duration};
use super::{tell, warn};

/// Odd connections that may wait to be told of.
const ODDITIES: usize = 16;

/// Options of a served gate.
#[derive(clap::Args)]
pub(super) struct Serving {
    /// Start no client: wait for a running one at this port. The path of its request names the case
    #[arg(long, value_name = "[ADDRESS:]PORT", conflicts_with = "jobs", value_parser = address)]
    serve: Option<SocketAddr>,

    /// With --serve: the address of the HTTP API, where a client gets its next case and reports
    /// [default: 127.0.0.1, a free port]
    #[arg(long, value_name = "[ADDRESS:]PORT", requires = "serve", default_value = "0", hide_default_value = true, value_parser = loopback)]
    api: SocketAddr,

    /// With --serve: speak ws:// instead of wss://
    #[arg(long, requires = "serve")]
    plain: bool,

    /// With --serve: file for the CA certificate that clients must trust [default: a file beside
    /// the transcripts]
    #[arg(long, value_name = "FILE", requires = "serve")]
    ca_file: Option<PathBuf>,

    /// With --serve: give up after this time without any client
    #[arg(long, value_name = "DURATION", requires = "serve", default_value = "10m", value_parser = duration(Duration::ZERO..=YEAR, "10m"))]
    idle: Duration,
}

impl Serving {
    /// Whether `--serve` was given, so that no client is started.
    pub(super) fn is_asked(&self) -> bool {
        self.serve.is_some()
    }

    /// Opens port and HTTP API if `--serve` was given, and prints their addresses.
    pub(super) fn open(
        &self,
        folder: &Path,
        cases: usize,
        runtime: &Runtime,
        mut interrupt: watch::Receiver<bool>,
    ) -> anyhow::Result<Option<Arc<Served>>> {
        let Some(listen) = self.serve else { return Ok(None) };
        let usual = || folder.join("gate-ca.pem");
        let service = Service {
            listen,
            api: self.api,
            plain: self.plain,
            ca: self.ca_file.clone().unwrap_or_else(usual),
            idle: self.idle,
        };
        let (odd, mut oddities) = mpsc::channel(ODDITIES);
        let served = runtime.block_on(Served::open(&service, cases, odd)).context("--serve")?;
        let served = Arc::new(served);
        tell(&banner(&served, cases));
        let watched = Arc::clone(&served);
        runtime.spawn(async move {
            if interrupt.wait_for(|stopped| *stopped).await.is_ok() {
                watched.close("interrupted");
            }
        });
        runtime.spawn(async move {
            // A client that keeps reconnecting gets one message.
            let mut last = String::new();
            while let Some(oddity) = oddities.recv().await {
                if oddity != last {
                    warn(&oddity);
                }
                last = oddity;
            }
        });
        Ok(Some(served))
    }
}

fn banner(served: &Served, cases: usize) -> String {
    let (origin, api) = (served.origin(), served.api());
    let mut lines = vec![
        if cases == 1 {
            "1 case waits for a client".to_owned()
        } else {
            format!("{cases} cases wait for a client")
        },
        format!(
            "  url      {origin}/AREA/SLUG/ws/   the path names the case; {origin}/ws/ is the case last named by the API"
        ),
    ];
    if let Some(ca) = served.ca() {
        lines.push(format!("  trust    {}", ca.display()));
    }
    lines.push(format!(
        "  api      {api}   (curl {api} lists the requests, curl {api}/next gives the next case)"
    ));
    lines.push(format!("  browser  {}", served.browser_api()));
    lines.push(format!(
        "The gate ends after the last case, after curl -X POST {api}/stop, or at Ctrl-C."
    ));
    lines.join("\n")
}
