//! The passwords of a run, and their replacement everywhere.

use std::collections::BTreeMap;
use std::ops::Range;

use stanza::ns;

use crate::login::{Masked, MaskedArg, basic, decode, plain};
use crate::search::Words;
use crate::walk::Walk;
use crate::{BLOT, head, is_too_short};

/// How often a text is searched again after passwords were replaced in it: the rest of an escape
/// may be another one.
const PASSES: usize = 8;

/// The names and secrets of a run. The order in which they are added has no meaning. Its `Debug`
/// shows names only.
#[derive(Clone, Default)]
pub struct Secrets {
    /// Variables that may be shown by name: `agent.user` → value.
    names: BTreeMap<String, String>,
    /// Passwords: `agent.password` → value.
    passwords: BTreeMap<String, String>,
    /// Those of them that are long enough to be searched for.
    words: Words,
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

    /// Adds a password. `agent.password` belongs to the account whose user name is `agent.user`. A
    /// password that is [too short](crate::long_enough) is replaced only where passwords belong.
    pub fn password(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let value = value.into();
        if value.is_empty() || self.is_full() {
            return;
        }
        if !is_too_short(&value) {
            self.words.add(&value);
        }
        self.passwords.insert(name.into(), value);
    }

    /// Masks a text message. A SASL `<auth/>` or `<response/>` (RFC 6120 §6.4) loses its content,
    /// which is returned in words. In all other text, known passwords are replaced, and all content
    /// of `<password/>` and `<digest/>`.
    pub fn message(&self, text: &str) -> (String, Option<Masked>) {
        let Ok((element, spans)) = stanza::parse_spanned(text) else {
            return (self.in_places(text), None);
        };
        if element.is(ns::SASL, "auth") || element.is(ns::SASL, "response") {
            let [stanza::ChildSpans::Text(place)] = spans.children.as_slice() else {
                return (self.scrub(text), None);
            };
            let Some(response) = decode(&text[place.clone()]) else {
                return (self.scrub(text), None);
            };
            if response.is_empty() {
                return (self.scrub(text), None);
            }
            let without = format!("{}{}", &text[..place.start], &text[place.end..]);
            return (self.scrub(&without), Some(self.response(&response)));
        }
        (self.in_places(text), None)
    }

    /// The content of a SASL `<auth/>` or `<response/>` in words for people: `user 1001, password
    /// agent.password`. A password that is not listed is `***`. None if it is no base64.
    pub fn login_in_words(&self, content: &str) -> Option<String> {
        let response = decode(content)?;
        let Masked { args, .. } = self.response(&response);
        let shown = |arg: &MaskedArg| match arg {
            MaskedArg::Variable(name) => self.names.get(name).unwrap_or(name).clone(),
            MaskedArg::Text(text) => text.replace('\0', " NUL "),
        };
        let args: Vec<String> = args.iter().map(shown).collect();
        Some(match args.as_slice() {
            [user, password] if plain(&response).is_some() => {
                format!("user {user}, password {password}")
            }
            [authzid, user, password] if plain(&response).is_some() => {
                format!("authzid {authzid}, user {user}, password {password}")
            }
            [] => "an empty response".to_owned(),
            args => format!("not [authzid] NUL user NUL password: {}", args.concat()),
        })
    }

    /// Masks the lines of an HTTP head: known passwords, and the headers that carry credentials.
    pub fn head(&self, lines: &str) -> String {
        self.scrub(&head(lines))
    }

    /// Masks the places of secrets, but for the content of logins, then the passwords.
    fn in_places(&self, text: &str) -> String {
        let mut walk = Walk::new(false);
        walk.body(text);
        self.scrub(&walk.masked(text))
    }

    /// The credentials of the Basic scheme in the lines of an HTTP head, in words (RFC 7617 §2):
    /// the user, and the password by its name. None if there are none that can be read.
    pub fn credentials(&self, lines: &str) -> Option<Masked> {
        let is_its = |name: &str| name.eq_ignore_ascii_case("Authorization");
        let mut values = lines.split('\n').filter_map(|line| line.split_once(':'));
        let (_, value) = values.find(|(name, _)| is_its(name))?;
        let (user, password) = basic(value)?;
        let account = self.account(std::slice::from_ref(&user));
        let args = [self.field(&user, account, false), self.field(&password, account, true)];
        Some(Masked { function: "basic".to_owned(), args: args.into() })
    }

    /// Whether there are more passwords than can be searched for. From then on all text is
    /// replaced: it could hold a password that was not searched for.
    pub fn is_full(&self) -> bool {
        self.words.is_full()
    }

    /// Replaces every password in `text`, however it is written: in upper or lower case, escaped
    /// for XML, JSON or a URL, in hexadecimal or base64, or several of these on top of each other.
    pub fn scrub(&self, text: &str) -> String {
        self.without_words(text.to_owned(), false)
    }

    /// [`Secrets::scrub`] for a text whose end may be missing, and with it the end of a password.
    pub fn scrub_cut(&self, text: &str) -> String {
        self.without_words(text.to_owned(), true)
    }

    /// [`Secrets::scrub`] for octets that need not be text.
    pub fn scrub_octets(&self, octets: &[u8]) -> Vec<u8> {
        let mut octets = octets.to_vec();
        if self.words.is_full() && !octets.is_empty() {
            return BLOT.into();
        }
        for _ in 0..PASSES {
            let places = self.words.find(&octets, false);
            if places.is_empty() {
                break;
            }
            octets = replaced_octets(&octets, places);
        }
        octets
    }

    fn without_words(&self, mut text: String, is_cut: bool) -> String {
        if self.words.is_full() && !text.is_empty() {
            return BLOT.to_owned();
        }
        for _ in 0..PASSES {
            let places = self.words.find(text.as_bytes(), is_cut);
            if places.is_empty() {
                break;
            }
            text = replaced(&text, places);
        }
        text
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
        // OAUTHBEARER and its like (RFC 7628 §3.1) hold a token without a field of its own.
        if decoded.contains(&1) {
            let args = vec![MaskedArg::Text(BLOT.to_owned())];
            return Masked { function: "base64".to_owned(), args };
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
            .filter(|(_, known)| *known == field)
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

/// `text` with a blot over each of the places, which are widened to whole characters.
fn replaced(text: &str, mut places: Vec<Range<usize>>) -> String {
    for place in &mut places {
        *place = text.floor_char_boundary(place.start)..text.ceil_char_boundary(place.end);
    }
    String::from_utf8_lossy(&replaced_octets(text.as_bytes(), places)).into_owned()
}

/// `octets` with a blot over each of the places; places that touch share one.
fn replaced_octets(octets: &[u8], mut places: Vec<Range<usize>>) -> Vec<u8> {
    places.sort_by_key(|place| place.start);
    let mut out = Vec::with_capacity(octets.len());
    let mut shown = 0;
    for place in places {
        if place.start > shown || (place.start == shown && out.is_empty()) {
            out.extend_from_slice(&octets[shown..place.start]);
            out.extend_from_slice(BLOT.as_bytes());
        }
        shown = shown.max(place.end);
    }
    out.extend_from_slice(&octets[shown..]);
    out
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

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
    fn a_login_is_told_in_words() {
        let told = |response: &str| secrets().login_in_words(&STANDARD.encode(response));
        for (response, words) in [
            ("\x001001\0correct horse", "user 1001, password agent.password"),
            ("\x001001@h\0correct horse", "user 1001@h, password agent.password"),
            ("a\x001001\0hunter22", "authzid a, user 1001, password ***"),
            ("1001\0correct horse", "not [authzid] NUL user NUL password: 1001 NUL agent.password"),
            ("", "an empty response"),
        ] {
            assert_eq!(told(response).as_deref(), Some(words));
        }
        assert_eq!(secrets().login_in_words("00 31 no base64!"), None);
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
    fn basic_credentials_are_put_into_words() {
        let words = |pair: &str| {
            let token = STANDARD.encode(pair);
            let head = format!("GET /x HTTP/1.1\nauthorization:  basic {token}");
            assert!(secrets().head(&head).ends_with("\nauthorization: ***"));
            secrets().credentials(&head).map(|words| (words.function, words.args))
        };
        let variable = |name: &str| MaskedArg::Variable(name.to_owned());
        let own = vec![variable("agent.user"), variable("agent.password")];
        assert_eq!(words("1001:correct horse"), Some(("basic".to_owned(), own)));
        let unknown = vec![MaskedArg::Text("x".to_owned()), MaskedArg::Text("***".to_owned())];
        assert_eq!(words("x:hunter22"), Some(("basic".to_owned(), unknown)));
        assert_eq!(words("no colon"), None);
        let bearer = "GET /x HTTP/1.1\nAuthorization: Bearer aHVudGVyMjI=";
        assert_eq!(secrets().credentials(bearer), None);
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
}
