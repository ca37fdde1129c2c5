//! TLS parameters and the server's certificate, in words.

use std::time::{Duration, SystemTime};

use wire::net::{CertificateFacts, TlsFacts};

/// `TLS 1.3, TLS13_AES_256_GCM_SHA384`.
pub(super) fn in_words(facts: &TlsFacts) -> String {
    let version = facts.version.as_deref().unwrap_or("an unknown version");
    let version = version.replace("TLSv1_", "TLS 1.");
    format!("{version}, {}", facts.suite.as_deref().unwrap_or("an unknown suite"))
}

/// The details of a certificate: label, value.
pub(super) fn details(facts: &TlsFacts) -> Vec<(&'static str, String)> {
    let mut details = Vec::new();
    if let Some(certificate) = &facts.peer_certificate {
        details.push(("subject", certificate.subject.clone()));
        let issuer = if certificate.is_self_issued() { "itself" } else { &certificate.issuer };
        details.push(("issuer", issuer.to_owned()));
        let names = if certificate.names.is_empty() {
            "none at all: clients that check names refuse it".to_owned()
        } else {
            certificate.names.join(", ")
        };
        details.push(("names", names));
        details.push(("valid", validity(certificate)));
        if certificate.is_authority {
            details.push(("beware", "a certificate of an authority, shown by a server".to_owned()));
        }
        if certificate.is_sha1 {
            details.push(("beware", "signed with SHA-1, which clients of today refuse".to_owned()));
        }
    }
    if let Some(pin) = facts.peer_pin {
        details.push(("pin", pin.to_string()));
    }
    details
}

fn validity(certificate: &CertificateFacts) -> String {
    let day = |time: SystemTime| {
        let text = humantime::format_rfc3339_seconds(time).to_string();
        text.split('T').next().unwrap_or_default().to_owned()
    };
    let days = |span: Duration| span.as_secs() / (24 * 60 * 60);
    let now = SystemTime::now();
    let left = match (certificate.from.duration_since(now), certificate.until.duration_since(now)) {
        (Ok(_), _) => "not yet".to_owned(),
        (_, Ok(left)) => format!("{} days left", days(left)),
        (_, Err(over)) => format!("expired {} days ago", days(over.duration())),
    };
    format!("{} to {}, {left}", day(certificate.from), day(certificate.until))
}
