//! Privacy lists (XEP-0016): rules of an account about what may come to it and go from it.

use std::collections::BTreeMap;
use std::sync::Arc;

use stanza::{Element, Jid, escape, ns};

use super::Hub;
use super::iq::{Iq, Whose};
use super::reply::Reply;
use crate::budget::{Budget, Share, Weigh};
use crate::context::Context;
use crate::outgoing::{Outgoing, What};
use crate::spelling::{Condition, echo, echo_with};
use crate::stream::Stream;

/// XEP-0016.
pub(super) const PRIVACY: &str = "jabber:iq:privacy";

/// How many lists an account may have.
const MAX_LISTS: usize = 16;

/// The stanza that a rule is held against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Passing<'a> {
    pub(super) what: Passes,
    pub(super) from: &'a Jid,
}

/// The kind of a stanza, as rules tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passes {
    Message,
    Iq,
    /// Presence of a peer.
    PresenceIn,
    /// Presence that a peer would get.
    PresenceOut,
    /// Presence of any other type.
    Subscription,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    order: i32,
    allows: bool,
    about: About,
    messages: bool,
    requests: bool,
    presence_in: bool,
    presence_out: bool,
    /// Its text, as it is given back.
    text: String,
}

/// The peer that a rule is about.
#[derive(Debug, Clone, PartialEq, Eq)]
enum About {
    Everybody,
    Jid(Jid),
    /// Those in a group of the roster. Rules do not see the roster, so nobody is in one.
    Group,
    /// Those who have a subscription, of whichever kind. Rules do not see the roster, so nobody is.
    Contacts,
    /// Those who have none.
    Strangers,
}

/// A list of rules, by their order.
#[derive(Debug, Clone, Default)]
pub(super) struct PrivacyList(Vec<Rule>);

/// The lists of one account.
#[derive(Debug, Default)]
struct Lists {
    by_name: BTreeMap<String, Arc<PrivacyList>>,
    /// The list that holds where a session has not chosen one.
    default: Option<String>,
}

/// The lists of all accounts.
#[derive(Debug)]
pub(super) struct PrivacyLists {
    by_account: BTreeMap<String, Lists>,
    /// Their share of the memory for clients.
    share: Share,
}

impl Rule {
    /// A rule as it is written; none where Openfire throws at it.
    fn read(item: &Element) -> Option<Self> {
        let value = item.attr("value").unwrap_or_default();
        let about = match item.attr("type") {
            None => About::Everybody,
            Some("jid") => About::Jid(Jid::parse(value).ok()?),
            Some("group") => About::Group,
            Some("subscription") => match value {
                "both" | "to" | "from" => About::Contacts,
                _ => About::Strangers,
            },
            Some(_) => return None,
        };
        let has = |name: &str| item.children().any(|child| child.name.local == name);
        let kinds = [has("message"), has("iq"), has("presence-in"), has("presence-out")];
        // A rule that names no kind is about all.
        let all = !kinds.contains(&true);
        let [messages, requests, presence_in, presence_out] = kinds.map(|kind| kind || all);
        Some(Self {
            order: item.attr("order")?.trim().parse().ok()?,
            allows: item.attr("action") == Some("allow"),
            about,
            messages,
            requests,
            presence_in,
            presence_out,
            text: echo(item, PRIVACY),
        })
    }

    /// A rule that denies an address everything.
    fn denying(jid: &Jid, order: i32) -> Self {
        let value = jid.to_string();
        Self {
            order,
            allows: false,
            about: About::Jid(jid.clone()),
            messages: true,
            requests: true,
            presence_in: true,
            presence_out: true,
            text: format!(
                "<item action=\"deny\" type=\"jid\" value=\"{}\" order=\"{order}\"/>",
                escape::attr(&value)
            ),
        }
    }

    /// The address that it denies everything.
    fn denied(&self) -> Option<&Jid> {
        match &self.about {
            About::Jid(jid) if !self.allows && self.is_about_all() => Some(jid),
            _ => None,
        }
    }

    /// Whether the rule is about all that passes, subscriptions included.
    fn is_about_all(&self) -> bool {
        self.messages && self.requests && self.presence_in && self.presence_out
    }

    fn is_about(&self, passing: &Passing<'_>) -> bool {
        let kind = match passing.what {
            Passes::Message => self.messages,
            Passes::Iq => self.requests,
            Passes::PresenceIn => self.presence_in,
            Passes::PresenceOut => self.presence_out,
            Passes::Subscription => self.is_about_all(),
        };
        kind && self.about.matches(passing.from)
    }
}

impl About {
    fn matches(&self, jid: &Jid) -> bool {
        match self {
            Self::Everybody => true,
            Self::Jid(rule) if rule.resource.is_some() => jid == rule,
            Self::Jid(rule) if rule.local.is_some() => jid.is_of_account(rule),
            Self::Jid(rule) => jid.domain == rule.domain,
            Self::Group | Self::Contacts => false,
            Self::Strangers => true,
        }
    }
}

impl PrivacyList {
    /// A list as it is written; none where Openfire throws at it.
    fn read(list: &Element) -> Option<Self> {
        let items = list.children().filter(|child| child.name.local == "item");
        let mut rules: Vec<Rule> = items.map(Rule::read).collect::<Option<_>>()?;
        rules.sort_by_key(|rule| rule.order);
        Some(Self(rules))
    }

    /// This list, denying everything to these addresses and no others.
    pub(super) fn denying_just(&self, addresses: &[Jid]) -> Self {
        let others = self.0.iter().filter(|rule| rule.denied().is_none()).cloned();
        let denied = addresses.iter().zip(0..).map(|(jid, order)| Rule::denying(jid, order));
        Self(denied.chain(others).collect())
    }

    /// The addresses that are denied everything.
    pub(super) fn denied(&self) -> impl Iterator<Item = &Jid> {
        self.0.iter().filter_map(Rule::denied)
    }

    /// The list under its name, as it is given back.
    fn written(&self, name: &str) -> String {
        let rules: String = self.0.iter().map(|rule| rule.text.as_str()).collect();
        format!("<list name=\"{}\">{rules}</list>", escape::attr(name))
    }

    /// Whether the first rule about a stanza denies it.
    pub(super) fn blocks(&self, passing: &Passing<'_>) -> bool {
        let rule = self.0.iter().find(|rule| rule.is_about(passing));
        rule.is_some_and(|rule| !rule.allows)
    }
}

impl Weigh for PrivacyList {
    fn weight(&self) -> usize {
        let rules = self.0.iter().map(|rule| {
            let about = match &rule.about {
                About::Jid(jid) => jid.weight(),
                _ => 0,
            };
            size_of::<Rule>() + rule.text.weight() + about
        });
        rules.sum()
    }
}

/// What a list weighs with its name, which may be that of the default list and of active ones too.
fn kept(name: &str, list: &PrivacyList) -> usize {
    list.weight() + 4 * name.len()
}

impl PrivacyLists {
    /// No lists yet; what comes takes its share of `memory`.
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
        lists.by_name.get(lists.default.as_ref()?)
    }

    /// The name of that list.
    pub(super) fn default_name(&self, account: &str) -> Option<&str> {
        self.by_account.get(account)?.default.as_deref()
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

    /// Makes a list the default, or none.
    pub(super) fn set_default(&mut self, account: &str, name: Option<&str>) {
        if let Some(lists) = self.by_account.get_mut(account) {
            lists.default = name.map(str::to_owned);
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
        lists.default.take_if(|default| default == name);
        true
    }

    /// `<default/>`, `<active/>` and the names of the lists of an account, as they are asked for.
    fn names(&self, account: &str, active: Option<&str>) -> String {
        let entry =
            |element: &str, name: &str| format!("<{element} name=\"{}\"/>", escape::attr(name));
        let Some(lists) = self.by_account.get(account) else {
            return String::new();
        };
        let chosen = lists.default.as_deref().map(|name| entry("default", name));
        let active = active.map(|name| entry("active", name));
        let all = lists.by_name.keys().map(|name| entry("list", name));
        chosen.into_iter().chain(active).chain(all).collect()
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
            if self.privacy.named(account, name).is_none() {
                return Reply::Error(Condition::ItemNotFound);
            }
            self.sessions.set_active_list(stream.id, Some(name.to_owned()));
            return Reply::Result(echo(query, ns::CLIENT));
        }
        if let Some(default) = find("default") {
            let Some(name) = default.attr("name") else {
                self.privacy.set_default(account, None);
                self.sessions.set_default_list(iq.own, None);
                return Reply::Result(echo(query, ns::CLIENT));
            };
            if self.privacy.named(account, name).is_none() {
                return Reply::Error(Condition::ItemNotFound);
            }
            self.privacy.set_default(account, Some(name));
            self.sessions.set_default_list(iq.own, Some(name));
            return Reply::Result(echo(query, ns::CLIENT));
        }
        match find("list") {
            Some(list) => self.change_privacy_list(cx, iq, query, list),
            None => Reply::Thrown,
        }
    }

    fn privacy_list(&self, stream: &Stream, account: &str, query: &Element) -> Reply {
        if query.children().next().is_none() {
            let active = self.sessions.get(stream.id).and_then(|session| session.active_list());
            let names = self.privacy.names(account, active);
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
        let known = list
            .attr("name")
            .and_then(|name| self.privacy.named(account, name).map(|known| known.written(name)));
        match known {
            Some(known) => Reply::Result(format!("<query xmlns=\"{PRIVACY}\">{known}</query>")),
            None => Reply::Error(Condition::ItemNotFound),
        }
    }

    /// A list with items is kept, and all available resources hear of it; one without goes.
    fn change_privacy_list(
        &mut self,
        cx: &mut Context,
        iq: &Iq<'_>,
        query: &Element,
        list: &Element,
    ) -> Reply {
        let name = list.attr("name").unwrap_or_default();
        if !list.children().any(|child| child.name.local == "item") {
            return if self.privacy.remove(iq.account(), name) {
                Reply::Result(echo(query, ns::CLIENT))
            } else {
                Reply::Error(Condition::ItemNotFound)
            };
        }
        let Some(rules) = PrivacyList::read(list) else {
            return Reply::Thrown;
        };
        if !self.privacy.keep(iq.account(), name, rules) {
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
            cx.deliver(receiver, Outgoing::new(What::Request, text));
        }
        Reply::Result(echo(query, ns::CLIENT))
    }

    /// Whether the account that an iq is addressed to does not want it, by its default list.
    pub(super) fn is_blocked(&self, iq: &Iq<'_>) -> bool {
        let Some(to) = iq.to.filter(|_| matches!(iq.whose(), Whose::Own | Whose::Anothers)) else {
            return false;
        };
        let passing = Passing { what: Passes::Iq, from: iq.own };
        self.is_denied(to, &passing)
    }

    /// Whether the default list of an account denies a stanza.
    pub(super) fn is_denied(&self, owner: &Jid, passing: &Passing<'_>) -> bool {
        let account = owner.local.as_deref().unwrap_or_default();
        // No rule of an account is about itself.
        !passing.from.is_of_account(owner)
            && self.privacy.default(account).is_some_and(|list| list.blocks(passing))
    }
}
