//! The parts of a WebSocket URL.

/// The parts of a WebSocket URL (RFC 6455 §3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    /// Whether it is over TLS.
    pub secure: bool,
    /// Host name or address; an IPv6 address in its brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Path, with its first `/`.
    pub path: String,
}

impl Url {
    /// Reads one.
    ///
    /// # Errors
    ///
    /// What is wrong with it; one line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            |why: &str| format!("`{text}` is no WebSocket URL: {why}; wanted wss://HOST:PORT/ws/");
        let (scheme, rest) = text.split_once("://").ok_or_else(|| wrong("no scheme"))?;
        let secure = match scheme {
            "wss" => true,
            "ws" => false,
            _ => return Err(wrong("the scheme is neither ws nor wss")),
        };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, "ws/"));
        // An IPv6 address stands in brackets (RFC 3986 §3.2.2).
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => {
                (host, port.parse().map_err(|_| wrong("the port is no number below 65536"))?)
            }
            _ => (authority, if secure { 443 } else { 80 }),
        };
        if host.is_empty() || host.contains('@') {
            return Err(wrong("no host, or something before it"));
        }
        if host.contains(':') && !host.starts_with('[') {
            return Err(wrong("two ports, or an IPv6 address without brackets"));
        }
        Ok(Self { secure, host: host.to_owned(), port, path: format!("/{path}") })
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
        assert_eq!(Url::parse("ws://[::1]/").unwrap().port, 80);
        for wrong in [
            "uccx:8445",
            "https://x",
            "wss://:1/",
            "wss://x:99999/",
            "wss://u@x/",
            "wss://x:1:2/",
            "wss://::1/",
        ] {
            assert!(Url::parse(wrong).is_err(), "{wrong}");
        }
    }
}
