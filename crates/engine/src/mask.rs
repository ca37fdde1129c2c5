//! Takes passwords out of what clients say, before it is kept anywhere.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use stanza::{Element, Node, Rules};
use wire::RequestHead;

/// What stands where a secret stood.
const BLOT: &str = "***";

/// Words without which no message holds a password: SASL (RFC 6120 §6.4), `jabber:iq:auth`, `jabber:iq:register`.
const WORDS: [&str; 4] = ["auth", "response", "password", "digest"];

/// Headers that carry credentials (RFC 9110 §11.6.2, §11.7.2; RFC 6265 §4.2).
const HEADERS: [&str; 3] = ["Authorization", "Proxy-Authorization", "Cookie"];

/// A text message without its passwords. SASL PLAIN (RFC 4616) is put into words; what looks like a login and cannot be
/// read is cut off, and so is what comes before the login and is no element.
pub(crate) fn message(text: &str, logged_in: bool) -> Cow<'_, str> {
    let suspicious = WORDS.iter().any(|word| text.contains(word));
    if !suspicious && (logged_in || text.trim_start().starts_with('<') || text.trim().is_empty()) {
        return Cow::Borrowed(text);
    }
    let Ok((mut element, end)) = stanza::parse_prefix(text, &Rules::OPENFIRE) else {
        return Cow::Owned(cut(text));
    };
    if !suspicious {
        return Cow::Borrowed(text);
    }
    let rest = if text[end..].trim().is_empty() { "" } else { BLOT };
    if blot(&mut element) {
        Cow::Owned(stanza::print(&element) + rest)
    } else if rest.is_empty() {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("{}{rest}", &text[..end]))
    }
}

/// A request head without its credentials.
pub(crate) fn request(request: &RequestHead) -> String {
    let head = String::from_utf8_lossy(&request.to_bytes()).replace("\r\n", "\n");
    head.trim_end()
        .lines()
        .map(|line| match line.split_once(':') {
            Some((name, _)) if HEADERS.iter().any(|header| header.eq_ignore_ascii_case(name)) => {
                format!("{name}: {BLOT}\n")
            }
            _ => format!("{line}\n"),
        })
        .collect()
}

/// Replaces what is secret in an element and below; says whether there was anything.
fn blot(element: &mut Element) -> bool {
    let text = element.text();
    let masked = match element.name.local.as_str() {
        "auth" | "response" if !text.trim().is_empty() => response(&text),
        "password" | "digest" if !text.is_empty() => BLOT.to_owned(),
        _ => {
            let mut any = false;
            for node in &mut element.nodes {
                if let Node::Element(child) = node {
                    any |= blot(child);
                }
            }
            return any;
        }
    };
    element.nodes = vec![Node::Text(masked)];
    true
}

/// A SASL response in words: who, and never with which password.
fn response(text: &str) -> String {
    let digits: String = text.split_whitespace().collect();
    if digits == "=" {
        return digits;
    }
    let decoded = STANDARD.decode(&digits).ok().and_then(|octets| String::from_utf8(octets).ok());
    let fields: Vec<&str> =
        decoded.as_deref().map(|text| text.split('\0').collect()).unwrap_or_default();
    match fields[..] {
        ["", user, _] if is_name(user) => format!("{{plain({user}, {BLOT})}}"),
        [authzid, user, _] if is_name(authzid) && is_name(user) => {
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
            format!("<auth xmlns=\"{}\" mechanism=\"PLAIN\">{content}</auth>", ns::SASL)
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

    #[test]
    fn credentials_of_http_are_masked() {
        let octets = b"GET /ws/ HTTP/1.1\r\nHost: x\r\nauthorization: Basic aHVudGVyMjI=\r\n\r\n";
        let (head, _) = RequestHead::parse(octets).unwrap().unwrap();
        assert_eq!(request(&head), "GET /ws/ HTTP/1.1\nHost: x\nauthorization: ***\n");
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
