//! Finds credentials in messages, HTTP heads and bodies, by the places where they stand, so that
//! [`Secrets`](crate::Secrets) can replace them everywhere else.

use std::collections::HashSet;

use crate::walk::Walk;

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

    /// Looks into a message of XMPP. A server's `<auth/>` and `<response/>` are no logins.
    pub fn message(&mut self, text: &str, is_of_client: bool) {
        self.walk(is_of_client, |walk| walk.body(text));
    }

    /// Looks into header lines, as pairs of name and value.
    pub fn headers<'h>(&mut self, lines: impl IntoIterator<Item = (&'h str, &'h str)>) {
        for (name, value) in lines {
            self.walk(true, |walk| walk.header(name, value));
        }
    }

    /// Looks into the target of a request, or a URL.
    pub fn target(&mut self, target: &str) {
        self.walk(true, |walk| walk.url(target, 0));
    }

    /// Looks into a body: XML, JSON, pairs of a form, or lines.
    pub fn body(&mut self, body: &str) {
        self.walk(true, |walk| walk.body(body));
    }

    /// Looks into text of no kind: a reason.
    pub fn text(&mut self, text: &str) {
        self.walk(true, |walk| walk.lines(text));
    }

    fn walk(&mut self, has_logins: bool, look: impl FnOnce(&mut Walk)) {
        let mut walk = Walk::new(has_logins);
        look(&mut walk);
        let new = walk.learnt.into_iter().filter(|one| self.seen.insert(one.value.clone()));
        self.found.extend(new);
    }
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
            ("user=1001&j_password=a%26bcd&x=y", &["a&bcd", "a%26bcd"]),
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
