//! The registry of sessions: their resources, and the receivers of stanzas to an address.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use stanza::{Element, Jid, ns};

use super::java_map::JavaMap;
use crate::budget::{Share, Weigh};
use crate::numbers::StreamId;

/// How many sessions are remembered for their routes alone, after their streams.
const MAX_LEFT_BEHIND: usize = 1024;

/// A bound resource.
#[derive(Debug)]
pub(crate) struct Session {
    /// Its address: the one that was bound last.
    pub(crate) jid: Jid,
    /// All addresses that it has had.
    bound: Vec<Jid>,
    /// When it was bound, in server time.
    pub(crate) since: Duration,
    /// Its stream has ended without a close, and the server has not noticed.
    pub(crate) is_ghost: bool,
    /// It has ended, but addresses that it had bound before still lead to it (recorded:
    /// generated bind conversations).
    is_over: bool,
    /// Nothing is delivered to it any more: it is being closed.
    pub(crate) is_deaf: bool,
    /// Newcomers that wanted the resource and did not get it.
    conflicts: u32,
    pub(crate) presence: Presence,
    /// It has been available.
    pub(crate) was_available: bool,
    /// It has got what waits for a resource that becomes available.
    pub(crate) is_initialized: bool,
    /// Server time of the last message to it; decides between equals (recorded:
    /// ev_bare_two_resources).
    pub(super) last_active: Duration,
    /// Copies of messages come to it (XEP-0280).
    pub(crate) carbons: bool,
    /// The name of the privacy list that it has chosen.
    active_list: Option<String>,
    /// The name of the privacy list that was the account's default when it began.
    default_list: Option<String>,
    /// The share of its presence in the memory for clients.
    share: Share,
}

/// An address that leads to a session. A session that binds anew keeps the routes that it has.
#[derive(Debug)]
struct Route {
    stream: StreamId,
    /// Whether the session was available when it last said so under this address.
    is_available: bool,
}

/// The availability of a session, by its own presence.
#[derive(Debug)]
pub(crate) enum Presence {
    /// Nothing yet.
    Unknown,
    /// It said that it is gone.
    Unavailable { stanza: Element },
    /// Its last presence.
    Available { priority: i32, stanza: Element },
}

impl Weigh for Presence {
    fn weight(&self) -> usize {
        match self {
            Self::Unknown => 0,
            Self::Unavailable { stanza } | Self::Available { stanza, .. } => stanza.weight(),
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

    /// The privacy list that it has chosen.
    pub(crate) fn active_list(&self) -> Option<&str> {
        self.active_list.as_deref()
    }

    /// The privacy list that was the account's default when it began, or that it has made it.
    pub(crate) fn default_list(&self) -> Option<&str> {
        self.default_list.as_deref()
    }

    /// The privacy list that holds for it.
    pub(crate) fn privacy_list(&self) -> Option<&str> {
        self.active_list.as_deref().or(self.default_list.as_deref())
    }

    /// Its last presence.
    pub(crate) fn last_presence(&self) -> Element {
        match &self.presence {
            Presence::Unknown => {
                Element::new(ns::CLIENT, "presence").with_attr("type", "unavailable")
            }
            Presence::Unavailable { stanza } | Presence::Available { stanza, .. } => stanza.clone(),
        }
    }
}

/// All sessions, by stream, so that even two with the same address can be there. A question for
/// one account takes no longer among thousands of others.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    all: BTreeMap<StreamId, Session>,
    routes: HashMap<Jid, Route>,
    /// The full addresses of an account that lead somewhere, by its bare address.
    addresses: HashMap<Jid, JavaMap<Jid>>,
    /// The streams that are or were bound as an account, by its name.
    of_account: HashMap<String, BTreeSet<StreamId>>,
    /// Sessions that are over, the oldest first.
    left_behind: Vec<StreamId>,
}

impl Sessions {
    /// Binds a stream. One that was bound before stays as available as it was.
    pub(crate) fn bind(&mut self, id: StreamId, jid: Jid, now: Duration, share: Share) {
        let session = self.all.entry(id).or_insert_with(|| Session {
            jid: jid.clone(),
            bound: Vec::new(),
            since: now,
            is_ghost: false,
            is_over: false,
            is_deaf: false,
            conflicts: 0,
            presence: Presence::Unknown,
            was_available: false,
            is_initialized: false,
            last_active: now,
            carbons: false,
            active_list: None,
            default_list: None,
            share,
        });
        (session.jid, session.since) = (jid.clone(), now);
        if !session.bound.contains(&jid) {
            session.bound.push(jid.clone());
        }
        self.of_account.entry(account(&jid).to_owned()).or_default().insert(id);
        self.update_route(id);
    }

    /// The address of a session leads to it from now on, and to a session as available as it is.
    fn update_route(&mut self, id: StreamId) {
        let Some(session) = self.all.get(&id) else {
            return;
        };
        let (jid, is_available) = (session.jid.clone(), session.is_available());
        if jid.resource.is_some() {
            let addresses = self.addresses.entry(jid.bare()).or_default();
            addresses.insert(jid.to_string(), jid.clone());
        }
        let before = self.routes.insert(jid, Route { stream: id, is_available });
        if let Some(before) = before.filter(|before| before.stream != id) {
            self.forget_if_unreachable(before.stream);
        }
    }

    fn remove_route(&mut self, jid: &Jid) {
        self.routes.remove(jid);
        let bare = jid.bare();
        if let Some(addresses) = self.addresses.get_mut(&bare) {
            addresses.remove(&jid.to_string());
            if addresses.is_empty() {
                self.addresses.remove(&bare);
            }
        }
    }

    /// Ends a session. Its address leads nowhere any more; those that it had bound before still
    /// lead to it.
    pub(crate) fn end(&mut self, id: StreamId) {
        let Some(session) = self.all.get_mut(&id).filter(|session| !session.is_over) else {
            return;
        };
        (session.is_over, session.is_ghost) = (true, false);
        let jid = session.jid.clone();
        self.remove_route(&jid);
        self.left_behind.push(id);
        self.forget_if_unreachable(id);
        if self.left_behind.len() > MAX_LEFT_BEHIND {
            let oldest = self.left_behind[0];
            self.forget(oldest);
        }
    }

    /// Forgets a session that is over once no address leads to it.
    fn forget_if_unreachable(&mut self, id: StreamId) {
        let is_over = self.all.get(&id).is_some_and(|session| session.is_over);
        if is_over && self.routes_to(id).is_empty() {
            self.forget(id);
        }
    }

    fn forget(&mut self, id: StreamId) {
        for jid in self.routes_to(id) {
            self.remove_route(&jid);
        }
        self.left_behind.retain(|other| *other != id);
        let bound = self.all.remove(&id).map(|session| session.bound).unwrap_or_default();
        for name in bound.iter().map(account) {
            if let Some(streams) = self.of_account.get_mut(name) {
                streams.remove(&id);
                if streams.is_empty() {
                    self.of_account.remove(name);
                }
            }
        }
    }

    /// The addresses that lead to a stream.
    fn routes_to(&self, id: StreamId) -> Vec<Jid> {
        let bound = self.all.get(&id).map(|session| session.bound.as_slice()).unwrap_or_default();
        bound.iter().filter(|jid| self.route(jid) == Some(id)).cloned().collect()
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

    /// A session that has not ended.
    pub(crate) fn get(&self, id: StreamId) -> Option<&Session> {
        self.all.get(&id).filter(|session| !session.is_over)
    }

    pub(super) fn get_mut(&mut self, id: StreamId) -> Option<&mut Session> {
        self.all.get_mut(&id)
    }

    /// The stream to whose session an address leads, be the session available or not.
    pub(super) fn route(&self, jid: &Jid) -> Option<StreamId> {
        self.routes.get(jid).map(|route| route.stream)
    }

    /// Whether an address leads to a session that is available.
    pub(super) fn is_route_available(&self, jid: &Jid) -> bool {
        self.routes.get(jid).is_some_and(|route| route.is_available)
    }

    /// The full addresses of an account that lead somewhere, in Openfire's order.
    pub(super) fn addresses(&self, bare: &Jid) -> impl Iterator<Item = &Jid> {
        self.addresses.get(bare).into_iter().flat_map(|addresses| addresses.iter().map(|it| it.1))
    }

    /// The addresses of an account that lead to available sessions, and these sessions, which may
    /// have been bound anew since.
    pub(super) fn available_of(&self, bare: &Jid) -> impl Iterator<Item = (&Jid, &Session)> {
        self.addresses(bare).filter_map(|jid| {
            let route = self.routes.get(jid).filter(|route| route.is_available)?;
            Some((jid, self.all.get(&route.stream)?))
        })
    }

    /// Takes what a session says about its availability, and whether it was available before; none
    /// when there is no memory for it.
    pub(crate) fn set_presence(&mut self, id: StreamId, presence: Presence) -> Option<bool> {
        let Some(session) = self.all.get_mut(&id) else {
            return Some(false);
        };
        if !session.share.follow(session.presence.weight(), presence.weight()) {
            return None;
        }
        let before = session.is_available();
        session.presence = presence;
        let now = session.is_available();
        session.was_available |= now;
        session.is_initialized &= now;
        if before != now {
            self.update_route(id);
        }
        Some(before)
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

    /// A privacy list that is no more holds for a session no longer.
    pub(crate) fn lose_list(&mut self, id: StreamId, name: &str) {
        if let Some(session) = self.all.get_mut(&id) {
            session.active_list.take_if(|list| list == name);
            session.default_list.take_if(|list| list == name);
        }
    }

    /// The privacy list that is the default for a session from now on.
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
        self.route(full).filter(|_| full.resource.is_some())
    }

    /// All sessions that are available, in the order of their streams.
    pub(crate) fn available(&self) -> Vec<(StreamId, Jid)> {
        let available =
            self.all.iter().filter(|(_, session)| session.is_available() && !session.is_over);
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

    /// The receivers of a message of a service: a full JID's sessions even without presence, or of
    /// a bare JID the one available resource with the best priority, not a negative one (recorded:
    /// ev_*).
    pub(crate) fn receivers(&self, to: &Jid) -> Vec<StreamId> {
        if to.resource.is_some() {
            return self.find(to).into_iter().collect();
        }
        self.best(to).into_iter().collect()
    }

    /// The sessions that are bound as an account, in the order of their streams.
    fn bound_as(&self, jid: &Jid) -> impl Iterator<Item = (StreamId, &Session)> {
        self.known_as(jid).filter(|(_, session)| session.jid.is_of_account(jid))
    }

    /// The sessions that are or were bound as an account of this name, whatever the domain.
    fn known_as(&self, jid: &Jid) -> impl Iterator<Item = (StreamId, &Session)> {
        let streams = self.of_account.get(account(jid)).into_iter().flatten();
        streams.filter_map(|id| Some((*id, self.get(*id)?)))
    }
}

/// The name of the account of an address.
fn account(jid: &Jid) -> &str {
    jid.local.as_deref().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Budget;

    /// A login must not take longer among many sessions.
    #[test]
    fn only_the_sessions_of_an_account_are_looked_at() {
        let mut sessions = Sessions::default();
        for number in 0..1000 {
            let jid = Jid::parse(&format!("agent{number}@d/one")).expect("a JID");
            sessions.bind(StreamId(number), jid, Duration::ZERO, Budget::new(1 << 20).nothing());
        }
        let jid = Jid::parse("agent7@d/one").expect("a JID");
        assert_eq!(sessions.known_as(&jid).count(), 1);
        // Bound anew as another account, it is still reached by its earlier address.
        let other = Jid::parse("agent8@d/two").expect("a JID");
        sessions.bind(StreamId(7), other.clone(), Duration::ZERO, Budget::new(1 << 20).nothing());
        assert_eq!(sessions.receivers(&jid), [StreamId(7)]);
        assert_eq!(sessions.known_as(&other).count(), 2);
        // So it is after its end, until another takes the address.
        sessions.end(StreamId(7));
        assert_eq!(
            (sessions.receivers(&jid), sessions.known_as(&other).count()),
            (vec![StreamId(7)], 1)
        );
        assert!(sessions.get(StreamId(7)).is_none());
        sessions.bind(StreamId(1000), jid, Duration::ZERO, Budget::new(1 << 20).nothing());
        for number in 0..=1000 {
            sessions.end(StreamId(number));
        }
        assert!(sessions.of_account.is_empty() && sessions.all.is_empty());
        assert!(sessions.addresses.is_empty() && sessions.routes.is_empty());
    }

    /// The sessions kept after their end are bounded.
    #[test]
    fn few_sessions_are_kept_for_their_routes() {
        let mut sessions = Sessions::default();
        for number in 0..2 * MAX_LEFT_BEHIND {
            let id = StreamId(number as u64);
            for resource in ["one", "two"] {
                let jid = Jid::parse(&format!("a{number}@d/{resource}")).expect("a JID");
                sessions.bind(id, jid, Duration::ZERO, Budget::new(1 << 20).nothing());
            }
            sessions.end(id);
        }
        assert_eq!(sessions.all.len(), MAX_LEFT_BEHIND);
        assert_eq!(sessions.routes.len(), MAX_LEFT_BEHIND);
    }
}
