//! Text of no kind: lines with a name and a value, and the parts of a multipart body.

use super::{Certainty, Walk};
use crate::name::is_secret;

impl Walk {
    /// `password: VALUE` at the beginning of a line, `token=VALUE` anywhere, and URLs.
    pub(crate) fn lines(&mut self, text: &str) {
        self.words(text, true);
    }

    /// URLs in a text.
    pub(crate) fn urls(&mut self, text: &str) {
        self.words(text, false);
    }

    fn words(&mut self, text: &str, has_names: bool) {
        let mut at = 0;
        while let Some(sign) = text[at..].find([':', '=']).map(|found| at + found) {
            at = sign + 1;
            if text[at..].starts_with("//") {
                let start = text[..sign].rfind(|c: char| !c.is_alphanumeric());
                let start = start.map_or(0, |start| text.ceil_char_boundary(start + 1));
                let end = text[at..].find([' ', '\n', '\r', '\t', '"', '\'', '<', '>']);
                let end = end.map_or(text.len(), |end| at + end);
                self.url(&text[start..end], start);
                at = end;
                continue;
            }
            // A name is no longer than a line of a screen.
            let before = text[text.floor_char_boundary(sign.saturating_sub(80))..sign].trim_end();
            let before = before.trim_end_matches(['"', '\'']);
            let name = before.rsplit(|c: char| !(c.is_alphanumeric() || "-_.%".contains(c)));
            let name = name.into_iter().next().unwrap_or_default();
            let around = &before[..before.len() - name.len()];
            let around = around.rsplit('\n').next().unwrap_or_default();
            let is_first = around.trim_matches([' ', '\t', '-', '"', '\'', '{']).is_empty();
            let is_pair = text.as_bytes()[sign] == b'=' || is_first;
            if !has_names || !is_pair || !is_secret(name) {
                continue;
            }
            let rest = &text[at..];
            let blank = rest.len() - rest.trim_start_matches([' ', '\t', '"', '\'']).len();
            let start = at + blank;
            let ends: &[char] = if text[at..start].contains(['"', '\'']) {
                &['"', '\'', '\n', '\r']
            } else {
                &[' ', '\t', '\n', '\r', '&', ';', ',', '"', '\'', '<', '>']
            };
            let mut end = text[start..].find(ends).map_or(text.len(), |end| start + end);
            // `Authorization: Bearer …`
            if matches!(&text[start..end], "Bearer" | "Basic" | "bearer" | "basic") {
                end = text[start..].find(['\n', '\r']).map_or(text.len(), |end| start + end);
            }
            let raw = &text[start..end];
            self.secret(start..end, raw, raw, Certainty::Yes);
            at = end;
        }
    }

    /// `multipart/form-data` (RFC 7578 §4.2).
    pub(super) fn multipart(&mut self, text: &str) {
        let boundary = text.lines().next().unwrap_or_default();
        let mut start = 0;
        for part in text.split(boundary) {
            let blank = ["\r\n\r\n", "\n\n"].into_iter().find_map(|blank| part.split_once(blank));
            if let Some((head, raw)) = blank {
                let from = start + part.len() - raw.len();
                let raw = raw.trim_end_matches(['\r', '\n']);
                let name = head.split("name=").nth(1).unwrap_or_default();
                let name = name.trim_start_matches('"').split(['"', ';', '\r', '\n']).next();
                let range = from..from + raw.len();
                if name.is_some_and(is_secret) {
                    self.secret(range, raw, raw, Certainty::Yes);
                } else {
                    self.value(range, raw, str::to_owned);
                }
            }
            start += part.len() + boundary.len();
        }
    }
}
