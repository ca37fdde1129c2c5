//! The ranks of an account's resources, by which messages to its bare JID find one (RFC 6121
//! §8.5.2.1; recorded: ev_bare_two_resources).

use std::time::Duration;

use stanza::{Element, Jid};

use super::session::{Presence, Session, Sessions};
use crate::numbers::StreamId;

/// Priority, show, and when it was served last. A show that is none has no place among the others.
type Rank = (i32, Option<u8>, Duration);

impl Session {
    /// The rank for messages to the bare JID: none for those that get none.
    fn rank(&self) -> Option<Rank> {
        match &self.presence {
            Presence::Available { priority, stanza } if *priority >= 0 => {
                Some((*priority, show_rank(stanza), self.last_active))
            }
            _ => None,
        }
    }
}

impl Sessions {
    /// All available resources whose priority is not negative, in Openfire's order.
    pub(crate) fn willing(&self, bare: &Jid) -> Vec<StreamId> {
        self.ranked(bare).map(|(_, id)| id).collect()
    }

    /// All available resources that share the best priority, not a negative one.
    pub(crate) fn all_best(&self, bare: &Jid) -> Vec<StreamId> {
        let best = self.ranked(bare).map(|((priority, ..), _)| priority).max();
        let all = self.ranked(bare).filter(|((priority, ..), _)| Some(*priority) == best);
        all.map(|(_, id)| id).collect()
    }

    /// The resource that gets messages to the bare JID: best priority, then show, then the one
    /// served last. Of equals it is the first in Openfire's order.
    pub(crate) fn best(&self, bare: &Jid) -> Option<StreamId> {
        self.best_but(bare, None)
    }

    /// The resource that would get them without the best.
    pub(crate) fn next_best(&self, bare: &Jid, best: StreamId) -> Option<StreamId> {
        self.best_but(bare, Some(best))
    }

    /// Openfire throws when it compares a show that is none, and no session gets the message
    /// (`RoutingTableImpl.routeToBareJID`).
    fn best_but(&self, bare: &Jid, one: Option<StreamId>) -> Option<StreamId> {
        let others: Vec<_> = self.ranked(bare).filter(|(_, id)| Some(*id) != one).collect();
        let top = others.iter().map(|((priority, ..), _)| *priority).max()?;
        let equals: Vec<_> = others.iter().filter(|((priority, ..), _)| *priority == top).collect();
        if equals.len() > 1 && equals.iter().any(|((_, show, _), _)| show.is_none()) {
            return None;
        }
        let best =
            equals.into_iter().reduce(|best, next| if next.0 > best.0 { next } else { best });
        best.map(|(_, id)| *id)
    }

    /// The available resources of an account and their ranks, without those that get no messages.
    fn ranked(&self, bare: &Jid) -> impl Iterator<Item = (Rank, StreamId)> {
        self.addresses(bare).filter_map(|jid| {
            let stream = self.route(jid).filter(|_| self.is_route_available(jid))?;
            Some((self.get(stream)?.rank()?, stream))
        })
    }
}

/// How reachable a presence says its sender is (Openfire compares in this order); none for a show
/// that is none (RFC 6121 §4.7.2.1).
fn show_rank(presence: &Element) -> Option<u8> {
    let show = presence.children().find(|child| child.name.local == "show").map(Element::text);
    Some(match show.as_deref() {
        Some("chat") => 4,
        None => 3,
        Some("away") => 2,
        Some("xa") => 1,
        Some("dnd") => 0,
        Some(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Budget;

    fn available(xml: &str, priority: i32) -> Presence {
        let stanza = stanza::parse(xml).expect("the test's XML is well-formed");
        Presence::Available { priority, stanza }
    }

    #[test]
    fn a_bare_address_reaches_the_best_resource_only() {
        let mut sessions = Sessions::default();
        let bare = Jid::parse("a@d").expect("a JID");
        for (number, resource) in ["one", "two", "three"].iter().enumerate() {
            let jid = bare.with_resource(resource).expect("a JID");
            sessions.bind(
                StreamId(number as u64),
                jid,
                Duration::ZERO,
                Budget::new(1 << 20).nothing(),
            );
        }
        assert_eq!(sessions.receivers(&bare), []);
        assert_eq!(sessions.set_presence(StreamId(0), available("<presence/>", -1)), Some(false));
        assert_eq!(sessions.receivers(&bare), []);
        let away = available("<presence><show>away</show></presence>", 1);
        assert_eq!(sessions.set_presence(StreamId(1), away), Some(false));
        assert_eq!(sessions.set_presence(StreamId(2), available("<presence/>", 1)), Some(false));
        assert_eq!(sessions.receivers(&bare), [StreamId(2)]);
        // A show that is none is fatal among equals alone.
        let odd = "<presence><show>frob</show></presence>";
        assert_eq!(sessions.set_presence(StreamId(1), available(odd, 1)), Some(true));
        assert_eq!(sessions.receivers(&bare), []);
        assert_eq!(sessions.set_presence(StreamId(1), available(odd, 2)), Some(true));
        assert_eq!(sessions.receivers(&bare), [StreamId(1)]);
        assert_eq!(sessions.set_presence(StreamId(1), available(odd, 0)), Some(true));
        assert_eq!(sessions.receivers(&bare), [StreamId(2)]);
        let first = bare.with_resource("one").expect("a JID");
        assert_eq!(sessions.receivers(&first), [StreamId(0)]);
    }
}
