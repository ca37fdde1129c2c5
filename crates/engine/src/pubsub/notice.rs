//! The way of the notifications of personal eventing in Openfire: session by session, by what each
//! wants and what its contacts show it (`PEPService.sendNotification`).

use std::sync::Arc;

use stanza::Jid;

use super::config::AccessModel;
use super::node::Node;
use super::people::Affiliation;
use super::{Accounts, PubSub};
use crate::ids;
use crate::outgoing::{Addressed, Circular, Subject};

/// The way of one notification to one session.
enum Way {
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
    pub(super) fn tells_sessions(&self) -> bool {
        self.policy.tells_sessions && self.place.is_personal()
    }

    /// The stanzas, with copies for sessions in the place of notifications.
    pub(super) fn told(
        &mut self,
        stanzas: Vec<Addressed>,
        accounts: &dyn Accounts,
    ) -> Vec<Addressed> {
        if !self.tells_sessions() {
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
        let Some(subject) = circular.subject() else { return };
        let id: Arc<str> = ids::alphanumeric(&mut self.chance, 8).into();
        let sessions = match subscriber.domain == self.domain {
            true if subscriber.is_bare() => accounts.available(subscriber),
            true => Vec::new(),
            false => vec![Jid::clone(subscriber)],
        };
        let mut to = Arc::clone(subscriber);
        if sessions.is_empty() {
            out.push(circular.notice(to, &id, None));
            return;
        }
        for session in sessions {
            match self.way(subject, &session, accounts) {
                Way::WithPublisher(publisher) => {
                    out.push(circular.notice(session, &id, Some(publisher)));
                }
                Way::Withheld => {}
                Way::ToSubscriber => out.push(circular.notice(Arc::clone(&to), &id, None)),
                Way::WithoutItem => {
                    let owner = self.place.owner();
                    if owner.and_then(|it| accounts.shows_contact(it, &session)) == Some(true) {
                        // The same message goes to the sessions behind, too.
                        to = session.into();
                    }
                    out.push(circular.notice(Arc::clone(&to), &id, None));
                }
                Way::Ended => break,
            }
        }
    }

    fn way(&self, subject: &Subject, session: &Jid, accounts: &dyn Accounts) -> Way {
        let Some(node) = self.nodes.get(&*subject.subscribed) else { return Way::WithoutItem };
        let (of, first) = (&*subject.of, subject.first.as_deref());
        if accounts.has_feature(session, &format!("{of}+notify")) == Some(false) {
            return Way::Ended;
        }
        let leaf = if node.is_collection() {
            self.nodes.get(of).filter(|leaf| self.holds(node, leaf))
        } else {
            Some(node)
        };
        let Some(leaf) = leaf else { return Way::WithoutItem };
        let Some(item) = first.and_then(|id| leaf.item(id)) else { return Way::WithoutItem };
        if node.is_collection() && !self.may_read(leaf, session, accounts) {
            return Way::Ended;
        }
        match accounts.shows_contact(&item.publisher, session) {
            Some(true) => Way::WithPublisher(item.publisher.clone()),
            Some(false) => Way::Withheld,
            None => Way::ToSubscriber,
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
