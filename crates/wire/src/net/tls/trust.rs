//! The trust of a client: authorities, one pinned key, or any certificate.

use std::sync::Arc;

use rustls::{
    ClientConfig, RootCertStore, SupportedProtocolVersion,
    client::Resumption,
    pki_types::{CertificateDer, pem::PemObject},
    version::{TLS12, TLS13},
};
use thiserror::Error;

use super::{SpkiPin, provider, verifier::KeyVerifier};

/// The condition for a server's certificate.
#[derive(Clone, Debug)]
pub enum Trust {
    /// It was issued by one of these authorities, is valid now, and names the server. Certificates
    /// in DER.
    Ca(Vec<Vec<u8>>),
    /// It holds this key; name, dates and issuer do not count.
    Pin(SpkiPin),
    /// Any certificate is accepted. Reports must warn of that.
    Insecure,
}

/// An error of a text for [`Trust`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TrustError {
    /// The text is not PEM.
    #[error("unreadable PEM: {0}")]
    Pem(String),
    /// The PEM text has no certificate.
    #[error("no certificate in the PEM text")]
    Empty,
    /// A certificate that cannot serve as an authority.
    #[error("certificate {number} cannot be an authority: {cause}")]
    Anchor {
        /// Which certificate, counted from 1.
        number: usize,
        cause: String,
    },
    /// Not `sha256/` and 32 octets in base64.
    #[error("{0:?} is not a pin of the form sha256/BASE64")]
    Pin(String),
    /// rustls refuses the settings as a whole.
    #[error("TLS cannot be set up: {0}")]
    Settings(String),
}

impl Trust {
    /// Trust in the authorities of a PEM text.
    ///
    /// # Errors
    ///
    /// No certificate, or one that cannot be an authority.
    pub fn ca_pem(pem: &str) -> Result<Self, TrustError> {
        let certificates = CertificateDer::pem_slice_iter(pem.as_bytes())
            .map(|certificate| certificate.map(|der| der.to_vec()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| TrustError::Pem(error.to_string()))?;
        roots(&certificates)?;
        Ok(Self::Ca(certificates))
    }

    /// Trust in one key, written `sha256/BASE64`.
    ///
    /// # Errors
    ///
    /// The text has another form.
    pub fn pin(text: &str) -> Result<Self, TrustError> {
        text.parse().map(Self::Pin)
    }

    pub(super) fn client_config(&self) -> Result<Arc<ClientConfig>, TrustError> {
        self.client_config_with(&[&TLS13, &TLS12])
    }

    pub(super) fn client_config_with(
        &self,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Result<Arc<ClientConfig>, TrustError> {
        let builder = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(versions)
            .map_err(|error| TrustError::Settings(error.to_string()))?;
        let mut config = match self {
            Self::Ca(certificates) => {
                builder.with_root_certificates(roots(certificates)?).with_no_client_auth()
            }
            Self::Pin(pin) => KeyVerifier::install(builder, Some(*pin)),
            Self::Insecure => KeyVerifier::install(builder, None),
        };
        // Without resumption every connection has a full handshake.
        config.resumption = Resumption::disabled();
        Ok(Arc::new(config))
    }
}

fn roots(certificates: &[Vec<u8>]) -> Result<RootCertStore, TrustError> {
    if certificates.is_empty() {
        return Err(TrustError::Empty);
    }
    let mut roots = RootCertStore::empty();
    for (index, der) in certificates.iter().enumerate() {
        roots
            .add(CertificateDer::from(der.as_slice()).into_owned())
            .map_err(|error| TrustError::Anchor { number: index + 1, cause: error.to_string() })?;
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::tls::Authority;

    #[test]
    fn pem_of_an_authority_is_trust_in_it() {
        let authority = Authority::new().unwrap();
        let Trust::Ca(certificates) = Trust::ca_pem(&authority.ca_pem()).unwrap() else { panic!() };
        assert_eq!(certificates, [authority.ca_der()]);
    }

    #[test]
    fn other_texts_are_errors() {
        assert_eq!(Trust::ca_pem("").unwrap_err(), TrustError::Empty);
        let broken = "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n";
        assert!(matches!(Trust::ca_pem(broken).unwrap_err(), TrustError::Pem(_)));
        let odd = "-----BEGIN CERTIFICATE-----\nAAEC\n-----END CERTIFICATE-----\n";
        assert!(matches!(Trust::ca_pem(odd).unwrap_err(), TrustError::Anchor { number: 1, .. }));
    }
}
