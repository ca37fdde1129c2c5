//! The pin of a public key: the SHA-256 of its SubjectPublicKeyInfo, written `sha256/BASE64` (RFC
//! 7469 §2.4).

use std::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::digest::{SHA256, digest};
use rustls::{pki_types::CertificateDer, server::ParsedCertificate};

use super::TrustError;

/// The SHA-256 of a public key with its algorithm.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SpkiPin(pub [u8; 32]);

impl FromStr for SpkiPin {
    type Err = TrustError;

    fn from_str(text: &str) -> Result<Self, TrustError> {
        let error = || TrustError::Pin(text.to_owned());
        let encoded = text.strip_prefix("sha256/").ok_or_else(error)?;
        let octets = STANDARD.decode(encoded).map_err(|_| error())?;
        octets.try_into().map(Self).map_err(|_| error())
    }
}

impl fmt::Display for SpkiPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256/{}", STANDARD.encode(self.0))
    }
}

impl fmt::Debug for SpkiPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The pin of the key in a certificate.
pub(super) fn spki_pin(certificate: &CertificateDer<'_>) -> Result<SpkiPin, rustls::Error> {
    let spki = ParsedCertificate::try_from(certificate)?.subject_public_key_info();
    let mut pin = SpkiPin([0; 32]);
    pin.0.copy_from_slice(digest(&SHA256, spki.as_ref()).as_ref());
    Ok(pin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_pin_are_inverse() {
        let text = "sha256/AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
        let pin: SpkiPin = text.parse().unwrap();
        assert_eq!(pin.0[..4], [0, 1, 2, 3]);
        assert_eq!(pin.to_string(), text);
    }

    #[test]
    fn other_texts_are_no_pins() {
        for text in [
            "",
            "sha256/",
            "sha1/AAEC",
            "sha256/AAEC",
            "sha256/!",
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        ] {
            assert!(text.parse::<SpkiPin>().is_err(), "{text}");
        }
    }
}
