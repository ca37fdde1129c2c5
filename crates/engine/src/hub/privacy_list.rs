//! One privacy list (XEP-0016 §2.1): its rules, and what they deny.

use stanza::{Element, Jid, Writer, escape};

use super::java_map::JavaMap;
use super::roster::Contact;
use crate::budget::Weigh;
use crate::spelling::{echo, set_attr};

/// XEP-0016.
pub(super) const PRIVACY: &str = "jabber:iq:privacy";

/// The stanza that a rule is held against.
#[derive(Debug, Clone, Copy)]
pub(super) struct CheckedStanza<'a> {
    pub(super) what: StanzaKind,
    pub(super) from: &'a Jid,
    /// It comes from the account itself.
    pub(super) is_own: bool,
}

/// The kind of a stanza, as rules tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StanzaKind {
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
    about: RuleType,
    messages: bool,
    requests: bool,
    presence_in: bool,
    presence_out: bool,
    /// The element that it was read from, which is given back.
    item: Element,
}

/// The peer that a rule is about.
#[derive(Debug, Clone, PartialEq, Eq)]
enum RuleType {
    Everybody,
    Jid(Jid),
    /// Those in a group of the roster; in none where the rule names none.
    Group(Option<String>),
    /// Those whose subscription is of this kind; peers outside the roster have none.
    Subscription {
        to: bool,
        from: bool,
    },
}

/// A list of rules, by their order.
#[derive(Debug, Clone, Default)]
pub(super) struct PrivacyList(Vec<Rule>);

impl Rule {
    /// A rule as it is written; none where Openfire throws at it.
    fn read(item: &Element) -> Option<Self> {
        let value = item.attr("value").unwrap_or_default();
        let about = match item.attr("type") {
            None => RuleType::Everybody,
            Some("jid") => RuleType::Jid(Jid::parse(value).ok()?),
            Some("group") => RuleType::Group(item.attr("value").map(str::to_owned)),
            Some("subscription") => RuleType::Subscription {
                to: matches!(value, "both" | "to"),
                from: matches!(value, "both" | "from"),
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
            item: item.clone(),
        })
    }

    /// A rule that denies an address everything.
    fn denying(jid: &Jid) -> Self {
        let item = Element::new("", "item")
            .with_attr("type", "jid")
            .with_attr("value", jid.to_string())
            .with_attr("action", "deny")
            .with_attr("order", "0");
        Self {
            order: 0,
            allows: false,
            about: RuleType::Jid(jid.clone()),
            messages: true,
            requests: true,
            presence_in: true,
            presence_out: true,
            item,
        }
    }

    /// The address that it denies something.
    fn denied(&self) -> Option<&Jid> {
        match &self.about {
            RuleType::Jid(jid) if !self.allows => Some(jid),
            _ => None,
        }
    }

    /// The rule as it is given back.
    fn text(&self) -> String {
        if self.item.spelling.is_some() {
            return echo(&self.item, PRIVACY);
        }
        // One that Openfire makes has no namespace, and says so.
        let mut xml = Writer::default();
        xml.start("item");
        xml.attr("xmlns", "");
        for attribute in &self.item.attrs {
            xml.attr(&attribute.name.local, &attribute.value);
        }
        xml.end("item");
        xml.finish()
    }

    /// Moves the rule to a place in its list.
    fn set_order(&mut self, order: i32) {
        self.order = order;
        set_attr(&mut self.item, "order", Some(order.to_string()));
    }

    /// Whether the rule is about all that passes, subscriptions included.
    fn is_about_all(&self) -> bool {
        self.messages && self.requests && self.presence_in && self.presence_out
    }

    fn is_about(&self, passing: &CheckedStanza<'_>, contact: Option<&Contact>) -> bool {
        let kind = match passing.what {
            StanzaKind::Message => self.messages,
            StanzaKind::Iq => self.requests,
            StanzaKind::PresenceIn => self.presence_in,
            StanzaKind::PresenceOut => self.presence_out,
            StanzaKind::Subscription => self.is_about_all(),
        };
        // Messages of an account to itself do not come from a peer (`PrivacyItem`).
        let is_of_peer =
            !(passing.is_own && matches!(passing.what, StanzaKind::Message | StanzaKind::Iq));
        let is_about_sender = is_of_peer || matches!(self.about, RuleType::Everybody);
        kind && is_about_sender && self.about.matches(passing.from, contact)
    }
}

impl RuleType {
    /// Whether it is about an address, which is that of this contact in the roster.
    fn matches(&self, jid: &Jid, contact: Option<&Contact>) -> bool {
        match self {
            Self::Everybody => true,
            Self::Jid(rule) if rule.resource.is_some() => jid == rule,
            Self::Jid(rule) if rule.local.is_some() => jid.is_of_account(rule),
            Self::Jid(rule) => jid.domain == rule.domain,
            Self::Group(group) => contact
                .zip(group.as_ref())
                .is_some_and(|(contact, group)| contact.groups().contains(group)),
            Self::Subscription { to, from } => {
                contact.map_or((false, false), |contact| (contact.to, contact.from)) == (*to, *from)
            }
        }
    }
}

impl PrivacyList {
    /// A list as it is written; none where Openfire throws at it.
    pub(super) fn read(list: &Element) -> Option<Self> {
        let items = list.children().filter(|child| child.name.local == "item");
        let mut rules: Vec<Rule> = items.map(Rule::read).collect::<Option<_>>()?;
        rules.sort_by_key(|rule| rule.order);
        Some(Self(rules))
    }

    /// This list with rules before all others that deny these addresses everything; all have their
    /// places as their order.
    pub(super) fn denying(&self, addresses: &[Jid]) -> Self {
        let mut rules: Vec<Rule> =
            addresses.iter().map(Rule::denying).chain(self.0.iter().cloned()).collect();
        rules.iter_mut().zip(0..).for_each(|(rule, place)| rule.set_order(place));
        Self(rules)
    }

    /// This list without the rules that deny something to these addresses, or to any where there
    /// are none; and the addresses of those rules. None where Openfire throws at a rule that has no
    /// address when it looks for one.
    pub(super) fn forgiving(&self, addresses: &[Jid]) -> Option<(Self, Vec<Jid>)> {
        let value = |rule: &Rule| Jid::parse(rule.item.attr("value")?).ok();
        if !addresses.is_empty() && self.0.iter().any(|rule| value(rule).is_none()) {
            return None;
        }
        let goes = |rule: &Rule| {
            let denied = rule.denied().filter(|_| rule.item.attr("action") == Some("deny"));
            denied.is_some_and(|jid| addresses.is_empty() || addresses.contains(jid))
        };
        let (gone, stay): (Vec<Rule>, Vec<Rule>) = self.0.iter().cloned().partition(goes);
        let gone = gone.iter().filter_map(Rule::denied).cloned().collect();
        Some((Self(stay), gone))
    }

    /// How many rules it has.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The addresses that are denied something, in the order of Java's table of them.
    pub(super) fn denied(&self) -> Vec<Jid> {
        let mut denied = JavaMap::default();
        for jid in self.0.iter().filter_map(Rule::denied) {
            denied.insert(jid.to_string(), jid);
        }
        denied.iter().map(|(_, jid)| (*jid).clone()).collect()
    }

    /// The list under its name, as it is given back.
    pub(super) fn written(&self, name: &str) -> String {
        let rules: String = self.0.iter().map(Rule::text).collect();
        format!("<list name=\"{}\">{rules}</list>", escape::attr(name))
    }

    /// Whether the first rule about a stanza denies it; `contact` is the peer in the roster of the
    /// account.
    pub(super) fn blocks(&self, passing: &CheckedStanza<'_>, contact: Option<&Contact>) -> bool {
        let rule = self.0.iter().find(|rule| rule.is_about(passing, contact));
        rule.is_some_and(|rule| !rule.allows)
    }
}

impl Weigh for PrivacyList {
    fn weight(&self) -> usize {
        let rules = self.0.iter().map(|rule| {
            let about = match &rule.about {
                RuleType::Jid(jid) => jid.weight(),
                RuleType::Group(group) => group.weight(),
                RuleType::Everybody | RuleType::Subscription { .. } => 0,
            };
            size_of::<Rule>() + rule.item.weight() + about
        });
        rules.sum()
    }
}
