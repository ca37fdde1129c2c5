//! XML and HTML, tag by tag: neither need be well-formed.

use std::borrow::Cow;
use std::ops::Range;

use super::{Certainty, Mark, Walk};
use crate::login::decode_any;
use crate::name::is_secret;
use crate::unknown;

/// An end tag closes an element that is open so many levels up, or none.
const LEVELS: usize = 64;

/// Elements of HTML that have no end tag.
const VOID: [&str; 5] = ["input", "meta", "link", "br", "img"];

/// The content of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    /// A SASL response in base64 (RFC 6120 §6.4; XEP-0388 §2.3). By the local name only: broken
    /// clients forget namespaces.
    Response,
    /// A secret, also in all elements inside.
    Secret,
    Other,
}

/// A piece of text, with what is passed over in it.
#[derive(Default)]
struct Run<'t> {
    start: usize,
    decoded: Cow<'t, str>,
}

impl<'t> Run<'t> {
    /// Adds text, decoded.
    fn push(&mut self, text: Cow<'t, str>) {
        if self.decoded.is_empty() {
            self.decoded = text;
        } else {
            self.decoded.to_mut().push_str(&text);
        }
    }
}

impl Walk {
    pub(super) fn xml(&mut self, text: &str) {
        let mut open: Vec<(&str, Content)> = Vec::new();
        let mut run = Run::default();
        let mut at = 0;
        while let Some(tag) = text[at..].find('<').map(|found| at + found) {
            run.push(decoded(&text[at..tag]));
            let rest = &text[tag..];
            let skipped = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>"), ("<!", ">")]
                .into_iter()
                .find(|(begin, _)| rest.starts_with(begin));
            if let Some((begin, end)) = skipped {
                let inner = &rest[begin.len()..];
                let len = inner.find(end).unwrap_or(inner.len());
                if begin == "<![CDATA[" {
                    run.push(Cow::Borrowed(&inner[..len]));
                }
                at = (tag + begin.len() + len + end.len()).min(text.len());
                continue;
            }
            let content = open.last().map_or(Content::Other, |(_, content)| *content);
            self.run(&run, run.start..tag, text, content);
            if let Some(name) = rest.strip_prefix("</") {
                let name = name.split(is_end).next().unwrap_or_default();
                let from = open.len().saturating_sub(LEVELS);
                if let Some(up) = open[from..].iter().rposition(|(opened, _)| *opened == name) {
                    open.truncate(from + up);
                }
                at = rest.find('>').map_or(text.len(), |end| tag + end + 1);
            } else {
                at = self.tag(text, tag, content, &mut open);
            }
            run = Run { start: at, decoded: Cow::default() };
        }
        run.push(decoded(&text[at..]));
        let content = open.last().map_or(Content::Other, |(_, content)| *content);
        self.run(&run, run.start..text.len(), text, content);
    }

    /// The text between two tags.
    fn run(&mut self, run: &Run<'_>, range: Range<usize>, text: &str, content: Content) {
        let (raw, decoded) = (&text[range.clone()], run.decoded.trim());
        match content {
            _ if decoded.is_empty() => {}
            Content::Secret => self.secret(range, raw, decoded, Certainty::Yes),
            // In words already.
            Content::Response if decoded.starts_with("{plain(") && decoded.ends_with(", ***)}") => {
            }
            Content::Response if self.has_logins => {
                self.marks.push(Mark { range, with: unknown::response(decoded) });
                self.response(decoded);
            }
            Content::Response => {}
            Content::Other => self.value(range, &run.decoded, escaped),
        }
    }

    /// A start tag at `tag`; returns where it ends.
    fn tag<'t>(
        &mut self,
        text: &'t str,
        tag: usize,
        around: Content,
        open: &mut Vec<(&'t str, Content)>,
    ) -> usize {
        let name = text[tag + 1..].split(is_end).next().unwrap_or_default();
        if name.is_empty() {
            return tag + 1;
        }
        let mut at = tag + 1 + name.len();
        let mut attributes = Vec::new();
        let mut is_empty = false;
        loop {
            at += text[at..].len() - text[at..].trim_start().len();
            let rest = &text[at..];
            let Some(c) = rest.chars().next() else { break };
            if c == '>' {
                at += 1;
                break;
            }
            is_empty = c == '/';
            let len = rest.find(is_end).unwrap_or(rest.len());
            let attribute = &rest[..len];
            at += len.max(if len == 0 { c.len_utf8() } else { 0 });
            let Some(value) = text[at..].trim_start().strip_prefix('=') else { continue };
            if len == 0 {
                continue;
            }
            let value = value.trim_start();
            let from = text.len() - value.len();
            let range = match value.chars().next() {
                Some(quote @ ('"' | '\'')) => {
                    let end = value[1..].find(quote).unwrap_or(value.len() - 1);
                    at = (from + end + 2).min(text.len());
                    from + 1..from + 1 + end
                }
                _ => {
                    let end = value.find(|c: char| c.is_whitespace() || c == '>');
                    at = from + end.unwrap_or(value.len());
                    from..at
                }
            };
            attributes.push((attribute, range));
        }
        let local = name.rsplit(':').next().unwrap_or_default();
        let mut content = match local {
            _ if around == Content::Secret => Content::Secret,
            "auth" | "response" | "initial-response" => Content::Response,
            // XEP-0078 §3.2.
            _ if is_secret(local) || local.eq_ignore_ascii_case("digest") => Content::Secret,
            _ => Content::Other,
        };
        // A field of a form says by an attribute what its value is (XEP-0004 §3.3; HTML).
        let names_one = attributes.iter().any(|(name, range)| {
            let value = &text[range.clone()];
            match *name {
                "var" | "name" | "key" => is_secret(value),
                "type" => matches!(value, "password" | "text-private"),
                _ => false,
            }
        });
        if names_one && content == Content::Other {
            content = Content::Secret;
        }
        for (attribute, range) in attributes {
            self.attribute(attribute, range, text, content, names_one);
        }
        let is_void = VOID.iter().any(|void| void.eq_ignore_ascii_case(name));
        if !is_empty && !is_void {
            open.push((name, content));
        }
        at
    }

    fn attribute(
        &mut self,
        name: &str,
        range: Range<usize>,
        text: &str,
        content: Content,
        names_one: bool,
    ) {
        let raw = &text[range.clone()];
        let decoded = decoded(raw);
        let local = name.rsplit(':').next().unwrap_or_default();
        let is_value = names_one && matches!(local, "value" | "content");
        if is_value || is_secret(local) {
            self.secret(range, raw, &decoded, Certainty::Yes);
        } else if content == Content::Response
            && decode_any(&decoded).is_some_and(|octets| octets.contains(&0) || octets.contains(&1))
        {
            self.marks.push(Mark { range, with: crate::BLOT.to_owned() });
            self.response(&decoded);
        } else if !name.starts_with("xmlns") {
            self.value(range, &decoded, escaped);
        }
    }
}

/// Whether a name ends before it.
fn is_end(c: char) -> bool {
    c.is_whitespace() || matches!(c, '>' | '/' | '=' | '<' | '"' | '\'')
}

/// A text without its references.
fn decoded(raw: &str) -> Cow<'_, str> {
    if !raw.contains('&') {
        return Cow::Borrowed(raw);
    }
    let mut decoded = String::new();
    decode_into(raw, &mut decoded);
    Cow::Owned(decoded)
}

/// Adds a text without its references.
fn decode_into(raw: &str, out: &mut String) {
    let mut rest = raw;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let escape = crate::escape::escape(rest.as_bytes());
        let decoded =
            escape.and_then(|it| Some((it.len, str::from_utf8(it.octets()).ok()?.to_owned())));
        match decoded {
            Some((len, decoded)) => {
                out.push_str(&decoded);
                rest = &rest[len..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
}

/// Text as content or the value of an attribute.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            c => out.push(c),
        }
    }
    out
}
