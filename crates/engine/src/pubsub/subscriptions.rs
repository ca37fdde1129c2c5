//! The subscribers of one node: in the order in which they came, and found by their address.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use stanza::Jid;

use super::options::Options;
use crate::budget::Weigh;

/// One JID's subscription.
#[derive(Debug, Clone)]
pub(super) struct Subscription {
    /// The address on each copy of a notification.
    pub(super) jid: Arc<Jid>,
    pub(super) state: State,
    /// Names the subscription in an approval form (recorded: acc_authorize_form); never shown while
    /// one per JID is allowed, so that only those have one that have been pending.
    pub(super) subid: Option<String>,
    /// Orders the subscriptions of one account over all nodes.
    pub(super) serial: u64,
    pub(super) options: Options,
    /// Whether it has a part of the share of its node.
    pub(super) counts: bool,
}

impl Subscription {
    /// Its weight in the memory for clients. It is found by its address and by its account.
    pub(super) fn weight(&self) -> usize {
        let texts = self.subid.weight() + self.options.weight();
        if self.counts {
            return size_of::<Self>() + 3 * self.jid.weight() + texts;
        }
        // One of the deployment itself weighs what a client has put into it.
        texts.saturating_sub(None::<String>.weight() + Options::default().weight())
    }
}

/// How far a subscription has come (XEP-0060 §4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Pending,
    Unconfigured,
    Subscribed,
}

/// The subscriptions of a node. A JID has one, but to a collection one to its nodes and one to its
/// items: the later of the two is found by the address (`Node.subscriptionsByJID`). A question for
/// one account takes no longer on a node with thousands.
#[derive(Debug, Clone, Default)]
pub(super) struct Subscriptions {
    /// By the place in which they came.
    all: BTreeMap<u64, Subscription>,
    /// The places of each account, by bare JID, in order.
    of_account: HashMap<Jid, Vec<u64>>,
    /// The place that each address means.
    by_jid: HashMap<Arc<Jid>, u64>,
    /// The next place.
    next: u64,
}

impl Subscriptions {
    /// All of them, oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Subscription> {
        self.all.values()
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// Those of one account, whatever the resource.
    pub(super) fn of(&self, bare: &Jid) -> impl Iterator<Item = &Subscription> {
        self.places(bare).iter().filter_map(|place| self.all.get(place))
    }

    pub(super) fn get(&self, jid: &Jid) -> Option<&Subscription> {
        self.all.get(&self.place(jid)?)
    }

    pub(super) fn get_mut(&mut self, jid: &Jid) -> Option<&mut Subscription> {
        let place = self.place(jid)?;
        self.all.get_mut(&place)
    }

    /// Adds one at the end, which its address means from now on.
    pub(super) fn push(&mut self, subscription: Subscription) {
        self.of_account.entry(subscription.jid.bare()).or_default().push(self.next);
        self.by_jid.insert(Arc::clone(&subscription.jid), self.next);
        self.all.insert(self.next, subscription);
        self.next += 1;
    }

    /// Ends the one that an address means, and gives it back.
    pub(super) fn remove(&mut self, jid: &Jid) -> Option<Subscription> {
        let gone = self.by_jid.remove(jid)?;
        let bare = jid.bare();
        if let Some(places) = self.of_account.get_mut(&bare) {
            places.retain(|place| *place != gone);
            if places.is_empty() {
                self.of_account.remove(&bare);
            }
        }
        self.all.remove(&gone)
    }

    /// Ends those of one account, and gives them back.
    pub(super) fn remove_account(&mut self, bare: &Jid) -> Vec<Subscription> {
        let places = self.of_account.remove(bare).unwrap_or_default();
        let gone: Vec<Subscription> =
            places.iter().filter_map(|place| self.all.remove(place)).collect();
        for subscription in &gone {
            self.by_jid.remove(&subscription.jid);
        }
        gone
    }

    /// The weight of all in the memory for clients.
    pub(super) fn weight(&self) -> usize {
        self.all.values().map(Subscription::weight).sum()
    }

    fn places(&self, bare: &Jid) -> &[u64] {
        self.of_account.get(bare).map(Vec::as_slice).unwrap_or_default()
    }

    fn place(&self, jid: &Jid) -> Option<u64> {
        self.by_jid.get(jid).copied()
    }
}

impl State {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Unconfigured => "unconfigured",
            Self::Subscribed => "subscribed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subscription(jid: &str) -> Subscription {
        Subscription {
            jid: Jid::parse(jid).expect("a JID").into(),
            state: State::Subscribed,
            subid: None,
            serial: 0,
            options: Options::default(),
            counts: true,
        }
    }

    fn jids(subscriptions: &Subscriptions) -> Vec<String> {
        subscriptions.iter().map(|subscription| subscription.jid.to_string()).collect()
    }

    #[test]
    fn they_stay_in_the_order_in_which_they_came() {
        let mut all = Subscriptions::default();
        for jid in ["b@d", "a@d/one", "c@d", "a@d/two"] {
            all.push(subscription(jid));
        }
        assert_eq!(jids(&all), ["b@d", "a@d/one", "c@d", "a@d/two"]);
        let account = Jid::parse("a@d").expect("a JID");
        assert_eq!(all.of(&account).count(), 2);
        assert!(all.get(&account).is_none());
        all.remove(&account.with_resource("one").expect("a JID"));
        assert_eq!(jids(&all), ["b@d", "c@d", "a@d/two"]);
        all.remove_account(&account);
        assert_eq!((jids(&all).join(" "), all.len()), ("b@d c@d".to_owned(), 2));
        assert_eq!(all.of(&account).count(), 0);
    }

    /// `Node.addSubscription` and `Node.cancelSubscription`: the earlier of two of one JID stays,
    /// and is not found by its address.
    #[test]
    fn an_address_means_its_later_subscription() {
        let mut all = Subscriptions::default();
        all.push(subscription("a@d"));
        all.push(Subscription { serial: 1, ..subscription("a@d") });
        let account = Jid::parse("a@d").expect("a JID");
        assert_eq!(all.get(&account).map(|it| it.serial), Some(1));
        all.remove(&account);
        assert_eq!((all.get(&account).is_none(), all.of(&account).count()), (true, 1));
        all.push(Subscription { serial: 2, ..subscription("a@d") });
        all.remove_account(&account);
        assert!(all.get(&account).is_none() && all.len() == 0);
    }

    /// A login must not take longer among many subscribers of a node.
    #[test]
    fn only_the_subscriptions_of_an_account_are_looked_at() {
        let mut all = Subscriptions::default();
        for number in 0..1000 {
            all.push(subscription(&format!("agent{number}@d")));
            all.push(subscription(&format!("agent{number}@d/desktop")));
        }
        let account = Jid::parse("agent7@d").expect("a JID");
        assert_eq!(all.places(&account).len(), 2);
        for number in 0..1000 {
            all.remove(&Jid::parse(&format!("agent{number}@d/desktop")).expect("a JID"));
            all.remove_account(&Jid::parse(&format!("agent{number}@d")).expect("a JID"));
        }
        assert!(all.all.is_empty() && all.of_account.is_empty() && all.by_jid.is_empty());
    }
}
