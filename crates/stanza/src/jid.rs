//! Addresses of accounts, services and sessions (RFC 6120 §2.1, RFC 6122 §2).

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// The longest part of an address in octets (RFC 6122 §2.2 to §2.4).
const MAX_PART: usize = 1023;

/// An address `local@domain/resource`.
///
/// Parsing lower-cases ASCII letters of the local part and the domain (RFC 6122 §2.2, §2.3), so
/// that equality is that of addresses; the resource keeps its case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Jid {
    /// The account, absent for a server or service.
    pub local: Option<String>,
    /// The server or service.
    pub domain: String,
    /// The session, absent in a bare address.
    pub resource: Option<String>,
}

/// An error of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum JidError {
    /// `@example.com`
    #[error("empty local part")]
    EmptyLocal,
    /// `a@` or nothing at all.
    #[error("empty domain")]
    EmptyDomain,
    /// `a@example.com/`
    #[error("empty resource")]
    EmptyResource,
    /// A part of more than 1023 octets.
    #[error("part longer than 1023 octets")]
    TooLong,
    /// A character that this part must not contain.
    #[error("character U+{:04X} in the {part}", u32::from(*.found))]
    ForbiddenChar {
        /// `local part`, `domain` or `resource`.
        part: &'static str,
        found: char,
    },
}

impl Jid {
    /// Reads an address: the resource begins at the first `/`, the domain after the first `@`
    /// before it.
    pub fn parse(text: &str) -> Result<Self, JidError> {
        let (bare, resource) = match text.split_once('/') {
            Some((bare, resource)) => (bare, Some(resource)),
            None => (text, None),
        };
        let (local, domain) = match bare.split_once('@') {
            Some((local, domain)) => (Some(local), domain),
            None => (None, bare),
        };
        if let Some(local) = local {
            // RFC 6122 appendix A.5, and white space and controls by the tables that it prohibits.
            let forbidden = |c: char| matches!(c, '"' | '&' | '\'' | '/' | ':' | '<' | '>' | '@');
            check(local, "local part", JidError::EmptyLocal, |c| forbidden(c) || is_blank(c))?;
        }
        let forbidden = |c: char| matches!(c, '"' | '&' | '\'' | '<' | '>' | '@');
        check(domain, "domain", JidError::EmptyDomain, |c| forbidden(c) || is_blank(c))?;
        let bare = Self {
            local: local.map(str::to_ascii_lowercase),
            domain: domain.to_ascii_lowercase(),
            resource: None,
        };
        match resource {
            Some(resource) => bare.with_resource(resource),
            None => Ok(bare),
        }
    }

    /// This address with another resource, taken as it is.
    pub fn with_resource(&self, resource: &str) -> Result<Self, JidError> {
        check(resource, "resource", JidError::EmptyResource, char::is_control)?;
        Ok(Self { resource: Some(resource.to_owned()), ..self.clone() })
    }

    /// This address without its resource.
    #[must_use]
    pub fn bare(&self) -> Self {
        Self { resource: None, ..self.clone() }
    }

    /// Whether both are addresses of one account or server; resources are not compared.
    pub fn is_of_account(&self, other: &Self) -> bool {
        self.local == other.local && self.domain == other.domain
    }

    /// Whether there is no resource.
    pub fn is_bare(&self) -> bool {
        self.resource.is_none()
    }
}

impl FromStr for Jid {
    type Err = JidError;

    fn from_str(text: &str) -> Result<Self, JidError> {
        Self::parse(text)
    }
}

impl fmt::Display for Jid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(local) = &self.local {
            f.write_str(local)?;
            f.write_str("@")?;
        }
        f.write_str(&self.domain)?;
        if let Some(resource) = &self.resource {
            f.write_str("/")?;
            f.write_str(resource)?;
        }
        Ok(())
    }
}

fn check(
    text: &str,
    part: &'static str,
    empty: JidError,
    forbidden: impl Fn(char) -> bool,
) -> Result<(), JidError> {
    if text.is_empty() {
        return Err(empty);
    }
    if text.len() > MAX_PART {
        return Err(JidError::TooLong);
    }
    match text.chars().find(|c| forbidden(*c)) {
        Some(found) => Err(JidError::ForbiddenChar { part, found }),
        None => Ok(()),
    }
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_at_the_first_marks() {
        for (text, local, domain, resource) in [
            ("uccx.example.com", None, "uccx.example.com", None),
            ("a1@uccx", Some("a1"), "uccx", None),
            ("a1@uccx/desktop", Some("a1"), "uccx", Some("desktop")),
            ("uccx/a@b/c", None, "uccx", Some("a@b/c")),
            ("a%26b@uccx/ Œ ", Some("a%26b"), "uccx", Some(" Œ ")),
            ("[::1]", None, "[::1]", None),
        ] {
            let jid = Jid::parse(text).unwrap();
            assert_eq!(
                (jid.local.as_deref(), jid.domain.as_str(), jid.resource.as_deref()),
                (local, domain, resource)
            );
            assert_eq!(jid.to_string(), text);
        }
    }

    #[test]
    fn case_matters_in_the_resource_alone() {
        assert_eq!(Jid::parse("AGENT@UCCX/Desk").unwrap(), Jid::parse("agent@uccx/Desk").unwrap());
        assert_ne!(Jid::parse("a@b/Desk").unwrap(), Jid::parse("a@b/desk").unwrap());
    }

    #[test]
    fn bare_and_full() {
        let full: Jid = "a@b/c".parse().unwrap();
        assert!(!full.is_bare());
        assert!(full.bare().is_bare());
        assert!(full.is_of_account(&full.bare()));
        assert!(!full.is_of_account(&"b/c".parse().unwrap()));
        assert_eq!(full.bare().with_resource("c"), Ok(full));
    }

    #[test]
    fn refuses_what_is_no_address() {
        let long = "x".repeat(1024);
        for (text, error) in [
            ("", JidError::EmptyDomain),
            ("/r", JidError::EmptyDomain),
            ("@b", JidError::EmptyLocal),
            ("a@", JidError::EmptyDomain),
            ("a@b/", JidError::EmptyResource),
            ("a b@c", JidError::ForbiddenChar { part: "local part", found: ' ' }),
            ("a'@c", JidError::ForbiddenChar { part: "local part", found: '\'' }),
            ("a@b@c", JidError::ForbiddenChar { part: "domain", found: '@' }),
            ("a@b/\u{1}", JidError::ForbiddenChar { part: "resource", found: '\u{1}' }),
            (&long, JidError::TooLong),
            (&format!("{long}@b"), JidError::TooLong),
            (&format!("b/{long}"), JidError::TooLong),
        ] {
            assert_eq!(Jid::parse(text), Err(error), "{text:?}");
        }
        assert_eq!(
            Jid::parse("a:b@c").unwrap_err().to_string(),
            "character U+003A in the local part"
        );
        assert!(Jid::parse(&format!("b/{}", "x".repeat(1023))).is_ok());
    }
}
