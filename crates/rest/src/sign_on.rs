//! Single sign-on: the tokens of agents, as Cisco's Identity Service gives them out. The servers of
//! a pair share it.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use contact::{Chance, SignOnMode, SignOnSpec};
use serde_json::json;

/// So many tokens of one agent live at a time; a further one ends the oldest. The number is chosen
/// here.
const MOST_LIVE: usize = 16;

/// The service that gives out tokens, and knows them again.
#[derive(Clone)]
pub struct SignOn(Arc<Mutex<Service>>);

struct Service {
    spec: SignOnSpec,
    /// The signature of all tokens. It is the one part of a token that is secret, so that one word
    /// masks them all; the id in the payload tells them apart.
    signature: String,
    chance: Chance,
    /// The tokens of each agent, the oldest first.
    tokens: BTreeMap<String, VecDeque<Token>>,
}

struct Token {
    text: String,
    usage: Usage,
    /// The server time at which it ends.
    until: Duration,
}

/// The use of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Usage {
    /// Stands for the agent.
    Access,
    /// Gets new access tokens.
    Refresh,
}

/// The circumstances of a token's birth.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Birth<'a> {
    /// The domain of the server, which stands for the issuer.
    pub(crate) domain: &'a str,
    /// Server time.
    pub(crate) now: Duration,
    /// The same in seconds since 1970.
    pub(crate) seconds: u64,
}

impl SignOn {
    /// A service without tokens. The seed makes its tokens unlike those of other seeds.
    pub fn new(spec: SignOnSpec, seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let signature: Vec<u8> = (0..4).flat_map(|_| chance.bits().to_be_bytes()).collect();
        let signature = URL_SAFE_NO_PAD.encode(signature);
        Self(Arc::new(Mutex::new(Service { spec, signature, chance, tokens: BTreeMap::new() })))
    }

    /// The secret part of every token, for the mask.
    pub fn secret(&self) -> String {
        self.service().signature.clone()
    }

    /// Whether an agent has tokens; the others have passwords.
    pub fn is_for(&self, agent: &str) -> bool {
        let spec = &self.service().spec;
        spec.mode == SignOnMode::Sso || spec.members.contains(agent)
    }

    /// Whether this is a live access token of the agent, at this server time.
    pub fn accepts(&self, agent: &str, token: &str, now: Duration) -> bool {
        self.holder(token, Usage::Access, now).is_some_and(|holder| holder == agent)
    }

    /// Ends all tokens.
    pub fn forget(&self) {
        self.service().tokens.clear();
    }

    pub(crate) fn mode(&self) -> SignOnMode {
        self.service().spec.mode
    }

    /// The agent whose live token this is.
    pub(crate) fn holder(&self, token: &str, usage: Usage, now: Duration) -> Option<String> {
        let service = self.service();
        let is_it = |own: &Token| own.usage == usage && now < own.until && own.text == token;
        let found = service.tokens.iter().find(|(_, tokens)| tokens.iter().any(is_it));
        found.map(|(agent, _)| agent.clone())
    }

    /// A new token of an agent, and its life.
    pub(crate) fn issue(&self, agent: &str, usage: Usage, at: Birth<'_>) -> (String, Duration) {
        let mut service = self.service();
        let life = match usage {
            Usage::Access => service.spec.token,
            Usage::Refresh => service.spec.refresh,
        };
        let text = service.text(agent, usage, at, life);
        let until = at.now.saturating_add(life);
        let own = service.tokens.entry(agent.to_owned()).or_default();
        own.retain(|token| at.now < token.until);
        while own.len() >= MOST_LIVE {
            own.pop_front();
        }
        own.push_back(Token { text: text.clone(), usage, until });
        (text, life)
    }

    fn service(&self) -> MutexGuard<'_, Service> {
        // A panic elsewhere leaves whole tokens.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Service {
    /// A JSON Web Token (RFC 7519), the form in Cisco's example.
    fn text(&mut self, agent: &str, usage: Usage, at: Birth<'_>, life: Duration) -> String {
        let usage = match usage {
            Usage::Access => "access",
            Usage::Refresh => "refresh",
        };
        let header = json!({ "cty": "JWT", "alg": "RS256" });
        let payload = json!({
            "iss": at.domain,
            "sub": agent,
            "usage": usage,
            "exp": at.seconds.saturating_add(life.as_secs()),
            "iat": at.seconds,
            "jti": format!("{:016x}{:016x}", self.chance.bits(), self.chance.bits()),
        });
        let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.{}", part(header), part(payload), self.signature)
    }
}

/// The agent that a token names, live or not.
pub(crate) fn subject(token: &str) -> Option<String> {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let payload: serde_json::Value = serde_json::from_slice(&payload).ok()?;
    Some(payload.get("sub")?.as_str()?.to_owned())
}

impl fmt::Debug for SignOn {
    /// Tokens are not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SignOn").field(&self.mode()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const AT: Birth<'_> = Birth { domain: "f.example.test", now: Duration::ZERO, seconds: 0 };

    fn sign_on(mode: SignOnMode) -> SignOn {
        let lives = [300, 7200].map(Duration::from_secs);
        let members = BTreeSet::from(["1001".to_owned()]);
        SignOn::new(SignOnSpec { mode, token: lives[0], refresh: lives[1], members }, 1)
    }

    #[test]
    fn a_token_stands_for_its_agent_until_it_ends() {
        let sign_on = sign_on(SignOnMode::Sso);
        let (token, life) = sign_on.issue("1001", Usage::Access, AT);
        assert!(sign_on.accepts("1001", &token, Duration::from_secs(299)));
        assert!(!sign_on.accepts("1001", &token, life));
        assert!(!sign_on.accepts("1002", &token, Duration::ZERO));
        assert_eq!(subject(&token).as_deref(), Some("1001"));
        assert_eq!(["", "a.b", "a.e30.c", "a.W10.c"].map(subject), [const { None }; 4]);
        assert!(!sign_on.accepts("1001", &token[1..], Duration::ZERO));
        let (refresh, _) = sign_on.issue("1001", Usage::Refresh, AT);
        assert!(!sign_on.accepts("1001", &refresh, Duration::ZERO), "it only gets others");
        assert_ne!(token, sign_on.issue("1001", Usage::Access, AT).0);
        sign_on.forget();
        assert!(!sign_on.accepts("1001", &token, Duration::ZERO));
    }

    #[test]
    fn an_agent_has_a_bounded_number_of_tokens_and_one_word_masks_them() {
        let sign_on = sign_on(SignOnMode::Hybrid);
        let tokens: Vec<String> =
            (0..=MOST_LIVE).map(|_| sign_on.issue("1001", Usage::Access, AT).0).collect();
        let live = tokens.iter().filter(|token| sign_on.accepts("1001", token, Duration::ZERO));
        assert_eq!(live.count(), MOST_LIVE);
        assert!(tokens.iter().all(|token| token.ends_with(&sign_on.secret())));
        assert!(!format!("{sign_on:?}").contains(&sign_on.secret()));
        assert!(sign_on.is_for("1001") && !sign_on.is_for("1002"));
    }
}
