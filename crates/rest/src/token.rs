//! `/desktop/sso/token`: gives agents their tokens (Cisco DevNet, "Client Integration"; Developer
//! Guide 12.5, "Single Sign-On").
//!
//! A real server sends the browser on to the identity provider, where a person logs in. Here the
//! agent's password in a Basic header stands for that login, so that a browser asks for it and a
//! script can give it.

use contact::{AgentView, World};
use serde_json::{Value, json};

use crate::access::{Locks, basic};
use crate::answer::Answer;
use crate::call::{Call, TOKEN_PATH, decoded};
use crate::problem::Problem;
use crate::sign_on::{Birth, SignOn, Usage};
use crate::site::Site;

/// The answer to a request for a token, or why there is none.
pub(crate) fn answer(
    locks: &mut Locks,
    site: &Site<'_>,
    world: &World,
    call: &Call<'_>,
) -> Result<Answer, Problem> {
    let Some(sign_on) = site.accounts.sign_on() else {
        let note = "this contact centre is without single sign-on: the world file has no [sso]";
        return Err(Problem::bare(404).note(note.to_owned()));
    };
    if !matches!(call.method, "GET" | "HEAD" | "POST") {
        let note = format!("{TOKEN_PATH} takes GET and POST, not {}", call.method);
        return Err(Problem::bare(405).header("Allow", "GET, POST").note(note));
    }
    let with_refresh = match value(call, "return_refresh_token").as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        Some(other) => {
            let note = format!("`return_refresh_token` is true or false, not {other:?}");
            return Err(Problem::bare(400).note(note));
        }
    };
    let agent = match value(call, "refresh-token").filter(|_| call.method != "HEAD") {
        Some(token) => refreshed(sign_on, site, world, &token)?,
        None => logged_in(locks, site, world, call)?,
    };
    let wanted = value(call, "cc_username").or_else(|| cookie(call, "cc_username"));
    let Some(wanted) = wanted else {
        let note = "`cc_username` is missing: the login name or id of the agent";
        return Err(Problem::bare(400).note(note.to_owned()));
    };
    if wanted != agent.id && wanted != agent.login_name {
        let note = format!("`cc_username` is {wanted:?}: agent {} has logged in", agent.id);
        return Err(Problem::bare(401).note(note));
    }
    let at = Birth { domain: site.domain, now: site.now, seconds: site.seconds };
    let (token, life) = sign_on.issue(&agent.id, Usage::Access, at);
    // Cisco's example has `token`; a published client reads `access_token`, the word of RFC 6749
    // §5.1.
    let mut body = json!({ "token": token, "access_token": token, "token_type": "Bearer" });
    if with_refresh {
        body["refresh_token"] = sign_on.issue(&agent.id, Usage::Refresh, at).0.into();
    }
    body["expires_in"] = life.as_secs().into();
    body["user_id"] = agent.login_name.as_str().into();
    body["realm"] = site.domain.into();
    body["user_principal"] = format!("{}@{}", agent.login_name, site.domain).into();
    Ok(document(&body))
}

fn document(body: &Value) -> Answer {
    Answer::json(200, body.to_string()).header("Cache-Control", "no-store")
}

/// The agent whose refresh token this is.
fn refreshed(
    sign_on: &SignOn,
    site: &Site<'_>,
    world: &World,
    token: &str,
) -> Result<AgentView, Problem> {
    let holder = sign_on.holder(token, Usage::Refresh, site.now);
    let agent = holder.and_then(|id| world.agent_by_id(&id).ok());
    agent.ok_or_else(|| {
        let note = "`refresh-token` is no refresh token of this server, or it has expired: log in \
                    again";
        Problem::bare(401).note(note.to_owned())
    })
}

/// The agent that logs in at what stands for the identity provider.
fn logged_in(
    locks: &mut Locks,
    site: &Site<'_>,
    world: &World,
    call: &Call<'_>,
) -> Result<AgentView, Problem> {
    let header = call.head.headers.first("Authorization");
    let Some((name, password)) = header.and_then(basic) else {
        let why = "a token is for an agent that logs in: send its password with Basic (RFC 7617)";
        return Err(Problem::unauthorized("", why.to_owned()));
    };
    let caller = locks.authenticated(site, world, &name, &password)?;
    let sign_on = site.accounts.sign_on();
    match caller.into_agent() {
        Some(agent) if sign_on.is_some_and(|it| it.is_for(&agent.id)) => Ok(agent),
        _ => {
            let why = format!("{name:?} has no tokens: it logs in with its password everywhere");
            Err(Problem::unauthorized(&name, why))
        }
    }
}

/// A parameter of the query, or of a form in the body (Developer Guide 12.5, page 193).
fn value(call: &Call<'_>, name: &str) -> Option<String> {
    call.parameter(name).map(str::to_owned).or_else(|| call.form(name)).filter(|it| !it.is_empty())
}

/// A cookie, decoded.
fn cookie(call: &Call<'_>, name: &str) -> Option<String> {
    let pairs = call.head.headers.first("Cookie")?.split(';');
    let mut pairs = pairs.filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(own, _)| *own == name).map(|(_, value)| decoded(value, false))
}
