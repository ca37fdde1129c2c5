//! The listener that a client under test connects to, with the certificate that its case asks for.

use std::net::Ipv4Addr;

use case::{Case, Certificate};
use wire::net::{Authority, CertificateError, Listener, MemoryNetwork, ServerTls, Validity};

/// The host name of a listener, for cases that ask for a name in the URL.
pub(crate) const NAME: &str = "localhost";

/// The names in the certificates of a listener.
const OWN_NAMES: [&str; 2] = [NAME, "127.0.0.1"];

/// A listener for one case.
pub(crate) struct Listening {
    pub(crate) listener: Listener,
    pub(crate) tls: bool,
    pub(crate) port: u16,
}

impl Listening {
    /// Listens on a free port of loopback, or of a network in memory. The certificate is one of
    /// `authority`, which the client must trust, or the one that the case asks for.
    pub(crate) async fn open(
        authority: &Authority,
        case: &Case,
        network: Option<&MemoryNetwork>,
    ) -> Result<Self, String> {
        let none = |error| format!("cannot listen for the client: {error}");
        let certificate = certificate(case);
        let tls = tls(authority, certificate)?;
        let is_tls = tls.is_some();
        let mut listener = match network {
            Some(network) => Listener::in_memory(network, tls),
            None => Listener::bind((Ipv4Addr::LOCALHOST, 0).into(), tls).await.map_err(none)?,
        };
        if certificate == Some(Certificate::Changed) {
            let strange = stranger(&OWN_NAMES).map_err(|error| no_certificate(&error))?;
            listener = listener.later(strange);
        }
        let port = listener.local_addr().map_err(none)?.port();
        Ok(Self { listener, tls: is_tls, port })
    }
}

/// The certificate that a case asks for, if it is not the usual one.
pub(crate) fn certificate(case: &Case) -> Option<Certificate> {
    case.head.certificate.as_ref().map(|certificate| certificate.value)
}

/// The server side of TLS with the certificate that a case asks for. The client is told to trust
/// `told`.
fn tls(told: &Authority, certificate: Option<Certificate>) -> Result<Option<ServerTls>, String> {
    let tls = match certificate {
        Some(Certificate::None) => return Ok(None),
        Some(Certificate::Expired) => told.server_config_dated(&OWN_NAMES, Validity::Expired),
        Some(Certificate::NotYetValid) => told.server_config_dated(&OWN_NAMES, Validity::NotYet),
        Some(Certificate::WrongName) => told.server_config(&["other.example.com"]),
        Some(Certificate::UnknownAuthority) => stranger(&OWN_NAMES),
        Some(Certificate::SelfSigned) => Authority::self_signed(&OWN_NAMES),
        Some(Certificate::MissingIntermediate) => {
            told.intermediate().and_then(|below| below.server_config(&OWN_NAMES))
        }
        Some(Certificate::CommonNameOnly) => told.server_config_in_subject(NAME),
        Some(Certificate::Changed) | None => told.server_config(&OWN_NAMES),
    };
    tls.map(Some).map_err(|error| no_certificate(&error))
}

/// The server side of TLS with a certificate of an authority that the client does not know.
fn stranger(names: &[&str]) -> Result<ServerTls, CertificateError> {
    Authority::new().and_then(|other| other.server_config(names))
}

pub(crate) fn no_certificate(error: &dyn std::fmt::Display) -> String {
    format!("cannot make a certificate for the case: {error}")
}
