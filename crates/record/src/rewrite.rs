//! The changes to heads of HTTP without which a server behind a proxy would not answer, and a
//! browser not accept the answer: names of hosts. All other octets stay as they are.

use wire::{Headers, RequestHead};

/// Headers of a request whose value may begin with the origin of the page.
const OF_REQUESTS: [&str; 2] = ["origin", "referer"];

/// Headers of a response whose value may begin with the origin of the server.
const OF_RESPONSES: [&str; 3] = ["location", "content-location", "access-control-allow-origin"];

/// The names of the two servers that a client and a server believe to speak of.
#[derive(Debug, Clone)]
pub(crate) struct Rewrite {
    /// Whether clients come with TLS.
    is_secure: bool,
    /// Whether the server has TLS.
    is_upstream_secure: bool,
    /// Host and port of the server.
    upstream: String,
}

impl Rewrite {
    pub(crate) fn new(is_secure: bool, is_upstream_secure: bool, upstream: String) -> Self {
        Self { is_secure, is_upstream_secure, upstream }
    }

    /// The head of a request, as the server is to have it, and the host that the client named.
    pub(crate) fn request(&self, raw: &[u8], head: &RequestHead) -> (Vec<u8>, Option<String>) {
        let own = head.headers.first("host").map(str::to_owned);
        let changed = lines(raw, |name, value| {
            if name.eq_ignore_ascii_case("host") {
                return Some(self.upstream.clone());
            }
            let is_its = OF_REQUESTS.iter().any(|its| name.eq_ignore_ascii_case(its));
            let own = own.as_deref().filter(|_| is_its)?;
            moved(value, (own, self.is_secure), (&self.upstream, self.is_upstream_secure))
        });
        (changed, own)
    }

    /// The head of a response, as a client is to have it that asked for the host `own`.
    pub(crate) fn response(&self, raw: &[u8], headers: &Headers, own: Option<&str>) -> Vec<u8> {
        let names_it = |name: &str| {
            name.eq_ignore_ascii_case("set-cookie")
                || OF_RESPONSES.iter().any(|its| name.eq_ignore_ascii_case(its))
        };
        let Some(own) = own.filter(|_| headers.0.iter().any(|(name, _)| names_it(name))) else {
            return raw.to_vec();
        };
        lines(raw, |name, value| {
            if name.eq_ignore_ascii_case("set-cookie") {
                self.cookie(value, own)
            } else if names_it(name) {
                moved(value, (&self.upstream, self.is_upstream_secure), (own, self.is_secure))
            } else {
                None
            }
        })
    }

    /// A cookie of the server's domain as one of the host that the client knows (RFC 6265
    /// §4.1.2.3).
    fn cookie(&self, value: &str, own: &str) -> Option<String> {
        let upstream = host(&self.upstream);
        let mut is_changed = false;
        let parts = value.split(';').map(|part| {
            let (name, domain) = part.split_once('=').unwrap_or((part, ""));
            let is_domain = name.trim().eq_ignore_ascii_case("domain");
            let domain = domain.trim().trim_start_matches('.');
            if is_domain && domain.eq_ignore_ascii_case(upstream) {
                is_changed = true;
                format!("{name}={}", host(own))
            } else {
                part.to_owned()
            }
        });
        let parts: Vec<String> = parts.collect();
        is_changed.then(|| parts.join(";"))
    }
}

/// A URL or origin at one server as one at another; none if it is at neither.
fn moved(value: &str, from: (&str, bool), to: (&str, bool)) -> Option<String> {
    let (scheme, rest) = value.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    if !is_same(authority, from.0, scheme) {
        return None;
    }
    let scheme = match (scheme.to_ascii_lowercase().as_str(), to.1) {
        ("http" | "https", true) => "https",
        ("http" | "https", false) => "http",
        ("ws" | "wss", true) => "wss",
        ("ws" | "wss", false) => "ws",
        _ => return None,
    };
    Some(format!("{scheme}://{}{rest}", to.0))
}

/// Whether two authorities are one, with and without the port of the scheme.
fn is_same(one: &str, other: &str, scheme: &str) -> bool {
    let usual = if matches!(scheme, "https" | "wss") { ":443" } else { ":80" };
    let bare = |authority: &str| {
        let authority = authority.to_ascii_lowercase();
        authority.strip_suffix(usual).map(str::to_owned).unwrap_or(authority)
    };
    bare(one) == bare(other)
}

/// An authority without its port.
fn host(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => host,
        _ => authority,
    }
}

/// A head with new values in the places of some; all else stays, line ends and blanks included.
fn lines(raw: &[u8], change: impl Fn(&str, &str) -> Option<String>) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len() + 32);
    for (number, line) in raw.split_inclusive(|octet| *octet == b'\n').enumerate() {
        let changed = (number > 0).then_some(line).and_then(|line| {
            let colon = line.iter().position(|octet| *octet == b':')?;
            let name = std::str::from_utf8(&line[..colon]).ok()?;
            let value = std::str::from_utf8(&line[colon + 1..]).ok()?;
            let new = change(name, value.trim())?;
            let before = value.len() - value.trim_start().len();
            let after = value.trim_end().len().max(before);
            Some([name, ":", &value[..before], &new, &value[after..]].concat())
        });
        match changed {
            Some(changed) => out.extend_from_slice(changed.as_bytes()),
            None => out.extend_from_slice(line),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use wire::ResponseHead;

    use super::*;

    fn rewrite() -> Rewrite {
        Rewrite::new(true, true, "finesse.example.com:8445".to_owned())
    }

    fn asked(raw: &str) -> String {
        let (head, _) = RequestHead::parse(raw.as_bytes()).unwrap().unwrap();
        String::from_utf8(rewrite().request(raw.as_bytes(), &head).0).unwrap()
    }

    fn answered(raw: &str) -> String {
        let (head, _) = ResponseHead::parse(raw.as_bytes()).unwrap().unwrap();
        let octets = rewrite().response(raw.as_bytes(), &head.headers, Some("127.0.0.1:9000"));
        String::from_utf8(octets).unwrap()
    }

    #[test]
    fn a_request_names_the_server_and_is_else_the_same() {
        let raw = "GET /x HTTP/1.1\r\nhOst:  127.0.0.1:9000 \r\nX-Odd :y\r\nOrigin: https://127.0.0.1:9000\r\n\
                   Referer: https://127.0.0.1:9000/desktop?a=b\nA:\r\n\r\n";
        // A line with a blank before its colon is no header; see what stays without it.
        let raw = raw.replace("X-Odd :y\r\n", "X-Odd:y\r\n");
        let wanted = raw.replace("127.0.0.1:9000", "finesse.example.com:8445");
        assert_eq!(asked(&raw), wanted);
        let foreign = "GET /x HTTP/1.1\r\nHost: a\r\nOrigin: https://b\r\n\r\n";
        assert_eq!(asked(foreign), foreign.replace("Host: a", "Host: finesse.example.com:8445"));
        let none = "GET /x HTTP/1.0\r\n\r\n";
        assert_eq!(asked(none), none);
    }

    #[test]
    fn a_response_names_the_proxy() {
        let raw = "HTTP/1.1 302 Found\r\nLocation: https://Finesse.example.com:8445/desktop\r\n\
                   Set-Cookie: a=b; Domain=finesse.example.com; Secure\r\nSet-Cookie: c=d; Path=/\r\n\
                   Link: https://finesse.example.com:8445/\r\n\r\n";
        let wanted = raw
            .replace("https://Finesse.example.com:8445/desktop", "https://127.0.0.1:9000/desktop")
            .replace("Domain=finesse.example.com", "Domain=127.0.0.1");
        assert_eq!(answered(raw), wanted);
        let elsewhere = "HTTP/1.1 302 Found\r\nLocation: https://sso.example.com/\r\n\r\n";
        assert_eq!(answered(elsewhere), elsewhere);
    }

    #[test]
    fn schemes_follow_the_transport() {
        let to = ("h", false);
        assert_eq!(moved("https://A:443/x", ("a", true), to).as_deref(), Some("http://h/x"));
        assert_eq!(moved("wss://a/x", ("a", true), to).as_deref(), Some("ws://h/x"));
        assert_eq!(moved("null", ("a", true), to), None);
        assert_eq!(host("[::1]:80"), "[::1]");
        assert_eq!(host("[::1]"), "[::1]");
    }
}
