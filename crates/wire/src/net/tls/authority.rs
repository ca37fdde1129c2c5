//! A certificate authority that lives as long as the fake, and the server side of TLS that it
//! makes.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
};
use rustls::{
    ServerConfig,
    version::{TLS12, TLS13},
};
use thiserror::Error;

use super::{SpkiPin, pin::spki_pin, provider};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Apple's limit for the lifetime of a server certificate, the lowest of all clients.
const LIFE: Duration = Duration::from_secs(825 * 24 * 60 * 60);

/// A certificate for these names cannot be made.
#[derive(Clone, Debug, Error)]
#[error("no certificate for {names:?}: {cause}")]
pub struct CertificateError {
    /// The host names and addresses.
    pub names: Vec<String>,
    /// The error of the certificate library.
    pub cause: String,
}

/// The validity of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// It is valid, since a day ago.
    Current,
    /// It expired a day ago.
    Expired,
    /// Valid from tomorrow on.
    NotYet,
}

impl Validity {
    fn period(self) -> (SystemTime, SystemTime) {
        let now = SystemTime::now();
        match self {
            Self::Current => (now - DAY, now + LIFE),
            Self::Expired => (now - 2 * DAY, now - DAY),
            Self::NotYet => (now + DAY, now + LIFE),
        }
    }
}

/// A fresh authority with a P-256 key of its own. The key never leaves memory.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    /// Makes an authority with a name and a key of its own.
    ///
    /// # Errors
    ///
    /// The system has no random octets for the key.
    pub fn new() -> Result<Self, CertificateError> {
        Self::generate()
            .map_err(|error| CertificateError { names: Vec::new(), cause: error.to_string() })
    }

    /// An intermediate authority. Servers present its certificates without the intermediate one,
    /// which leaves a gap in the chain for clients that trust only this authority.
    ///
    /// # Errors
    ///
    /// The system has no random octets for the key.
    pub fn intermediate(&self) -> Result<Self, CertificateError> {
        let made = Self::params()
            .and_then(|(params, key)| CertifiedIssuer::signed_by(params, key, &self.issuer));
        made.map(|issuer| Self { issuer })
            .map_err(|error| CertificateError { names: Vec::new(), cause: error.to_string() })
    }

    /// The server side of TLS with a self-signed certificate.
    ///
    /// # Errors
    ///
    /// A name is not allowed in a certificate.
    pub fn self_signed(names: &[&str]) -> Result<ServerTls, CertificateError> {
        let made = leaf(names, Validity::Current)
            .and_then(|(params, key)| Ok((params.self_signed(&key)?, key)));
        made.map_err(|cause| cause.to_string())
            .and_then(|(leaf, key)| server_tls(&leaf, key))
            .map_err(|cause| failed(names, cause))
    }

    fn generate() -> Result<Self, rcgen::Error> {
        let (params, key) = Self::params()?;
        Ok(Self { issuer: CertifiedIssuer::self_signed(params, key)? })
    }

    fn params() -> Result<(CertificateParams, KeyPair), rcgen::Error> {
        let key = KeyPair::generate()?;
        // A name of its own lets clients tell "unknown issuer" from "bad signature".
        let tag: String = key
            .public_key_raw()
            .iter()
            .skip(1)
            .take(4)
            .map(|octet| format!("{octet:02x}"))
            .collect();
        let mut params = CertificateParams::default();
        params.distinguished_name =
            common_name(&format!("finesse-conformance test authority {tag}"));
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        set_period(&mut params, Validity::Current);
        Ok((params, key))
    }

    /// The authority's certificate, for the trust store of a client.
    #[must_use]
    pub fn ca_pem(&self) -> String {
        self.certificate().pem()
    }

    /// The same in DER.
    #[cfg(test)]
    pub(crate) fn ca_der(&self) -> Vec<u8> {
        self.certificate().der().to_vec()
    }

    /// The server side of TLS 1.2 and 1.3 with a fresh certificate for these names: host names and
    /// address literals. Every client gets it, whatever server name it asks for, an
    /// address literal and none at all included.
    ///
    /// # Errors
    ///
    /// A name is not allowed in a certificate.
    pub fn server_config(&self, names: &[&str]) -> Result<ServerTls, CertificateError> {
        self.server_config_dated(names, Validity::Current)
    }

    /// The same with a certificate of another validity, which a client must refuse.
    ///
    /// # Errors
    ///
    /// A name is not allowed in a certificate.
    pub fn server_config_dated(
        &self,
        names: &[&str],
        validity: Validity,
    ) -> Result<ServerTls, CertificateError> {
        self.sign_leaf(names, validity)
            .map_err(|cause| cause.to_string())
            .and_then(|(leaf, key)| server_tls(&leaf, key))
            .map_err(|cause| failed(names, cause))
    }

    /// The same with a certificate that has the name only in its subject, which clients no longer
    /// read (RFC 6125 §6.4.4).
    ///
    /// # Errors
    ///
    /// The system has no random octets for the key.
    pub fn server_config_in_subject(&self, name: &str) -> Result<ServerTls, CertificateError> {
        leaf(&[], Validity::Current)
            .and_then(|(mut params, key)| {
                params.distinguished_name = common_name(name);
                Ok((params.signed_by(&key, &self.issuer)?, key))
            })
            .map_err(|cause| cause.to_string())
            .and_then(|(leaf, key)| server_tls(&leaf, key))
            .map_err(|cause| failed(&[name], cause))
    }

    /// A fresh certificate for these names and its private key, both PEM, for a server that reads
    /// them from files.
    ///
    /// # Errors
    ///
    /// A name is not allowed in a certificate.
    pub fn leaf_pem(&self, names: &[&str]) -> Result<LeafPem, CertificateError> {
        let (leaf, key) = self
            .sign_leaf(names, Validity::Current)
            .map_err(|cause| failed(names, cause.to_string()))?;
        Ok(LeafPem { certificate: leaf.pem(), key: key.serialize_pem() })
    }

    fn sign_leaf(
        &self,
        names: &[&str],
        validity: Validity,
    ) -> Result<(Certificate, KeyPair), rcgen::Error> {
        let (params, key) = leaf(names, validity)?;
        Ok((params.signed_by(&key, &self.issuer)?, key))
    }

    fn certificate(&self) -> &Certificate {
        self.issuer.as_ref()
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

/// A certificate and its private key, PEM. No `Debug`: the key is secret.
pub struct LeafPem {
    pub certificate: String,
    /// The private key, PKCS #8.
    pub key: String,
}

/// The server side of TLS: certificate, key and versions. Cheap to clone.
#[derive(Clone)]
pub struct ServerTls {
    config: Arc<ServerConfig>,
    pin: SpkiPin,
}

impl ServerTls {
    /// The pin of the certificate that is presented.
    #[must_use]
    pub fn pin(&self) -> SpkiPin {
        self.pin
    }

    pub(super) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }
}

impl std::fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerTls").field("pin", &self.pin).finish_non_exhaustive()
    }
}

/// The content of a server's certificate, and its key.
fn leaf(names: &[&str], validity: Validity) -> Result<(CertificateParams, KeyPair), rcgen::Error> {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names.clone())?;
    params.distinguished_name = common_name(names.first().map_or("finesse", String::as_str));
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // Strict clients (Python 3.13 by default) want the issuer's key named.
    params.use_authority_key_identifier_extension = true;
    set_period(&mut params, validity);
    Ok((params, KeyPair::generate()?))
}

/// TLS 1.2 and 1.3 with this certificate alone.
fn server_tls(leaf: &Certificate, key: KeyPair) -> Result<ServerTls, String> {
    let leaf = leaf.der().clone();
    let pin = spki_pin(&leaf).map_err(|cause| cause.to_string())?;
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13, &TLS12])
        .and_then(|config| config.with_no_client_auth().with_single_cert(vec![leaf], key.into()))
        .map_err(|cause| cause.to_string())?;
    // A client that ends without reading a ticket would cause a reset.
    config.send_tls13_tickets = 0;
    Ok(ServerTls { config: Arc::new(config), pin })
}

fn failed(names: &[&str], cause: String) -> CertificateError {
    CertificateError { names: names.iter().map(|&name| name.to_owned()).collect(), cause }
}

fn common_name(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

fn set_period(params: &mut CertificateParams, validity: Validity) {
    let (from, until) = validity.period();
    params.not_before = from.into();
    params.not_after = until.into();
}

#[cfg(test)]
mod tests {
    use rustls::{ClientConnection, ServerConnection, pki_types::ServerName};

    use super::*;
    use crate::net::tls::Trust;

    const HANDSHAKE: u8 = 22;
    const SERVER_HELLO: u8 = 2;

    /// The first octets of a ClientHello that asks for `name`, and how a server answers it once
    /// `patch` has been at it.
    fn answer_to(name: &str, patch: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
        let authority = Authority::new().unwrap();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let config = Trust::Insecure.client_config().unwrap();
        let mut client = ClientConnection::new(config, name).unwrap();
        let mut hello = Vec::new();
        client.write_tls(&mut hello).unwrap();
        patch(&mut hello);
        let mut server =
            ServerConnection::new(authority.server_config(&["localhost"]).unwrap().config())
                .unwrap();
        server.read_tls(&mut &hello[..]).unwrap();
        server.process_new_packets().unwrap();
        let mut answer = Vec::new();
        server.write_tls(&mut answer).unwrap();
        answer
    }

    fn is_server_hello(answer: &[u8]) -> bool {
        answer.first() == Some(&HANDSHAKE) && answer.get(5) == Some(&SERVER_HELLO)
    }

    #[test]
    fn any_server_name_is_served() {
        assert!(is_server_hello(&answer_to("localhost", |_| {})));
        assert!(is_server_hello(&answer_to("somebody.else.test", |_| {})));
        // For an address rustls sends no server name.
        assert!(is_server_hello(&answer_to("127.0.0.1", |_| {})));
    }

    // libsoup over GnuTLS does this although RFC 6066 §3 forbids it (measured). rustls never would,
    // so the name is exchanged in its ClientHello.
    #[test]
    fn an_address_literal_as_server_name_is_served() {
        for (name, literal) in [("abc.d.e.f", "127.0.0.1"), ("abc", "::1")] {
            let answer = answer_to(name, |hello| {
                let at =
                    hello.windows(name.len()).position(|octets| octets == name.as_bytes()).unwrap();
                hello[at..at + name.len()].copy_from_slice(literal.as_bytes());
            });
            assert!(is_server_hello(&answer), "{literal}: {answer:02x?}");
        }
    }

    #[test]
    fn a_name_that_no_certificate_can_hold_is_an_error() {
        let error = Authority::new().unwrap().server_config(&["schön.test"]).unwrap_err();
        assert_eq!(error.names, ["schön.test"]);
    }

    #[test]
    fn a_client_refuses_what_an_intermediate_signs_what_vouches_for_itself_and_what_has_no_names() {
        let root = Authority::new().unwrap();
        let below = root.intermediate().unwrap().server_config(&["localhost"]).unwrap();
        let own = Authority::self_signed(&["localhost"]).unwrap();
        let nameless = root.server_config_in_subject("localhost").unwrap();
        for tls in [below, own, nameless] {
            let trust = Trust::ca_pem(&root.ca_pem()).unwrap().client_config().unwrap();
            let name = ServerName::try_from("localhost").unwrap();
            let mut client = ClientConnection::new(trust, name).unwrap();
            let mut server = ServerConnection::new(tls.config()).unwrap();
            let refused = (0..4).find_map(|_| {
                let mut octets = Vec::new();
                client.write_tls(&mut octets).unwrap();
                server.read_tls(&mut &octets[..]).unwrap();
                // A client that refuses the certificate sends an alert.
                let _ = server.process_new_packets();
                octets.clear();
                server.write_tls(&mut octets).unwrap();
                client.read_tls(&mut &octets[..]).unwrap();
                client.process_new_packets().err()
            });
            assert!(matches!(refused, Some(rustls::Error::InvalidCertificate(_))), "{refused:?}");
        }
    }

    #[test]
    fn authorities_differ() {
        let (one, other) = (Authority::new().unwrap(), Authority::new().unwrap());
        assert_ne!(one.ca_der(), other.ca_der());
        assert!(one.ca_pem().starts_with("-----BEGIN CERTIFICATE-----"));
    }
}
