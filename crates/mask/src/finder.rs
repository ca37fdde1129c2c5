//! Finds credentials in messages, HTTP heads and bodies, by the places where they stand, so that
//! [`Secrets`](crate::Secrets) can replace them everywhere else.

use std::collections::HashSet;

use stanza::Element;

use crate::login::{basic, decode, plain};
use crate::place::Place;

/// The longest value that is taken for a credential, in octets.
const LONGEST: usize = 4096;

/// How deep elements are looked into.
const DEPTH: usize = 64;

/// The most values that are taken out of one body.
const MOST: usize = 64;

/// Where a credential was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A password, or the message of a login with it.
    Login,
    /// A token, in a header, a body or the query of a URL.
    Token,
    /// The value of a cookie, which may be any setting of the page.
    Cookie,
}

/// A value that must not be shown. Has no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    pub kind: Kind,
    pub value: String,
    /// The user that it belongs to, where the same place says so.
    pub user: Option<String>,
}

/// Collects credentials; each value once.
#[derive(Default)]
pub struct Finder {
    seen: HashSet<String>,
    found: Vec<Credential>,
}

impl Finder {
    /// The credentials that were found since the last call, in their order.
    pub fn take(&mut self) -> Vec<Credential> {
        std::mem::take(&mut self.found)
    }

    /// Looks into a message of XMPP. A server's counts only where it names a password: its
    /// `<auth/>` and `<response/>` are no logins.
    pub fn message(&mut self, text: &str, is_of_client: bool) {
        let names_one = Place::NAMES.iter().any(|name| text.contains(name));
        if !names_one || (!is_of_client && !text.contains("password")) {
            return;
        }
        if let Ok((element, _)) = stanza::parse_prefix(text, &stanza::Rules::DOCUMENT) {
            self.element(&element, 0);
        } else if let Some((_, rest)) = text.split_once('>') {
            // Half a login.
            self.response(rest.split('<').next().unwrap_or_default());
        }
    }

    /// Looks into header lines, as pairs of name and value.
    pub fn headers<'h>(&mut self, lines: impl IntoIterator<Item = (&'h str, &'h str)>) {
        for (name, value) in lines {
            match name.to_ascii_lowercase().as_str() {
                "authorization" | "proxy-authorization" => {
                    let token = value.trim().split_once(' ').map_or(value, |(_, token)| token);
                    if let Some((user, password)) = basic(value) {
                        self.add(Kind::Login, &password, Some(&user));
                        self.add(Kind::Login, token, None);
                    } else {
                        self.add(Kind::Token, token, None);
                    }
                }
                "cookie" => {
                    for cookie in value.split(';') {
                        let value = cookie.split_once('=').map_or(cookie, |(_, value)| value);
                        self.add(Kind::Cookie, value, None);
                    }
                }
                "set-cookie" => {
                    // Chrome joins several by line feeds.
                    for cookie in value.lines() {
                        let pair = cookie.split(';').next().unwrap_or_default();
                        let value = pair.split_once('=').map_or(pair, |(_, value)| value);
                        self.add(Kind::Cookie, value, None);
                    }
                }
                name if name.contains("token") || name.contains("api-key") => {
                    self.add(Kind::Token, value, None);
                }
                // A redirect of single sign-on carries its token in the URL.
                "location" | "referer" => self.target(value),
                _ => {}
            }
        }
    }

    /// Looks into the query and fragment of a request's target, or of a URL.
    pub fn target(&mut self, target: &str) {
        if let Some((_, query)) = target.split_once(['?', '#']) {
            self.pairs(query);
        }
    }

    /// Looks into a body: XML, JSON, or pairs of a form.
    pub fn body(&mut self, body: &str) {
        self.message(body, true);
        let most = self.found.len() + MOST;
        for piece in body.split('<').skip(1).filter(|piece| !piece.starts_with('/')).take(100_000) {
            let Some((tag, text)) = piece.split_once('>') else { continue };
            let name = tag.split([' ', '\t', '\r', '\n', '/']).next().unwrap_or_default();
            let local = name.rsplit(':').next().unwrap_or_default();
            if is_secret(local) && self.found.len() < most {
                self.add(Kind::Token, text, None);
            }
        }
        let mut quoted = body.split('"').skip(1);
        while let Some(name) = quoted.next() {
            let Some(between) = quoted.next() else { break };
            if between.trim() == ":" && is_secret(name) && self.found.len() < most {
                self.add(Kind::Token, quoted.clone().next().unwrap_or_default(), None);
            }
        }
        if !body.trim_start().starts_with(['<', '{', '[']) {
            self.pairs(body);
        }
    }

    /// `name=value`, with ampersands between them (WHATWG URL §5.1).
    fn pairs(&mut self, query: &str) {
        for pair in query.split(['&', '#', '?']).take(1000) {
            if let Some((name, value)) = pair.split_once('=')
                && is_secret(name)
            {
                self.add(Kind::Token, value, None);
                self.add(Kind::Token, &unescaped(value), None);
            }
        }
    }

    fn element(&mut self, element: &Element, depth: usize) {
        match Place::of(&element.name.local) {
            Some(Place::Response) => self.response(&element.text()),
            Some(Place::Password) => self.add(Kind::Login, &element.text(), None),
            None if depth < DEPTH => {
                element.children().for_each(|child| self.element(child, depth + 1));
            }
            None => {}
        }
    }

    /// A response of SASL, by itself and decoded.
    fn response(&mut self, content: &str) {
        let digits: String = content.split_whitespace().collect();
        // Words of the notation: it is masked already.
        if digits.starts_with(['{', '*']) {
            return;
        }
        let octets = decode(&digits).unwrap_or_default();
        if let Some([_, user, password]) = plain(&octets) {
            let [user, password] = [user, password].map(String::from_utf8_lossy);
            self.add(Kind::Login, &password, Some(&user));
        } else if let Some(last) = octets.split(|octet| *octet == 0).next_back() {
            // The last field is the password, whatever the form; a lone one may be one.
            self.add(Kind::Login, &String::from_utf8_lossy(last), None);
        }
        self.add(Kind::Login, &digits, None);
    }

    fn add(&mut self, kind: Kind, value: &str, user: Option<&str>) {
        let value = value.trim();
        // Fewer characters cannot be told from ordinary text; anything longer is no password, and a
        // mask of parts of it would be none.
        if (4..=LONGEST).contains(&value.len()) && self.seen.insert(value.to_owned()) {
            let user = user.map(str::to_owned);
            self.found.push(Credential { kind, value: value.to_owned(), user });
        }
    }
}

/// Whether a member, element or parameter of this name holds a secret.
fn is_secret(name: &str) -> bool {
    const SECRET: [&str; 7] =
        ["password", "passwd", "token", "secret", "apikey", "api_key", "assertion"];
    // `token_type`, `expires_in`.
    const ABOUT: [&str; 3] = ["type", "expir", "name"];
    let name = name.to_ascii_lowercase();
    name.len() <= 64
        && SECRET.iter().any(|word| name.contains(word))
        && !ABOUT.iter().any(|word| name.contains(word))
}

/// A value of a form without its escapes (WHATWG URL §5.1).
fn unescaped(value: &str) -> String {
    let mut octets = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        let escaped = digits.and_then(|pair| u8::from_str_radix(pair, 16).ok());
        match (first, escaped) {
            (b'%', Some(octet)) => {
                octets.push(octet);
                rest = &after[2..];
            }
            (octet, _) => {
                octets.push(if octet == b'+' { b' ' } else { octet });
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&octets).into_owned()
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    fn found(look: impl FnOnce(&mut Finder)) -> Vec<(String, Option<String>)> {
        let mut finder = Finder::default();
        look(&mut finder);
        finder.take().into_iter().map(|one| (one.value, one.user)).collect()
    }

    #[test]
    fn a_login_names_its_user() {
        let response = STANDARD.encode("\x001001\0correct horse");
        let auth = format!("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>{response}</auth>");
        let user = Some("1001".to_owned());
        let wanted = vec![("correct horse".to_owned(), user.clone()), (response, None)];
        assert_eq!(found(|finder| finder.message(&auth, true)), wanted);
        let body = format!("<body xmlns='http://jabber.org/protocol/httpbind'>{auth}</body>");
        assert_eq!(found(|finder| finder.body(&body)), wanted);
        assert_eq!(found(|finder| finder.message(&auth, false)), []);
        assert_eq!(found(|finder| finder.message(&auth[..auth.len() - 4], true)).len(), 2);
        let basic = format!("Basic {}", STANDARD.encode("1001:correct horse"));
        let found = found(|finder| finder.headers([("authorization", basic.as_str())]));
        assert_eq!(found[0], ("correct horse".to_owned(), user));
    }

    #[test]
    fn tokens_are_found_in_headers_bodies_and_queries() {
        let cases: [(&str, &[&str]); 6] = [
            (r#"{"access_token" : "abcdef","token_type":"Bearer"}"#, &["abcdef"]),
            ("<a><b:userPassword x='y'>hunter22</b:userPassword></a>", &["hunter22"]),
            ("user=1001&j_password=a%26bcd&x=y", &["a%26bcd", "a&bcd"]),
            ("<tokenType>Bearer</tokenType>", &[]),
            ("[1, 2]", &[]),
            ("", &[]),
        ];
        for (body, wanted) in cases {
            let values: Vec<_> =
                found(|finder| finder.body(body)).into_iter().map(|one| one.0).collect();
            assert_eq!(values, wanted, "{body}");
        }
        let lines = [("Location", "https://x/y?id_token=abcdef#z"), ("cookie", "a=bcde; f=ghij")];
        let values = found(|finder| finder.headers(lines));
        assert_eq!(
            values.iter().map(|one| &*one.0).collect::<Vec<_>>(),
            ["abcdef", "bcde", "ghij"]
        );
        assert_eq!(found(|finder| finder.target("/x?token=abcdef&b=1")).len(), 1);
    }
}
