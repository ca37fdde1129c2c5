//! Logging in with SASL PLAIN (RFC 6120 §6, RFC 4616), in Openfire's manner or to the letter.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use stanza::{Element, Jid, ns};

use crate::connection::{ConnectionId, Login};
use crate::engine::Engine;
use crate::fault::{Edge, Name, Point};
use crate::profile::Manner;

/// A failed login: the condition (RFC 6120 §6.5).
type Failure = &'static str;

/// What one step of the login comes to.
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

impl Engine {
    /// An `<auth/>`, `<response/>` or `<abort/>`.
    pub(crate) fn sasl(&mut self, id: ConnectionId, element: &Element) {
        let Some(connection) = self.connections.get(&id) else {
            return;
        };
        let login = connection.login.clone();
        let step = match self.profile.sasl {
            Manner::Openfire => self.step_openfire(element, &login),
            Manner::Rfc => self.step_rfc(element, &login),
        };
        match step {
            Step::Success(user) => {
                if self.strike(id, Edge::Before, &Point::Success.into(), None) {
                    return;
                }
                self.logged_in(id, user);
                self.say(id, format!("<success xmlns=\"{}\"/>", ns::SASL));
                self.strike(id, Edge::After, &Point::Success.into(), None);
            }
            Step::Challenge => {
                let sent = if let Login::Challenged(sent) = login { sent } else { 0 };
                self.set_login(id, Login::Challenged(sent.saturating_add(1)));
                self.say(id, format!("<challenge xmlns=\"{}\"/>", ns::SASL));
            }
            Step::Failure(condition) => self.login_failed(id, condition),
        }
    }

    /// The stream is that of an account from now on.
    pub(crate) fn logged_in(&mut self, id: ConnectionId, user: String) {
        self.record.name(id, &user);
        self.set_login(id, Login::Done(user));
    }

    fn login_failed(&mut self, id: ConnectionId, condition: Failure) {
        self.set_login(id, Login::Failed);
        self.say(id, format!("<failure xmlns=\"{}\"><{condition}/></failure>", ns::SASL));
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        connection.failures += 1;
        if connection.failures < self.profile.login_attempts {
            return;
        }
        match self.profile.sasl {
            // Recorded: sasl_bad_password_x4, any condition counts.
            Manner::Openfire => self.close_silently(id),
            // RFC 6120 §6.4.5, §4.9.3.14.
            Manner::Rfc => self.stream_error(id, "policy-violation"),
        }
    }

    fn set_login(&mut self, id: ConnectionId, login: Login) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.restart_due = matches!(login, Login::Done(_));
            connection.login = login;
        }
    }

    /// Recorded: sasl_*. The order of the checks shows in which condition wins.
    fn step_openfire(&self, element: &Element, login: &Login) -> Step {
        if element.name.local == "abort" {
            return Step::Failure("aborted");
        }
        if element.name.ns != ns::SASL {
            return Step::Failure("not-authorized");
        }
        let challenged = match (element.name.local.as_str(), login) {
            ("auth", _) => {
                let mechanism = element.attr("mechanism").unwrap_or_default();
                if !mechanism.eq_ignore_ascii_case("PLAIN") {
                    return Step::Failure("invalid-mechanism");
                }
                0
            }
            (_, Login::Challenged(sent)) => *sent,
            // A response to nothing (recorded: sasl_response_after_failure, sasl_response_after_success).
            _ => return Step::Failure("not-authorized"),
        };
        let text = element.text();
        let text = text.trim();
        if matches!(text, "" | "=") {
            // Recorded: sasl_eq_then_eq, the third empty one fails.
            return if challenged < 2 { Step::Challenge } else { Step::Failure("not-authorized") };
        }
        let Ok(octets) = STANDARD.decode(text) else {
            return Step::Failure("incorrect-encoding");
        };
        let plain = String::from_utf8(octets).ok().and_then(|message| fields_openfire(&message));
        match plain {
            Some(plain) => self.check(&plain, "not-authorized"),
            None => Step::Failure("not-authorized"),
        }
    }

    fn step_rfc(&self, element: &Element, login: &Login) -> Step {
        let text = element.text();
        let initial = match (element.name.local.as_str(), login) {
            // RFC 6120 §6.4.4.
            ("abort", _) => return Step::Failure("aborted"),
            ("auth", _) => {
                // RFC 6120 §6.5.7.
                if element.attr("mechanism") != Some("PLAIN") {
                    return Step::Failure("invalid-mechanism");
                }
                // RFC 6120 §6.4.2: no initial response at all, against `=` for an empty one.
                if text.is_empty() {
                    return Step::Challenge;
                }
                if text == "=" { "" } else { text.as_str() }
            }
            (_, Login::Challenged(_)) => text.as_str(),
            // RFC 6120 §6.5.8: a response without a challenge.
            _ => return Step::Failure("malformed-request"),
        };
        // RFC 6120 §6.5.5, §13.9.1: base64 as it stands, no white space within.
        let Ok(octets) = STANDARD.decode(initial) else {
            return Step::Failure("incorrect-encoding");
        };
        // RFC 4616 §2 sets the form, RFC 6120 §6.5.8 the condition.
        let Some(plain) = String::from_utf8(octets).ok().and_then(|message| fields_rfc(&message))
        else {
            return Step::Failure("malformed-request");
        };
        // RFC 6120 §6.5.6.
        self.check(&plain, "invalid-authzid")
    }

    /// Whether the credentials are good, and the identity asked for is their own.
    fn check(&self, plain: &Plain, foreign_authzid: Failure) -> Step {
        let Some(user) = self.own_user(&plain.authcid) else {
            return Step::Failure("not-authorized");
        };
        let any_password = self.faults.lasting(Name::AcceptAnyPassword) && self.accounts.has(user);
        if !any_password && !self.accounts.accepts(user, &plain.password) {
            return Step::Failure("not-authorized");
        }
        let any_authzid = any_password || self.faults.lasting(Name::AcceptForeignAuthzid);
        if any_authzid || self.is_own_authzid(&plain.authzid, user) {
            Step::Success(user.to_owned())
        } else {
            Step::Failure(foreign_authzid)
        }
    }

    /// The user of an authentication identity; Openfire also takes `user@D` (recorded: sasl_plain_user_as_jid).
    fn own_user<'a>(&self, authcid: &'a str) -> Option<&'a str> {
        match (self.profile.sasl, authcid.rsplit_once('@')) {
            (Manner::Openfire, Some((user, domain))) => (domain == self.domain).then_some(user),
            _ => Some(authcid),
        }
    }

    fn is_own_authzid(&self, authzid: &str, user: &str) -> bool {
        if authzid.is_empty() {
            return true;
        }
        match self.profile.sasl {
            // Recorded: sasl_authzid_foreign_domain, the domain is cut off unread.
            Manner::Openfire => {
                authzid.rsplit_once('@').map_or(authzid, |(local, _)| local) == user
            }
            // RFC 6120 §6.3.8: a bare JID.
            Manner::Rfc => Jid::parse(authzid).is_ok_and(|jid| {
                jid.is_bare() && jid.domain == self.domain && jid.local.as_deref() == Some(user)
            }),
        }
    }
}

/// Openfire ignores empty fields: with three or more the first is the authorisation identity, with two there is none.
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
