//! Ad-hoc commands of administrators (XEP-0050, XEP-0133): they are there, and no agent may run
//! one.

use stanza::Element;

use super::iq_stanza::Iq;
use super::reply::Reply;
use crate::spelling::Condition;

/// XEP-0050.
pub(super) const COMMANDS: &str = "http://jabber.org/protocol/commands";

/// The node of each command begins so.
const ADMIN: &str = "http://jabber.org/protocol/admin#";

/// The commands of a stock server.
const NAMES: [&str; 21] = [
    "add-group",
    "add-group-members",
    "add-user",
    "authenticate-user",
    "change-user-password",
    "delete-group",
    "delete-group-members",
    "delete-user",
    "get-active-presences",
    "get-active-users",
    "get-active-users-num",
    "get-console-info",
    "get-group-members",
    "get-groups",
    "get-online-users-num",
    "get-server-stats",
    "get-sessions-num",
    "status-http-bind",
    "update-group",
    "user-properties",
    "packets-notification",
];

/// Whether a command has this node.
pub(super) fn exists(node: &str) -> bool {
    node.strip_prefix(ADMIN).is_some_and(|name| NAMES.contains(&name))
}

/// The reply to a request to run a command or to go on with one. Openfire throws at a command
/// without node. As none can begin, none can go on.
pub(super) fn reply(iq: &Iq<'_>, command: &Element) -> Reply {
    let is_known = command.attr("node").is_some_and(exists);
    match command.attr("sessionid") {
        None if is_known && iq.is_set() => Reply::Error(Condition::Forbidden),
        _ => refusal(iq, command),
    }
}

/// The reply to a request about a command that is not there.
pub(super) fn refusal(iq: &Iq<'_>, command: &Element) -> Reply {
    if !iq.is_set() {
        return Reply::Error(Condition::BadRequest);
    }
    if command.attr("node").is_none() {
        return Reply::Thrown;
    }
    Reply::Error(match command.attr("sessionid") {
        Some(_) => Condition::BadRequest,
        None => Condition::ItemNotFound,
    })
}
