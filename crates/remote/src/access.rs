//! How a server is reached, and who logs in.

use std::collections::BTreeMap;

use wire::net::Trust;

use crate::Account;

/// Address, trust and accounts of a server. No `Debug`: it holds passwords.
pub struct Access {
    /// `wss://HOST:PORT/PATH` or `ws://…`.
    pub url: String,
    /// Which certificates to believe.
    pub trust: Trust,
    /// The XMPP domain; without it the server is asked.
    pub domain: Option<String>,
    /// The publish-subscribe service; without it the server is asked.
    pub pubsub: Option<String>,
    /// The accounts by the names that cases give them.
    pub accounts: BTreeMap<String, Account>,
    /// The account that changes the world. Cases do not log in with it.
    pub publisher: Option<Account>,
}

impl Access {
    /// The login name of an account.
    pub fn user(&self, account: &str) -> Option<&str> {
        self.accounts.get(account).map(|account| account.name.as_str())
    }
}
