//! Logins: SASL responses, and credentials of HTTP.

use crate::Kind;
use crate::login::{basic, decode_any, plain};

use super::{Certainty, Walk};

impl Walk {
    /// A response of SASL, by itself and decoded.
    pub(super) fn response(&mut self, content: &str) {
        let digits: String = content.split_whitespace().collect();
        // Words of the notation: it is masked already.
        if digits.starts_with(['{', '*']) {
            return;
        }
        let octets = decode_any(&digits).unwrap_or_default();
        let mut login = |value: &[u8], user: Option<&str>| {
            self.learn(Kind::Login, &String::from_utf8_lossy(value), user, Certainty::Yes);
        };
        if let Some([_, user, password]) = plain(&octets) {
            login(password, Some(&String::from_utf8_lossy(user)));
        } else if octets.contains(&1) {
            // OAUTHBEARER (RFC 7628 §3.1).
            for pair in octets.split(|octet| *octet == 1) {
                if let Some(value) = pair.strip_prefix(b"auth=") {
                    self.credentials(&String::from_utf8_lossy(value));
                }
            }
        } else {
            // The password comes last, whatever the form; a lone field may be one.
            let fields: Vec<&[u8]> = octets.split(|octet| *octet == 0).collect();
            let names = if fields.len() > 2 { 2 } else { fields.len().saturating_sub(1) };
            fields[names..].iter().for_each(|field| login(field, None));
        }
        self.learn(Kind::Login, &digits, None, Certainty::Yes);
    }

    /// A scheme of HTTP and its credentials (RFC 9110 §11.4); whether it is one.
    pub(super) fn credentials(&mut self, value: &str) -> bool {
        const SCHEMES: [&str; 6] = ["Basic", "Bearer", "Digest", "Negotiate", "Token", "Plain"];
        let Some((scheme, token)) = value.trim().split_once(char::is_whitespace) else {
            return false;
        };
        let token = token.trim();
        if !SCHEMES.iter().any(|known| known.eq_ignore_ascii_case(scheme)) {
            return false;
        }
        if let Some((user, password)) = basic(&format!("{scheme} {token}")) {
            self.learn(Kind::Login, &password, Some(&user), Certainty::Yes);
            self.learn(Kind::Login, token, None, Certainty::Yes);
        } else {
            self.learn(Kind::Token, token, None, Certainty::Yes);
        }
        true
    }
}
