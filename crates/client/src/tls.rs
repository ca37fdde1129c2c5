//! A connection, and TLS above it: the certificate is checked against the given authorities and the
//! name that was dialled (RFC 6120 §13.7.2).

use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_rustls::TlsConnector;

use crate::address::Address;
use crate::{Config, Error, Fault, Octets};

/// How long TCP and TLS together may take.
const CONNECT: Duration = Duration::from_secs(10);

/// A connection, with or without TLS.
pub(crate) type Socket = Box<dyn Octets>;

/// Connects to an address.
pub(crate) async fn connect(address: &Address, config: &Config) -> Result<Socket, Error> {
    tokio::time::timeout(CONNECT, dial(address, config))
        .await
        .map_err(|_| Error::Timeout("connect"))?
}

async fn dial(address: &Address, config: &Config) -> Result<Socket, Error> {
    let plain = config.network.connect(&address.host, address.port).await?;
    if !address.tls {
        return Ok(plain);
    }
    let name = ServerName::try_from(address.host.clone())
        .map_err(|error| Error::Tls(error.to_string()))?;
    let connector = TlsConnector::from(Arc::new(settings(config)?));
    let stream = connector.connect(name, plain).await.map_err(|error| {
        // A refusal of TLS itself is no accident of the network.
        match error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) {
            true => Error::Tls(error.to_string()),
            false => Error::Io(error),
        }
    })?;
    Ok(Box::new(stream))
}

fn settings(config: &Config) -> Result<ClientConfig, Error> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Tls(error.to_string()))?;
    let is_first = config.network.is_first_use();
    if config.has(Fault::IgnoreCertificate) || (config.has(Fault::TrustOnce) && !is_first) {
        let anybody = Arc::new(AcceptAnyCertificate(provider));
        return Ok(builder
            .dangerous()
            .with_custom_certificate_verifier(anybody)
            .with_no_client_auth());
    }
    let mut roots = RootCertStore::empty();
    let pem = config.ca_pem.as_deref().unwrap_or_default();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let certificate = certificate.map_err(|error| Error::Tls(error.to_string()))?;
        roots.add(certificate).map_err(|error| Error::Tls(error.to_string()))?;
    }
    let mut settings = builder.with_root_certificates(roots).with_no_client_auth();
    settings.enable_sni = !config.has(Fault::NoServerName);
    Ok(settings)
}

/// Believes every certificate, for [`Fault::IgnoreCertificate`] and [`Fault::TrustOnce`].
#[derive(Debug)]
struct AcceptAnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AcceptAnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
