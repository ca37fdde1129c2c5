//! The server behind the streams: sessions, the routing of stanzas, the services that answer them.

mod auto_subscribe;
mod availability;
mod bind;
mod blocking;
mod capabilities;
mod carbons;
mod commands;
mod components;
mod directed;
pub(crate) mod disco;
mod ending;
mod eventing;
mod handlers;
mod iq;
mod iq_stanza;
mod java_map;
mod known_accounts;
mod message;
mod multicast;
mod presence;
mod privacy;
mod privacy_list;
mod ranks;
mod registration;
mod reply;
mod rooms;
mod roster;
mod roster_request;
mod router;
mod session;
mod stamped;
mod subscription;
mod vcard;
mod web_application;

use contact::SharedWorld;

use crate::config::Config;
use crate::context::Context;
use crate::pubsub::{PersonalEventing, PubSub};
use availability::LastWords;
use capabilities::Capabilities;
use directed::Directed;
use privacy::PrivacyLists;
use rooms::Rooms;
use roster::Rosters;
use session::Sessions;
use vcard::VCards;
use web_application::{Start, WebApplication};

/// Sessions and services of one server.
pub(crate) struct Hub {
    pub(crate) sessions: Sessions,
    pub(crate) stored: Stored,
    application: WebApplication,
    directed: Directed,
    capabilities: Capabilities,
    /// Requests that the server has made so far, the second half of their ids.
    requests: u64,
}

/// All that the services keep for accounts beyond their sessions.
pub(crate) struct Stored {
    pub(crate) pubsub: PubSub,
    personal: PersonalEventing,
    vcards: VCards,
    privacy: PrivacyLists,
    rosters: Rosters,
    last_words: LastWords,
    rooms: Rooms,
}

impl Stored {
    /// Nothing yet; everything kept takes its share of the memory for clients.
    fn new(cx: &mut Context) -> Self {
        let settings = &cx.settings;
        let (chance, memory) = (cx.chance.split(), &cx.memory.kept);
        let policy = settings.profile.pubsub.clone();
        Self {
            pubsub: PubSub::new(
                &settings.domain,
                policy,
                settings.calendar,
                chance,
                memory.clone(),
            ),
            personal: PersonalEventing::new(memory),
            vcards: VCards::new(memory),
            privacy: PrivacyLists::new(memory),
            rosters: Rosters::new(memory),
            last_words: LastWords::new(memory),
            rooms: Rooms::new(memory),
        }
    }
}

impl Hub {
    /// The hub of a server in this world.
    pub(crate) fn new(cx: &mut Context, config: Config, world: SharedWorld) -> Self {
        let start = Start { spec: config.spec, traffic: config.traffic, nodes: config.nodes };
        let mut hub = Self {
            sessions: Sessions::default(),
            stored: Stored::new(cx),
            application: WebApplication::new(world, start),
            directed: Directed::new(&cx.memory.kept),
            capabilities: Capabilities::new(&cx.memory.kept),
            requests: 0,
        };
        hub.furnish(cx);
        hub
    }

    /// Begins anew with the world as it was at the start. Sessions, requests and verified
    /// capabilities go on.
    pub(crate) fn begin_anew(&mut self, cx: &mut Context) {
        self.application.begin_anew();
        cx.settings.accounts.forget_tokens();
        self.restart_world(cx);
        self.stored = Stored::new(cx);
        self.furnish(cx);
    }

    /// The id of a request that the server makes: a number below 1000, a dash, a counter (recorded:
    /// bind_version_query).
    fn request_id(&mut self, cx: &mut Context) -> String {
        self.requests += 1;
        format!("{}-{}", cx.chance.between(0, 1000), self.requests)
    }
}
