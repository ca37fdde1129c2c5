//! Logging in with SASL PLAIN (RFC 6120 §6, RFC 4616), in Openfire's manner or to the letter.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use stanza::{Element, Jid, ns};

use super::{Login, Stream};
use crate::context::{Context, Effect};
use crate::dialect::Dialect;
use crate::fact::Fact;
use crate::fault::Name;
use crate::outgoing::ElementKind;
use crate::spelling::stanza_text;

// Reasons of failures, for the record.
const ABORTED: &str = "the client aborted it";
const MECHANISM: &str = "the mechanism is not PLAIN";
const UNASKED: &str = "a response without a challenge";
const BASE64: &str = "the message is not base64";
const FIELDS: &str = "the message has not the fields of PLAIN";

/// Base64 as Java reads it: the bits behind the last octet may be any.
const OPENFIRE: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// A failed login.
struct Failure {
    /// The condition (RFC 6120 §6.5).
    condition: &'static str,
    /// The reason for the record; the client gets the condition alone.
    why: &'static str,
    /// The account that was named.
    account: Option<String>,
}

/// The step to a failure before any account is known.
fn failed(condition: &'static str, why: &'static str) -> Step {
    Step::Failure(Failure { condition, why, account: None })
}

/// The result of one step of the login.
enum Step {
    Success(String),
    /// An empty challenge: the mechanism waits for its message (RFC 6120 §6.4.2).
    Challenge,
    Failure(Failure),
}

/// The fields of a PLAIN message (RFC 4616 §2).
struct Plain {
    authzid: String,
    authcid: String,
    password: String,
}

impl Stream {
    /// An `<auth/>`, `<response/>` or `<abort/>`.
    pub(super) fn sasl(&mut self, cx: &mut Context, element: &Element) {
        let step = match cx.dialect() {
            Dialect::Openfire => self.step_openfire(cx, element),
            Dialect::Rfc => self.step_rfc(cx, element),
        };
        // The accounts' own passwords are known.
        if !matches!(step, Step::Success(_)) || cx.faults.lasting(Name::AcceptAnyPassword) {
            cx.settings.secrets.offered_in(&stanza_text(element, ""));
        }
        match step {
            // RFC 6120 §6.4.6.
            Step::Success(user)
                if self.claimed.as_ref().is_some_and(|claimed| {
                    let account = cx.settings.accounts.of_login_name(claimed);
                    !account.unwrap_or(claimed).eq_ignore_ascii_case(&user)
                }) && !cx.faults.lasting(Name::AnyFrom) =>
            {
                self.fail(cx, "invalid-from");
            }
            Step::Success(user) => cx.want(Effect::LoggedIn(self.id, user)),
            Step::Challenge => {
                let sent = if let Login::Challenged(sent) = self.login { sent } else { 0 };
                self.set_login(Login::Challenged(sent.saturating_add(1)));
                self.say(
                    cx,
                    ElementKind::Challenge,
                    format!("<challenge xmlns=\"{}\"/>", ns::SASL),
                );
            }
            Step::Failure(failure) => self.login_failed(cx, failure),
        }
    }

    /// The stream is that of this account from now on.
    pub(crate) fn log_in(&mut self, user: String) {
        self.set_login(Login::Done(user));
    }

    /// Answers a login with a failure, and leaves it at that.
    pub(crate) fn say_failure(&self, cx: &mut Context, condition: &str) {
        let failure = format!("<failure xmlns=\"{}\"><{condition}/></failure>", ns::SASL);
        self.say(cx, ElementKind::Failure, failure);
    }

    fn login_failed(&mut self, cx: &mut Context, failure: Failure) {
        let Failure { condition, why, account } = failure;
        cx.note_fact(self.id, Fact::LoginFailed { account, condition, why });
        self.set_login(Login::Failed);
        self.say_failure(cx, condition);
        self.failures += 1;
        let endless = cx.faults.lasting(Name::EndlessTries);
        if endless || self.failures < cx.settings.profile.login_attempts {
            return;
        }
        match cx.dialect() {
            // Recorded: sasl_bad_password_x4, any condition counts.
            Dialect::Openfire => cx.want(Effect::Kick(self.id)),
            // RFC 6120 §6.4.5, §4.9.3.14.
            Dialect::Rfc => self.fail(cx, "policy-violation"),
        }
    }

    fn set_login(&mut self, login: Login) {
        self.restart_due = matches!(login, Login::Done(_));
        self.login = login;
    }

    /// Recorded: sasl_*. The order of the checks shows in which condition wins.
    fn step_openfire(&self, cx: &Context, element: &Element) -> Step {
        if element.name.ns != ns::SASL {
            return failed("not-authorized", "the element is not in the namespace of SASL");
        }
        if element.name.local == "abort" {
            return failed("aborted", ABORTED);
        }
        let challenged = match (element.name.local.as_str(), &self.login) {
            ("auth", _) => {
                let mechanism = element.attr("mechanism").unwrap_or_default();
                if !mechanism.eq_ignore_ascii_case("PLAIN") {
                    return failed("invalid-mechanism", MECHANISM);
                }
                0
            }
            (_, Login::Challenged(sent)) => *sent,
            // A response to nothing (recorded: sasl_response_after_failure,
            // sasl_response_after_success).
            _ => return failed("not-authorized", UNASKED),
        };
        let text = element.text();
        let text = text.trim_matches([' ', '\t', '\n', '\r']);
        if matches!(text, "" | "=") {
            // Recorded: sasl_eq_then_eq, the third empty one fails.
            return if challenged < 2 {
                Step::Challenge
            } else {
                failed("not-authorized", "the client answered no challenge")
            };
        }
        let Ok(octets) = OPENFIRE.decode(text) else {
            return failed("incorrect-encoding", BASE64);
        };
        // Java reads octets that are no UTF-8 as U+FFFD.
        match fields_openfire(&String::from_utf8_lossy(&octets)) {
            Some(plain) => check(cx, &plain, "not-authorized"),
            None => failed("not-authorized", FIELDS),
        }
    }

    fn step_rfc(&self, cx: &Context, element: &Element) -> Step {
        let text = element.text();
        let initial = match (element.name.local.as_str(), &self.login) {
            // RFC 6120 §6.4.4.
            ("abort", _) => return failed("aborted", ABORTED),
            ("auth", _) => {
                // RFC 6120 §6.5.7.
                let again = matches!(self.login, Login::Challenged(_));
                let is_refused = again && cx.faults.lasting(Name::OneChallenge);
                if element.attr("mechanism") != Some("PLAIN") || is_refused {
                    return failed("invalid-mechanism", MECHANISM);
                }
                // RFC 6120 §6.4.2: no initial response at all, against `=` for an empty one.
                if text.is_empty() {
                    return Step::Challenge;
                }
                if text == "=" { "" } else { text.as_str() }
            }
            (_, Login::Challenged(_)) => text.as_str(),
            // RFC 6120 §6.5.8: a response without a challenge.
            _ => return failed("malformed-request", UNASKED),
        };
        // RFC 6120 §6.5.5, §13.9.1: base64 as it stands, no white space within.
        let Ok(octets) = STANDARD.decode(initial) else {
            return failed("incorrect-encoding", BASE64);
        };
        // RFC 4616 §2 sets the form, RFC 6120 §6.5.8 the condition.
        let Some(plain) = String::from_utf8(octets).ok().and_then(|message| fields_rfc(&message))
        else {
            return failed("malformed-request", FIELDS);
        };
        // RFC 6120 §6.5.6.
        check(cx, &plain, "invalid-authzid")
    }
}

/// Whether the credentials are good, and the identity asked for is their own.
fn check(cx: &Context, plain: &Plain, foreign_authzid: &'static str) -> Step {
    let failed = |condition, why| {
        let account = Some(plain.authcid.clone());
        Step::Failure(Failure { condition, why, account })
    };
    let Some(user) = own_user(cx, &plain.authcid) else {
        return failed("not-authorized", "the domain of the account is not that of this server");
    };
    let accounts = &cx.settings.accounts;
    let any_password = cx.faults.lasting(Name::AcceptAnyPassword) && accounts.has(&user);
    if !any_password && !accounts.accepts(&user, &plain.password, cx.now) {
        let why = match (accounts.has(&user), accounts.has_tokens(&user)) {
            (false, _) => "no such account",
            (true, false) => "wrong password",
            (true, true) => {
                "single sign-on: the password is no access token of the account, or it has expired"
            }
        };
        return failed("not-authorized", why);
    }
    let any_authzid = any_password || cx.faults.lasting(Name::AcceptForeignAuthzid);
    if any_authzid || is_own_authzid(cx, plain, &user) {
        Step::Success(user.into_owned())
    } else {
        failed(foreign_authzid, "the authorisation identity is not the account's own")
    }
}

/// The user of an authentication identity. Openfire also takes `user@D` (recorded:
/// sasl_plain_user_as_jid), and asks for the password in small letters, unless an account was
/// given others (`DefaultAuthProvider.authenticate`). Finesse knows an agent by its login name, too
/// (ServiceNowFinesse); the stream is that of its id then.
fn own_user<'a>(cx: &Context, authcid: &'a str) -> Option<Cow<'a, str>> {
    if cx.dialect() == Dialect::Rfc {
        return Some(authcid.into());
    }
    let authcid = authcid.trim_matches(|c| c <= ' ');
    let accounts = &cx.settings.accounts;
    let (user, domain) = authcid.split_once('@').unwrap_or((authcid, &cx.settings.domain));
    if let Some(id) = accounts.of_login_name(authcid) {
        Some(id.to_owned().into())
    } else if !domain.eq_ignore_ascii_case(&cx.settings.domain) {
        None
    } else if accounts.has(user) {
        Some(user.into())
    } else if let Some(id) = accounts.of_login_name(user) {
        Some(id.to_owned().into())
    } else {
        Some(user.to_lowercase().into())
    }
}

fn is_own_authzid(cx: &Context, plain: &Plain, user: &str) -> bool {
    let Plain { authzid, authcid, .. } = plain;
    match cx.dialect() {
        // Recorded: sasl_authzid_foreign_domain, the domain is cut off unread. Letters may differ
        // from those of the authentication identity, but not from those of the account
        // (`DefaultAuthorizationPolicy`, `DefaultUserProvider.loadUser`).
        Dialect::Openfire => {
            let wanted = if authzid.is_empty() { authcid } else { authzid };
            let local = wanted.rsplit_once('@').map_or(wanted.as_str(), |(local, _)| local);
            let named = |name| cx.settings.accounts.of_login_name(name) == Some(user);
            local == user || named(local) || named(wanted)
        }
        Dialect::Rfc if authzid.is_empty() => true,
        // RFC 6120 §6.3.8: a bare JID.
        Dialect::Rfc => Jid::parse(authzid).is_ok_and(|jid| {
            jid.is_bare() && jid.domain == cx.settings.domain && jid.local.as_deref() == Some(user)
        }),
    }
}

/// Openfire ignores empty fields: with three or more the first is the authorisation identity, with
/// two there is none.
fn fields_openfire(message: &str) -> Option<Plain> {
    let fields: Vec<&str> = message.split('\0').filter(|field| !field.is_empty()).collect();
    let (authzid, authcid, password) = match fields.as_slice() {
        [authcid, password] => ("", *authcid, *password),
        [authzid, authcid, password, ..] => (*authzid, *authcid, *password),
        _ => return None,
    };
    Some(Plain {
        authzid: authzid.to_owned(),
        authcid: authcid.to_owned(),
        password: password.to_owned(),
    })
}

/// RFC 4616 §2: `[authzid] NUL authcid NUL passwd`, the last two not empty.
fn fields_rfc(message: &str) -> Option<Plain> {
    let fields: Vec<&str> = message.split('\0').collect();
    let [authzid, authcid, password] = fields.as_slice() else {
        return None;
    };
    if authcid.is_empty() || password.is_empty() {
        return None;
    }
    Some(Plain {
        authzid: (*authzid).to_owned(),
        authcid: (*authcid).to_owned(),
        password: (*password).to_owned(),
    })
}
