//! The passwords of a run, and their replacement everywhere.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use stanza::ns;

use crate::login::{Masked, MaskedArg, decode, plain};
use crate::{BLOT, place};

/// Shortest secret, in octets, that is searched outside SASL; a shorter one would blot out
/// innocent text.
const SHORTEST: usize = 4;

/// The names and secrets of a run. The order in which they are added has no meaning. Its `Debug`
/// shows names only.
#[derive(Clone, Default)]
pub struct Secrets {
    /// Variables that may be shown by name: `agent.user` → value.
    names: BTreeMap<String, String>,
    /// Passwords: `agent.password` → value.
    passwords: BTreeMap<String, Password>,
}

#[derive(Clone)]
struct Password {
    value: String,
    /// In clear, and escaped for XML.
    clear: Vec<String>,
    /// The digits of a base64 text that depend on the password alone, one for each alignment.
    base64: Vec<String>,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.passwords.keys()).finish()
    }
}

impl Secrets {
    /// Adds a value that is shown by its name inside a SASL response.
    pub fn name(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.names.insert(name.into(), value.into());
    }

    /// Adds a password. `agent.password` belongs to the account whose user name is `agent.user`.
    pub fn password(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let value = value.into();
        if value.is_empty() {
            return;
        }
        let (text, attr) = (stanza::escape::text(&value), stanza::escape::attr(&value));
        let clear = vec![value.clone(), text.into_owned(), attr.into_owned()];
        let base64 = base64_middles(value.as_bytes());
        self.passwords.insert(name.into(), Password { value, clear, base64 });
    }

    /// Masks a text message. A SASL `<auth/>` or `<response/>` (RFC 6120 §6.4) loses its content,
    /// which is returned in words. In all other text, known passwords are replaced, and all content
    /// of `<password/>` and `<digest/>`.
    pub fn message(&self, text: &str) -> (String, Option<Masked>) {
        let Ok((element, spans)) = stanza::parse_spanned(text) else {
            return (self.scrub(text), None);
        };
        if element.is(ns::SASL, "auth") || element.is(ns::SASL, "response") {
            let [stanza::ChildSpans::Text(place)] = spans.children.as_slice() else {
                return (self.scrub(text), None);
            };
            let Some(response) = decode(&text[place.clone()]) else {
                return (self.scrub(text), None);
            };
            if response.is_empty() {
                return (text.to_owned(), None);
            }
            let without = format!("{}{}", &text[..place.start], &text[place.end..]);
            return (without, Some(self.response(&response)));
        }
        let mut places = place::passwords(&element, &spans);
        places.extend(self.hits(text, Cow::Borrowed));
        (replaced(text, places), None)
    }

    /// Masks the lines of an HTTP head: known passwords, and the headers that carry credentials.
    pub fn head(&self, lines: &str) -> String {
        self.scrub(&place::head(lines))
    }

    /// Replaces every password in `text`: in clear, escaped for XML, and inside base64 at any
    /// alignment.
    pub fn scrub(&self, text: &str) -> String {
        replaced(text, self.hits(text, Cow::Borrowed))
    }

    /// [`Secrets::scrub`] for octets that need not be text.
    pub fn scrub_octets(&self, octets: &[u8]) -> Vec<u8> {
        // Latin-1 there and back keeps every octet and lets one search serve both.
        let latin =
            |octets: &[u8]| octets.iter().map(|&octet| char::from(octet)).collect::<String>();
        let text = latin(octets);
        let scrubbed = replaced(&text, self.hits(&text, |secret| latin(secret.as_bytes()).into()));
        scrubbed.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
    }

    /// Every place of every password in `text`, in which a password stands as `as_written` says.
    /// All are looked for in the text as it is, so that no password hides a part of another.
    fn hits<'a>(
        &'a self,
        text: &'a str,
        as_written: impl Fn(&'a str) -> Cow<'a, str>,
    ) -> Vec<Range<usize>> {
        let looked_for = self.passwords.values().filter(|known| known.value.len() >= SHORTEST);
        looked_for
            .flat_map(|password| {
                let clear = password.clear.iter().flat_map(|form| all(text, as_written(form)));
                let inside = |hit: Range<usize>| base64_run(text, hit);
                let base64 = password
                    .base64
                    .iter()
                    .flat_map(|middle| all(text, Cow::Borrowed(middle)))
                    .map(inside);
                clear.chain(base64).collect::<Vec<_>>()
            })
            .collect()
    }

    /// Puts a decoded SASL response into words.
    fn response(&self, decoded: &[u8]) -> Masked {
        let fields: Vec<String> = decoded
            .split(|&octet| octet == 0)
            .map(|field| String::from_utf8_lossy(field).into_owned())
            .collect();
        let is_plain = plain(decoded).is_some();
        let account = self.account(if is_plain { &fields[1..2] } else { &fields });
        let name = |field: &str| self.field(field, account, false);
        let secret = |field: &str| self.field(field, account, true);
        if is_plain {
            let authzid = (!fields[0].is_empty()).then(|| name(&fields[0]));
            let args = authzid.into_iter().chain([name(&fields[1]), secret(&fields[2])]).collect();
            return Masked { function: "plain".to_owned(), args };
        }
        let mut args = Vec::new();
        for (i, field) in fields.iter().enumerate() {
            if i > 0 {
                args.push(MaskedArg::Text("\0".to_owned()));
            }
            if !field.is_empty() {
                args.push(if i == 0 { name(field) } else { secret(field) });
            }
        }
        Masked { function: "base64".to_owned(), args }
    }

    /// The account of a response: `agent`, if one of the fields is the value of
    /// `agent.user`.
    fn account(&self, fields: &[String]) -> Option<&str> {
        let names = fields.iter().flat_map(|field| {
            self.names.iter().filter(move |(_, value)| *value == field).map(|(name, _)| name)
        });
        names.map(|name| account_of(name)).next()
    }

    /// A field by the name of its variable, or as text. Where a password belongs (`is_secret`),
    /// text that is not listed is never shown.
    ///
    /// A password that several accounts share is that of `account`; if it is not theirs, the first
    /// by name.
    fn field(&self, field: &str, account: Option<&str>, is_secret: bool) -> MaskedArg {
        let passwords: Vec<&String> = self
            .passwords
            .iter()
            .filter(|(_, known)| known.value == field)
            .map(|(name, _)| name)
            .collect();
        let own = passwords.iter().find(|name| Some(account_of(name)) == account);
        let password = own.or_else(|| passwords.first()).copied();
        let name = self.names.iter().find(|(_, value)| *value == field).map(|(name, _)| name);
        let known = if is_secret { password.or(name) } else { name.or(password) };
        match known {
            Some(name) => MaskedArg::Variable(name.clone()),
            None if is_secret && !field.is_empty() => MaskedArg::Text(BLOT.to_owned()),
            None => MaskedArg::Text(self.scrub(field)),
        }
    }
}

/// `agent` of `agent.user`.
fn account_of(variable: &str) -> &str {
    variable.rsplit_once('.').map_or(variable, |(account, _)| account)
}

/// Every place of `needle` in `text`, those that overlap too.
fn all<'a>(text: &'a str, needle: Cow<'a, str>) -> impl Iterator<Item = Range<usize>> + 'a {
    let mut from = 0;
    std::iter::from_fn(move || {
        let at = from + text.get(from..)?.find(&*needle)?;
        from = at + text[at..].chars().next().map_or(1, char::len_utf8);
        Some(at..at + needle.len())
    })
}

/// `text` with a blot over each of the places; places that overlap share one.
fn replaced(text: &str, mut places: Vec<Range<usize>>) -> String {
    places.sort_by_key(|place| place.start);
    let mut out = String::with_capacity(text.len());
    let mut shown = 0;
    for place in places {
        if place.start >= shown {
            out.push_str(&text[shown..place.start]);
            out.push_str(BLOT);
        }
        shown = shown.max(place.end);
    }
    out.push_str(&text[shown..]);
    out
}

/// The digits of a base64 text that depend on `secret` alone, for each of the three ways it can be
/// aligned.
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
fn base64_run(text: &str, hit: Range<usize>) -> Range<usize> {
    let digit = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/' | b'=');
    let before = text.as_bytes()[..hit.start].iter().rev().take_while(|octet| digit(octet)).count();
    let after = text.as_bytes()[hit.end..].iter().take_while(|octet| digit(octet)).count();
    hit.start - before..hit.end + after
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

    #[test]
    fn passwords_inside_others_show_no_tail_in_any_order() {
        let all = [("a.password", "cisco"), ("b.password", "cisco123"), ("c.password", "123456")];
        for [first, second, third] in
            [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
        {
            let mut secrets = Secrets::default();
            for (name, value) in [all[first], all[second], all[third]] {
                secrets.password(name, value);
            }
            for text in ["cisco123", "cisco", "cisco123456", "ciscocisco"] {
                let scrubbed = secrets.scrub(&format!("my {text} here"));
                assert_eq!(scrubbed.replace("******", "***"), "my *** here", "{text}");
                let octets = secrets.scrub_octets(format!("\u{e9}{text}").as_bytes());
                assert_eq!(
                    octets,
                    scrubbed.replace("my ", "\u{e9}").replace(" here", "").as_bytes()
                );
            }
        }
    }

    #[test]
    fn a_password_that_two_accounts_share_is_each_ones_own() {
        let mut secrets = Secrets::default();
        for (account, user) in [("agent", "1001"), ("other", "1002"), ("supervisor", "1003")] {
            secrets.name(format!("{account}.user"), user);
            secrets.password(format!("{account}.password"), "ciscocisco");
        }
        let args = |response: &str| secrets.message(&auth(response)).1.unwrap().args;
        let shown = |account: &str| {
            ["user", "password"].map(|name| MaskedArg::Variable(format!("{account}.{name}")))
        };
        for (account, user) in [("agent", "1001"), ("other", "1002"), ("supervisor", "1003")] {
            assert_eq!(args(&format!("\0{user}\0ciscocisco")), shown(account));
            let [user_arg, password_arg] = shown(account);
            let separator = MaskedArg::Text("\0".to_owned());
            let two_fields = args(&format!("{user}\0ciscocisco"));
            assert_eq!(two_fields, [user_arg, separator, password_arg]);
        }
        assert_eq!(args("\0nobody\0ciscocisco")[1], shown("agent")[1]);
    }

    #[test]
    fn a_user_whose_name_is_the_password_is_shown_as_user() {
        let mut secrets = Secrets::default();
        secrets.name("agent.user", "1001");
        secrets.password("agent.password", "1001");
        let variable = |name: &str| MaskedArg::Variable(name.to_owned());
        let login = secrets.message(&auth("\x001001\x001001")).1.unwrap();
        assert_eq!(login.args, [variable("agent.user"), variable("agent.password")]);
    }

    #[test]
    fn what_no_one_listed_is_masked_where_a_password_belongs() {
        let text = "<query xmlns='jabber:iq:auth'><password>hunter22</password>x</query>";
        let masked = "<query xmlns='jabber:iq:auth'><password>***</password>x</query>";
        assert_eq!(secrets().message(text), (masked.to_owned(), None));
        let head = "GET /x HTTP/1.1\nAuthorization: Basic aHVudGVyMjI=\nX: correct horse";
        assert_eq!(secrets().head(head), "GET /x HTTP/1.1\nAuthorization: ***\nX: ***");
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
