//! The registry of sessions: who is bound where, and who gets what is sent to an address.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use stanza::{Element, Jid};

use crate::budget::{Share, Weigh};
use crate::numbers::StreamId;

/// How many addresses a session's directed presence is remembered for; the others do not hear of
/// its end.
const MAX_DIRECTED: usize = 1024;

/// A bound resource.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) jid: Jid,
    /// Full JIDs of the same stream before this one; they still reach it (recorded:
    /// ev_after_second_bind).
    earlier: Vec<Jid>,
    /// When it was bound, in server time.
    pub(crate) since: Duration,
    /// Its stream has ended without a close, and the server has not noticed.
    pub(crate) is_ghost: bool,
    /// Newcomers that wanted the resource and did not get it.
    conflicts: u32,
    pub(crate) presence: Presence,
    /// Addresses that got presence of their own and must hear of its end (RFC 6121 §4.6.3;
    /// recorded: presence_directed).
    pub(crate) directed: Vec<Jid>,
    /// Server time of the last message to it; decides between equals (recorded:
    /// ev_bare_two_resources).
    last_active: Duration,
    /// Copies of messages come to it (XEP-0280).
    pub(crate) carbons: bool,
    /// The name of the privacy list that it has chosen.
    active_list: Option<String>,
    /// The name of the privacy list that was the account's default when it began.
    default_list: Option<String>,
    /// The share of presence and addresses in the memory for clients.
    share: Share,
}

/// The availability of a session, by its own presence.
#[derive(Debug)]
pub(crate) enum Presence {
    /// Nothing yet.
    Unknown,
    /// It said that it is gone.
    Unavailable,
    /// Its last presence.
    Available { priority: i32, stanza: Element },
}

impl Weigh for Presence {
    fn weight(&self) -> usize {
        match self {
            Self::Unknown | Self::Unavailable => 0,
            Self::Available { stanza, .. } => stanza.weight(),
        }
    }
}

impl Session {
    pub(crate) fn is_available(&self) -> bool {
        matches!(self.presence, Presence::Available { .. })
    }

    /// The priority of an available session.
    pub(crate) fn priority(&self) -> Option<i32> {
        match &self.presence {
            Presence::Available { priority, .. } => Some(*priority),
            _ => None,
        }
    }

    /// Whether it has shown this very address its presence, and no other.
    pub(crate) fn shows_itself(&self, to: &Jid) -> bool {
        self.directed.contains(to)
    }

    /// The privacy list that it has chosen.
    pub(crate) fn active_list(&self) -> Option<&str> {
        self.active_list.as_deref()
    }

    /// The privacy list that holds for it.
    pub(crate) fn privacy_list(&self) -> Option<&str> {
        self.active_list.as_deref().or(self.default_list.as_deref())
    }

    /// The names of the accounts that it is or was bound as.
    fn accounts(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.jid).chain(&self.earlier).map(account)
    }

    /// The rank for messages to the bare JID: none for those that get none.
    fn rank(&self) -> Option<(i32, u8, Duration)> {
        match &self.presence {
            Presence::Available { priority, stanza } if *priority >= 0 => {
                Some((*priority, show_rank(stanza), self.last_active))
            }
            _ => None,
        }
    }
}

/// All sessions, by stream, so that even two with the same address can be there. A question for
/// one account takes no longer among thousands of others.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    all: BTreeMap<StreamId, Session>,
    /// The streams that are or were bound as an account, by its name.
    of_account: HashMap<String, BTreeSet<StreamId>>,
}

impl Sessions {
    /// Binds a stream, which may have been bound as `before`.
    pub(crate) fn bind(
        &mut self,
        id: StreamId,
        jid: Jid,
        before: Option<Jid>,
        now: Duration,
        share: Share,
    ) {
        let mut earlier = self.remove(id).map(|session| session.earlier).unwrap_or_default();
        earlier.extend(before.filter(|before| *before != jid));
        let session = Session {
            jid,
            earlier,
            since: now,
            is_ghost: false,
            conflicts: 0,
            presence: Presence::Unknown,
            directed: Vec::new(),
            last_active: now,
            carbons: false,
            active_list: None,
            default_list: None,
            share,
        };
        for account in session.accounts() {
            self.of_account.entry(account.to_owned()).or_default().insert(id);
        }
        self.all.insert(id, session);
    }

    /// Counts one more conflict; true while the holder keeps the resource. Without a limit it
    /// always does.
    pub(crate) fn keeps_resource(&mut self, id: StreamId, limit: Option<u32>) -> bool {
        let Some(session) = self.all.get_mut(&id) else {
            return false;
        };
        session.conflicts = session.conflicts.saturating_add(1);
        limit.is_none_or(|limit| session.conflicts <= limit)
    }

    pub(crate) fn remove(&mut self, id: StreamId) -> Option<Session> {
        let session = self.all.remove(&id)?;
        for account in session.accounts() {
            if let Some(streams) = self.of_account.get_mut(account) {
                streams.remove(&id);
                if streams.is_empty() {
                    self.of_account.remove(account);
                }
            }
        }
        Some(session)
    }

    pub(crate) fn get(&self, id: StreamId) -> Option<&Session> {
        self.all.get(&id)
    }

    /// Takes what a session says about its availability; false when there is no memory for it.
    pub(crate) fn set_presence(&mut self, id: StreamId, presence: Presence) -> bool {
        let Some(session) = self.all.get_mut(&id) else {
            return true;
        };
        let room = session.share.follow(session.presence.weight(), presence.weight());
        if room {
            session.presence = presence;
        }
        room
    }

    /// Remembers or forgets that directed presence shows this address the session.
    pub(crate) fn set_directed(&mut self, id: StreamId, to: &Jid, sees: bool) {
        if let Some(session) = self.all.get_mut(&id) {
            let before = session.directed.len();
            session.directed.retain(|other| other != to);
            session.share.shrink((before - session.directed.len()) * to.weight());
            if sees && before < MAX_DIRECTED && session.share.grow(to.weight()) {
                session.directed.push(to.clone());
            }
        }
    }

    /// The addresses that saw the session by directed presence, which ends now.
    pub(crate) fn take_directed(&mut self, id: StreamId) -> Vec<Jid> {
        let Some(session) = self.all.get_mut(&id) else {
            return Vec::new();
        };
        session.share.shrink(session.directed.iter().map(Weigh::weight).sum());
        std::mem::take(&mut session.directed)
    }

    /// Sessions that have outlived their streams.
    pub(crate) fn ghosts(&self) -> impl Iterator<Item = (StreamId, &Session)> {
        self.all.iter().filter(|(_, session)| session.is_ghost).map(|(id, session)| (*id, session))
    }

    /// Lets a session outlive its stream.
    pub(crate) fn set_ghost(&mut self, id: StreamId) {
        if let Some(session) = self.all.get_mut(&id) {
            session.is_ghost = true;
        }
    }

    /// Lets copies of messages come to a session, or no longer.
    pub(crate) fn set_carbons(&mut self, id: StreamId, on: bool) {
        if let Some(session) = self.all.get_mut(&id) {
            session.carbons = on;
        }
    }

    /// The privacy list that a session chooses.
    pub(crate) fn set_active_list(&mut self, id: StreamId, name: Option<String>) {
        if let Some(session) = self.all.get_mut(&id) {
            session.active_list = name;
        }
    }

    /// The privacy list that holds for the sessions of an account from now on.
    pub(crate) fn set_default_list(&mut self, bare: &Jid, name: Option<&str>) {
        let ids: Vec<StreamId> = self.bound_as(bare).map(|(id, _)| id).collect();
        for id in ids {
            self.begin_with_list(id, name);
        }
    }

    /// The privacy list that is the default of a session's account when it begins.
    pub(crate) fn begin_with_list(&mut self, id: StreamId, name: Option<&str>) {
        if let Some(session) = self.all.get_mut(&id) {
            session.default_list = name.map(str::to_owned);
        }
    }

    /// Remembers that something was sent to the session.
    pub(crate) fn touch(&mut self, id: StreamId, now: Duration) {
        if let Some(session) = self.all.get_mut(&id) {
            session.last_active = now;
        }
    }

    /// The session with this full JID.
    pub(crate) fn find(&self, full: &Jid) -> Option<StreamId> {
        self.known_as(full).find(|(_, session)| session.jid == *full).map(|(id, _)| id)
    }

    /// All sessions that are available, in the order of their streams.
    pub(crate) fn available(&self) -> Vec<(StreamId, Jid)> {
        let available = self.all.iter().filter(|(_, session)| session.is_available());
        available.map(|(id, session)| (*id, session.jid.clone())).collect()
    }

    /// Whether any session of an account is available.
    pub(crate) fn is_available(&self, bare: &Jid) -> bool {
        self.bound_as(bare).any(|(_, session)| session.is_available())
    }

    /// The sessions of an account, in the order of their streams.
    pub(crate) fn of(&self, bare: &Jid) -> Vec<(StreamId, &Session)> {
        self.bound_as(bare).collect()
    }

    /// The available sessions of an account other than this one.
    pub(crate) fn available_siblings(&self, id: StreamId, jid: &Jid) -> Vec<(StreamId, &Session)> {
        let mut siblings = self.of(jid);
        siblings.retain(|(other, session)| *other != id && session.is_available());
        siblings
    }

    /// The receivers of a message of a service: a full JID's sessions even without presence, or of
    /// a bare JID the one available resource with the best priority, not a negative one (recorded:
    /// ev_*).
    pub(crate) fn receivers(&self, to: &Jid) -> Vec<StreamId> {
        if to.resource.is_some() {
            let bound = self
                .known_as(to)
                .filter(|(_, session)| session.jid == *to || session.earlier.contains(to));
            return bound.map(|(id, _)| id).collect();
        }
        self.best(to).into_iter().collect()
    }

    /// All available resources whose priority is not negative.
    pub(crate) fn willing(&self, bare: &Jid) -> Vec<StreamId> {
        self.bound_as(bare)
            .filter(|(_, session)| session.rank().is_some())
            .map(|(id, _)| id)
            .collect()
    }

    /// All available resources that share the best priority, not a negative one.
    pub(crate) fn all_best(&self, bare: &Jid) -> Vec<StreamId> {
        let ranked: Vec<(i32, StreamId)> = self
            .bound_as(bare)
            .filter_map(|(id, session)| session.rank().map(|(priority, ..)| (priority, id)))
            .collect();
        let best = ranked.iter().map(|(priority, _)| *priority).max();
        ranked.iter().filter(|(priority, _)| Some(*priority) == best).map(|(_, id)| *id).collect()
    }

    /// The resource that gets messages to the bare JID: best priority, then show, then the one
    /// served last.
    pub(crate) fn best(&self, bare: &Jid) -> Option<StreamId> {
        self.best_but(bare, None)
    }

    /// The resource that would get them without the best.
    pub(crate) fn next_best(&self, bare: &Jid, best: StreamId) -> Option<StreamId> {
        self.best_but(bare, Some(best))
    }

    fn best_but(&self, bare: &Jid, one: Option<StreamId>) -> Option<StreamId> {
        self.bound_as(bare)
            .filter(|(id, _)| Some(*id) != one)
            .filter_map(|(id, session)| session.rank().map(|rank| (rank, id)))
            .max()
            .map(|(_, id)| id)
    }

    /// The sessions that are bound as an account, in the order of their streams.
    fn bound_as(&self, jid: &Jid) -> impl Iterator<Item = (StreamId, &Session)> {
        self.known_as(jid).filter(|(_, session)| session.jid.is_of_account(jid))
    }

    /// The sessions that are or were bound as an account of this name, whatever the domain.
    fn known_as(&self, jid: &Jid) -> impl Iterator<Item = (StreamId, &Session)> {
        let streams = self.of_account.get(account(jid)).into_iter().flatten();
        streams.filter_map(|id| Some((*id, self.all.get(id)?)))
    }
}

/// The name of the account of an address.
fn account(jid: &Jid) -> &str {
    jid.local.as_deref().unwrap_or_default()
}

/// How reachable a presence says its sender is (Openfire compares in this order).
fn show_rank(presence: &Element) -> u8 {
    let show = presence.children().find(|child| child.name.local == "show").map(Element::text);
    match show.as_deref() {
        Some("chat") => 4,
        None => 3,
        Some("away") => 2,
        Some("xa") => 1,
        Some(_) => 0,
    }
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
                None,
                Duration::ZERO,
                Budget::new(1 << 20).nothing(),
            );
        }
        assert_eq!(sessions.receivers(&bare), []);
        assert!(sessions.set_presence(StreamId(0), available("<presence/>", -1)));
        assert_eq!(sessions.receivers(&bare), []);
        assert!(
            sessions
                .set_presence(StreamId(1), available("<presence><show>away</show></presence>", 1))
        );
        assert!(sessions.set_presence(StreamId(2), available("<presence/>", 1)));
        assert_eq!(sessions.receivers(&bare), [StreamId(2)]);
        let first = bare.with_resource("one").expect("a JID");
        assert_eq!(sessions.receivers(&first), [StreamId(0)]);
    }

    /// A login must not take longer among many sessions.
    #[test]
    fn only_the_sessions_of_an_account_are_looked_at() {
        let mut sessions = Sessions::default();
        for number in 0..1000 {
            let jid = Jid::parse(&format!("agent{number}@d/one")).expect("a JID");
            sessions.bind(
                StreamId(number),
                jid,
                None,
                Duration::ZERO,
                Budget::new(1 << 20).nothing(),
            );
        }
        let jid = Jid::parse("agent7@d/one").expect("a JID");
        assert_eq!(sessions.known_as(&jid).count(), 1);
        // Bound anew as another account, it is still reached by its earlier address.
        let other = Jid::parse("agent8@d/two").expect("a JID");
        sessions.bind(
            StreamId(7),
            other.clone(),
            Some(jid.clone()),
            Duration::ZERO,
            Budget::new(1 << 20).nothing(),
        );
        assert_eq!(sessions.receivers(&jid), [StreamId(7)]);
        assert_eq!(sessions.known_as(&other).count(), 2);
        sessions.remove(StreamId(7));
        assert_eq!((sessions.receivers(&jid), sessions.known_as(&other).count()), (Vec::new(), 1));
        for number in 0..1000 {
            sessions.remove(StreamId(number));
        }
        assert!(sessions.of_account.is_empty());
    }
}
