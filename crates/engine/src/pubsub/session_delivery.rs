//! Delivery of the notifications of personal eventing in Openfire: session by session, by the
//! features and the contacts of each (`PEPService.sendNotification`).

use std::sync::Arc;

use stanza::Jid;

use super::config::AccessModel;
use super::node::Node;
use super::people::Affiliation;
use super::{Accounts, PubSub};
use crate::ids;
use crate::outgoing::{Addressed, Circular, NotifiedItems};

/// The delivery of one notification to one session.
enum Delivery {
    /// With the publisher as the address for replies.
    WithPublisher(Jid),
    /// The publisher has this contact, and does not show itself to it.
    Withheld,
    /// The publisher has no such contact: it goes to the subscriber, whatever its session.
    ToSubscriber,
    /// The item is not there: the session gets it if the account of the service shows itself.
    WithoutItem,
    /// It is not wanted, or not allowed. The sessions that come behind get nothing either.
    Ended,
}

impl PubSub {
    /// Whether notifications go to each session of an account.
    pub(super) fn delivers_to_sessions(&self) -> bool {
        self.policy.delivers_to_sessions && self.place.is_personal()
    }

    /// The stanzas, with a copy for each session in the place of a notification.
    pub(super) fn for_sessions(
        &mut self,
        stanzas: Vec<Addressed>,
        accounts: &dyn Accounts,
    ) -> Vec<Addressed> {
        if !self.delivers_to_sessions() {
            return stanzas;
        }
        let mut out = Vec::with_capacity(stanzas.len());
        for stanza in stanzas {
            match stanza.as_circular().cloned() {
                Some(circular) => self.notify(&circular, &stanza.to, accounts, &mut out),
                None => out.push(stanza),
            }
        }
        out
    }

    fn notify(
        &mut self,
        circular: &Arc<Circular>,
        subscriber: &Arc<Jid>,
        accounts: &dyn Accounts,
        out: &mut Vec<Addressed>,
    ) {
        let Some(items) = circular.items() else { return };
        let id: Arc<str> = ids::alphanumeric(&mut self.chance, 8).into();
        let sessions = match subscriber.domain == self.domain {
            true if subscriber.is_bare() => accounts.available(subscriber),
            true => Vec::new(),
            false => vec![Jid::clone(subscriber)],
        };
        let mut to = Arc::clone(subscriber);
        if sessions.is_empty() {
            out.push(circular.to_session(to, &id, None));
            return;
        }
        for session in sessions {
            match self.delivery(items, &session, accounts) {
                Delivery::WithPublisher(publisher) => {
                    out.push(circular.to_session(session, &id, Some(publisher)));
                }
                Delivery::Withheld => {}
                Delivery::ToSubscriber => out.push(circular.to_session(Arc::clone(&to), &id, None)),
                Delivery::WithoutItem => {
                    let owner = self.place.owner();
                    if owner.and_then(|it| accounts.shows_contact(it, &session)) == Some(true) {
                        // The same message goes to the sessions behind, too.
                        to = session.into();
                    }
                    out.push(circular.to_session(Arc::clone(&to), &id, None));
                }
                Delivery::Ended => break,
            }
        }
    }

    fn delivery(&self, items: &NotifiedItems, session: &Jid, accounts: &dyn Accounts) -> Delivery {
        let Some(node) = self.nodes.get(&items.subscribed) else { return Delivery::WithoutItem };
        let (of, first) = (&*items.node, items.first.as_deref());
        if accounts.has_feature(session, &format!("{of}+notify")) == Some(false) {
            return Delivery::Ended;
        }
        let leaf = if node.is_collection() {
            self.nodes.get(of).filter(|leaf| self.holds(node, leaf))
        } else {
            Some(node)
        };
        let Some(leaf) = leaf else { return Delivery::WithoutItem };
        let Some(item) = first.and_then(|id| self.items_of(leaf).get(id)) else {
            return Delivery::WithoutItem;
        };
        if node.is_collection() && !self.may_read(leaf, session, accounts) {
            return Delivery::Ended;
        }
        match accounts.shows_contact(&item.publisher, session) {
            Some(true) => Delivery::WithPublisher(item.publisher.clone()),
            Some(false) => Delivery::Withheld,
            None => Delivery::ToSubscriber,
        }
    }

    /// Whether the access model lets a session read, with all of its address: few affiliations are
    /// of full ones (`AccessModel.canAccessItems`).
    fn may_read(&self, leaf: &Node, session: &Jid, accounts: &dyn Accounts) -> bool {
        let by_presence = leaf.config.access == AccessModel::Presence;
        let mut owners = leaf.people(Affiliation::Owner);
        if by_presence {
            // The first owner that has the contact decides.
            return owners.find_map(|owner| accounts.shows_contact(owner, session)) == Some(true);
        }
        self.is_admin(leaf, session) || leaf.admit(session, false).is_ok()
    }
}
