//! Expanded names, and what XML lets a name look like.

use std::fmt;

/// An expanded name (Namespaces in XML 1.0 §2.1): namespace and local part, without a prefix.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// The namespace name; empty for none.
    pub ns: String,
    pub local: String,
}

impl Name {
    /// The name `local` in the namespace `ns`, or in none if `ns` is empty.
    pub fn new(ns: impl Into<String>, local: impl Into<String>) -> Self {
        Self { ns: ns.into(), local: local.into() }
    }
}

/// James Clark's notation: `{jabber:client}iq`, or `iq` in no namespace.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ns.is_empty() {
            f.write_str(&self.local)
        } else {
            write!(f, "{{{}}}{}", self.ns, self.local)
        }
    }
}

/// Splits a qualified name at its colon; the prefix is empty if there is none.
///
/// `None` if it is no QName (Namespaces in XML 1.0 §4): `a:b:c`, `:a`, `1a`.
pub(crate) fn split(qualified: &str) -> Option<(&str, &str)> {
    match qualified.split_once(':') {
        None => is_ncname(qualified).then_some(("", qualified)),
        Some((prefix, local)) => (is_ncname(prefix) && is_ncname(local)).then_some((prefix, local)),
    }
}

/// Whether `text` is a name without a colon (Namespaces in XML 1.0 §3).
pub(crate) fn is_ncname(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(is_start) && chars.all(is_part)
}

// XML 1.0 §2.3 production 4, without the colon.
fn is_start(c: char) -> bool {
    matches!(c,
        'A'..='Z' | '_' | 'a'..='z' | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}'
        | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}'
        | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
}

// XML 1.0 §2.3 production 4a, without the colon.
fn is_part(c: char) -> bool {
    is_start(c)
        || matches!(c, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_qualified_names_only() {
        assert_eq!(split("iq"), Some(("", "iq")));
        assert_eq!(split("stream:features"), Some(("stream", "features")));
        for bad in ["", ":", ":a", "a:", "a:b:c", "1a", "-a", "a:1b", "a$b", "a b", "\u{D7}"] {
            assert_eq!(split(bad), None, "{bad:?}");
        }
    }
}
