//! Targets of requests, URLs, and the pairs of forms (WHATWG URL §5.1).

use super::{Certainty, Walk};
use crate::name::{is_parameter, is_secret};

/// A segment of a path that is longer may be a token.
const SHORTEST_TOKEN: usize = 16;

impl Walk {
    /// A URL, or the target of a request; it begins at `at`.
    pub(crate) fn url(&mut self, url: &str, at: usize) {
        let query = url.find(['?', '#']).unwrap_or(url.len());
        let path = match url[..query].find("://") {
            Some(scheme) => self.userinfo(url, scheme + 3, at),
            None => 0,
        };
        self.path(&url[path.min(query)..query], at + path.min(query));
        if query < url.len() {
            self.pairs(&url[query + 1..], at + query + 1, true);
        }
    }

    /// The password before a host (RFC 3986 §3.2.1); returns where the path begins.
    fn userinfo(&mut self, url: &str, from: usize, at: usize) -> usize {
        let rest = &url[from..];
        // A password may hold a slash or a question mark where somebody forgot to escape it.
        let end = rest.find(['/', '?', '#', ' ']).unwrap_or(rest.len());
        let Some(host) = rest[..end].rfind('@') else { return from + end };
        if let Some(colon) = rest[..host].find(':') {
            let raw = &rest[colon + 1..host];
            let start = at + from + colon + 1;
            self.secret(start..start + raw.len(), raw, &unescaped(raw), Certainty::Yes);
        }
        from + end
    }

    /// `/login/password/VALUE`, `/x;jsessionid=VALUE`.
    fn path(&mut self, path: &str, at: usize) {
        let mut before = String::new();
        let mut start = at;
        for segment in path.split('/') {
            let (name, parameters) = segment.split_once(';').unwrap_or((segment, ""));
            let raw = name;
            let is_token = raw.len() >= SHORTEST_TOKEN && raw.contains(|c: char| c.is_numeric());
            if is_secret(&before) && (is_token || before.to_ascii_lowercase().starts_with("pass")) {
                let sure = if is_token { Certainty::Yes } else { Certainty::Perhaps };
                self.secret(start..start + raw.len(), raw, &unescaped(raw), sure);
            }
            if !parameters.is_empty() {
                self.pairs(parameters, start + name.len() + 1, true);
            }
            before = unescaped(name);
            start += segment.len() + 1;
        }
    }

    /// `name=value`, with ampersands between them, at `at`. In URLs and forms more names are those
    /// of secrets than elsewhere (`is_parameters`).
    pub(super) fn pairs(&mut self, pairs: &str, at: usize, is_parameters: bool) {
        let mut start = at;
        for pair in pairs.split(['&', ';', '?', '#']) {
            if let Some((name, raw)) = pair.split_once('=') {
                let value = start + name.len() + 1;
                let range = value..value + raw.len();
                let (name, decoded) = (unescaped(name.trim()), unescaped(raw));
                if is_secret(&name) {
                    self.secret(range, raw, &decoded, Certainty::Yes);
                } else if is_parameters && is_parameter(&name) {
                    self.secret(range, raw, &decoded, Certainty::Perhaps);
                } else {
                    self.value(range, &decoded, escaped);
                }
            }
            start += pair.len() + 1;
        }
    }
}

/// A value of a form without its escapes.
fn unescaped(value: &str) -> String {
    let mut octets = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let escape = (first == b'%').then(|| crate::escape::escape(rest)).flatten();
        if let Some(escape) = escape {
            octets.extend_from_slice(escape.octets());
            rest = &rest[escape.len..];
        } else {
            octets.push(if first == b'+' { b' ' } else { first });
            rest = after;
        }
    }
    String::from_utf8_lossy(&octets).into_owned()
}

/// Text as a value of a form.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for octet in text.bytes() {
        if octet.is_ascii_alphanumeric() || b"-._~*/:".contains(&octet) {
            out.push(char::from(octet));
        } else {
            out.push_str(&format!("%{octet:02X}"));
        }
    }
    out
}
