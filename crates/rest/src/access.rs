//! The caller: credentials, tokens, roles, and the lock after wrong passwords.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use contact::{SignOnMode, World};
use wire::RequestHead;

use crate::broken::Rule;
use crate::call::{Call, TOKEN_PATH};
use crate::caller::Caller;
use crate::problem::Problem;
use crate::sign_on::{self, SignOn, Usage};
use crate::site::Site;

/// So many wrong passwords lock an account (Cisco DevNet, "User: Sign in to Finesse").
const MOST_FAILURES: u32 = 5;

/// For so long.
const LOCKED: Duration = Duration::from_secs(5 * 60);

/// Wrong passwords in a row, by account.
#[derive(Debug, Default)]
pub(crate) struct Locks(BTreeMap<String, Failures>);

#[derive(Debug, Default)]
struct Failures {
    count: u32,
    /// The end of the lock, in server time.
    until: Option<Duration>,
}

impl Locks {
    /// The caller of a request, by its password (RFC 7617) or its token (RFC 6750).
    pub(crate) fn caller(
        &mut self,
        site: &Site<'_>,
        world: &World,
        call: &Call<'_>,
    ) -> Result<Caller, Problem> {
        let sign_on = site.accounts.sign_on();
        let Some(header) = call.head.headers.first("Authorization") else {
            let why = "the request has no credentials".to_owned();
            return Err(match sign_on.map(SignOn::mode) {
                Some(SignOnMode::Sso) => Problem::needs_token("", why),
                _ => Problem::unauthorized("", why),
            });
        };
        if let Some(token) = bearer(header) {
            return by_token(sign_on, site, world, token);
        }
        let Some((name, password)) = basic(header) else {
            let why = "the header Authorization has no Basic credentials (RFC 7617)";
            return Err(Problem::unauthorized("", why.to_owned()));
        };
        if let Some(agent) = world.agent_named(&name)
            && sign_on.is_some_and(|it| it.is_for(&agent.id))
        {
            let why = format!(
                "agent {} has single sign-on, and Basic is refused: get a token by GET \
                 {}?cc_username={}, and send it with Bearer",
                agent.id, TOKEN_PATH, agent.id
            );
            return Err(Problem::needs_token(&name, why));
        }
        self.authenticated(site, world, &name, &password)
    }

    /// The caller of this name and password. An agent may be named by id or login name.
    pub(crate) fn authenticated(
        &mut self,
        site: &Site<'_>,
        world: &World,
        name: &str,
        password: &str,
    ) -> Result<Caller, Problem> {
        let agent = world.agent_named(name);
        let id = agent.as_ref().map_or(name, |agent| agent.id.as_str());
        let failures = self.0.get(id);
        if failures.and_then(|it| it.until).is_some_and(|until| site.now < until) {
            let why = format!("the account {id:?} is locked: {MOST_FAILURES} wrong passwords");
            return Err(Problem::unauthorized(name, why));
        }
        let accounts = site.accounts;
        let any = site.breaks(Rule::Passwords);
        let caller = match agent {
            Some(agent) if any || accounts.accepts_agent(&agent.id, password) => {
                Caller::Agent(Box::new(agent))
            }
            None if accounts.accepts_administrator(name, password) => {
                Caller::Administrator(name.to_owned())
            }
            None if !accounts.has_administrator(name) => {
                let why = format!("no account is named {name:?}");
                return Err(Problem::unauthorized(name, why));
            }
            _ => {
                let why = format!("the password of {id:?} is wrong");
                self.fail(id.to_owned(), site.now);
                return Err(Problem::unauthorized(name, why));
            }
        };
        self.0.remove(caller.name());
        Ok(caller)
    }

    /// Counts a wrong password of an account that there is.
    fn fail(&mut self, id: String, now: Duration) {
        let failures = self.0.entry(id).or_default();
        if failures.until.is_some_and(|until| until <= now) {
            *failures = Failures::default();
        }
        failures.count += 1;
        if failures.count >= MOST_FAILURES {
            failures.until = Some(now + LOCKED);
        }
    }
}

/// The agent whose token this is.
fn by_token(
    sign_on: Option<&SignOn>,
    site: &Site<'_>,
    world: &World,
    token: &str,
) -> Result<Caller, Problem> {
    let Some(sign_on) = sign_on else {
        let why = "this contact centre is without single sign-on: send Basic credentials";
        return Err(Problem::unauthorized("", why.to_owned()));
    };
    let holder = sign_on.holder(token, Usage::Access, site.now);
    match holder.and_then(|id| world.agent_by_id(&id).ok()) {
        Some(agent) => Ok(Caller::Agent(Box::new(agent))),
        None => {
            let why = "the token is no access token of this server, or it has expired";
            Err(Problem::needs_token("", why.to_owned()))
        }
    }
}

/// The token of a `Bearer` header (RFC 6750 §2.1).
fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim())
}

/// The name in the credentials of a request, right or wrong: that of Basic, or the one that a token
/// was given to.
pub fn name_of(head: &RequestHead) -> Option<String> {
    let header = head.headers.first("Authorization")?;
    match bearer(header) {
        Some(token) => sign_on::subject(token),
        None => basic(header).map(|(name, _)| name),
    }
}

/// Name and password of a `Basic` header (RFC 7617 §2).
pub(crate) fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, token) = header.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    let decoded = STANDARD.decode(token.trim()).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (name, password) = text.split_once(':')?;
    Some((name.to_owned(), password.to_owned()))
}
