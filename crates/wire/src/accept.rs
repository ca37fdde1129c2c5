//! The proof of the upgrade: `Sec-WebSocket-Key` and the `Sec-WebSocket-Accept` that follows from
//! it.

use base64::{Engine, engine::general_purpose::STANDARD};
use sha1::{Digest, Sha1};

/// The GUID that every server appends to the key (RFC 6455 §1.3).
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The `Sec-WebSocket-Accept` for a key (RFC 6455 §4.2.2 item 5.4). Any text goes in, the key is
/// not decoded; white space around it does not count.
#[must_use]
pub fn accept_value(key: &str) -> String {
    let joined = format!("{}{GUID}", key.trim());
    STANDARD.encode(Sha1::digest(joined))
}

/// A fresh `Sec-WebSocket-Key`: 16 random octets in base64 (RFC 6455 §4.1 item 7).
#[cfg(feature = "net")]
#[must_use]
pub fn fresh_key() -> String {
    STANDARD.encode(random::<16>())
}

/// A fresh masking key, as unpredictable as RFC 6455 §5.3 asks for.
#[cfg(feature = "net")]
#[must_use]
pub fn fresh_mask() -> [u8; 4] {
    random()
}

#[cfg(feature = "net")]
fn random<const N: usize>() -> [u8; N] {
    use ring::rand::{SecureRandom, SystemRandom};
    let mut octets = [0; N];
    SystemRandom::new().fill(&mut octets).expect("the operating system provides randomness");
    octets
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 6455 §1.3.
    #[test]
    fn accept_of_the_sample_nonce() {
        assert_eq!(accept_value("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert_eq!(accept_value(" dGhlIHNhbXBsZSBub25jZQ==\t"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    // Recorded: Openfire accepts an empty key.
    #[test]
    fn accept_of_the_empty_key() {
        assert_eq!(accept_value(""), "Kfh9QIsMVZcl6xEPYxPHzW8SZ8w=");
    }

    #[test]
    fn fresh_keys_are_sixteen_octets_and_differ() {
        let key = fresh_key();
        assert_eq!(STANDARD.decode(&key).unwrap().len(), 16);
        assert_ne!(key, fresh_key());
    }
}
