//! The handlers of iq requests to the server, found by the namespace of the payload.

use stanza::{Element, escape, ns};

use super::Hub;
use super::blocking::BLOCKING;
use super::carbons::CARBONS;
use super::commands::COMMANDS;
use super::disco::{self, OFFLINE};
use super::eventing::PRIVATE;
use super::iq_stanza::{Addressee, Iq};
use super::privacy_list::PRIVACY;
use super::registration::REGISTER;
use super::reply::Reply;
use super::vcard::VCARD;
use crate::context::Context;
use crate::dialect::Dialect;
use crate::spelling::Condition;
use crate::stream::Stream;

/// XEP-0202, which the server advertises.
const TIME: &str = "urn:xmpp:time";
const LAST: &str = "jabber:iq:last";
const SHARED_GROUP: &str = "http://www.jivesoftware.org/protocol/sharedgroup";

/// The namespaces that handlers are there for.
const HANDLED: [&str; 20] = [
    ns::PING,
    ns::SESSION,
    ns::BIND,
    ns::ROSTER,
    ns::DISCO_INFO,
    ns::DISCO_ITEMS,
    ns::VERSION,
    ns::PUBSUB,
    ns::PUBSUB_OWNER,
    TIME,
    LAST,
    OFFLINE,
    CARBONS,
    SHARED_GROUP,
    VCARD,
    PRIVATE,
    PRIVACY,
    BLOCKING,
    COMMANDS,
    REGISTER,
];

/// The namespace whose handler is there for this one. Openfire's router does not look at the case
/// of letters (`IQRouter.getHandler`).
pub(super) fn handled_as(namespace: &str) -> Option<&'static str> {
    HANDLED.into_iter().find(|handled| handled.eq_ignore_ascii_case(namespace))
}

impl Hub {
    /// The reply of a request's handler.
    pub(super) fn handle(
        &mut self,
        cx: &mut Context,
        stream: &mut Stream,
        iq: &Iq<'_>,
        child: &Element,
    ) -> Reply {
        match (iq.addressee(), cx.dialect()) {
            // RFC 6120 §8.5: the server answers for an account, but not for everything.
            (Addressee::OwnAccount | Addressee::OtherAccount, Dialect::Rfc) => {
                self.handle_for_account(cx, stream, iq, child)
            }
            _ => self.handle_for_server(cx, stream, iq, child),
        }
    }

    fn handle_for_account(
        &mut self,
        cx: &mut Context,
        stream: &mut Stream,
        iq: &Iq<'_>,
        child: &Element,
    ) -> Reply {
        let is_own = iq.addressee() == Addressee::OwnAccount;
        match child.name.ns.as_str() {
            ns::PING if is_own => ping(cx, iq),
            ns::ROSTER => self.roster(cx, stream, iq, child),
            ns::DISCO_INFO if is_own => {
                Reply::Result(disco::account_info(&cx.settings.profile, child))
            }
            ns::DISCO_ITEMS if is_own => Reply::Result(disco::no_items(child)),
            ns::PUBSUB | ns::PUBSUB_OWNER => self.ask_personal_eventing(cx, stream, iq),
            _ => Reply::Unknown,
        }
    }

    fn handle_for_server(
        &mut self,
        cx: &mut Context,
        stream: &mut Stream,
        iq: &Iq<'_>,
        child: &Element,
    ) -> Reply {
        let is_openfire = cx.is_openfire();
        let namespace = child.name.ns.as_str();
        match handled_as(namespace).filter(|_| is_openfire).unwrap_or(namespace) {
            ns::BIND => {
                self.bind(cx, stream, iq.element, child);
                Reply::Silence
            }
            ns::PING => ping(cx, iq),
            ns::SESSION => Reply::Result(String::new()),
            ns::ROSTER => self.roster(cx, stream, iq, child),
            ns::DISCO_INFO => self.disco_info(cx, iq, child),
            ns::DISCO_ITEMS => self.disco_items(cx, iq, child),
            ns::VERSION if is_openfire || !iq.is_set() => version(cx, iq),
            TIME if is_openfire || !iq.is_set() => Reply::Result(format!(
                "<time xmlns=\"{TIME}\"><tzo>+00:00</tzo><utc>{}</utc></time>",
                cx.settings.calendar.stamp(cx.now)
            )),
            // The sender's own service answers for the domain, too, but in the strict manner.
            ns::PUBSUB | ns::PUBSUB_OWNER if is_openfire || iq.addressee() == Addressee::Nobody => {
                self.ask_personal_eventing(cx, stream, iq)
            }
            _ if !is_openfire => Reply::Unknown,
            LAST => self.last(cx, iq),
            OFFLINE => offline(child),
            CARBONS => self.carbons(stream, child),
            SHARED_GROUP => Reply::Result(format!("<sharedgroup xmlns=\"{SHARED_GROUP}\"/>")),
            VCARD => self.stored.vcards.reply(iq, child, &cx.settings.domain),
            PRIVATE => self.private_data(cx, stream, iq, child),
            PRIVACY => self.privacy_lists(cx, stream, iq, child),
            BLOCKING => self.block_list(cx, iq, child),
            COMMANDS => super::commands::reply(iq, child),
            REGISTER => super::registration::reply(cx, iq, child),
            _ => Reply::Unknown,
        }
    }

    /// The contacts of an account.
    fn roster(
        &mut self,
        cx: &mut Context,
        stream: &mut Stream,
        iq: &Iq<'_>,
        query: &Element,
    ) -> Reply {
        let is_own = matches!(iq.addressee(), Addressee::Nobody | Addressee::OwnAccount);
        // Openfire's reader makes a roster of a `<query/>` of this very namespace alone, and its
        // handler wants one (`IQRosterHandler`).
        if cx.is_openfire() && !query.is(ns::ROSTER, "query") {
            return Reply::Thrown;
        }
        if !is_own {
            // Recorded: roster_get_domain, roster_get_other.
            return Reply::ErrorWith(String::new(), Condition::Forbidden);
        }
        match iq.is_set() {
            true if cx.keeps_contacts() => self.change_contacts(cx, stream, query, iq.own),
            true => Reply::ErrorWith(String::new(), Condition::ItemNotFound),
            false => self.contacts(cx, query, iq.own),
        }
    }

    /// How long ago somebody was there (XEP-0012), with the status at the end: for oneself, or
    /// since the server started. Of others one hears as a subscriber to their presence.
    fn last(&self, cx: &Context, iq: &Iq<'_>) -> Reply {
        let query = |seconds: i64| {
            Reply::Result(format!("<query xmlns=\"{LAST}\" seconds=\"{seconds}\"/>"))
        };
        let account = match iq.addressee() {
            Addressee::Server => {
                return query(i64::try_from(cx.now.as_secs()).unwrap_or(i64::MAX));
            }
            Addressee::Nobody | Addressee::OwnAccount => iq.own.bare(),
            Addressee::OtherAccount => match iq.to {
                Some(to) if self.stored.rosters.contact(to, iq.own).is_some_and(|own| own.from) => {
                    to.bare()
                }
                _ => {
                    // Recorded: last_user.
                    let empty = format!("<query xmlns=\"{LAST}\"/>");
                    return Reply::ErrorWith(empty, Condition::Forbidden);
                }
            },
        };
        if self.sessions.is_available(&account) {
            return query(0);
        }
        match self.stored.last_words.left(&account) {
            None => query(-1),
            Some((left, status)) => {
                let seconds = cx.now.saturating_sub(left).as_secs();
                let status = escape::text(&status);
                Reply::Result(match status.is_empty() {
                    true => format!("<query xmlns=\"{LAST}\" seconds=\"{seconds}\"/>"),
                    false => {
                        format!("<query xmlns=\"{LAST}\" seconds=\"{seconds}\">{status}</query>")
                    }
                })
            }
        }
    }

    /// Copies of one's messages to other resources, on or off (XEP-0280 §4). Openfire does not look
    /// at the type: even an iq that is no request switches them, and fails at its answer alone.
    pub(super) fn carbons(&mut self, stream: &Stream, child: &Element) -> Reply {
        let on = match child.name.local.as_str() {
            "enable" => true,
            "disable" => false,
            _ => return Reply::ErrorWith(String::new(), Condition::BadRequest),
        };
        self.sessions.set_carbons(stream.id, on);
        Reply::Result(String::new())
    }
}

/// Messages that wait (XEP-0013), of which there is never one (`xmpp.offline.type=drop`). Openfire
/// looks for those that are named, to show them or to remove them.
fn offline(request: &Element) -> Reply {
    let all = |child: &Element| matches!(child.name.local.as_str(), "purge" | "fetch");
    if request.children().any(all) {
        return Reply::Result(String::new());
    }
    let mut removes = false;
    for item in request.children().filter(|child| child.name.local == "item") {
        if item.attr("node").is_none() {
            return Reply::Thrown;
        }
        removes |= item.attr("action") == Some("remove");
    }
    if removes {
        Reply::ErrorWith(String::new(), Condition::ItemNotFound)
    } else {
        Reply::Result(String::new())
    }
}

/// XEP-0199 §4. A ping of type set is never answered (recorded: ping_set).
fn ping(cx: &Context, iq: &Iq<'_>) -> Reply {
    match (iq.is_set(), cx.dialect()) {
        (false, _) => Reply::Result(String::new()),
        (true, Dialect::Openfire) => Reply::Silence,
        (true, Dialect::Rfc) => Reply::Error(Condition::BadRequest),
    }
}

/// XEP-0092. Openfire tells its operating system too.
fn version(cx: &Context, iq: &Iq<'_>) -> Reply {
    if iq.is_set() {
        return Reply::ErrorWith(String::new(), Condition::NotAcceptable);
    }
    let system = match cx.dialect() {
        Dialect::Openfire => "<os>Linux 3.10.0 (amd64) - Java 1.8.0_222</os>",
        Dialect::Rfc => "",
    };
    Reply::Result(format!(
        "<query xmlns=\"{}\"><name>Openfire</name><version>4.4.4</version>{system}</query>",
        ns::VERSION
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `IQOfflineMessagesHandler`.
    #[test]
    fn a_message_that_is_not_there_cannot_be_removed() {
        let reply = |content: &str| {
            let request = format!("<offline xmlns='{OFFLINE}'>{content}</offline>");
            offline(&stanza::parse(&request).expect("it is well-formed"))
        };
        let item = "<item action='remove' node='x'/>";
        for fine in ["", "<item action='view' node='x'/>", &format!("{item}<purge/>")] {
            assert!(matches!(reply(fine), Reply::Result(_)), "{fine}");
        }
        let missing = Condition::ItemNotFound;
        assert!(matches!(reply(item), Reply::ErrorWith(_, condition) if condition == missing));
        assert!(matches!(reply("<item action='view'/>"), Reply::Thrown));
    }
}
