//! Privacy lists (XEP-0016): rules of an account about what may come to it and go from it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use stanza::{Element, Jid, escape, ns};

use super::Hub;
use super::iq_stanza::{Addressee, Iq};
use super::java_map::JavaMap;
use super::privacy_list::{CheckedStanza, PRIVACY, PrivacyList, StanzaKind};
use super::reply::Reply;
use super::session::Session;
use crate::budget::{Budget, Share, Weigh};
use crate::context::Context;
use crate::numbers::StreamId;
use crate::outgoing::{Addressed, ElementKind, Outgoing};
use crate::spelling::{Condition, echo, echo_with};
use crate::stream::Stream;

/// How many lists an account may have.
const MAX_LISTS: usize = 16;

/// The lists of one account.
#[derive(Debug, Default)]
struct Lists {
    by_name: BTreeMap<String, Arc<PrivacyList>>,
    /// The lists that are told to be the default: one, but where a session that did not know of the
    /// last one has chosen another.
    told: BTreeSet<String>,
    /// The list that holds where a session has not chosen one. It goes on when the default is
    /// declined, since Openfire keeps it at hand.
    standing: Option<String>,
}

/// The lists of all accounts.
#[derive(Debug)]
pub(super) struct PrivacyLists {
    by_account: BTreeMap<String, Lists>,
    /// Their share of the memory for clients.
    share: Share,
}

/// The weight of a list with its name, which may also be that of the default and active lists.
fn kept(name: &str, list: &PrivacyList) -> usize {
    list.weight() + 4 * name.len()
}

impl PrivacyLists {
    /// No lists yet; each takes its share of `memory`.
    pub(super) fn new(memory: &Budget) -> Self {
        Self { by_account: BTreeMap::new(), share: memory.nothing() }
    }

    /// The list of an account by its name.
    pub(super) fn named(&self, account: &str, name: &str) -> Option<&Arc<PrivacyList>> {
        self.by_account.get(account)?.by_name.get(name)
    }

    /// The list of an account that holds where no other was chosen.
    pub(super) fn default(&self, account: &str) -> Option<&Arc<PrivacyList>> {
        let lists = self.by_account.get(account)?;
        lists.by_name.get(lists.standing.as_ref()?)
    }

    /// The name of that list.
    pub(super) fn default_name(&self, account: &str) -> Option<&str> {
        self.by_account.get(account)?.standing.as_deref()
    }

    /// Keeps a list under a name; false when there is no room for it.
    pub(super) fn keep(&mut self, account: &str, name: &str, list: PrivacyList) -> bool {
        let lists = self.by_account.entry(account.to_owned()).or_default();
        let before = lists.by_name.get(name).map(|list| kept(name, list));
        let room = (before.is_some() || lists.by_name.len() < MAX_LISTS)
            && self.share.follow(before.unwrap_or_default(), kept(name, &list));
        if room {
            lists.by_name.insert(name.to_owned(), Arc::new(list));
        }
        room
    }

    /// Makes a list the default in the place of `old`.
    pub(super) fn set_default(&mut self, account: &str, name: &str, old: Option<&str>) {
        if let Some(lists) = self.by_account.get_mut(account) {
            old.map(|old| lists.told.remove(old));
            lists.told.insert(name.to_owned());
            lists.standing = Some(name.to_owned());
        }
    }

    /// A list is told to be the default no longer, and stands all the same.
    fn decline_default(&mut self, account: &str, name: &str) {
        if let Some(lists) = self.by_account.get_mut(account) {
            lists.told.remove(name);
        }
    }

    /// Forgets a list; false when there is none of this name.
    pub(super) fn remove(&mut self, account: &str, name: &str) -> bool {
        let Some(lists) = self.by_account.get_mut(account) else {
            return false;
        };
        let Some(list) = lists.by_name.remove(name) else {
            return false;
        };
        self.share.shrink(kept(name, &list));
        lists.told.remove(name);
        lists.standing.take_if(|standing| standing == name);
        true
    }

    /// `<default/>`, `<active/>` and the names of the lists of an account, as they are asked for.
    fn names(&self, account: &str, active: Option<&str>) -> String {
        let entry =
            |element: &str, name: &str| format!("<{element} name=\"{}\"/>", escape::attr(name));
        let Some(lists) = self.by_account.get(account) else {
            return String::new();
        };
        let mut names = JavaMap::default();
        lists.by_name.keys().for_each(|name| names.insert(name.clone(), ()));
        let told = names.iter().filter(|(name, ())| lists.told.contains(*name));
        let told = told.map(|(name, ())| entry("default", name));
        let active = active.map(|name| entry("active", name));
        let all = names.iter().map(|(name, ())| entry("list", name));
        told.chain(active).chain(all).collect()
    }
}

impl Hub {
    /// The privacy lists of the sender, whatever the address. Openfire throws at a request that
    /// lacks what it looks for.
    pub(super) fn privacy_lists(
        &mut self,
        cx: &mut Context,
        stream: &Stream,
        iq: &Iq<'_>,
        query: &Element,
    ) -> Reply {
        let account = iq.account();
        let find = |name: &str| query.children().find(|child| child.name.local == name);
        if !iq.is_set() {
            return self.privacy_list(stream, account, query);
        }
        if let Some(active) = find("active") {
            let Some(name) = active.attr("name") else {
                self.sessions.set_active_list(stream.id, None);
                return Reply::Result(String::new());
            };
            if self.stored.privacy.named(account, name).is_none() {
                return Reply::Error(Condition::ItemNotFound);
            }
            self.sessions.set_active_list(stream.id, Some(name.to_owned()));
            return Reply::Result(echo(query, ns::CLIENT));
        }
        if let Some(default) = find("default") {
            if self.sessions.available_of(&iq.own.bare()).count() > 1 {
                return Reply::Error(Condition::Conflict);
            }
            let session = self.sessions.get(stream.id);
            let old = session.and_then(|session| session.default_list()).map(str::to_owned);
            let name = default.attr("name");
            match (name, &old) {
                (Some(name), _) if self.stored.privacy.named(account, name).is_none() => {
                    return Reply::Error(Condition::ItemNotFound);
                }
                (Some(name), old) => self.stored.privacy.set_default(account, name, old.as_deref()),
                (None, Some(old)) => self.stored.privacy.decline_default(account, old),
                (None, None) => {}
            }
            self.sessions.begin_with_list(stream.id, name);
            return Reply::Result(echo(query, ns::CLIENT));
        }
        match find("list") {
            Some(list) => self.change_privacy_list(cx, stream, iq, query, list),
            None => Reply::Thrown,
        }
    }

    fn privacy_list(&self, stream: &Stream, account: &str, query: &Element) -> Reply {
        if query.children().next().is_none() {
            let active = self.sessions.get(stream.id).and_then(|session| session.active_list());
            let names = self.stored.privacy.names(account, active);
            return Reply::Result(echo_with(query, &names));
        }
        let mut lists = query.children().filter(|child| child.name.local == "list");
        let (list, more) = (lists.next(), lists.next());
        if more.is_some() {
            return Reply::Error(Condition::BadRequest);
        }
        let Some(list) = list else {
            return Reply::Thrown;
        };
        let known = list.attr("name").and_then(|name| {
            self.stored.privacy.named(account, name).map(|known| known.written(name))
        });
        match known {
            Some(known) => Reply::Result(format!("<query xmlns=\"{PRIVACY}\">{known}</query>")),
            None => Reply::Error(Condition::ItemNotFound),
        }
    }

    /// A list with items is kept, and all available resources hear of it; one without goes.
    fn change_privacy_list(
        &mut self,
        cx: &mut Context,
        stream: &Stream,
        iq: &Iq<'_>,
        query: &Element,
        list: &Element,
    ) -> Reply {
        let name = list.attr("name").unwrap_or_default();
        // Any child makes a list, if only an empty one.
        if list.children().next().is_none() {
            return self.remove_privacy_list(stream, iq, query, name);
        }
        let Some(rules) = PrivacyList::read(list) else {
            return Reply::Thrown;
        };
        if !self.stored.privacy.keep(iq.account(), name, rules) {
            return Reply::Error(Condition::ResourceConstraint);
        }
        let told: Vec<_> = self
            .sessions
            .of(iq.own)
            .into_iter()
            .filter(|(_, session)| session.is_available())
            .map(|(id, session)| (id, session.jid.to_string()))
            .collect();
        for (receiver, to) in told {
            let text = format!(
                "<iq xmlns=\"{}\" type=\"set\" id=\"{}\" to=\"{}\"><query xmlns=\"{PRIVACY}\"><list name=\"{}\"/></query></iq>",
                ns::CLIENT,
                self.request_id(cx),
                escape::attr(&to),
                escape::attr(name)
            );
            cx.deliver(receiver, Outgoing::new(ElementKind::Request, text));
        }
        Reply::Result(echo(query, ns::CLIENT))
    }

    /// A list goes, if it does not hold for another available session.
    fn remove_privacy_list(
        &mut self,
        stream: &Stream,
        iq: &Iq<'_>,
        query: &Element,
        name: &str,
    ) -> Reply {
        if self.stored.privacy.named(iq.account(), name).is_none() {
            return Reply::Error(Condition::ItemNotFound);
        }
        let uses = |session: &Session| {
            [session.active_list(), session.default_list()].contains(&Some(name))
        };
        let others = self.sessions.of(iq.own);
        if others
            .iter()
            .any(|(id, session)| *id != stream.id && session.is_available() && uses(session))
        {
            return Reply::Error(Condition::Conflict);
        }
        self.stored.privacy.remove(iq.account(), name);
        self.sessions.lose_list(stream.id, name);
        Reply::Result(echo(query, ns::CLIENT))
    }

    /// Whether the account that an iq is addressed to does not want it, by its default list.
    pub(super) fn is_blocked(&self, iq: &Iq<'_>) -> bool {
        let Some(to) = iq
            .to
            .filter(|_| matches!(iq.addressee(), Addressee::OwnAccount | Addressee::OtherAccount))
        else {
            return false;
        };
        let passing =
            CheckedStanza { what: StanzaKind::Iq, from: iq.own, is_own: iq.own.is_of_account(to) };
        self.is_denied(to, &passing)
    }

    /// Whether the default list of an account denies a stanza.
    pub(super) fn is_denied(&self, owner: &Jid, passing: &CheckedStanza<'_>) -> bool {
        let account = owner.local.as_deref().unwrap_or_default();
        // No rule of an account is about its own presence.
        let is_presence = !matches!(passing.what, StanzaKind::Message | StanzaKind::Iq);
        !(passing.is_own && is_presence)
            && self.stored.privacy.default(account).is_some_and(|list| {
                list.blocks(passing, self.stored.rosters.contact(owner, passing.from))
            })
    }

    /// Whether a message to many is kept from a session: by its privacy list, or since it is not
    /// available and an account sends it to its full address, not a service
    /// (`RoutingTableImpl.routeOnlyAvailable`). The error that comes of that is for the sender,
    /// which does not mind.
    pub(crate) fn keeps_off(&self, cx: &Context, id: StreamId, addressed: &Addressed) -> bool {
        let Some(sender) = addressed.sender() else { return false };
        let to = Some(&*addressed.to).filter(|to| {
            cx.is_openfire() && to.resource.is_some() && !self.sessions.is_route_available(to)
        });
        let is_hidden = |to: &Jid| sender.local.is_some() && !self.directed.shows(to, sender);
        to.is_some_and(is_hidden) || self.session_blocks(id, StanzaKind::Message, sender)
    }
}
