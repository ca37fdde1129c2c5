//! Automatic subscriptions: a contact with a subscription to the presence of an account is notified
//! of its personal eventing (XEP-0163; `IQPEPHandler`).

use std::sync::Arc;
use std::time::Duration;

use stanza::{Element, Jid, ns};

use super::form;
use super::subscription_form;
use super::{Accounts, PubSub};
use crate::fault::Faults;
use crate::outgoing::{Addressed, ElementKind};

impl PubSub {
    /// A contact subscribes to all that the account publishes, by a request of this id in its name.
    /// The answer goes to a bare address, so it reaches no client.
    pub(crate) fn auto_subscribe(
        &mut self,
        now: Duration,
        id: String,
        contact: &Jid,
        accounts: &dyn Accounts,
        faults: &Faults,
    ) -> Vec<Addressed> {
        let subscribe =
            Element::new(ns::PUBSUB, "subscribe").with_attr("jid", contact.bare().to_string());
        let form = form::submission(
            subscription_form::SUBSCRIBE_OPTIONS,
            &[("pubsub#subscription_type", "items"), ("pubsub#subscription_depth", "all")],
        );
        let options = Element::new(ns::PUBSUB, "options").with_child(form);
        let pubsub = Element::new(ns::PUBSUB, "pubsub").with_child(subscribe).with_child(options);
        let request = Element::new(ns::CLIENT, "iq")
            .with_attr("type", "set")
            .with_attr("id", id)
            .with_attr("to", self.place.address.as_str())
            .with_child(pubsub);
        let (mut stanzas, _) = self.handle(now, &request, contact, accounts, faults, None);
        let is_answer = |stanza: &Addressed| {
            matches!(stanza.what(), Some(ElementKind::Result | ElementKind::Error))
        };
        stanzas.retain(|stanza| !is_answer(stanza) || !stanza.to.is_bare());
        stanzas
    }

    /// A contact that is subscribed to the root has no subscriptions to its nodes any more
    /// (`IQPEPHandler.subscribedToPresence`).
    pub(crate) fn merge_subscriptions(&mut self, contact: &Jid) -> Vec<Addressed> {
        let root = self.place.root();
        let in_root = self.nodes.get(root).into_iter().flat_map(|root| self.children(root));
        let theirs = in_root.flat_map(|node| {
            let subscriptions = node.subscriptions_of(contact);
            subscriptions.map(|it| (node.config.path.clone(), Arc::clone(&it.jid)))
        });
        let theirs: Vec<(String, Arc<Jid>)> = theirs.collect();
        theirs.into_iter().flat_map(|(path, jid)| self.cancel(&path, &jid)).collect()
    }

    /// The subscription of a contact ends.
    pub(crate) fn auto_unsubscribe(&mut self, contact: &Jid) -> Vec<Addressed> {
        let root = self.place.root().to_owned();
        self.cancel(&root, contact)
    }

    /// The last items of the nodes for an address that is subscribed to the root, until one that is
    /// not meant for it (`PEPService.sendLastPublishedItems`). No more than `most` are sent;
    /// Openfire sends them all.
    pub(crate) fn last_items(
        &mut self,
        now: Duration,
        contact: &Jid,
        most: usize,
        accounts: &dyn Accounts,
    ) -> Vec<Addressed> {
        self.now = now;
        let Some(root) = self.nodes.get(self.place.root()) else { return Vec::new() };
        let subscription =
            root.subscription(contact).or_else(|| root.subscription(&contact.bare()));
        let Some(subscription) = subscription else { return Vec::new() };
        let mut stanzas = Vec::new();
        for leaf in self.children(root) {
            let Some(item) = self.items_of(leaf).last() else { continue };
            let keyword = subscription.options.keyword.as_deref();
            if !subscription.options.items
                || !self.hears(root, subscription)
                || !item.holds(keyword)
                || stanzas.len() >= most
            {
                break;
            }
            let circular = self.last_item(root, leaf, item, subscription);
            stanzas.push(circular.to(Arc::clone(&subscription.jid)));
        }
        let mut copies = Vec::new();
        for stanza in stanzas {
            if copies.len() >= most {
                break;
            }
            copies.extend(self.for_sessions(vec![stanza], accounts));
        }
        copies.truncate(most);
        copies
    }
}
