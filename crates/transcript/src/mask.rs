//! Takes passwords out of what was said, before anything is written.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use stanza::ns;

/// Shortest secret that is looked for outside SASL; a shorter one would blot out innocent text.
const SHORTEST: usize = 4;

/// What stands where a secret stood.
const BLOT: &str = "***";

/// The names and secrets of a run. Its `Debug` shows names only.
#[derive(Clone, Default)]
pub struct Secrets {
    /// Variables that may be shown by name: (`agent.user`, value).
    names: Vec<(String, String)>,
    /// Passwords: (`agent.password`, value).
    passwords: Vec<(String, String)>,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self.passwords.iter().map(|(name, _)| name);
        f.debug_set().entries(names).finish()
    }
}

/// A SASL response in the words of the notation: `plain(agent.user, agent.password)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Masked {
    /// `plain` for the three fields of RFC 4616 §2, `base64` for anything else.
    pub function: String,
    /// Its arguments.
    pub args: Vec<MaskedArg>,
}

/// An argument of a masked response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MaskedArg {
    /// The value of a variable, by its name.
    Variable(String),
    /// Text that is no secret.
    Text(String),
}

impl Secrets {
    /// Adds a value that is shown by its name inside a SASL response.
    pub fn name(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.names.push((name.into(), value.into()));
    }

    /// Adds a password.
    pub fn password(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let value = value.into();
        if !value.is_empty() {
            self.passwords.push((name.into(), value));
        }
    }

    /// Masks a text message. A SASL `<auth/>` or `<response/>` (RFC 6120 §6.4) loses its content, which is returned in
    /// words; everything else is scrubbed.
    pub fn message(&self, text: &str) -> (String, Option<Masked>) {
        let Some(place) = response_place(text) else { return (self.scrub(text), None) };
        let payload: String = text[place.clone()].split_whitespace().collect();
        let Ok(decoded) = STANDARD.decode(&payload) else { return (self.scrub(text), None) };
        if decoded.is_empty() {
            return (text.to_owned(), None);
        }
        let without = format!("{}{}", &text[..place.start], &text[place.end..]);
        (without, Some(self.response(&decoded)))
    }

    /// Replaces every password in `text`: in clear, escaped for XML, and inside base64 at any alignment.
    pub fn scrub(&self, text: &str) -> String {
        self.blot(text.to_owned(), str::to_owned)
    }

    /// [`Secrets::scrub`] for octets that need not be text.
    pub fn scrub_octets(&self, octets: &[u8]) -> Vec<u8> {
        // Latin-1 there and back keeps every octet and lets one search serve both.
        let latin =
            |octets: &[u8]| octets.iter().map(|&octet| char::from(octet)).collect::<String>();
        let blotted = self.blot(latin(octets), |secret| latin(secret.as_bytes()));
        blotted.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
    }

    /// Blots every password out of `text`, in which a password stands as `as_written` says.
    fn blot(&self, mut text: String, as_written: impl Fn(&str) -> String) -> String {
        for (_, secret) in self.passwords.iter().filter(|(_, secret)| secret.len() >= SHORTEST) {
            for form in
                [secret.as_str(), &stanza::escape::text(secret), &stanza::escape::attr(secret)]
            {
                text = text.replace(&as_written(form), BLOT);
            }
            for middle in base64_middles(secret.as_bytes()) {
                while let Some(at) = text.find(&middle) {
                    let run = base64_run(&text, at, middle.len());
                    text.replace_range(run, BLOT);
                }
            }
        }
        text
    }

    /// Puts a decoded SASL response into words.
    fn response(&self, decoded: &[u8]) -> Masked {
        let fields: Vec<&[u8]> = decoded.split(|&octet| octet == 0).collect();
        if let [authzid, user, password] = fields[..] {
            let mut args = Vec::new();
            if !authzid.is_empty() {
                args.push(self.field(authzid));
            }
            args.push(self.field(user));
            args.push(self.password_field(password));
            return Masked { function: "plain".to_owned(), args };
        }
        let mut args = Vec::new();
        for (i, field) in fields.iter().enumerate() {
            if i > 0 {
                args.push(MaskedArg::Text("\0".to_owned()));
            }
            if !field.is_empty() {
                args.push(if i == 0 { self.field(field) } else { self.password_field(field) });
            }
        }
        Masked { function: "base64".to_owned(), args }
    }

    /// A field that may be a name, and may yet hold a password by mistake.
    fn field(&self, field: &[u8]) -> MaskedArg {
        let text = String::from_utf8_lossy(field);
        let known = self.passwords.iter().chain(&self.names).find(|(_, value)| *value == text);
        match known {
            Some((name, _)) => MaskedArg::Variable(name.clone()),
            None => MaskedArg::Text(self.scrub(&text)),
        }
    }

    /// A field where a password belongs: one that is not listed is never shown.
    fn password_field(&self, field: &[u8]) -> MaskedArg {
        match self.field(field) {
            MaskedArg::Text(text) if !text.is_empty() => MaskedArg::Text(BLOT.to_owned()),
            other => other,
        }
    }
}

/// Where the content of a SASL response stands in a message, if the message is one.
fn response_place(text: &str) -> Option<std::ops::Range<usize>> {
    let (element, spans) = stanza::parse_spanned(text).ok()?;
    if !element.is(ns::SASL, "auth") && !element.is(ns::SASL, "response") {
        return None;
    }
    match spans.children.as_slice() {
        [stanza::ChildSpans::Text(place)] => Some(place.clone()),
        _ => None,
    }
}

/// The digits of a base64 text that depend on `secret` alone, for each of the three ways it can be aligned.
fn base64_middles(secret: &[u8]) -> Vec<String> {
    (0..3usize)
        .map(|lead| {
            let mut padded = vec![0; lead];
            padded.extend_from_slice(secret);
            let encoded = STANDARD.encode(&padded);
            let from = (lead * 8).div_ceil(6);
            let to = (lead + secret.len()) * 8 / 6;
            encoded[from..to].to_owned()
        })
        .collect()
}

/// The whole run of base64 digits around a hit.
fn base64_run(text: &str, at: usize, len: usize) -> std::ops::Range<usize> {
    let digit = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/' | b'=');
    let before = text.as_bytes()[..at].iter().rev().take_while(|octet| digit(octet)).count();
    let after = text.as_bytes()[at + len..].iter().take_while(|octet| digit(octet)).count();
    at - before..at + len + after
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn secrets() -> Secrets {
        let mut secrets = Secrets::default();
        secrets.name("agent.user", "1001");
        secrets.password("agent.password", "correct horse");
        secrets
    }

    fn auth(response: &str) -> String {
        format!(
            r#"<auth xmlns="{}" mechanism="PLAIN">{}</auth>"#,
            ns::SASL,
            STANDARD.encode(response)
        )
    }

    #[test]
    fn plain_is_put_into_words() {
        let (text, login) = secrets().message(&auth("\x001001\0correct horse"));
        assert_eq!(text, format!(r#"<auth xmlns="{}" mechanism="PLAIN"></auth>"#, ns::SASL));
        let login = login.unwrap();
        assert_eq!(login.function, "plain");
        let variable = |name: &str| MaskedArg::Variable(name.to_owned());
        assert_eq!(login.args, [variable("agent.user"), variable("agent.password")]);
    }

    #[test]
    fn a_password_that_nobody_listed_is_not_shown() {
        let (_, login) = secrets().message(&auth("\x001001\0hunter22"));
        assert_eq!(login.unwrap().args[1], MaskedArg::Text("***".to_owned()));
    }

    #[test]
    fn a_response_of_another_shape_names_its_parts() {
        let (_, login) = secrets().message(&auth("1001\0correct horse"));
        let login = login.unwrap();
        assert_eq!(login.function, "base64");
        assert_eq!(login.args.len(), 3);
        assert_eq!(login.args[2], MaskedArg::Variable("agent.password".to_owned()));
    }

    #[test]
    fn other_stanzas_are_scrubbed() {
        let (text, login) = secrets().message("<a>correct horse</a>");
        assert_eq!((text.as_str(), login), ("<a>***</a>", None));
    }

    proptest! {
        #[test]
        fn no_alignment_escapes(secret in "[A-Za-z0-9<&\"é]{6,20}", before in ".{0,7}", after in ".{0,7}") {
            let mut secrets = Secrets::default();
            secrets.password("p", secret.clone());
            let encoded = format!("x {} y", STANDARD.encode(format!("{before}{secret}{after}")));
            let scrubbed = secrets.scrub(&encoded);
            let octets = secrets.scrub_octets(encoded.as_bytes());
            for middle in base64_middles(secret.as_bytes()) {
                prop_assert!(!scrubbed.contains(&middle));
                prop_assert!(!String::from_utf8_lossy(&octets).contains(&middle));
            }
            let octets = secrets.scrub_octets(format!("{before}{secret}{after}").as_bytes());
            prop_assert!(!octets.windows(secret.len()).any(|window| window == secret.as_bytes()));
        }
    }
}
