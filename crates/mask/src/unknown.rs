//! Masking without known passwords: all content in the place of a password is
//! replaced.

use std::borrow::Cow;

use stanza::{Element, Node, Rules};

use crate::BLOT;
use crate::login::{decode, plain};
use crate::place::Place;

/// A text message without its passwords. SASL PLAIN (RFC 4616) is put into words. Text that looks
/// like a login and cannot be parsed is cut off, like text before the login that is not an element.
pub fn message(text: &str, logged_in: bool) -> Cow<'_, str> {
    let suspicious = Place::NAMES.iter().any(|word| text.contains(word));
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

/// Replaces secrets in an element and below; returns whether there were any.
fn blot(element: &mut Element) -> bool {
    let text = element.text();
    let masked = match Place::of(&element.name.local) {
        Some(Place::Response) if !text.trim().is_empty() => response(&text),
        Some(Place::Password) if !text.is_empty() => BLOT.to_owned(),
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

/// A SASL response in words: with the names in it, and never with the password.
fn response(text: &str) -> String {
    if text.trim() == "=" {
        return "=".to_owned();
    }
    let decoded = decode(text).filter(|octets| std::str::from_utf8(octets).is_ok());
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
