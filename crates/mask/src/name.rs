//! Decides whether a name is that of a secret: the name of a header, an attribute, an element, a
//! member of JSON, a parameter of a form or a URL. Nothing else in the program decides it.

use std::borrow::Cow;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

/// Parts of names, wherever they stand in a name without its separators.
const PARTS: [&str; 21] = [
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "token",
    "secret",
    "credential",
    "assertion",
    "apikey",
    "privatekey",
    "accesskey",
    "subscriptionkey",
    "signingkey",
    "sessionkey",
    "authkey",
    "sessionid",
    "sessid",
    "authorization",
    "samlresponse",
    "samlrequest",
    "samlart",
];

/// All of [`PARTS`] at once: a search for each takes longer to prepare than a name to read.
static ANY_PART: LazyLock<AhoCorasick> =
    LazyLock::new(|| AhoCorasick::new(PARTS).expect("the automaton of a few words is small"));

/// Whole words of names.
const WORDS: [&str; 8] = ["pwd", "pass", "pw", "jwt", "cookie", "bearer", "otp", "passwords"];

/// Whole names.
const NAMES: [&str; 2] = ["pin", "psw"];

/// Last words of names that say something about a secret: `token_type`, `user.password.policy`.
const ABOUT: [&str; 14] = [
    "type", "name", "user", "username", "length", "policy", "endpoint", "format", "count",
    "required", "enabled", "valid", "status", "through",
];

/// `Access-Control-Allow-Credentials: true`.
const CORS: &str = "accesscontrol";

/// Names are longer nowhere; a text that is, is none.
const LONGEST: usize = 128;

/// Whether an element, an attribute or a member of this name holds a secret.
pub(crate) fn is_secret(name: &str) -> bool {
    let name = Name::new(name);
    name.is_of_secret() && !name.is_about()
}

/// Whether the name is of something about a secret, beside it: its type, when it expires.
pub(crate) fn is_about_one(name: &str) -> bool {
    Name::new(name).is_about()
}

/// Whether a parameter of a form, a query or a path holds a secret: [`is_secret`], and names that
/// mean other things in XML, such as the `code` of an error. Of BOSH, `sid`, `key` and `newkey` are
/// attributes and stay: a reader tells sessions apart by the first, which recordings have as
/// numbers and explanations not at all. The other two are worth nothing once they were sent: each
/// key is the hash of the next one (XEP-0124 §15).
pub(crate) fn is_parameter(name: &str) -> bool {
    let name = Name::new(name);
    let is_one = matches!(name.last(), "key" | "sig" | "signature" | "pin" | "ticket")
        || matches!(name.letters.as_ref(), "code" | "authcode" | "auth" | "sid" | "session");
    (is_one || name.is_of_secret()) && !name.is_about()
}

/// Whether a header holds credentials (RFC 9110 §11.6.2, §11.7.2; RFC 6265 §4.2) or, by its name,
/// another secret. `WWW-Authenticate` asks for one.
pub(crate) fn is_header(name: &str) -> bool {
    let name = Name::new(name);
    let is_one = name
        .words()
        .any(|word| matches!(word, "auth" | "authentication" | "cookie2" | "signature"));
    (is_one || name.is_of_secret()) && !name.is_about() && !name.letters.starts_with(CORS)
}

/// A name in words: `userPassword`, `j_password`, `X-API-Key`. Each message has dozens of names,
/// most of one word in lower case, which is not copied.
struct Name<'n> {
    /// The letters and digits, in lower case.
    letters: Cow<'n, str>,
    /// Where each word ends, but the last.
    ends: Vec<usize>,
}

impl<'n> Name<'n> {
    fn new(name: &'n str) -> Self {
        let is_plain = |octet: u8| octet.is_ascii_lowercase() || octet.is_ascii_digit();
        if name.len() <= LONGEST && name.bytes().all(is_plain) {
            return Self { letters: Cow::Borrowed(name), ends: Vec::new() };
        }
        let mut letters = String::with_capacity(name.len().min(LONGEST));
        let mut ends = Vec::new();
        let mut was_lower = false;
        for c in name.chars().take(LONGEST) {
            let is_between = !c.is_alphanumeric();
            let is_begun = letters.len() > ends.last().copied().unwrap_or_default();
            if (is_between || (c.is_uppercase() && was_lower)) && is_begun {
                ends.push(letters.len());
            }
            if c.is_ascii_alphanumeric() {
                letters.push(c.to_ascii_lowercase());
            } else if !is_between {
                letters.extend(c.to_lowercase());
            }
            was_lower = c.is_lowercase();
        }
        // A separator at the end.
        if ends.last() == Some(&letters.len()) {
            ends.pop();
        }
        Self { letters: Cow::Owned(letters), ends }
    }

    fn words(&self) -> impl Iterator<Item = &str> {
        let ends = self.ends.iter().copied();
        let begins = std::iter::once(0).chain(ends.clone());
        let ends = ends.chain(std::iter::once(self.letters.len()));
        begins.zip(ends).map(|(begin, end)| &self.letters[begin..end])
    }

    fn last(&self) -> &str {
        &self.letters[self.ends.last().copied().unwrap_or_default()..]
    }

    fn is_of_secret(&self) -> bool {
        ANY_PART.is_match(self.letters.as_bytes())
            || self.words().any(|word| WORDS.contains(&word))
            || NAMES.contains(&self.letters.as_ref())
    }

    fn is_about(&self) -> bool {
        self.words().any(|word| word.starts_with("expir")) || ABOUT.contains(&self.last())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_told_from_others() {
        for name in [
            "password",
            "Password",
            "userPassword",
            "PASSWD",
            "j_username_password",
            "pwd",
            "pass",
            "access_token",
            "idToken",
            "client-secret",
            "apiKey",
            "X-API-Key",
            "private_key",
            "jwt",
            "sessionId",
            "JSESSIONID",
            "authorization",
            "cookie",
            "SAMLResponse",
            "passphrase",
            "credential",
            "pin",
            "new.password",
        ] {
            assert!(is_secret(name) && is_parameter(name), "{name}");
        }
        for name in [
            "token_type",
            "tokenType",
            "expires_in",
            "token_expires",
            "passwordPolicy",
            "username",
            "code",
            "key",
            "sid",
            "callKeyCallId",
            "state",
            "mechanism",
            "passThrough",
            "bypass",
            "id",
            "",
            "-",
            "response",
            "extension",
            "compass",
        ] {
            assert!(!is_secret(name), "{name}");
        }
        assert!(["code", "key", "sid", "auth", "sig", "api-key"].into_iter().all(is_parameter));
        assert!(!["errorCode", "id", "nocache", "state"].into_iter().any(is_parameter));
        for name in [
            "Authorization",
            "Proxy-Authorization",
            "Cookie",
            "Set-Cookie",
            "Set-Cookie2",
            "X-Auth",
            "X-Session-Id",
            "Apikey",
            "Ocp-Apim-Subscription-Key",
            "X-Password",
            "X-Secret",
            "X-Amz-Security-Token",
            "Authentication",
            "Access-Token",
        ] {
            assert!(is_header(name), "{name}");
        }
        for name in [
            "WWW-Authenticate",
            "Sec-WebSocket-Key",
            "Sec-WebSocket-Accept",
            "Host",
            "X-Auth-User",
            "Access-Control-Allow-Credentials",
            "Content-Type",
            "",
        ] {
            assert!(!is_header(name), "{name}");
        }
    }
}
