//! Accounts by iq (XEP-0077), as far as `register.inband=false` leaves it: those who are logged in
//! make other accounts or change their password.

use stanza::{Element, Jid};

use super::iq_stanza::Iq;
use super::reply::Reply;
use crate::context::Context;
use crate::spelling::Condition;

/// XEP-0077.
pub(super) const REGISTER: &str = "jabber:iq:register";

/// The reply to a request; Openfire sends it past its routing.
pub(super) fn reply(cx: &mut Context, iq: &Iq<'_>, query: &Element) -> Reply {
    Reply::Past(Box::new(match iq.is_set() {
        // Recorded: register_get.
        false => Reply::Error(Condition::Forbidden),
        true => set(cx, iq, query),
    }))
}

fn set(cx: &mut Context, iq: &Iq<'_>, query: &Element) -> Reply {
    let text =
        |name: &str| query.children().find(|child| child.name.local == name).map(Element::text);
    if query.children().any(|child| child.name.local == "remove") {
        return Reply::Error(Condition::Forbidden);
    }
    if query.children().any(|child| child.name.local == "x") {
        // Openfire looks for fields without looking whether they are there.
        return Reply::Thrown;
    }
    let (name, password) = (text("username"), text("password"));
    let domain = &cx.settings.domain;
    let valid = name.as_deref().is_none_or(|name| Jid::parse(&format!("{name}@{domain}")).is_ok());
    if !valid {
        return Reply::Error(Condition::JidMalformed);
    }
    let only_password = query.children().count() == 2 && name.is_some() && password.is_some();
    let (Some(name), Some(password), true) = (name, password, only_password) else {
        return Reply::Error(Condition::Forbidden);
    };
    let own = name.eq_ignore_ascii_case(iq.account());
    if password.trim().is_empty() {
        return if own {
            Reply::Result(String::new())
        } else {
            Reply::Error(Condition::NotAcceptable)
        };
    }
    if own {
        // Rights and other accounts stay as they are; the new password is masked like the old one.
        cx.settings.accounts.add(iq.account(), &password);
        cx.settings.secrets.change(cx.settings.accounts.secrets());
    } else if cx.settings.accounts.is_registered(&name.to_ascii_lowercase()) {
        return Reply::Error(Condition::Conflict);
    } else if !cx.settings.accounts.make(&name.to_ascii_lowercase()) {
        return Reply::Error(Condition::ResourceConstraint);
    }
    Reply::Result(String::new())
}
