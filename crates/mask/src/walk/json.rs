//! JSON, also as scripts write it: with single quotes, or names without any.

use super::{Certainty, Walk};
use crate::name::{is_about_one, is_secret};

/// An object or an array that is open.
#[derive(Clone, Default)]
struct Frame {
    /// Whether it is the value of a secret.
    is_secret: bool,
    /// Whether one of its members names a secret: `{"name": "password", "value": "…"}`.
    names_one: bool,
    /// The name of the member whose value comes next.
    name: Option<String>,
}

impl Frame {
    fn holds_secret(&self) -> bool {
        match self.name.as_deref() {
            Some("value" | "content") if self.names_one => true,
            Some(name) => is_secret(name) || (self.is_secret && !is_about_one(name)),
            None => self.is_secret,
        }
    }
}

impl Walk {
    pub(super) fn json(&mut self, text: &str) {
        let mut frames = vec![Frame::default()];
        let mut at = 0;
        while let Some(c) = text[at..].chars().next() {
            let top = frames.last_mut().expect("the outermost frame stays");
            match c {
                '{' | '[' => {
                    let is_secret = top.holds_secret();
                    frames.push(Frame { is_secret, ..Frame::default() });
                }
                '}' | ']' => {
                    if frames.len() > 1 {
                        frames.pop();
                    }
                    frames.last_mut().expect("the outermost frame stays").name = None;
                }
                ',' => top.name = None,
                '"' | '\'' => {
                    let end = string_end(text, at + 1, c);
                    let raw = &text[at + 1..end];
                    let close = (end + 1).min(text.len());
                    self.json_scalar(top, text, (at + 1, end, close), raw, &unescaped(raw));
                    at = close;
                    continue;
                }
                _ if is_bare(c) => {
                    let len = text[at..].find(|c| !is_bare(c)).unwrap_or(text.len() - at);
                    let raw = &text[at..at + len];
                    let is_name = is_name(text, at + len);
                    if is_name {
                        top.name = Some(raw.to_owned());
                    } else if !matches!(raw, "true" | "false" | "null") && top.holds_secret() {
                        self.secret_as(at..at + len, raw, raw, Certainty::Perhaps, "\"***\"");
                    }
                    at += len;
                    continue;
                }
                _ => {}
            }
            at += c.len_utf8();
        }
    }

    /// A string from `start` to `end`: a name or a value.
    fn json_scalar(
        &mut self,
        top: &mut Frame,
        text: &str,
        (start, end, close): (usize, usize, usize),
        raw: &str,
        decoded: &str,
    ) {
        if is_name(text, close) {
            top.name = Some(decoded.to_owned());
        } else if top.holds_secret() {
            self.secret(start..end, raw, decoded, Certainty::Yes);
        } else {
            if matches!(top.name.as_deref(), Some("name" | "key" | "var" | "field")) {
                top.names_one = is_secret(decoded);
            }
            self.value(start..end, decoded, escaped);
        }
    }
}

/// Whether a colon follows.
fn is_name(text: &str, at: usize) -> bool {
    text[at..].trim_start().starts_with(':')
}

fn is_bare(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '+' | '-' | '.' | '_' | '$')
}

/// Where the string ends whose content begins at `from`.
fn string_end(text: &str, from: usize, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in text[from..].char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            _ if c == quote => return from + at,
            _ => {}
        }
    }
    text.len()
}

/// The content of a string without its escapes (RFC 8259 §7).
fn unescaped(raw: &str) -> String {
    let octets = raw.as_bytes();
    let mut out = Vec::with_capacity(octets.len());
    let mut at = 0;
    while at < octets.len() {
        let escape = (octets[at] == b'\\').then(|| crate::escape::escape(&octets[at..])).flatten();
        match escape {
            Some(escape) => {
                out.extend_from_slice(escape.octets());
                at += escape.len;
            }
            None => {
                out.push(octets[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Text as the content of a string.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}
