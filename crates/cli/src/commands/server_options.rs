//! Options for a server on the command line: trust, account, domain.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use textual::program;
use wire::net::Trust;

/// Options for a server given by `--url`.
#[derive(Clone, clap::Args)]
pub(crate) struct ServerOptions {
    /// Trust certificates signed by this CA (PEM)
    #[arg(long, value_name = "FILE", requires = "url", group = "trust")]
    pub(super) ca: Option<PathBuf>,

    /// Trust the certificate with this public key (sha256/BASE64)
    #[arg(long, value_name = "sha256/…", requires = "url", group = "trust")]
    pub(super) pin: Option<String>,

    /// Trust any certificate; the report warns about it
    #[arg(long, requires = "url", group = "trust")]
    pub(super) insecure: bool,

    /// Login name of the account `agent`
    #[arg(long, value_name = "NAME", requires = "url")]
    pub(super) user: Option<String>,

    /// XMPP domain of the server [default: ask the server]
    #[arg(long, value_name = "DOMAIN", requires = "url")]
    pub(super) domain: Option<String>,
}

/// The trusted certificates, from options of the command line.
pub(super) fn trust(
    is_secure: bool,
    ca: Option<&Path>,
    pin: Option<&str>,
    is_insecure: bool,
) -> anyhow::Result<Trust> {
    match (ca, pin) {
        (Some(path), _) => {
            let shown = || format!("--ca {}", path.display());
            let pem = files::read_text(path, files::SMALL).with_context(shown)?;
            Trust::ca_pem(&pem).with_context(shown)
        }
        (_, Some(pin)) => Trust::pin(pin).context("--pin"),
        _ if is_insecure || !is_secure => Ok(Trust::Insecure),
        _ => bail!(
            "a wss URL needs --ca FILE, --pin sha256/…, or --insecure; `{} pin HOST:PORT` prints the pin",
            program()
        ),
    }
}
