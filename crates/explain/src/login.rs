//! A login: mechanism and names, and what is wrong with its form. The password stays in the file.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use stanza::Element;

/// The user that a message logs in as, if it is a login that names one.
pub fn user(message: &str) -> Option<String> {
    let element = stanza::parse(message).ok()?;
    if !matches!(element.name.local.as_str(), "auth" | "response") {
        return None;
    }
    let login = Login::of(&element);
    let user = login.authcid.split('@').next().unwrap_or_default();
    (!user.is_empty()).then(|| user.to_owned())
}

/// A login by SASL, without its password.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Login {
    pub(crate) mechanism: String,
    /// The identity to act as (RFC 4616 §2); empty for none.
    pub(crate) authzid: String,
    pub(crate) authcid: String,
    /// The mistake in the form of the message.
    pub(crate) wrong: Option<&'static str>,
    /// A log has masked it, so its form is not known.
    pub(crate) is_masked: bool,
}

impl Login {
    /// Reads `<auth/>` or `<response/>`.
    pub(crate) fn of(element: &Element) -> Self {
        let mechanism = element.attr("mechanism").unwrap_or_default().to_owned();
        let mut login = Self { mechanism, ..Self::default() };
        if !login.mechanism.eq_ignore_ascii_case("PLAIN") && element.name.local == "auth" {
            return login;
        }
        let content = element.text();
        let digits: String = content.split_whitespace().collect();
        if let Some(words) = masked(&digits) {
            login.is_masked = true;
            if let [authzid, authcid] = words.as_slice() {
                authzid.clone_into(&mut login.authzid);
                authcid.clone_into(&mut login.authcid);
            } else if let [authcid] = words.as_slice() {
                authcid.clone_into(&mut login.authcid);
            }
            return login;
        }
        if digits.is_empty() || digits == "=" {
            login.wrong = Some("there is no name and no password in it");
            return login;
        }
        let Ok(octets) = STANDARD.decode(&digits) else {
            login.wrong = Some("it is not base64");
            return login;
        };
        let fields: Vec<_> =
            octets.split(|octet| *octet == 0).map(String::from_utf8_lossy).collect();
        match fields.as_slice() {
            [authzid, authcid, password] => {
                login.authzid = authzid.clone().into_owned();
                login.authcid = authcid.clone().into_owned();
                if authcid.is_empty() {
                    login.wrong = Some("the name is empty");
                } else if password.is_empty() {
                    login.wrong = Some("the password is empty");
                }
            }
            // The fields may be anything, a password among them.
            [_, _] => login.wrong = Some("it has two fields in place of three: a NUL is missing"),
            [_] => login.wrong = Some("it has one field in place of three: there is no NUL in it"),
            _ => login.wrong = Some("it has more than three fields: the password has a NUL"),
        }
        login
    }

    /// The message in words, with the password masked.
    pub(crate) fn words(&self) -> String {
        let mechanism = if self.mechanism.is_empty() { "no mechanism" } else { &self.mechanism };
        let name = |name: &str| textual::clipped(name, 80).into_owned();
        if self.authcid.is_empty() {
            return mechanism.to_owned();
        }
        if self.authzid.is_empty() {
            format!("{mechanism}: user {}, password ***", name(&self.authcid))
        } else {
            format!(
                "{mechanism}: user {}, acts as {}, password ***",
                name(&self.authcid),
                name(&self.authzid)
            )
        }
    }
}

/// The names in a response that our own recordings have put into words: `{plain(1001, ***)}`.
fn masked(content: &str) -> Option<Vec<String>> {
    if content.chars().all(|c| c == '*') && !content.is_empty() {
        return Some(Vec::new());
    }
    let inner = content.strip_prefix("{plain(")?.strip_suffix(")}")?;
    let mut words: Vec<String> = inner.split(',').map(|word| word.trim().to_owned()).collect();
    words.pop();
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(message: &str) -> Login {
        let auth = Element::new(stanza::ns::SASL, "auth").with_attr("mechanism", "PLAIN");
        Login::of(&auth.with_text(message))
    }

    #[test]
    fn names_are_read_and_passwords_are_not() {
        let plain = login(&STANDARD.encode("1001@d\x001001\0hunter22"));
        assert_eq!(plain.words(), "PLAIN: user 1001, acts as 1001@d, password ***");
        assert_eq!(
            login(&STANDARD.encode("\x001001\0hunter22")).words(),
            "PLAIN: user 1001, password ***"
        );
        assert_eq!(login("{plain(1001, ***)}").authcid, "1001");
        assert!(login("***").is_masked);
    }

    #[test]
    fn a_wrong_form_is_named() {
        for (message, wrong) in [
            ("hunter22!", "base64"),
            ("=", "no name"),
            (&*STANDARD.encode("1001\0hunter22"), "two fields"),
            (&*STANDARD.encode("hunter22"), "one field"),
            (&*STANDARD.encode("\x001001\0"), "password is empty"),
            (&*STANDARD.encode("\0\0hunter22"), "name is empty"),
            (&*STANDARD.encode("\0a\0b\0c"), "more than three"),
        ] {
            assert!(login(message).wrong.unwrap().contains(wrong), "{message}");
        }
    }
}
