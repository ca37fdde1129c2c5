//! The presences that a service is told, since it may serve those alone who are there (XEP-0060
//! §6.1.7, §16.4.2), and the requests by which it asks to be told.

use std::collections::BTreeMap;

use stanza::{Element, Jid, ns};

use super::PubSub;
use crate::budget::{Budget, Share, Weigh};
use crate::outgoing::Addressed;

/// Sessions that are available, as far as the service was told.
#[derive(Debug)]
pub(super) struct AvailableSessions {
    /// The value of `<show/>` by account and session; `online` where there is none.
    shows: BTreeMap<Jid, BTreeMap<Jid, String>>,
    share: Share,
}

impl AvailableSessions {
    pub(super) fn new(memory: &Budget) -> Self {
        Self { shows: BTreeMap::new(), share: memory.nothing() }
    }

    /// The shows of all sessions of a bare address, or of the one of a full one.
    fn shows<'a>(&'a self, jid: &'a Jid) -> impl Iterator<Item = &'a str> {
        let sessions = self.shows.get(&jid.bare()).into_iter().flatten();
        sessions
            .filter(move |(session, _)| jid.is_bare() || *session == jid)
            .map(|(_, show)| show.as_str())
    }

    fn set(&mut self, session: &Jid, show: String) {
        self.remove(session);
        let session = session.clone();
        if self.share.grow(weight(&session, &show)) {
            self.shows.entry(session.bare()).or_default().insert(session, show);
        }
    }

    fn remove(&mut self, session: &Jid) {
        let bare = session.bare();
        let Some(sessions) = self.shows.get_mut(&bare) else { return };
        if let Some((session, show)) = sessions.remove_entry(session) {
            self.share.shrink(weight(&session, &show));
        }
        if sessions.is_empty() {
            self.shows.remove(&bare);
        }
    }
}

impl PubSub {
    /// The presence of a session comes to the service.
    pub(crate) fn hear_presence(&mut self, presence: &Element, session: &Jid) {
        match presence.attr("type") {
            None => {
                let show = presence.children().find(|child| child.name.local == "show");
                let show = show.map(Element::text);
                let is_known = |show: &String| matches!(&**show, "away" | "chat" | "dnd" | "xa");
                match show {
                    // Openfire throws, and keeps its earlier knowledge (`PubSubEngine.process`).
                    Some(show) if !is_known(&show) && self.policy.crashes => {}
                    show => self
                        .instance
                        .present
                        .set(session, show.unwrap_or_else(|| "online".to_owned())),
                }
            }
            Some("unavailable") => self.instance.present.remove(session),
            Some(_) => {}
        }
    }

    /// Whether anybody is there at this address, with one of these shows if there are any.
    pub(super) fn is_present(&self, jid: &Jid, shows: &[String]) -> bool {
        self.instance
            .present
            .shows(jid)
            .any(|show| shows.is_empty() || shows.iter().any(|it| it == show))
    }

    /// Asks to see the presence of an account, unless it is seen already.
    pub(super) fn ask_for_presence(&self, account: &Jid) -> Option<Addressed> {
        let unseen = self.instance.present.shows(account).next().is_none();
        unseen.then(|| self.presence_to(account, "subscribe"))
    }

    /// Sees the presence of an account no longer, if no other subscription of it is in need.
    pub(super) fn leave_presence(&self, account: &Jid) -> Option<Addressed> {
        let needs = self.nodes.values().any(|node| {
            let by_node = node.config.details.presence_based_delivery;
            node.subscriptions_of(account).any(|it| by_node || !it.options.shows.is_empty())
        });
        (!needs).then(|| self.presence_to(account, "unsubscribe"))
    }

    pub(super) fn presence_to(&self, account: &Jid, kind: &str) -> Addressed {
        let presence = Element::new(ns::CLIENT, "presence")
            .with_attr("type", kind)
            .with_attr("to", account.to_string())
            .with_attr("from", self.place.address.as_str());
        Addressed::presence(account.clone(), presence)
    }
}

/// Each session is in two maps at most.
fn weight(session: &Jid, show: &String) -> usize {
    2 * session.weight() + show.weight()
}
