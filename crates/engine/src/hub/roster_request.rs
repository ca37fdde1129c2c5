//! Requests about one's own roster (RFC 6121 §2; recorded: roster_* and the generated
//! conversations).

use std::collections::BTreeSet;

use stanza::{Element, Jid, ns};

use super::Hub;
use super::reply::Reply;
use super::roster::{Contact, PendingIn, groups_of};
use crate::context::Context;
use crate::spelling::{Condition, echo};
use crate::stream::Stream;

/// One item of a request.
struct Item {
    jid: Jid,
    removes: bool,
    name: Option<String>,
    groups: Vec<String>,
}

impl Item {
    /// The error is that of the request.
    fn read(item: &Element) -> Result<Self, Condition> {
        let ask = item.attr("ask");
        let subscription = item.attr("subscription");
        let known = matches!(ask, None | Some("subscribe" | "unsubscribe"))
            && matches!(subscription, None | Some("none" | "to" | "from" | "both" | "remove"));
        let jid = item.attr("jid").filter(|jid| known && !jid.is_empty());
        Ok(Self {
            jid: Jid::parse(jid.ok_or(Condition::InternalServerError)?)
                .map_err(|_| Condition::JidMalformed)?,
            removes: subscription == Some("remove"),
            name: item.attr("name").map(str::to_owned),
            groups: groups_of(item),
        })
    }
}

impl Hub {
    /// The contacts of an account.
    pub(super) fn contacts(&self, cx: &Context, query: &Element, own: &Jid) -> Reply {
        if !cx.keeps_contacts() {
            // Recorded: var1_roster_off.
            return Reply::Result(format!("<query xmlns=\"{}\"/>", ns::ROSTER));
        }
        // Recorded: roster_get_same_ver.
        if query.attr("ver") == Some(self.stored.rosters.version(own).as_str()) {
            return Reply::Result(String::new());
        }
        Reply::Result(self.stored.rosters.query(own))
    }

    /// A change of one's own roster.
    pub(super) fn change_contacts(
        &mut self,
        cx: &mut Context,
        stream: &mut Stream,
        query: &Element,
        own: &Jid,
    ) -> Reply {
        let items: Result<Vec<Item>, Condition> = match query.name.local.as_str() {
            "query" => query
                .children()
                .filter(|child| child.name.local == "item")
                .map(Item::read)
                .collect(),
            _ => Err(Condition::InternalServerError),
        };
        match items {
            Err(condition) => Reply::ErrorWith(echo(query, ns::CLIENT), condition),
            Ok(items) if items.len() > 1 => {
                Reply::ErrorSaying(Condition::BadRequest, "Query contains more than one item")
            }
            Ok(items) => match items.into_iter().next() {
                Some(item) if item.removes => self.remove_item(cx, stream, own, &item.jid),
                Some(item) => self.set_item(cx, own, item),
                None => Reply::Result(String::new()),
            },
        }
    }

    /// The other side hears of it by the subscriptions that end. It does not wait for an answer any
    /// more.
    fn remove_item(
        &mut self,
        cx: &mut Context,
        stream: &mut Stream,
        own: &Jid,
        jid: &Jid,
    ) -> Reply {
        let removed = self.remove_contact(cx, own, jid);
        if self.is_registered(cx, jid) && self.stored.rosters.contact(jid, own).is_some() {
            let waits = self
                .stored
                .rosters
                .contact(jid, own)
                .is_some_and(|contact| contact.received == PendingIn::Subscribe);
            if waits {
                self.remove_contact(cx, jid, own);
            } else {
                self.stored.rosters.change(jid, own, Contact::part);
                self.push_change(cx, jid, own);
            }
        }
        let domain = &cx.settings.domain;
        if jid.domain != *domain && jid.domain.contains(domain.as_str()) {
            self.forward_removal(cx, stream, own, jid);
        }
        if removed {
            Reply::Result(String::new())
        } else {
            // Recorded: roster_remove_absent.
            Reply::ErrorWith(String::new(), Condition::ItemNotFound)
        }
    }

    /// Openfire tells services of it too, by a request of the account, who gets their answer
    /// (recorded: generated conversations about rosters).
    fn forward_removal(&mut self, cx: &mut Context, stream: &mut Stream, own: &Jid, jid: &Jid) {
        let item = Element::new(ns::ROSTER, "item")
            .with_attr("jid", own.bare().to_string())
            .with_attr("subscription", "remove");
        let request = Element::new(ns::CLIENT, "iq")
            .with_attr("type", "set")
            .with_attr("id", self.request_id(cx))
            .with_attr("from", own.to_string())
            .with_attr("to", jid.to_string())
            .with_child(Element::new(ns::ROSTER, "query").with_child(item));
        self.iq(cx, stream, &request, own, Some(jid));
    }

    fn set_item(&mut self, cx: &mut Context, own: &Jid, item: Item) -> Reply {
        let mut seen = BTreeSet::new();
        for group in &item.groups {
            if !seen.insert(group) {
                let text = "Item contains duplicate groups";
                return Reply::ErrorSaying(Condition::BadRequest, text);
            }
            if group.is_empty() {
                let text = "Group is of zero length";
                return Reply::ErrorSaying(Condition::NotAcceptable, text);
            }
        }
        let is_new = self.stored.rosters.contact(own, &item.jid).is_none();
        let Item { jid, name, groups, .. } = item;
        let set = self.stored.rosters.change(own, &jid, |contact| contact.rename(name, groups));
        if set.is_none() {
            return Reply::ErrorWith(String::new(), Condition::ResourceConstraint);
        }
        if is_new {
            self.push_new(cx, own, &jid);
        } else {
            self.push_change(cx, own, &jid);
        }
        Reply::Result(String::new())
    }
}
