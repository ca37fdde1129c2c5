//! Decides whether a name is that of a secret: the name of a header, an attribute, an element, a
//! member of JSON, a parameter of a form or a URL. Nothing else in the program decides it.

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
    let words = words(name);
    is_of_secret(&words) && !is_about(&words)
}

/// Whether the name is of something about a secret, beside it: its type, when it expires.
pub(crate) fn is_about_one(name: &str) -> bool {
    is_about(&words(name))
}

/// Whether a parameter of a form, a query or a path holds a secret: [`is_secret`], and names that
/// mean other things in XML, such as the `code` of an error. Of BOSH, `sid`, `key` and `newkey` are
/// attributes and stay: a reader tells sessions apart by the first, which recordings have as
/// numbers and explanations not at all. The other two are worth nothing once they were sent: each
/// key is the hash of the next one (XEP-0124 §15).
pub(crate) fn is_parameter(name: &str) -> bool {
    let words = words(name);
    let last = words.last().map_or("", String::as_str);
    let whole = words.concat();
    let is_one = matches!(last, "key" | "sig" | "signature" | "pin" | "ticket")
        || matches!(whole.as_str(), "code" | "authcode" | "auth" | "sid" | "session");
    (is_one || is_of_secret(&words)) && !is_about(&words)
}

/// Whether a header holds credentials (RFC 9110 §11.6.2, §11.7.2; RFC 6265 §4.2) or, by its name,
/// another secret. `WWW-Authenticate` asks for one.
pub(crate) fn is_header(name: &str) -> bool {
    let words = words(name);
    let is_one = words
        .iter()
        .any(|word| matches!(word.as_str(), "auth" | "authentication" | "cookie2" | "signature"));
    (is_one || is_of_secret(&words)) && !is_about(&words) && !words.concat().starts_with(CORS)
}

fn is_of_secret(words: &[String]) -> bool {
    let whole = words.concat();
    PARTS.iter().any(|part| whole.contains(part))
        || words.iter().any(|word| WORDS.contains(&word.as_str()))
        || NAMES.contains(&whole.as_str())
}

fn is_about(words: &[String]) -> bool {
    words.iter().any(|word| word.starts_with("expir"))
        || words.last().is_some_and(|last| ABOUT.contains(&last.as_str()))
}

/// The words of a name in lower case: `userPassword`, `j_password`, `X-API-Key`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars().take(LONGEST) {
        let is_between = !c.is_alphanumeric();
        if (is_between || (c.is_uppercase() && was_lower)) && words.last() != Some(&String::new()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| !is_between) {
            word.extend(c.to_lowercase());
        }
        was_lower = c.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    if words.is_empty() { vec![String::new()] } else { words }
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
