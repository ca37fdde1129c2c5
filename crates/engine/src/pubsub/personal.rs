//! Personal eventing (XEP-0163): every account has a service of its own, made when it is first
//! written to.

use std::collections::BTreeMap;
use std::time::Duration;

use stanza::{Element, Jid, ns};

use super::form;
use super::instance::Instance;
use super::node::Node;
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
    _share: Option<Share>,
}

impl Entry {
    /// The service runs as it was read from the data base, and asks for presences.
    fn run(&mut self) -> Vec<Addressed> {
        self.runs = true;
        self.stored.as_mut().map(|service| service.run()).unwrap_or_default()
    }
}

/// The services of accounts.
pub(crate) struct PersonalEventing {
    services: BTreeMap<Jid, Entry>,
    /// Requests for presence of services that were read since.
    probes: Vec<Addressed>,
    memory: Budget,
}

impl PersonalEventing {
    /// No services yet; each takes its share of `memory`.
    pub(crate) fn new(memory: &Budget) -> Self {
        Self { services: BTreeMap::new(), probes: Vec::new(), memory: memory.clone() }
    }

    /// Looks for the service of an account. One that is stored begins to run; its requests for
    /// presence are taken by `take_probes`.
    pub(crate) fn find(&mut self, account: &Jid) -> Option<&mut PubSub> {
        let entry = self.entry(account)?;
        let is_first = !std::mem::replace(&mut entry.is_sought, true);
        if is_first && entry.stored.is_some() {
            let probes = entry.run();
            self.probes.extend(probes);
        }
        let entry = self.services.get_mut(account)?;
        entry.stored.as_deref_mut().filter(|_| entry.runs)
    }

    /// The requests for presence of services that began to run since the last call.
    pub(crate) fn take_probes(&mut self) -> Vec<Addressed> {
        std::mem::take(&mut self.probes)
    }

    /// The service of an account, one like `general`, stored if it is not yet, and whether it is
    /// now; none without memory for it.
    fn stored(&mut self, general: &mut PubSub, account: &Jid) -> Option<(&mut Entry, bool)> {
        // It is found by its account, which its root names, too.
        let weight = size_of::<PubSub>() + 8 * account.weight();
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
        let probes = if is_new || entry.runs { Vec::new() } else { entry.run() };
        (entry.is_sought, entry.runs) = (true, true);
        self.probes.extend(probes);
        self.services.get_mut(account)?.stored.as_deref_mut()
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
            return service.answer_personal(asking);
        }
        if !general.policy.senders_stand_in {
            let account = account.cloned().unwrap_or(own);
            return general.personal(account, self.memory.nothing()).answer_personal(asking);
        }
        // Openfire makes an instance for the sender and not for the account, which stores its root.
        match self.stored(general, &own) {
            Some((Entry { stored: Some(service), .. }, true)) => {
                let answer = service.answer_personal(asking);
                service.instance = Instance::new(&service.memory);
                answer
            }
            Some((Entry { stored: Some(service), runs, .. }, false)) => {
                service.act_aside(*runs, |service| service.answer_personal(asking))
            }
            _ => general.personal(own, self.memory.nothing()).answer_personal(asking),
        }
    }

    /// Private data of an account (XEP-0049), kept as Openfire does: for each namespace a node of
    /// its own service.
    pub(crate) fn private(&mut self, own: &Jid, namespace: &str) -> Option<Element> {
        let service = self.find(own)?;
        service.items_of(service.nodes.get(namespace)?).get(PRIVATE_ITEM)?.payload.clone()
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

    fn answer_personal(&mut self, asking: PersonalRequest<'_>) -> (Vec<Addressed>, Option<Fact>) {
        let PersonalRequest { now, iq, from, accounts, faults } = asking;
        self.handle(now, iq, from, accounts, faults, None)
    }
}

#[cfg(test)]
impl PersonalEventing {
    /// The weight of all that clients make the services keep, counted afresh.
    pub(super) fn counted(&self) -> usize {
        let entries = self.services.values();
        let all = entries.map(|entry| {
            let own = entry._share.as_ref().map_or(0, Share::octets);
            own + entry.stored.as_ref().map_or(0, |service| service.counted())
        });
        all.sum()
    }
}

#[cfg(test)]
impl PubSub {
    fn counted(&self) -> usize {
        let nodes = self.nodes.versions().map(|node| {
            let (told, counted) = node.weights();
            assert_eq!(told, counted, "{node:?}");
            counted
        });
        let stored = self.items.values().flat_map(|items| items.newest_first());
        let items = stored.chain(self.instance.last_items.values());
        let items: BTreeMap<_, usize> =
            items.map(|item| (std::sync::Arc::as_ptr(item), item.share.octets())).collect();
        self._share.octets() + nodes.sum::<usize>() + items.into_values().sum::<usize>()
    }
}
