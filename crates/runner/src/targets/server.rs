//! A server as a target file describes it, and what the environment makes of that.

use std::collections::BTreeMap;
use std::time::Duration;

use super::env::{Environment, Setting, value};

/// The account that every case may use.
const AGENT: &str = "agent";

/// Pause between two cases, unless a file says otherwise: people work on the server meanwhile.
pub(super) const PACE: Duration = Duration::from_millis(200);

/// How many logins may fail for one account in a run, unless a file says otherwise. Directories
/// lock accounts after three or more.
pub(super) const LOGIN_FAILURES: u32 = 2;

/// A server on the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// `wss://HOST:PORT/PATH` or `ws://…`.
    pub url: Setting,
    /// The host again, typed by a person who may test it.
    pub i_may_test: Option<Setting>,
    /// The trusted certificate: the path of a PEM file, `sha256/…`, or `insecure`.
    pub trust: Option<Setting>,
    /// The XMPP domain; without it the server is asked.
    pub domain: Option<Setting>,
    /// Accounts by their names in cases.
    pub accounts: BTreeMap<String, Account>,
    /// The needs that it meets if the environment completes it.
    pub provides: BTreeMap<String, Setting>,
}

/// An account of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub user: Setting,
    /// The variable that holds the password. Files hold none.
    pub password: Setting,
}

/// Variables of the environment that are not set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UnsetVariables {
    /// Without these there is no run.
    pub required: Vec<String>,
    /// Without these, what needs them is UNSUPPORTED.
    pub optional: Vec<String>,
}

/// A server with the values of all variables. Has no `Debug`, for it holds passwords.
pub struct ResolvedServer {
    pub url: String,
    /// The host, typed once more.
    pub i_may_test: Option<String>,
    /// The trusted certificate.
    pub trust: Option<String>,
    /// The XMPP domain.
    pub domain: Option<String>,
    /// Accounts: name in cases → (login name, password).
    pub accounts: BTreeMap<String, (String, String)>,
    /// The needs that it meets, beside those in its file without variables.
    pub provides: BTreeMap<String, String>,
}

impl Account {
    /// Whether none of its variables is set, so that it is meant to be left out.
    fn is_left_out(&self, environment: Environment<'_>) -> bool {
        let mut variables = self.user.wanted().chain(self.password.wanted());
        variables.all(|name| value(environment, name).is_none())
    }
}

impl Server {
    /// A server of which nothing but the URL is known.
    pub(super) fn at(url: &str) -> Self {
        Self {
            url: Setting::literal(url),
            i_may_test: None,
            trust: None,
            domain: None,
            accounts: BTreeMap::new(),
            provides: BTreeMap::new(),
        }
    }

    /// The variables that are not set, each once, in the order of the file's usual keys.
    pub fn unset(&self, environment: Environment<'_>) -> UnsetVariables {
        let mut unset = UnsetVariables::default();
        let mut note = |setting: &Setting, optional: bool| {
            for name in setting.wanted().filter(|name| value(environment, name).is_none()) {
                let list = if optional { &mut unset.optional } else { &mut unset.required };
                if !list.iter().any(|known| known == name) {
                    list.push(name.to_owned());
                }
            }
        };
        let texts = [Some(&self.url), self.i_may_test.as_ref(), self.trust.as_ref()];
        for text in texts.into_iter().chain([self.domain.as_ref()]).flatten() {
            note(text, false);
        }
        for (name, account) in &self.accounts {
            // Half an account is a slip.
            let optional = name != AGENT && account.is_left_out(environment);
            note(&account.user, optional);
            note(&account.password, optional);
        }
        for text in self.provides.values() {
            note(text, true);
        }
        unset
    }

    /// The accounts that are left out because their variables are not set, with those.
    pub fn left_out(&self, environment: Environment<'_>) -> BTreeMap<String, Vec<String>> {
        let is_left_out = |(name, account): &(&String, &Account)| {
            name.as_str() != AGENT && account.is_left_out(environment)
        };
        let variables = |account: &Account| {
            account.user.wanted().chain(account.password.wanted()).map(str::to_owned).collect()
        };
        let left_out = self.accounts.iter().filter(is_left_out);
        left_out.map(|(name, account)| (name.clone(), variables(account))).collect()
    }

    /// The server with the values of the variables.
    ///
    /// # Errors
    ///
    /// The names of all variables that are not set and without which there is no run.
    pub fn settle(&self, environment: Environment<'_>) -> Result<ResolvedServer, Vec<String>> {
        let unset = self.unset(environment);
        if !unset.required.is_empty() {
            return Err(unset.required);
        }
        let fill = |setting: &Option<Setting>| {
            setting
                .as_ref()
                .map(|setting| setting.fill(environment))
                .filter(|text| !text.is_empty())
        };
        let is_set = |setting: &Setting| {
            setting.wanted().all(|variable| value(environment, variable).is_some())
        };
        let accounts = self
            .accounts
            .iter()
            .filter(|(name, account)| name.as_str() == AGENT || !account.is_left_out(environment));
        Ok(ResolvedServer {
            url: self.url.fill(environment),
            i_may_test: fill(&self.i_may_test),
            trust: fill(&self.trust),
            domain: fill(&self.domain),
            accounts: accounts
                .map(|(name, account)| {
                    let login = account.user.fill(environment);
                    (name.clone(), (login, account.password.fill(environment)))
                })
                .collect(),
            provides: self
                .provides
                .iter()
                .filter(|(_, setting)| is_set(setting))
                .map(|(name, setting)| (name.clone(), setting.fill(environment)))
                .collect(),
        })
    }
}
