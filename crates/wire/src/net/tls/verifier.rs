//! Verification without authorities: the key is pinned, or any key is accepted. Either way the
//! server must prove that it owns its key.

use std::sync::Arc;

use rustls::{
    CertificateError, ClientConfig, ConfigBuilder, DigitallySignedStruct, Error, OtherError,
    SignatureScheme, WantsVerifier,
    client::{
        WantsClientCert,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use thiserror::Error;

use super::{SpkiPin, pin::spki_pin, provider};

/// The server's key is not the pinned one.
#[derive(Clone, Copy, Debug, Error)]
#[error("key {presented} instead of {wanted}")]
pub(super) struct PinMismatch {
    pub(super) wanted: SpkiPin,
    pub(super) presented: SpkiPin,
}

/// Verifies only the key, or nothing.
#[derive(Debug)]
pub(super) struct KeyVerifier {
    pin: Option<SpkiPin>,
    provider: Arc<CryptoProvider>,
}

impl KeyVerifier {
    /// Finishes a client's configuration with this verifier.
    pub(super) fn install(
        builder: ConfigBuilder<ClientConfig, WantsVerifier>,
        pin: Option<SpkiPin>,
    ) -> ClientConfig {
        let verifier = Arc::new(Self { pin, provider: provider() });
        let builder: ConfigBuilder<ClientConfig, WantsClientCert> =
            builder.dangerous().with_custom_certificate_verifier(verifier);
        builder.with_no_client_auth()
    }
}

impl ServerCertVerifier for KeyVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(wanted) = self.pin else {
            return Ok(ServerCertVerified::assertion());
        };
        let presented = spki_pin(end_entity)?;
        if presented == wanted {
            return Ok(ServerCertVerified::assertion());
        }
        let mismatch = OtherError(Arc::new(PinMismatch { wanted, presented }));
        Err(Error::InvalidCertificate(CertificateError::Other(mismatch)))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
