//! The passwords that no record may show: those of the accounts, and those that clients have
//! offered in vain, which are somebody's all the same.

use std::collections::VecDeque;
use std::fmt;

use mask::{Credential, Finder, Kind, Secrets};

/// The most offered passwords that are remembered. The oldest is forgotten first.
const MOST: usize = 64;

/// The longest of them, in octets.
const LONGEST: usize = 256;

/// Words of the record's own. A test that tries `wrong` still reads why it failed.
const OWN_WORDS: &str = "wrong password, no such account";

/// All passwords to mask. Its `Debug` shows none.
#[derive(Default)]
pub(crate) struct Passwords {
    accounts: Secrets,
    offered: Secrets,
    /// Those in `offered`, in their order.
    recent: VecDeque<String>,
}

impl Passwords {
    /// The accounts have these passwords.
    pub(crate) fn of_accounts(accounts: Secrets) -> Self {
        Self { accounts, ..Self::default() }
    }

    /// The accounts have these passwords from now on.
    pub(crate) fn change(&mut self, accounts: Secrets) {
        self.accounts = accounts;
    }

    /// Remembers the password of a login that a client tried with this message.
    pub(crate) fn offered_in(&mut self, message: &str) {
        let mut finder = Finder::default();
        finder.message(message, true);
        self.remember(finder);
    }

    /// The same with the value of an `Authorization` header.
    pub(crate) fn offered_by(&mut self, authorization: &str) {
        let mut finder = Finder::default();
        finder.headers([("Authorization", authorization)]);
        self.remember(finder);
    }

    fn remember(&mut self, mut finder: Finder) {
        for Credential { kind, value, user } in finder.take() {
            // The name of a user is no secret, even as a wrong password.
            let is_none = kind == Kind::Cookie || user.as_ref() == Some(&value);
            let is_known = self.recent.contains(&value) || OWN_WORDS.contains(&value);
            if is_none || is_known || value.len() > LONGEST {
                continue;
            }
            if self.recent.len() < MOST {
                self.offered.password(self.recent.len().to_string(), &value);
                self.recent.push_back(value);
                continue;
            }
            self.recent.pop_front();
            self.recent.push_back(value);
            self.offered = Secrets::default();
            for (number, password) in self.recent.iter().enumerate() {
                self.offered.password(number.to_string(), password);
            }
        }
    }

    /// Replaces every password in a text, however it is written.
    pub(crate) fn scrub(&self, text: &str) -> String {
        self.offered.scrub(&self.accounts.scrub(text))
    }

    /// The same with a text whose end may be missing.
    pub(crate) fn scrub_cut(&self, text: &str) -> String {
        self.offered.scrub_cut(&self.accounts.scrub_cut(text))
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passwords").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(passwords: &mut Passwords, password: &str) {
        use base64::Engine as _;
        let basic = base64::engine::general_purpose::STANDARD.encode(format!("1001:{password}"));
        passwords.offered_by(&format!("Basic {basic}"));
    }

    #[test]
    fn the_latest_are_remembered_and_names_and_own_words_are_not() {
        let mut passwords = Passwords::default();
        for number in 0..100 {
            offer(&mut passwords, &format!("attempt-{number:03}"));
        }
        let shown = |text: &str| passwords.scrub(text) == text;
        assert!(shown("attempt-000") && !shown("attempt-099"));
        assert!(passwords.recent.len() <= MOST);
        for known in ["1001", "wrong", "password", &"x".repeat(LONGEST + 1)] {
            let mut passwords = Passwords::default();
            offer(&mut passwords, known);
            assert_eq!(passwords.scrub(known), known);
        }
    }
}
