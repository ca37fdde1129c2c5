//! Addresses to listen on, as people write them.

use std::net::{Ipv4Addr, SocketAddr};

/// An address of this machine: `8445`, `localhost:8445`, `127.0.0.1:8445` or `[::1]:8445`. A port
/// alone is on 127.0.0.1.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    let port = text.strip_prefix("localhost:").unwrap_or(text);
    if let Ok(port) = port.parse() {
        return Ok((Ipv4Addr::LOCALHOST, port).into());
    }
    text.parse().map_err(|_| {
        "wanted a port, or an IP address with a port: 8445, localhost:8445, 0.0.0.0:8445, [::1]:8445".to_owned()
    })
}

/// The same, on loopback only: for ports without a login.
pub(super) fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address = address(text)?;
    if address.ip().is_loopback() {
        return Ok(address);
    }
    Err("wanted a loopback address, e.g. 127.0.0.1:9000: this port has no login".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_written_in_several_ways() {
        for (text, wanted) in [
            ("8445", "127.0.0.1:8445"),
            ("0", "127.0.0.1:0"),
            ("localhost:8445", "127.0.0.1:8445"),
            ("0.0.0.0:8445", "0.0.0.0:8445"),
            ("[::1]:8445", "[::1]:8445"),
        ] {
            assert_eq!(address(text), Ok(wanted.parse().expect("an address")), "{text}");
        }
        for text in ["", "localhost", "127.0.0.1", ":8445", "65536", "finesse:8445", "::1:8445"] {
            let error = address(text).expect_err(text);
            assert!(error.starts_with("wanted a port, or an IP address with a port"), "{error}");
        }
        assert!(loopback("9000").is_ok() && loopback("localhost:9000").is_ok());
        assert!(loopback("0.0.0.0:9000").is_err());
    }
}
