//! What Cisco's web application adds to the server: its presences, nodes and subscriptions that are there from the start,
//! and publications about all that changes in the world.

use std::sync::Arc;
use std::time::Duration;

use contact::{Flavour, Publication, SystemStatus, WEB_APPLICATION, World, WorldSpec};
use stanza::{Jid, escape, ns};

use crate::account_data::PrivateData;
use crate::connection::ConnectionId;
use crate::contacts::Contacts;
use crate::ending::unavailable;
use crate::engine::Engine;
use crate::pubsub::{NodeConfig, PubSub};

const SYSTEM_INFO: &str = "/finesse/api/SystemInfo";

/// The resources under which the web application is there. Cisco's tech note 221594 shows two presences after the
/// client's own, both of the Smack library; their addresses are not readable there. So: two connections of one
/// application, with resources that nobody can take for a vendor's.
const RESOURCES: [&str; 2] = ["fake-1", "fake-2"];

/// The web application of one server.
#[derive(Debug)]
pub(crate) struct WebApplication {
    /// It has its connections to the notification service: without them it neither shows itself nor publishes.
    connected: bool,
    status: SystemStatus,
}

/// What a fake began with.
#[derive(Debug)]
pub(crate) struct Start {
    pub(crate) spec: WorldSpec,
    /// Calls a minute, and the seed.
    pub(crate) traffic: Option<(u32, u64)>,
    /// Nodes beside those of the world.
    pub(crate) nodes: Vec<NodeConfig>,
}

impl Default for WebApplication {
    fn default() -> Self {
        Self { connected: true, status: SystemStatus::InService }
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

impl Engine {
    /// Makes the nodes that the world is published on, the subscriptions of the web application, and the nodes that the
    /// configuration adds.
    pub(crate) fn furnish(&mut self) {
        let (agents, teams, queues, flavour) = {
            let world = self.world.lock();
            (world.agent_ids(), world.team_views(), world.served_queues(), world.flavour())
        };
        self.pubsub.create(NodeConfig::new(SYSTEM_INFO));
        for team in teams {
            self.pubsub.create(NodeConfig::new(format!("/finesse/api/Team/{}/Users", team.id)));
        }
        let has_queues = flavour == Flavour::Cce;
        for (queue, _) in queues.iter().filter(|_| has_queues) {
            self.pubsub.create(NodeConfig::new(format!("/finesse/api/Queue/{queue}")));
        }
        for agent in &agents {
            for path in agent_nodes(agent, has_queues) {
                self.pubsub.create(NodeConfig::new(path));
            }
        }
        if self.profile.web_application {
            self.subscribe_all(has_queues);
        }
        for node in &self.start.nodes {
            self.pubsub.create(node.clone());
        }
    }

    /// Puts everything back to the start but for time, the numbers of connections, and the accounts.
    pub fn reset(&mut self, now: Duration) {
        self.now = now;
        self.clear_faults();
        self.break_all_off();
        let start = Arc::clone(&self.start);
        self.application = WebApplication::default();
        self.in_world(|world| world.begin_anew(&start.spec, start.traffic));
        self.pubsub = PubSub::new(
            &self.domain,
            self.profile.pubsub.clone(),
            self.calendar,
            self.chance.split(),
        );
        self.private = PrivateData::default();
        self.contacts = Contacts::default();
        self.furnish();
        self.record.clear();
    }

    /// Subscribes the accounts to what Finesse subscribes them to by itself: by their bare JIDs.
    fn subscribe_all(&mut self, has_queues: bool) {
        let users: Vec<String> = self.accounts.names().map(str::to_owned).collect();
        for user in users {
            let Ok(jid) = Jid::parse(&format!("{user}@{}", self.domain)) else {
                continue;
            };
            for path in agent_nodes(&user, has_queues) {
                self.pubsub.subscribe_default(&path, jid.clone());
            }
            self.pubsub.subscribe_default(SYSTEM_INFO, jid);
        }
    }

    /// Does something in the world, and publishes what comes of it.
    pub(crate) fn in_world<T>(&mut self, act: impl FnOnce(&mut World) -> T) -> T {
        let (result, changes) = {
            let mut world = self.world.lock();
            world.at(self.now);
            let result = act(&mut world);
            (result, world.take_changes(self.side))
        };
        if self.profile.web_application && self.application.connected {
            for change in changes {
                for publication in self.profile.updates.publications(&change) {
                    self.publish_own(&publication);
                }
            }
        }
        result
    }

    /// The server is gone for good.
    pub fn leave_world(&mut self, now: Duration) {
        self.now = now;
        self.in_world(|_| ());
        self.world.lock().leave(self.side);
    }

    /// Whether another server has caused what this one has not published yet.
    pub fn has_news(&self) -> bool {
        self.world.lock().has_changes(self.side)
    }

    /// Publishes what another server of the same world has caused.
    pub fn catch_up(&mut self, now: Duration) {
        self.now = now;
        self.in_world(|_| ());
    }

    /// The server goes in or out of service. Nothing else follows: what else fails then, one says.
    pub fn set_system_status(&mut self, now: Duration, status: SystemStatus) {
        self.now = now;
        self.application.status = status;
        if self.profile.web_application && self.application.connected {
            let publication = self.profile.updates.system_info(status);
            self.publish_own(&publication);
        }
    }

    /// The server's status, and whether its web application is connected.
    pub fn system_status(&self) -> (SystemStatus, bool) {
        (self.application.status, self.application.connected)
    }

    /// The web application loses its connection to the notification service, or has it back (Cisco DevNet, "Failure
    /// scenarios"). Whoever is available hears of it. What happens meanwhile is published to nobody.
    pub fn connect_application(&mut self, now: Duration, connected: bool) {
        self.now = now;
        if !self.profile.web_application || self.application.connected == connected {
            return;
        }
        self.application.connected = connected;
        for (id, jid) in self.sessions.available() {
            if connected {
                self.show_application(id, &jid);
                continue;
            }
            for resource in RESOURCES {
                let from = format!("{WEB_APPLICATION}@{}/{resource}", self.domain);
                self.say_to_session(id, unavailable(&from, &jid.to_string()));
            }
        }
    }

    /// Shows the web application to a session that has become available, if it is there.
    pub(crate) fn show_application(&mut self, id: ConnectionId, to: &Jid) {
        if self.profile.web_application && self.application.connected {
            for presence in presences(&self.domain, to) {
                self.say_to_session(id, presence);
            }
        }
    }

    /// The web application sees the presence of all agents, and signs those out whom it has lost.
    pub(crate) fn watch_presence(&mut self, jid: &Jid, goodbye: bool) {
        let Some(user) = jid.local.clone().filter(|_| self.profile.web_application) else {
            return;
        };
        let present = self.sessions.is_available(jid);
        let side = self.side;
        self.in_world(|world| world.attend(side, &user, present, goodbye));
    }

    fn publish_own(&mut self, publication: &Publication) {
        // A node that somebody has deleted hears of nothing.
        if let Ok(events) = self.pubsub.publish(self.now, &publication.node, &publication.payload) {
            self.carry(events);
        }
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
