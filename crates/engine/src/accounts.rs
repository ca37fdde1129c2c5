//! Accounts and their passwords.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use mask::Secrets;
use rest::SignOn;

/// How many accounts without login there may be for clients to make more.
const MAX_OTHERS: usize = 1024;

/// The accounts of the domain, by user name. Passwords are never shown.
#[derive(Clone, Default)]
pub struct Directory {
    users: BTreeMap<String, String>,
    /// Names under which accounts log in beside their own, each with the account.
    login_names: BTreeMap<String, String>,
    /// Accounts that exist but never log in here, such as the web application's own.
    others: Vec<String>,
    /// Administrators of the REST API and their passwords; they have no XMPP account.
    administrators: BTreeMap<String, String>,
    /// Single sign-on, where agents have it.
    sign_on: Option<SignOn>,
}

impl Directory {
    /// Adds an account or gives it another password.
    pub fn add(&mut self, name: &str, password: &str) {
        self.users.insert(name.to_owned(), password.to_owned());
    }

    /// Lets an account log in under a login name, too.
    pub fn add_login_name(&mut self, name: &str, account: &str) {
        self.login_names.insert(name.to_owned(), account.to_owned());
    }

    /// The account of a login name. In a JID `@` is `\\40` (XEP-0106 §4.1); a published client
    /// writes `?40`.
    pub(crate) fn of_login_name(&self, name: &str) -> Option<&str> {
        let plain = || unescape(name);
        let known = self.login_names.get(name).or_else(|| self.login_names.get(&plain()));
        known.map(String::as_str)
    }

    /// Adds an account without a password, to which no login is possible.
    pub fn add_without_login(&mut self, name: &str) {
        self.others.push(name.to_owned());
    }

    /// Adds an account that a client makes, to which no login is possible; false when there are too
    /// many.
    pub(crate) fn make(&mut self, name: &str) -> bool {
        let room = self.others.len() < MAX_OTHERS;
        if room {
            self.others.push(name.to_owned());
        }
        room
    }

    /// Adds an administrator for the REST API.
    pub fn add_administrator(&mut self, name: &str, password: &str) {
        self.administrators.insert(name.to_owned(), password.to_owned());
    }

    /// Gives agents single sign-on.
    pub fn set_sign_on(&mut self, sign_on: SignOn) {
        self.sign_on = Some(sign_on);
    }

    /// Whether there is an administrator of this name.
    pub fn has_administrator(&self, name: &str) -> bool {
        self.administrators.contains_key(name)
    }

    /// The names of all accounts that can log in, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.users.keys().map(String::as_str)
    }

    /// Whether this account can log in.
    pub fn has(&self, name: &str) -> bool {
        self.users.contains_key(name)
    }

    /// The passwords, for the mask.
    pub(crate) fn secrets(&self) -> Secrets {
        let mut secrets = Secrets::default();
        let all = self.users.values().chain(self.administrators.values());
        let passwords: BTreeSet<&String> = all.collect();
        for (number, password) in passwords.into_iter().enumerate() {
            secrets.password(number.to_string(), password);
        }
        if let Some(sign_on) = &self.sign_on {
            secrets.password("token", sign_on.secret());
        }
        secrets
    }

    /// Whether the account logs in with this, at this server time: its password, or, with single
    /// sign-on, an access token. Names are compared exactly (recorded: sasl_authcid_upper).
    pub(crate) fn accepts(&self, name: &str, password: &str, now: Duration) -> bool {
        match self.sign_on.as_ref().filter(|sign_on| sign_on.is_for(name)) {
            Some(sign_on) => self.has(name) && sign_on.accepts(name, password, now),
            None => self.is_password(name, password),
        }
    }

    /// Whether the account has single sign-on.
    pub(crate) fn has_tokens(&self, name: &str) -> bool {
        self.sign_on.as_ref().is_some_and(|sign_on| sign_on.is_for(name))
    }

    /// Ends all tokens.
    pub(crate) fn forget_tokens(&self) {
        if let Some(sign_on) = &self.sign_on {
            sign_on.forget();
        }
    }

    /// Whether there is an account of this name, with or without a password.
    pub(crate) fn is_registered(&self, local: &str) -> bool {
        self.has(local) || self.others.iter().any(|other| other == local)
    }

    fn is_password(&self, name: &str, password: &str) -> bool {
        self.users.get(name).is_some_and(|known| known == password)
    }
}

impl fmt::Debug for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

impl rest::Accounts for Directory {
    fn accepts_agent(&self, id: &str, password: &str) -> bool {
        self.is_password(id, password)
    }

    fn has_administrator(&self, name: &str) -> bool {
        self.has_administrator(name)
    }

    fn accepts_administrator(&self, name: &str, password: &str) -> bool {
        self.administrators.get(name).is_some_and(|known| known == password)
    }

    fn sign_on(&self) -> Option<&SignOn> {
        self.sign_on.as_ref()
    }
}

/// A login name as it was before it was escaped for the local part of a JID (XEP-0106 §4.2).
fn unescape(local: &str) -> String {
    const ESCAPED: [(&str, &str); 11] = [
        ("\\20", " "),
        ("\\22", "\""),
        ("\\26", "&"),
        ("\\27", "'"),
        ("\\2f", "/"),
        ("\\3a", ":"),
        ("\\3c", "<"),
        ("\\3e", ">"),
        ("\\40", "@"),
        ("?40", "@"),
        // Last, so that no backslash that it makes begins another.
        ("\\5c", "\\"),
    ];
    ESCAPED.iter().fold(local.to_owned(), |text, (escaped, mark)| text.replace(escaped, mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_name_stands_for_its_account_however_it_is_escaped() {
        let mut directory = Directory::default();
        directory.add("1001", "x");
        directory.add_login_name("agent@site.com", "1001");
        for name in ["agent@site.com", "agent\\40site.com", "agent?40site.com"] {
            assert_eq!(directory.of_login_name(name), Some("1001"), "{name}");
        }
        for name in ["1001", "agent", "agent\\5c40site.com", "agent\\41site.com"] {
            assert_eq!(directory.of_login_name(name), None, "{name}");
        }
    }

    #[test]
    fn passwords_are_not_shown() {
        let mut directory = Directory::default();
        directory.add("agent", "hidden!");
        assert!(directory.accepts("agent", "hidden!", Duration::ZERO));
        assert!(!directory.accepts("AGENT", "hidden!", Duration::ZERO));
        assert_eq!(format!("{directory:?}"), r#"{"agent"}"#);
    }
}
