//! Masking without known passwords: all content in the place of a password is
//! replaced.

use std::borrow::Cow;

use stanza::Rules;

use crate::BLOT;
use crate::login::{decode_any, plain};
use crate::walk::Walk;

/// Words without which no text is a login or a part of one.
const LOGIN: [&str; 4] = ["auth", "response", "password", "digest"];

/// A text message without its secrets. SASL PLAIN (RFC 4616) is put into words. Text that looks
/// like a login and cannot be parsed is cut off, like text before the login that is not an element.
pub fn message(text: &str, logged_in: bool) -> Cow<'_, str> {
    let start = text.trim_start();
    let is_element = start.starts_with('<');
    if start.is_empty() || (!is_element && logged_in && !is_login(text)) {
        return body(text);
    }
    if !is_element {
        let is_json = logged_in && start.starts_with(['{', '[']);
        return if is_json { body(text) } else { Cow::Owned(cut(text)) };
    }
    if !is_login(text) {
        return body(text);
    }
    let Ok((_, end)) = stanza::parse_prefix(text, &Rules::OPENFIRE) else {
        return Cow::Owned(cut(text));
    };
    if text[end..].trim().is_empty() {
        return body(text);
    }
    Cow::Owned(body(&text[..end]).into_owned() + BLOT)
}

/// A body of HTTP without its secrets, or any other text: XML, JSON, a form, lines. They are known
/// by their places only.
pub fn body(text: &str) -> Cow<'_, str> {
    walked(text, |walk| walk.body(text))
}

/// A URL or the target of a request without its secrets.
pub fn url(url: &str) -> Cow<'_, str> {
    walked(url, |walk| walk.url(url, 0))
}

/// The value of a header without its secrets.
pub fn header<'v>(name: &str, value: &'v str) -> Cow<'v, str> {
    walked(value, |walk| walk.header(name, value))
}

/// The lines of an HTTP head, which `\n` separates, without its secrets.
pub fn head(lines: &str) -> String {
    walked(lines, |walk| walk.head(lines)).into_owned()
}

/// Text of no kind without its secrets: a reason, an error.
pub fn text(text: &str) -> Cow<'_, str> {
    walked(text, |walk| walk.lines(text))
}

/// Text of our own without the secrets of URLs in it.
pub fn urls(text: &str) -> Cow<'_, str> {
    walked(text, |walk| walk.urls(text))
}

fn walked(text: &str, look: impl FnOnce(&mut Walk)) -> Cow<'_, str> {
    let mut walk = Walk::new(true);
    look(&mut walk);
    if walk.marks.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(walk.masked(text)) }
}

/// Whether it may be a login.
fn is_login(text: &str) -> bool {
    LOGIN.iter().any(|word| text.contains(word))
}

/// A SASL response in words: with the names in it, and never with the password.
pub(crate) fn response(text: &str) -> String {
    if text.trim() == "=" {
        return "=".to_owned();
    }
    let decoded = decode_any(text).filter(|octets| std::str::from_utf8(octets).is_ok());
    let fields =
        decoded.as_deref().and_then(plain).map(|fields| fields.map(String::from_utf8_lossy));
    match fields {
        Some([authzid, user, _]) if authzid.is_empty() && is_name(&user) => {
            format!("{{plain({user}, {BLOT})}}")
        }
        Some([authzid, user, _]) if is_name(&authzid) && is_name(&user) => {
            format!("{{plain({authzid}, {user}, {BLOT})}}")
        }
        _ => BLOT.to_owned(),
    }
}

/// Whether a field can be a name, so that it may be shown.
fn is_name(field: &str) -> bool {
    (1..=1023).contains(&field.len())
        && !field.contains(|c: char| c.is_control() || c.is_whitespace())
}

/// The beginning of a message as far as it is certainly harmless: its first tag.
fn cut(text: &str) -> String {
    let start = text.trim_start();
    match start.find('>').filter(|_| start.starts_with('<')) {
        Some(end) => format!("{}{BLOT}", &start[..=end]),
        None => BLOT.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;
    use stanza::ns;

    use super::*;

    fn auth(response: &str) -> String {
        format!("<auth xmlns='{}' mechanism='PLAIN'>{}</auth>", ns::SASL, STANDARD.encode(response))
    }

    #[test]
    fn plain_is_put_into_words() {
        let masked = |response| message(&auth(response), false).into_owned();
        let shown = |content: &str| {
            format!("<auth xmlns='{}' mechanism='PLAIN'>{content}</auth>", ns::SASL)
        };
        assert_eq!(masked("\x001001\0hunter22"), shown("{plain(1001, ***)}"));
        assert_eq!(masked("1001@d\x001001\0hunter22"), shown("{plain(1001@d, 1001, ***)}"));
        assert_eq!(masked("1001\0hunter22"), shown("***"));
        assert_eq!(masked("hunter22"), shown("***"));
    }

    #[test]
    fn other_places_of_passwords_are_masked() {
        for text in [
            "<iq xmlns='jabber:client' type='set'><query xmlns='jabber:iq:auth'><username>1001</username><password>hunter22</password></query></iq>",
            "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>hunter22",
            "hunter22</auth>",
            "hunter22",
            "<a/><auth>hunter22</auth>",
            "<s:auth xmlns:s='urn:x'>hunter22</s:auth>",
        ] {
            let masked = message(text, false);
            assert!(!masked.contains("hunter22") && masked.contains(BLOT), "{masked}");
        }
    }

    #[test]
    fn credentials_of_http_are_masked() {
        let lines = "GET /ws/ HTTP/1.1\nHost: x\nauthorization: Basic aHVudGVyMjI=";
        assert_eq!(head(lines), "GET /ws/ HTTP/1.1\nHost: x\nauthorization: ***");
    }

    #[test]
    fn everything_else_stays_as_it_was() {
        for text in [
            "<presence/>",
            " ",
            "<author>Ann</author>",
            "<a type='response'/>",
            "<auth/>",
            "<auth>=</auth>",
        ] {
            assert_eq!(message(text, false).replace('"', "'"), text);
        }
        assert_eq!(message("no element", true), "no element");
    }

    proptest! {
        #[test]
        fn no_login_shows_its_password(user in "[a-z0-9]{1,8}", password in "[A-Z!]{8,20}", cut in 0..200_usize) {
            let whole = auth(&format!("\0{user}\0{password}"));
            let encoded = STANDARD.encode(format!("\0{user}\0{password}"));
            let cut = &whole[..cut.min(whole.len())];
            for text in [whole.as_str(), cut] {
                let masked = message(text, false);
                prop_assert!(!masked.contains(&password));
                prop_assert!(!masked.contains(&encoded[encoded.len() / 2..]));
            }
        }
    }
}
