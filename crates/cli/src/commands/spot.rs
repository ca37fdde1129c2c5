//! A server named on the command line: whom to trust, who logs in.

use std::path::PathBuf;

/// How a server is reached that `--url` names.
#[derive(Clone, clap::Args)]
pub(crate) struct Spot {
    /// Trust certificates signed by this CA (PEM)
    #[arg(long, value_name = "FILE", requires = "url", group = "trust")]
    pub(super) ca: Option<PathBuf>,

    /// Trust the certificate with this public key (sha256/BASE64)
    #[arg(long, value_name = "sha256/…", requires = "url", group = "trust")]
    pub(super) pin: Option<String>,

    /// Trust any certificate; said loudly in the report
    #[arg(long, requires = "url", group = "trust")]
    pub(super) insecure: bool,

    /// Login name of the account `agent`
    #[arg(long, value_name = "NAME", requires = "url")]
    pub(super) user: Option<String>,

    /// XMPP domain of the server [default: the server is asked]
    #[arg(long, value_name = "DOMAIN", requires = "url")]
    pub(super) domain: Option<String>,
}
