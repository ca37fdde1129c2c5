//! Personal eventing (XEP-0163): every account has a service of its own, made when it is first
//! written to.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use stanza::{Element, Jid, ns};

use super::config::ItemReply;
use super::form;
use super::node::Node;
use super::presence::AvailableSessions;
use super::request::Request;
use super::tag::tag;
use super::{Accounts, PubSub};
use crate::budget::{Budget, Share, Weigh};
use crate::fact::Fact;
use crate::fault::Faults;
use crate::outgoing::{Addressed, ElementKind};

/// A request for a personal service: its time, its stanza and its sender.
#[derive(Clone, Copy)]
pub(crate) struct PersonalRequest<'a> {
    pub(crate) now: Duration,
    pub(crate) iq: &'a Element,
    pub(crate) from: &'a Jid,
    pub(crate) accounts: &'a dyn Accounts,
    pub(crate) faults: &'a Faults,
}

/// Nodes as they are stored, where a service that runs knows them otherwise.
type Aside = BTreeMap<String, Option<Node>>;

/// The service of an account: what is stored of it, and whether it runs.
#[derive(Default)]
struct Entry {
    /// It is stored when the account makes it, or when it first stands in for another's.
    stored: Option<Box<PubSub>>,
    /// Somebody has looked for it, or its account has made it. Openfire remembers that there was
    /// none: a service stored later does not run before the account makes it.
    is_sought: bool,
    /// It answers for its account.
    runs: bool,
    /// Nodes that were made or changed by one that stands in while it runs, and none for those that
    /// were deleted: it never looks for them in the data base.
    aside: Aside,
    _share: Option<Share>,
}

impl Entry {
    /// The service runs as it was read from the data base.
    fn read(&mut self) {
        if let Some(service) = &mut self.stored {
            service.place.item_reply = Some(ItemReply::Owner);
            service.reply_to_owners();
        }
    }
}

/// The services of accounts.
pub(crate) struct PersonalEventing {
    services: BTreeMap<Jid, Entry>,
    memory: Budget,
}

impl PersonalEventing {
    /// No services yet; each takes its share of `memory`.
    pub(crate) fn new(memory: &Budget) -> Self {
        Self { services: BTreeMap::new(), memory: memory.clone() }
    }

    /// Looks for the service of an account.
    pub(crate) fn find(&mut self, account: &Jid) -> Option<&mut PubSub> {
        let entry = self.entry(account)?;
        if !entry.is_sought {
            entry.is_sought = true;
            entry.runs = entry.stored.is_some();
            entry.read();
        }
        entry.stored.as_deref_mut().filter(|_| entry.runs)
    }

    /// The service of an account, one like `general`, stored if it is not yet, and whether it is
    /// now; none without memory for it.
    fn stored(&mut self, general: &mut PubSub, account: &Jid) -> Option<(&mut Entry, bool)> {
        // It is found by its account, which its root names, too.
        let weight = size_of::<PubSub>() + 4 * account.weight();
        let memory = self.memory.clone();
        let entry = self.entry(account)?;
        let is_new = entry.stored.is_none();
        if is_new {
            let service = general.personal(account.clone(), memory.share(weight)?);
            entry.stored = Some(Box::new(service));
        }
        Some((entry, is_new))
    }

    /// Makes the service of an account, if none runs; gives back one that is made.
    pub(crate) fn begin(&mut self, general: &mut PubSub, account: &Jid) -> Option<&mut PubSub> {
        if self.find(account).is_some() {
            return None;
        }
        self.make(general, account)
    }

    /// The service of an account, which runs from now on.
    fn make(&mut self, general: &mut PubSub, account: &Jid) -> Option<&mut PubSub> {
        let (entry, is_new) = self.stored(general, account)?;
        if !is_new && !entry.runs {
            entry.read();
        }
        (entry.is_sought, entry.runs) = (true, true);
        entry.stored.as_deref_mut()
    }

    /// The service of an account, as far as it is known; none without memory for it.
    fn entry(&mut self, account: &Jid) -> Option<&mut Entry> {
        if !self.services.contains_key(account) {
            let share = self.memory.share(size_of::<Entry>() + account.weight())?;
            let entry = Entry { _share: Some(share), ..Entry::default() };
            self.services.insert(account.clone(), entry);
        }
        self.services.get_mut(account)
    }

    /// Answers a request to the service of `account`, or of the sender where it names nobody. The
    /// sender's own set makes a service.
    pub(crate) fn handle(
        &mut self,
        general: &mut PubSub,
        account: Option<&Jid>,
        asking: PersonalRequest<'_>,
    ) -> (Vec<Addressed>, Option<Fact>) {
        let own = asking.from.bare();
        let is_set = asking.iq.attr("type") == Some("set");
        let found = match account {
            None if is_set => self.make(general, &own),
            _ => self.find(account.unwrap_or(&own)),
        };
        if let Some(service) = found {
            let changed = named(asking.iq).filter(|_| is_set);
            let was_there = changed.is_some_and(|path| service.nodes.contains_key(path));
            let answer = service.answer_personal(asking);
            let is_there = changed.is_some_and(|path| service.nodes.contains_key(path));
            // It stores what it changes, and a refused request changes nothing.
            let is_refused = answer.0.iter().any(|it| it.what() == Some(ElementKind::Error));
            let changed = changed.filter(|_| (was_there || is_there) && !is_refused);
            if let Some((path, entry)) = changed.zip(self.entry(account.unwrap_or(&own))) {
                entry.aside.remove(path);
            }
            return answer;
        }
        if !general.policy.senders_stand_in {
            let account = account.cloned().unwrap_or(own);
            return general.personal(account, self.memory.nothing()).answer_personal(asking);
        }
        // Openfire makes a service for the sender and not for the account, which stores its root.
        let entry = self.stored(general, &own);
        match entry.and_then(|(Entry { stored, runs, aside, .. }, is_new)| {
            Some((stored.as_deref_mut()?, runs.then_some(aside), is_new))
        }) {
            Some((service, aside, is_new)) => {
                let reply = (!is_new).then_some(ItemReply::Owner);
                if !is_new && aside.is_none() {
                    service.reply_to_owners();
                }
                let runs_with = std::mem::replace(&mut service.place.item_reply, reply);
                let answer = service.stand_in(aside, asking);
                service.place.item_reply = runs_with;
                answer
            }
            None => general.personal(own, self.memory.nothing()).answer_personal(asking),
        }
    }

    /// Private data of an account (XEP-0049), kept as Openfire does: for each namespace a node of
    /// its own service.
    pub(crate) fn private(&mut self, own: &Jid, namespace: &str) -> Option<Element> {
        self.find(own)?.nodes.get(namespace)?.item(PRIVATE_ITEM)?.payload.clone()
    }

    /// Keeps private data, and gives back the notifications of it; none where there is no room.
    pub(crate) fn keep_private(
        &mut self,
        general: &mut PubSub,
        data: &Element,
        asking: PersonalRequest<'_>,
    ) -> Option<Vec<Addressed>> {
        let service = self.make(general, &asking.from.bare())?;
        let is_new = !service.nodes.contains_key(&data.name.ns);
        let publication = publication(data, is_new);
        let (mut stanzas, _) =
            service.answer_personal(PersonalRequest { iq: &publication, ..asking });
        let is_kept = !stanzas.iter().any(|stanza| stanza.what() == Some(ElementKind::Error));
        stanzas.retain(|stanza| stanza.what() != Some(ElementKind::Result));
        is_kept.then_some(stanzas)
    }
}

/// The id of the item that has an account's private data.
const PRIVATE_ITEM: &str = "current";

/// The publication that keeps private data. Its node is for its account alone.
fn publication(data: &Element, is_new: bool) -> Element {
    let item =
        Element::new(ns::PUBSUB, "item").with_attr("id", PRIVATE_ITEM).with_child(data.clone());
    let publish =
        Element::new(ns::PUBSUB, "publish").with_attr("node", &data.name.ns).with_child(item);
    let mut pubsub = Element::new(ns::PUBSUB, "pubsub").with_child(publish);
    if is_new {
        let fields = [("pubsub#persist_items", "true"), ("pubsub#access_model", "whitelist")];
        let form = form::submission(form::PUBLISH_OPTIONS, &fields);
        pubsub = pubsub.with_child(Element::new(ns::PUBSUB, "publish-options").with_child(form));
    }
    Element::new(ns::CLIENT, "iq").with_attr("type", "set").with_child(pubsub)
}

/// The node that a request names.
fn named(iq: &Element) -> Option<&str> {
    iq.children().flat_map(Element::children).find_map(|action| action.attr("node"))
}

impl PubSub {
    /// The nodes of a personal service that the sender of a request may read, as items of
    /// disco#items.
    pub(crate) fn readable(&self, asking: PersonalRequest<'_>) -> String {
        let PersonalRequest { now, iq, from, accounts, faults } = asking;
        let (bare, is_addressed) = (from.bare(), self.place.is_addressed(iq));
        let (set, late) = (false, None);
        let request = Request { now, iq, from, bare, set, is_addressed, accounts, faults, late };
        let is_readable = |node: &&Node| {
            self.is_admin(node, &request.bare)
                || self.demand_access(&request, node, request.from).is_ok()
        };
        let address = self.place.address.as_str();
        let nodes = self.listed().into_iter().filter(|node| !self.is_root(node));
        nodes
            .filter(is_readable)
            .map(|node| tag("item", &[("jid", address), ("node", &node.config.path)], ""))
            .collect()
    }

    /// Nodes that are read from the data base have their owners for replies where nobody is stored
    /// (`PubSubPersistenceManager.loadNode`).
    fn reply_to_owners(&mut self) {
        for node in self.nodes.values_mut() {
            node.config.details.item_reply.get_or_insert(ItemReply::Owner);
        }
    }

    /// Answers as a new instance that is read from the data base for one request, and forgotten
    /// with what is not stored: last items and presences. `aside` is there where another instance
    /// runs, which neither learns what is changed nor loses what it knows itself.
    fn stand_in(
        &mut self,
        aside: Option<&mut Aside>,
        asking: PersonalRequest<'_>,
    ) -> (Vec<Addressed>, Option<Fact>) {
        let fresh = AvailableSessions::new(&self.memory);
        let present = std::mem::replace(&mut self.present, fresh);
        let Some(aside) = aside else {
            self.nodes.values_mut().for_each(|node| drop(node.take_last()));
            let answer = self.answer_personal(asking);
            self.nodes.values_mut().for_each(|node| drop(node.take_last()));
            self.present = AvailableSessions::new(&self.memory);
            return answer;
        };
        let known = self.nodes.iter().filter(|(path, _)| !aside.contains_key(*path));
        let mut stored: BTreeMap<String, Node> =
            known.map(|(path, node)| (path.clone(), node.read_anew(&self.memory))).collect();
        let changed: BTreeSet<String> = aside.keys().cloned().collect();
        let others = std::mem::take(aside).into_iter();
        stored.extend(others.filter_map(|(path, node)| Some((path, node?))));
        let running = std::mem::replace(&mut self.nodes, stored);
        self.reply_to_owners();
        let answer = self.answer_personal(asking);
        let is_set = asking.iq.attr("type") == Some("set");
        let named = named(asking.iq).filter(|_| is_set);
        let stored = std::mem::replace(&mut self.nodes, running);
        for path in self.nodes.keys().filter(|path| !stored.contains_key(*path)) {
            aside.insert(path.clone(), None);
        }
        for (path, mut node) in stored {
            node.take_last();
            let is_kept = match self.nodes.get_mut(&path) {
                Some(own) => {
                    own.share_items(&node);
                    let is_other = changed.contains(&path) || named == Some(&*path);
                    is_other && node.settle(own)
                }
                None => true,
            };
            if is_kept {
                aside.insert(path, Some(node));
            }
        }
        self.present = present;
        answer
    }

    fn answer_personal(&mut self, asking: PersonalRequest<'_>) -> (Vec<Addressed>, Option<Fact>) {
        let PersonalRequest { now, iq, from, accounts, faults } = asking;
        self.handle(now, iq, from, accounts, faults, None)
    }
}
