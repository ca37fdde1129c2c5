//! The URL of the service, taken apart.

use tokio_tungstenite::tungstenite::http::Uri;

use crate::Error;

/// Where a URL of a WebSocket (RFC 6455 §3) or of HTTP points to.
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
        let uri: Uri = url.parse().map_err(|_| wrong())?;
        let tls = match uri.scheme_str() {
            Some("wss" | "https") => true,
            Some("ws" | "http") => false,
            _ => return Err(wrong()),
        };
        let authority = uri.authority().ok_or_else(wrong)?;
        let port = match authority.port_u16() {
            Some(port) => port,
            None if authority.as_str() == authority.host() => {
                if tls {
                    443
                } else {
                    80
                }
            }
            None => return Err(wrong()),
        };
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() {
            return Err(wrong());
        }
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
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
        assert!(Address::parse("https://host/finesse/api").unwrap().tls);
        for wrong in ["ftp://host/", "host", "wss://:80/", "wss://host:x/"] {
            assert!(Address::parse(wrong).is_err(), "{wrong}");
        }
    }
}
