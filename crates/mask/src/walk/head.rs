//! Heads of HTTP: the first line and the headers.

use super::{Certainty, Mark, Walk};
use crate::name::{is_header, is_secret};
use crate::{BLOT, Kind};

/// A name of a protocol of WebSocket is shorter; anything else is a token that a browser had no
/// other header for.
const LONGEST_PROTOCOL: usize = 24;

impl Walk {
    /// The lines of a head, which `\n` separates.
    pub(crate) fn head(&mut self, lines: &str) {
        let mut start = 0;
        for (number, line) in lines.split('\n').enumerate() {
            if number == 0 {
                self.first(line);
            } else if let Some((name, value)) = line.split_once(':') {
                let blank = value.len() - value.trim_start().len();
                // A header of credentials is shown in one form, whatever its blanks.
                let at = start + name.len() + 1;
                if is_header(name) {
                    self.marks
                        .push(Mark { range: at..start + line.len(), with: format!(" {BLOT}") });
                    self.header_secret(name, value);
                } else {
                    self.header_value(name, value.trim(), at + blank);
                }
            }
            start += line.len() + 1;
        }
    }

    /// A header by itself; `at` is where its value begins.
    pub(crate) fn header(&mut self, name: &str, value: &str) {
        if is_header(name) {
            self.marks.push(Mark { range: 0..value.len(), with: BLOT.to_owned() });
            self.header_secret(name, value);
        } else {
            self.header_value(name, value, 0);
        }
    }

    /// A line of a request, with its target, or of a status, with its reason.
    fn first(&mut self, line: &str) {
        if line.starts_with("HTTP/") {
            return self.lines(line);
        }
        let Some((method, rest)) = line.split_once(' ') else { return };
        let target = rest.rsplit_once(' ').map_or(rest, |(target, _)| target);
        self.url(target, method.len() + 1);
    }

    fn header_secret(&mut self, name: &str, value: &str) {
        if !name.to_ascii_lowercase().contains("cookie") {
            if !self.credentials(value) {
                let token = value.trim().split_once(' ').map_or(value, |(_, token)| token);
                self.learn(Kind::Token, token, None, Certainty::Yes);
            }
            return;
        }
        let is_set = name.to_ascii_lowercase().starts_with("set-");
        // Chrome joins several by line feeds.
        for cookie in value.lines() {
            let pairs = cookie.split(';').take(if is_set { 1 } else { usize::MAX });
            for pair in pairs {
                let (name, value) = pair.split_once('=').unwrap_or(("", pair));
                let kind = if is_secret(name) { Kind::Token } else { Kind::Cookie };
                self.learn(kind, value.trim().trim_matches('"'), None, Certainty::Yes);
            }
        }
    }

    fn header_value(&mut self, name: &str, value: &str, at: usize) {
        if name.eq_ignore_ascii_case("Sec-WebSocket-Protocol") {
            return self.protocols(value, at);
        }
        // Base64 of a digest or of chance (RFC 6455 §4.1): slashes in it divide nothing.
        if ["Sec-WebSocket-Accept", "Sec-WebSocket-Key"]
            .iter()
            .any(|it| name.eq_ignore_ascii_case(it))
        {
            return;
        }
        match value.find("://") {
            // `0;url=/x?token=…`, `</x?token=…>; rel=…`
            None => {
                let path = path_in(value);
                let rest = &value[path..];
                let end = rest.find(['>', '"', ' ']).unwrap_or(rest.len());
                self.url(&rest[..end], at + path);
            }
            Some(scheme) => {
                let start = value[..scheme].rfind(|c: char| !c.is_ascii_alphanumeric());
                let start = start.map_or(0, |start| value.ceil_char_boundary(start + 1));
                let rest = &value[start..];
                let end = rest.find(['>', '"', ' ']).unwrap_or(rest.len());
                self.url(&rest[..end], at + start);
            }
        }
    }

    /// `xmpp, bearer.TOKEN`, or a token as a protocol of its own.
    fn protocols(&mut self, value: &str, at: usize) {
        let mut start = at;
        for protocol in value.split(',') {
            let name = protocol.trim();
            let from = start + protocol.len() - protocol.trim_start().len();
            let first = name.split(['.', '-', '_', '|', ':', '~']).next().unwrap_or_default();
            let is_named = first.len() < name.len() && (is_secret(first) || first == "auth");
            let skipped = if is_named { first.len() + 1 } else { 0 };
            if is_named || name.len() > LONGEST_PROTOCOL {
                let raw = &name[skipped..];
                self.secret(from + skipped..from + name.len(), raw, raw, Certainty::Yes);
                self.learn(Kind::Token, name, None, Certainty::Yes);
            }
            start += protocol.len() + 1;
        }
    }
}

/// Where a path begins in a value: at a slash that follows no letter or digit, as in `text/html`;
/// or else behind such words, where parameters begin.
fn path_in(value: &str) -> usize {
    let is_first = |at: &usize| {
        let before = value[..*at].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '+' | '/' | '.' | '-' | '_'))
    };
    let slashes: Vec<usize> = value.match_indices('/').map(|(at, _)| at).collect();
    match slashes.iter().copied().find(is_first) {
        Some(path) => path,
        None if slashes.is_empty() => 0,
        None => value.find(['?', '#', ';']).unwrap_or(value.len()),
    }
}
