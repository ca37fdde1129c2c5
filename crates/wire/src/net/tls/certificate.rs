//! The content of a certificate for reports: subject, issuer, names, validity.

use std::net::IpAddr;
use std::time::SystemTime;

use x509_cert::{
    Certificate,
    der::{Decode as _, oid::db::rfc5912::SHA_1_WITH_RSA_ENCRYPTION},
    ext::pkix::{BasicConstraints, SubjectAltName, name::GeneralName},
};

/// The content of a certificate, not verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFacts {
    /// The subject, e.g. `CN=uccx.example.com,O=Example` (RFC 4514).
    pub subject: String,
    pub issuer: String,
    /// Host names and addresses in subjectAltName (RFC 5280 §4.2.1.6). The common name does not
    /// count (RFC 9525 §2).
    pub names: Vec<String>,
    /// Start of the validity.
    pub from: SystemTime,
    /// End of the validity.
    pub until: SystemTime,
    /// Whether it may issue others (RFC 5280 §4.2.1.9). A server should not present such a one, yet
    /// appliances do.
    pub is_authority: bool,
    /// Whether it was signed with SHA-1, which current clients refuse.
    pub is_sha1: bool,
}

impl CertificateFacts {
    /// Reads a certificate in DER; none, if it is unreadable.
    pub(super) fn of(der: &[u8]) -> Option<Self> {
        let certificate = Certificate::from_der(der).ok()?;
        let body = certificate.tbs_certificate();
        let alternatives = body.get_extension::<SubjectAltName>().ok().flatten();
        let constraints = body.get_extension::<BasicConstraints>().ok().flatten();
        let validity = body.validity();
        Some(Self {
            subject: body.subject().to_string(),
            issuer: body.issuer().to_string(),
            names: alternatives
                .map(|(_, names)| names.0.iter().filter_map(name).collect())
                .unwrap_or_default(),
            from: validity.not_before.to_system_time(),
            until: validity.not_after.to_system_time(),
            is_authority: constraints.is_some_and(|(_, constraints)| constraints.ca),
            is_sha1: certificate.signature_algorithm().oid == SHA_1_WITH_RSA_ENCRYPTION,
        })
    }

    /// Whether subject and issuer are the same.
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }
}

fn name(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DnsName(name) => Some(name.to_string()),
        GeneralName::IpAddress(octets) => {
            let octets = octets.as_bytes();
            let four = <[u8; 4]>::try_from(octets).map(IpAddr::from);
            let address = four.or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from));
            address.ok().map(|address| address.to_string())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::tls::Authority;

    #[test]
    fn a_certificate_says_what_it_is() {
        let authority = Authority::new().unwrap();
        let facts = CertificateFacts::of(&authority.ca_der()).unwrap();
        assert!(facts.is_authority && facts.is_self_issued() && !facts.is_sha1);
        assert!(facts.subject.starts_with("CN=finesse-conformance test authority "), "{facts:?}");
        assert_eq!(facts.names, [] as [&str; 0]);
        assert!(facts.from < SystemTime::now() && SystemTime::now() < facts.until);
        assert_eq!(CertificateFacts::of(b"\x30\x03abc"), None);
    }
}
