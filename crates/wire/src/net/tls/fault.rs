//! Errors of TLS handshakes, with hints.

use std::io;

use rustls::{AlertDescription, CertificateError, Error, InvalidMessage};
use thiserror::Error as ThisError;

use super::{SpkiPin, TrustError, verifier::PinMismatch};

/// Why a TLS handshake failed.
#[derive(Clone, Debug, PartialEq, Eq, ThisError)]
pub enum TlsFault {
    /// The server name is neither a host name nor an address.
    #[error("{0:?} is no name of a server")]
    ServerName(String),
    /// The requested trust cannot be set up.
    #[error("{0}")]
    Trust(TrustError),
    /// None of the trusted authorities issued the certificate.
    #[error("certificate from an unknown issuer")]
    UnknownIssuer,
    /// The certificate is for other names.
    #[error("certificate is for {}, not for {wanted}", list(presented))]
    WrongName {
        /// The name of the server as dialled.
        wanted: String,
        /// The names in the certificate.
        presented: Vec<String>,
    },
    /// The certificate has expired.
    #[error("certificate has expired")]
    Expired,
    /// The certificate is not valid yet.
    #[error("certificate is not valid yet")]
    NotYetValid,
    /// The server has another key than the pinned one.
    #[error("key {presented} instead of the pinned {wanted}")]
    Pin { wanted: SpkiPin, presented: SpkiPin },
    /// The certificate is unusable in another way, e.g. that of an authority, or signed with SHA-1.
    #[error("unusable certificate: {0}")]
    Certificate(String),
    /// Both ends have no version or cipher suite in common.
    #[error("no TLS version or cipher suite in common: {0}")]
    NothingInCommon(String),
    /// The peer refused our side of the handshake with this alert.
    #[error("peer refused with alert {0}")]
    Refused(String),
    /// The octets of the peer are not TLS.
    #[error("peer does not speak TLS: {0}")]
    NotTls(String),
    /// A message of the handshake, such as a certificate, is longer than any that is in use.
    #[error("a message of the handshake is too long, perhaps the certificate")]
    TooLong,
    /// The connection ended during the handshake.
    #[error("connection closed during the handshake")]
    Closed,
    /// The connection was reset during the handshake.
    #[error("connection reset during the handshake")]
    Reset,
    /// Any other error of rustls.
    #[error("{0}")]
    Other(String),
}

impl TlsFault {
    /// A hint on how to mend it, if there is one.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::ServerName(_) => "use a host name or an address without port or path",
            Self::Trust(TrustError::Anchor { .. } | TrustError::Settings(_))
            | Self::Certificate(_) => {
                "appliances often carry such certificates: pin the key (--pin sha256/…)"
            }
            Self::Trust(_) => "give the certificate of the authority as PEM",
            Self::UnknownIssuer => {
                "give the certificate of the server's authority (--ca FILE), or pin its key"
            }
            Self::WrongName { presented, .. } if presented.is_empty() => {
                "the certificate names no server at all: pin its key (--pin sha256/…)"
            }
            Self::WrongName { presented, .. } => {
                return Some(format!("dial one of these names: {}", list(presented)));
            }
            Self::Expired | Self::NotYetValid => {
                "check the clocks, or renew the certificate; a pinned key has no dates"
            }
            Self::Pin { presented, .. } => {
                return Some(format!(
                    "if the server got a new key on purpose, pin that: --pin {presented}"
                ));
            }
            Self::NothingInCommon(_) => {
                "TLS 1.2 or 1.3 with ECDHE and AEAD is needed; older appliances cannot be reached"
            }
            Self::Refused(_) => "see the log of the peer; often it does not know the authority",
            Self::NotTls(_) => {
                "the URL of a port without TLS begins with ws:// or http://; TLS is on 8445"
            }
            Self::Closed | Self::Reset => {
                "is this a port for TLS, and does a proxy in between let it through?"
            }
            Self::TooLong | Self::Other(_) => return None,
        };
        Some(hint.to_owned())
    }

    /// The fault behind an error of the handshake with a server called `wanted`.
    pub(super) fn of(error: &io::Error, wanted: &str) -> Self {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
            Some(tls) => Self::of_tls(tls, wanted),
            None => match error.kind() {
                io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe => Self::Closed,
                io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => Self::Reset,
                _ => Self::Other(error.to_string()),
            },
        }
    }

    fn of_tls(error: &Error, wanted: &str) -> Self {
        match error {
            Error::InvalidCertificate(error) => Self::of_certificate(error, wanted),
            Error::InvalidMessage(
                InvalidMessage::HandshakePayloadTooLarge
                | InvalidMessage::CertificatePayloadTooLarge,
            ) => Self::TooLong,
            Error::InvalidMessage(message) => Self::NotTls(format!("{message:?}")),
            Error::PeerIncompatible(reason) => Self::NothingInCommon(format!("{reason:?}")),
            Error::AlertReceived(alert) => match alert {
                AlertDescription::HandshakeFailure
                | AlertDescription::ProtocolVersion
                | AlertDescription::InsufficientSecurity => {
                    Self::NothingInCommon(format!("{alert:?}"))
                }
                _ => Self::Refused(format!("{alert:?}")),
            },
            _ => Self::Other(error.to_string()),
        }
    }

    fn of_certificate(error: &CertificateError, wanted: &str) -> Self {
        match error {
            CertificateError::UnknownIssuer | CertificateError::BadSignature => Self::UnknownIssuer,
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                Self::NotYetValid
            }
            CertificateError::NotValidForName => {
                Self::WrongName { wanted: wanted.to_owned(), presented: Vec::new() }
            }
            CertificateError::NotValidForNameContext { presented, .. } => Self::WrongName {
                wanted: wanted.to_owned(),
                presented: presented.iter().map(|name| plain(name)).collect(),
            },
            CertificateError::Other(other) => match other.0.downcast_ref::<PinMismatch>() {
                Some(&PinMismatch { wanted, presented }) => Self::Pin { wanted, presented },
                None => Self::Certificate(other.to_string()),
            },
            _ => Self::Certificate(error.to_string()),
        }
    }
}

/// A name as people write it: webpki gives `DnsName("localhost")` and `IpAddress(127.0.0.1)`.
fn plain(name: &str) -> String {
    let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inner.unwrap_or(name).trim_matches('"').to_owned()
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "no name".to_owned() } else { names.join(", ") }
}
