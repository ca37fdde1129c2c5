//! The parts of a WebSocket URL.

use http::Uri;
use http::uri::InvalidUri;

/// A parsed WebSocket URL (RFC 6455 §3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    /// Whether the scheme is `wss`.
    pub secure: bool,
    /// Host name or address; an IPv6 address in its brackets.
    pub host: String,
    /// TCP port; the default of the scheme if the URL has none.
    pub port: u16,
    /// Path, with its first `/`.
    pub path: String,
}

impl Url {
    /// Parses a URL.
    ///
    /// # Errors
    ///
    /// The first mistake, one line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| {
            let text = mask::url(text);
            format!("`{text}` is not a WebSocket URL: {why}; wanted wss://HOST:PORT/ws/")
        };
        let uri: Uri = text.parse().map_err(|error: InvalidUri| wrong(&error.to_string()))?;
        let (scheme, authority) =
            uri.scheme_str().zip(uri.authority()).ok_or_else(|| wrong("no scheme"))?;
        let secure = match scheme {
            "wss" => true,
            "ws" => false,
            _ => return Err(wrong("the scheme is neither ws nor wss")),
        };
        let host = authority.host();
        if host.is_empty() || authority.as_str().contains('@') {
            return Err(wrong("no host, or something before it"));
        }
        let port = match authority.port_u16() {
            Some(port) => port,
            None if authority.as_str() == host => {
                if secure {
                    443
                } else {
                    80
                }
            }
            None => return Err(wrong("the port is not a number below 65536")),
        };
        let is_bare = text.ends_with(authority.as_str());
        let path = uri.path_and_query().filter(|_| !is_bare).map_or("/ws/", |path| path.as_str());
        Ok(Self { secure, host: host.to_owned(), port, path: path.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::Url;

    #[test]
    fn urls_have_parts() {
        let url = Url::parse("wss://uccx.example.com:8445/ws/").unwrap();
        assert_eq!(
            (url.secure, url.host.as_str(), url.port, url.path.as_str()),
            (true, "uccx.example.com", 8445, "/ws/")
        );
        let url = Url::parse("ws://[::1]:7070").unwrap();
        assert_eq!((url.host.as_str(), url.port, url.path.as_str()), ("[::1]", 7070, "/ws/"));
        let url = Url::parse("ws://[::1]/").unwrap();
        assert_eq!((url.port, url.path.as_str()), (80, "/"));
        assert_eq!(Url::parse("wss://x/a?b=c").unwrap().path, "/a?b=c");
        for wrong in [
            "uccx:8445",
            "https://x",
            "wss://:1/",
            "wss://x:99999/",
            "wss://x:/",
            "wss://u@x/",
            "wss://x:1:2/",
            "wss://::1/",
        ] {
            assert!(Url::parse(wrong).is_err(), "{wrong}");
        }
    }
}
