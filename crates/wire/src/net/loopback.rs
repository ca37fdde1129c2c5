//! Whether a name in a request means this machine, so that web pages cannot reach local ports.

use std::net::IpAddr;

/// Whether a `Host` or an `Origin` (`localhost:8080`, `http://127.0.0.1`) names this machine by an
/// address that only it has (RFC 9110 §7.2, RFC 6454 §7). Other names are refused: an attacker may
/// let them resolve to it.
pub(super) fn names_loopback(text: &str) -> bool {
    let authority = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, _)) => host,
        None => authority.rsplit_once(':').map_or(authority, |(host, _)| host),
    };
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_few_names() {
        for own in [
            "127.0.0.1:80",
            "localhost",
            "LOCALHOST:1",
            "[::1]:80",
            "http://127.0.0.1:3",
            "http://[::1]",
        ] {
            assert!(names_loopback(own), "{own}");
        }
        for other in [
            "example.com",
            "127.0.0.1.example.com:80",
            "null",
            "",
            "https://localhost.example.com",
            "10.0.0.1",
        ] {
            assert!(!names_loopback(other), "{other}");
        }
    }
}
