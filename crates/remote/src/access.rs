//! Access to a server: address, trust and accounts.

use std::collections::BTreeMap;

use mask::Secrets;
use wire::net::Trust;

use crate::Account;

/// Address, trust and accounts of a server. No `Debug`: it holds passwords.
pub struct Access {
    /// `wss://HOST:PORT/PATH` or `ws://…`.
    pub url: String,
    /// The trusted certificates.
    pub trust: Trust,
    /// The XMPP domain; if none, the client asks the server.
    pub domain: Option<String>,
    /// Address of the publish-subscribe service; if none, the client asks the server.
    pub pubsub: Option<String>,
    /// The accounts by their names in cases: `agent`, `other`, …
    pub accounts: BTreeMap<String, Account>,
    /// The account that publishes for the cases. Cases do not log in with it.
    pub publisher: Option<Account>,
}

impl Access {
    /// The passwords of all accounts, for the mask.
    pub fn secrets(&self) -> Secrets {
        let mut secrets = Secrets::default();
        for (name, account) in &self.accounts {
            secrets.password(format!("{name}.password"), &account.password);
        }
        if let Some(publisher) = &self.publisher {
            secrets.password("publisher.password", &publisher.password);
        }
        secrets
    }

    /// The login name of an account, by its name in cases.
    pub fn user(&self, account: &str) -> Option<&str> {
        self.accounts.get(account).map(|account| account.name.as_str())
    }
}
