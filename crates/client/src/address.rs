//! The URL of the service, taken apart.

use crate::Error;

/// Where a WebSocket URL points to (RFC 6455 §3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) tls: bool,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) path: String,
}

impl Address {
    pub(crate) fn parse(url: &str) -> Result<Self, Error> {
        let wrong = || Error::Address(url.to_owned());
        let (tls, rest) = match url.split_once("://") {
            Some(("wss", rest)) => (true, rest),
            Some(("ws", rest)) => (false, rest),
            _ => return Err(wrong()),
        };
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, "/"),
        };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => {
                (host, port.parse().map_err(|_| wrong())?)
            }
            _ => (authority, if tls { 443 } else { 80 }),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() {
            return Err(wrong());
        }
        Ok(Self { tls, host: host.to_owned(), port, path: path.to_owned() })
    }

    /// The value of the Host header (RFC 9110 §7.2).
    pub(crate) fn authority(&self) -> String {
        let host = &self.host;
        if host.contains(':') {
            format!("[{host}]:{}", self.port)
        } else {
            format!("{host}:{}", self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        let address = Address::parse("wss://uccx.example.com:8445/ws/").unwrap();
        assert_eq!((address.tls, address.port, address.path.as_str()), (true, 8445, "/ws/"));
        assert_eq!(address.authority(), "uccx.example.com:8445");
        assert_eq!(Address::parse("ws://[::1]:80").unwrap().authority(), "[::1]:80");
        assert_eq!(Address::parse("wss://host").unwrap().port, 443);
        for wrong in ["https://host/", "host", "wss://:80/", "wss://host:x/"] {
            assert!(Address::parse(wrong).is_err(), "{wrong}");
        }
    }
}
