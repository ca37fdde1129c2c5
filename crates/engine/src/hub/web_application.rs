//! Cisco's web application: its presences, nodes and subscriptions that are
//! there from the start, and publications about all that changes in the world.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use contact::{
    Change, Flavour, Publication, SharedWorld, SystemStatus, WEB_APPLICATION, Wanted, World,
    WorldSpec,
};
use rest::{Answer, Api, Site};
use stanza::{Jid, escape, ns};
use wire::RequestHead;

use super::Hub;
use super::ending::unavailable;
use crate::context::Context;
use crate::fault::Name;
use crate::numbers::StreamId;
use crate::outgoing::{Addressed, ElementKind, Outgoing};
use crate::pubsub::{NodeConfig, PublishError};
use crate::spelling::echo;

const SYSTEM_INFO: &str = "/finesse/api/SystemInfo";

/// The resources under which the web application is there. Cisco's tech note 221594 shows two
/// presences after the client's own, both of the Smack library; their addresses are not readable
/// there. So: two connections of one application, with resources that nobody can take for a
/// vendor's.
const RESOURCES: [&str; 2] = ["fake-1", "fake-2"];

/// The web application of one server, and its way to the contact centre.
pub(super) struct WebApplication {
    /// It has its connections to the notification service: without them it neither shows itself nor
    /// publishes.
    connected: bool,
    status: SystemStatus,
    api: Api,
    world: SharedWorld,
    /// The side from which this server reads the changes of its world.
    side: usize,
    /// Its first state, to which a reset returns.
    start: Start,
}

/// The first state of a fake.
#[derive(Debug)]
pub(super) struct Start {
    pub(crate) spec: WorldSpec,
    /// Calls a minute, and the seed.
    pub(crate) traffic: Option<(u32, u64)>,
    /// Nodes beside those of the world.
    pub(crate) nodes: Vec<NodeConfig>,
}

impl WebApplication {
    /// That of a server which joins this world.
    pub(super) fn new(world: SharedWorld, start: Start) -> Self {
        let side = world.lock().join();
        let (connected, status) = (true, SystemStatus::InService);
        Self { connected, status, api: Api::default(), world, side, start }
    }

    /// Connected and in service, as at the start.
    pub(super) fn begin_anew(&mut self) {
        (self.connected, self.status) = (true, SystemStatus::InService);
        self.api = Api::default();
    }
}

/// Presences of the web application for a user that has become available.
fn presences(domain: &str, to: &Jid) -> [String; 2] {
    let to = escape::attr(&to.to_string()).into_owned();
    RESOURCES.map(|resource| {
        format!(
            "<presence xmlns=\"{}\" from=\"{WEB_APPLICATION}@{domain}/{resource}\" to=\"{to}\"><priority>0</priority>\
             <c xmlns=\"{}\" hash=\"sha-1\" node=\"http://www.igniterealtime.org/projects/smack\" \
             ver=\"NfJ3flI83zSdUDzCEICtbypursw=\"></c></presence>",
            ns::CLIENT,
            ns::CAPS
        )
    })
}

impl Hub {
    /// Makes the nodes that the world is published on, the subscriptions of the web application,
    /// and the nodes that the configuration adds.
    pub(super) fn furnish(&mut self, cx: &Context) {
        let (agents, teams, queues, flavour) = {
            let world = self.application.world.lock();
            (world.agent_ids(), world.team_views(), world.served_queues(), world.flavour())
        };
        self.stored.pubsub.create(NodeConfig::new(SYSTEM_INFO));
        for team in teams {
            self.stored
                .pubsub
                .create(NodeConfig::new(format!("/finesse/api/Team/{}/Users", team.id)));
        }
        let has_queues = flavour == Flavour::Cce;
        for (queue, _) in queues.iter().filter(|_| has_queues) {
            self.stored.pubsub.create(NodeConfig::new(format!("/finesse/api/Queue/{queue}")));
        }
        for agent in &agents {
            for path in agent_nodes(agent, has_queues) {
                self.stored.pubsub.create(NodeConfig::new(path));
            }
        }
        if cx.settings.profile.web_application {
            self.subscribe_all(cx, has_queues);
        }
        for node in &self.application.start.nodes {
            self.stored.pubsub.create(node.clone());
        }
    }

    /// Subscribes the accounts to what Finesse subscribes them to by itself: by their bare JIDs.
    fn subscribe_all(&mut self, cx: &Context, has_queues: bool) {
        for user in cx.settings.accounts.names() {
            let Ok(jid) = Jid::parse(&format!("{user}@{}", cx.settings.domain)) else {
                continue;
            };
            for path in agent_nodes(user, has_queues) {
                self.stored.pubsub.subscribe_default(&path, jid.clone());
            }
            self.stored.pubsub.subscribe_default(SYSTEM_INFO, jid);
        }
    }

    /// Puts the world back to its start.
    pub(super) fn restart_world(&mut self, cx: &mut Context) {
        let (spec, traffic) = (self.application.start.spec.clone(), self.application.start.traffic);
        self.in_world(cx, |world| world.begin_anew(&spec, traffic));
    }

    /// Does something in the world, and publishes its changes.
    pub(crate) fn in_world<T>(&mut self, cx: &mut Context, act: impl FnOnce(&mut World) -> T) -> T {
        let (result, changes) = {
            let mut world = self.application.world.lock();
            world.at(cx.now);
            let result = act(&mut world);
            (result, world.take_changes(self.application.side))
        };
        self.publish_changes(cx, changes);
        result
    }

    /// Answers a request of the REST API. The changes that it causes are for the caller to publish
    /// once the answer is on its way.
    pub(crate) fn ask_api(
        &mut self,
        cx: &Context,
        head: &RequestHead,
        body: &[u8],
    ) -> (Answer, Vec<Arc<Change>>) {
        let site = site(cx, self.application.status);
        let mut world = self.application.world.lock();
        world.at(cx.now);
        let answer = self.application.api.answer(&site, &mut world, head, body);
        (answer, world.take_changes(self.application.side))
    }

    /// Refuses a request of the REST API with this status.
    pub(crate) fn refuse_api(&mut self, cx: &Context, head: &RequestHead, status: u16) -> Answer {
        self.application.api.refuse(&site(cx, self.application.status), head, status)
    }

    /// The account in the credentials of a request, whether or not they are right.
    pub(crate) fn account_of(&self, head: &RequestHead) -> Option<String> {
        let name = rest::name_of(head)?;
        let agent = self.application.world.lock().agent_named(&name);
        Some(agent.map_or(name, |agent| agent.id))
    }

    /// Publishes changes of the world, if the web application is there and connected.
    pub(crate) fn publish_changes(&mut self, cx: &mut Context, changes: Vec<Arc<Change>>) {
        if !cx.settings.profile.web_application || !self.application.connected {
            return;
        }
        for change in changes {
            for publication in cx.settings.profile.updates.publications(&change) {
                self.publish_own(cx, publication);
            }
        }
    }

    /// When something next happens in the world by itself.
    pub(crate) fn next_due(&self) -> Option<Duration> {
        self.application.world.lock().next_due()
    }

    /// The server is gone for good.
    pub(crate) fn leave_world(&mut self, cx: &mut Context) {
        self.in_world(cx, |_| ());
        self.application.world.lock().leave(self.application.side);
    }

    /// Whether another server has caused what this one has not published yet.
    pub(crate) fn has_news(&self) -> bool {
        self.application.world.lock().has_changes(self.application.side)
    }

    /// The server goes in or out of service. Nothing else follows from it.
    pub(crate) fn set_system_status(&mut self, cx: &mut Context, status: SystemStatus) {
        self.application.status = status;
        if cx.settings.profile.web_application && self.application.connected {
            let publication = cx.settings.profile.updates.system_info(status);
            self.publish_own(cx, publication);
        }
    }

    /// The server's status, and whether its web application is connected.
    pub(crate) fn system_status(&self) -> (SystemStatus, bool) {
        (self.application.status, self.application.connected)
    }

    /// The web application loses its connection to the notification service, or has it back (Cisco
    /// DevNet, "Failure scenarios"). Every available session hears of it. A change meanwhile is
    /// published to nobody.
    pub(crate) fn connect_application(&mut self, cx: &mut Context, connected: bool) {
        if !cx.settings.profile.web_application || self.application.connected == connected {
            return;
        }
        self.application.connected = connected;
        for (id, jid) in self.sessions.available() {
            if connected {
                self.show_application(cx, id, &jid);
                continue;
            }
            for resource in RESOURCES {
                let from = format!("{WEB_APPLICATION}@{}/{resource}", cx.settings.domain);
                cx.deliver(id, unavailable(&from, &jid.to_string()));
            }
        }
    }

    /// Shows the web application to a session that has become available, if it is there.
    pub(super) fn show_application(&self, cx: &mut Context, id: StreamId, to: &Jid) {
        if cx.settings.profile.web_application && self.application.connected {
            for presence in presences(&cx.settings.domain, to) {
                cx.deliver(id, Outgoing::new(ElementKind::Presence, presence));
            }
        }
    }

    /// The web application sees the presence of all agents, and signs those out whom it has lost.
    pub(super) fn watch_presence(&mut self, cx: &mut Context, jid: &Jid, goodbye: bool) {
        let Some(user) = jid.local.clone().filter(|_| cx.settings.profile.web_application) else {
            return;
        };
        let present = self.sessions.is_available(jid);
        let side = self.application.side;
        self.in_world(cx, |world| world.attend(side, &user, present, goodbye));
        if present && cx.faults.lasting(Name::PresenceSignsIn) {
            // An agent who is signed in stays so.
            let _ = self.in_world(cx, |world| world.request(&user, Wanted::Login, None, ""));
        }
    }

    fn publish_own(&mut self, cx: &mut Context, publication: Publication) {
        let Publication { node, payload } = publication;
        let text = cx.outlet.wants_publications().then(|| echo(&payload, ""));
        // A node that somebody has deleted hears of nothing.
        if let Ok(events) = self.stored.pubsub.publish_element(cx.now, &node, payload) {
            announce(cx, &node, text, events);
        }
    }

    /// Publishes an element, given as text, in the server's own name.
    pub(crate) fn publish(
        &mut self,
        cx: &mut Context,
        node: &str,
        payload: &str,
    ) -> Result<(), PublishError> {
        let events = self.stored.pubsub.publish(cx.now, node, payload)?;
        let text = cx.outlet.wants_publications().then(|| payload.to_owned());
        announce(cx, node, text, events);
        Ok(())
    }
}

/// Tells the outlet of a publication, if it wants that, and then the subscribers.
fn announce(cx: &mut Context, node: &str, text: Option<String>, events: Vec<Addressed>) {
    if let Some(text) = text {
        cx.outlet.published(cx.now, node, text);
    }
    cx.carry(events);
}

/// The facts about this server for the REST API.
fn site(cx: &Context, status: SystemStatus) -> Site<'_> {
    let settings = &cx.settings;
    let date = settings.calendar.at(cx.now).duration_since(SystemTime::UNIX_EPOCH);
    let is_stopped = cx.faults.lasting(Name::OutOfService);
    Site {
        domain: &settings.domain,
        peer: settings.peer.as_deref(),
        is_secondary: settings.is_secondary,
        status: if is_stopped { SystemStatus::OutOfService } else { status },
        allows_cross_origin: settings.allows_cross_origin,
        now: cx.now,
        seconds: date.map_or(0, |date| date.as_secs()),
        stamp: settings.calendar.stamp(cx.now),
        accounts: &settings.accounts,
        broken: cx.faults.broken_rules(),
    }
}

/// The nodes that an agent is subscribed to; those about queues are CCE's.
fn agent_nodes(agent: &str, has_queues: bool) -> impl Iterator<Item = String> {
    let parts: &[&str] = if has_queues { &["", "/Dialogs", "/Queues"] } else { &["", "/Dialogs"] };
    parts.iter().map(move |part| format!("/finesse/api/User/{agent}{part}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_web_application_says_that_it_is_there() {
        let to = Jid::parse("1001@uccx1.example.test/desktop").expect("a JID");
        assert_eq!(
            presences("uccx1.example.test", &to)[0],
            r#"<presence xmlns="jabber:client" from="finesse@uccx1.example.test/fake-1" to="1001@uccx1.example.test/desktop"><priority>0</priority><c xmlns="http://jabber.org/protocol/caps" hash="sha-1" node="http://www.igniterealtime.org/projects/smack" ver="NfJ3flI83zSdUDzCEICtbypursw="></c></presence>"#
        );
    }
}
