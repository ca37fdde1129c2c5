//! Those who see the presence of an account hear of its personal eventing by themselves, as long as
//! they do (XEP-0163; `IQPEPHandler`).

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
    pub(crate) fn subscribe_watcher(
        &mut self,
        now: Duration,
        id: String,
        watcher: &Jid,
        accounts: &dyn Accounts,
        faults: &Faults,
    ) -> Vec<Addressed> {
        let subscribe =
            Element::new(ns::PUBSUB, "subscribe").with_attr("jid", watcher.bare().to_string());
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
        let (mut stanzas, _) = self.handle(now, &request, watcher, accounts, faults, None);
        let is_answer = |stanza: &Addressed| {
            matches!(stanza.what(), Some(ElementKind::Result | ElementKind::Error))
        };
        stanzas.retain(|stanza| !is_answer(stanza) || !stanza.to.is_bare());
        stanzas
    }

    /// A contact that hears of all has no subscriptions to the nodes any more
    /// (`IQPEPHandler.subscribedToPresence`).
    pub(crate) fn merge_subscriptions(&mut self, watcher: &Jid) -> Vec<Addressed> {
        let root = self.place.root();
        let in_root = self.nodes.get(root).into_iter().flat_map(|root| self.children(root));
        let theirs = in_root.flat_map(|node| {
            let subscriptions = node.subscriptions_of(watcher);
            subscriptions.map(|it| (node.config.path.clone(), Arc::clone(&it.jid)))
        });
        let theirs: Vec<(String, Arc<Jid>)> = theirs.collect();
        theirs.into_iter().flat_map(|(path, jid)| self.cancel(&path, &jid)).collect()
    }

    /// An address hears of the account no longer.
    pub(crate) fn unsubscribe_watcher(&mut self, watcher: &Jid) -> Vec<Addressed> {
        let root = self.place.root().to_owned();
        self.cancel(&root, watcher)
    }

    /// The last item of each node for an address that hears of all, until one that is not meant for
    /// it (`PEPService.sendLastPublishedItems`).
    pub(crate) fn last_items(
        &mut self,
        now: Duration,
        watcher: &Jid,
        accounts: &dyn Accounts,
    ) -> Vec<Addressed> {
        self.now = now;
        let Some(root) = self.nodes.get(self.place.root()) else { return Vec::new() };
        let subscription =
            root.subscription(watcher).or_else(|| root.subscription(&watcher.bare()));
        let Some(subscription) = subscription else { return Vec::new() };
        let mut stanzas = Vec::new();
        for leaf in self.children(root) {
            let Some(item) = leaf.last_item() else { continue };
            let keyword = subscription.options.keyword.as_deref();
            if !subscription.options.items
                || !self.hears(root, subscription)
                || !item.holds(keyword)
            {
                break;
            }
            let circular = self.last_item(root, leaf, item, subscription);
            stanzas.push(circular.to(Arc::clone(&subscription.jid)));
        }
        self.told(stanzas, accounts)
    }
}
