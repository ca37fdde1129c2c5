//! Access to an HTTP port of this machine that has no login: for its programs, and for pages in a
//! browser that have the token of the port.

use std::fmt;

use ring::rand::{SecureRandom as _, SystemRandom};
use subtle::ConstantTimeEq as _;

use super::loopback::names_loopback;

/// The length of a token in octets, before it is written in hexadecimal digits.
const LENGTH: usize = 16;

/// The access to one port. Programs need no token: a user of this machine can do what they do. A
/// page in a browser may come from anywhere, so it needs the token, and so does everybody where
/// other machines reach the port.
#[derive(Clone)]
pub struct LocalAccess {
    token: String,
    /// Whether other machines reach the port.
    is_open: bool,
}

/// Why a request is refused (403). The text says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The Host header names another machine: a page may have made a name of its own lead here.
    #[error(
        "the Host header names {0:?}, which is not this machine: use 127.0.0.1 or localhost with the port"
    )]
    Host(String),
    /// The port is open to other machines, and the request has no token, or a wrong one.
    #[error(
        "other machines can reach this port, so every request needs its token: \
         send `Authorization: Bearer TOKEN`, or add `?token=…` to the URL"
    )]
    Stranger,
    /// The request comes from a browser and has no token, or a wrong one.
    #[error(
        "the request comes from a browser (it has an Origin, Referer or Sec-Fetch header) and lacks the token of this port: \
         open the URL with `?token=…` that was printed at the start, or send `Authorization: Bearer TOKEN`"
    )]
    NoToken,
}

impl LocalAccess {
    /// With a new token from the randomness of the operating system.
    #[must_use]
    pub fn new() -> Self {
        let mut octets = [0; LENGTH];
        let filled = SystemRandom::new().fill(&mut octets);
        filled.expect("the operating system always gives random octets");
        let token = octets.iter().map(|octet| format!("{octet:02x}")).collect();
        Self { token, is_open: false }
    }

    /// Of a port that other machines reach too: programs as well need the token, by whatever name
    /// they call the port. Without a token, there is a new one.
    #[must_use]
    pub fn beyond_loopback(token: Option<&str>) -> Self {
        let own = Self::new();
        Self { token: token.map_or(own.token, str::to_owned), is_open: true }
    }

    /// The URL for a browser. It has the token: it is for the terminal of the user alone.
    #[must_use]
    pub fn browser_url(&self, origin: &str) -> String {
        format!("{origin}/?token={}", self.token)
    }

    /// The token, for the one who starts the port.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Whether a request with this query and these header fields is let in.
    ///
    /// # Errors
    ///
    /// It is not; the text is for the answer.
    pub fn check<'r>(
        &self,
        query: Option<&str>,
        headers: impl Iterator<Item = (&'r str, &'r [u8])>,
    ) -> Result<(), Denied> {
        let (mut is_browser, mut has_token) = (false, false);
        for (name, value) in headers {
            match name.to_ascii_lowercase().as_str() {
                "host" => {
                    let host = String::from_utf8_lossy(value);
                    if !self.is_open && !names_loopback(&host) {
                        return Err(Denied::Host(host.chars().take(200).collect()));
                    }
                }
                // `fetch` of Node sends this one, without the other fields of its family.
                "sec-fetch-mode" => {}
                // Fetch §3.1; RFC 9110 §10.1.3; Fetch Metadata §2: every browser of today sends
                // one of them.
                "origin" | "referer" => is_browser = true,
                name if name.starts_with("sec-fetch-") => is_browser = true,
                // RFC 6750 §2.1.
                "authorization" => {
                    has_token |= value.strip_prefix(b"Bearer ").is_some_and(|it| self.is_token(it));
                }
                _ => {}
            }
        }
        let mut pairs = query.unwrap_or_default().split('&');
        has_token |= pairs
            .any(|pair| pair.strip_prefix("token=").is_some_and(|it| self.is_token(it.as_bytes())));
        match (has_token, self.is_open, is_browser) {
            (true, ..) | (false, false, false) => Ok(()),
            (false, true, _) => Err(Denied::Stranger),
            (false, false, true) => Err(Denied::NoToken),
        }
    }

    /// In constant time for texts of the right length.
    fn is_token(&self, text: &[u8]) -> bool {
        self.token.as_bytes().ct_eq(text).into()
    }
}

impl Default for LocalAccess {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for LocalAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalAccess").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(access: &LocalAccess, query: &str, headers: &[(&str, &str)]) -> Result<(), Denied> {
        access.check(Some(query), headers.iter().map(|(name, value)| (*name, value.as_bytes())))
    }

    #[test]
    fn programs_come_in_and_browsers_need_the_token() {
        let access = LocalAccess::new();
        let bearer = format!("Bearer {}", access.token());
        let query = format!("after=1&token={}", access.token());
        let host = ("Host", "127.0.0.1:9000");
        assert_eq!(check(&access, "", &[host]), Ok(()));
        assert_eq!(check(&access, "", &[]), Ok(()));
        assert_eq!(
            check(&access, "", &[host, ("Sec-Fetch-Mode", "cors")]),
            Ok(()),
            "fetch of Node"
        );
        for mark in [
            ("Origin", "http://localhost:3000"),
            ("origin", "null"),
            ("Sec-Fetch-Site", "none"),
            ("Sec-Fetch-Dest", "image"),
            ("Referer", "http://127.0.0.1:9000/"),
        ] {
            for query in ["", "token=", "token=0", "tokens=x&x"] {
                assert_eq!(check(&access, query, &[host, mark]), Err(Denied::NoToken), "{mark:?}");
            }
            let wrong = ("Authorization", "Bearer x");
            assert_eq!(check(&access, "", &[wrong, host, mark]), Err(Denied::NoToken));
            assert_eq!(check(&access, &query, &[host, mark]), Ok(()));
            assert_eq!(check(&access, "", &[mark, ("authorization", &bearer)]), Ok(()));
        }
    }

    #[test]
    fn beyond_loopback_everybody_needs_the_token() {
        let access = LocalAccess::beyond_loopback(Some("0123456789abcdef"));
        let host = ("Host", "fake:9000");
        for query in ["", "token=", "token=0123456789abcde"] {
            assert_eq!(check(&access, query, &[host]), Err(Denied::Stranger), "{query}");
        }
        assert_eq!(check(&access, "token=0123456789abcdef", &[host]), Ok(()));
        let origin = ("Origin", "http://fake:9000");
        assert_eq!(check(&access, "token=0123456789abcdef", &[host, origin]), Ok(()));
        let one = LocalAccess::beyond_loopback(None);
        assert_ne!(one.token(), LocalAccess::beyond_loopback(None).token());
    }

    #[test]
    fn no_token_helps_a_foreign_name() {
        let access = LocalAccess::new();
        let query = format!("token={}", access.token());
        for host in ["rebound.example.com:9000", "127.0.0.1.example.com", "10.0.0.1", ""] {
            assert!(matches!(check(&access, &query, &[("Host", host)]), Err(Denied::Host(_))));
        }
        for host in ["localhost", "127.0.0.1:1", "[::1]:2", "127.9.9.9"] {
            assert_eq!(check(&access, "", &[("host", host)]), Ok(()));
        }
    }

    #[test]
    fn tokens_differ_and_are_not_shown() {
        let (one, other) = (LocalAccess::new(), LocalAccess::new());
        assert_ne!(one.token(), other.token());
        assert_eq!(one.token().len(), 2 * LENGTH);
        assert!(!format!("{one:?}").contains(one.token()));
    }
}
