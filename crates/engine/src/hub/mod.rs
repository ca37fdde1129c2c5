//! The server behind the streams: sessions, the routing of stanzas, the services that answer them.

mod availability;
mod bind;
mod blocking;
mod carbons;
mod commands;
mod components;
mod directed;
pub(crate) mod disco;
mod ending;
mod eventing;
mod handlers;
mod iq;
mod java_map;
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

use std::collections::BTreeSet;

use contact::SharedWorld;
use rest::Api;

use crate::config::Config;
use crate::context::Context;
use crate::pubsub::{PersonalEventing, PubSub};
use availability::LastWords;
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
    pub(crate) pubsub: PubSub,
    personal: PersonalEventing,
    vcards: VCards,
    privacy: PrivacyLists,
    rosters: Rosters,
    directed: Directed,
    last_words: LastWords,
    rooms: Rooms,
    /// Verified caps hashes; they are not asked for again.
    known_caps: BTreeSet<String>,
    /// Requests that the server has made so far, the second half of their ids.
    requests: u64,
    application: WebApplication,
    api: Api,
    world: SharedWorld,
    /// The side from which this server reads the changes of its world.
    side: usize,
    /// Its first state, to which a reset returns.
    start: Start,
}

impl Hub {
    /// The hub of a server in this world.
    pub(crate) fn new(cx: &mut Context, config: Config, world: SharedWorld) -> Self {
        let side = world.lock().join();
        let mut hub = Self {
            sessions: Sessions::default(),
            pubsub: new_pubsub(cx),
            personal: PersonalEventing::new(&cx.memory.kept),
            vcards: VCards::new(&cx.memory.kept),
            privacy: PrivacyLists::new(&cx.memory.kept),
            rosters: Rosters::new(&cx.memory.kept),
            directed: Directed::new(&cx.memory.kept),
            last_words: LastWords::new(&cx.memory.kept),
            rooms: Rooms::new(&cx.memory.kept),
            known_caps: BTreeSet::new(),
            requests: 0,
            application: WebApplication::default(),
            api: Api::default(),
            world,
            side,
            start: Start { spec: config.spec, traffic: config.traffic, nodes: config.nodes },
        };
        hub.furnish(cx);
        hub
    }

    /// Begins anew with the world as it was at the start. Sessions, requests and verified
    /// capabilities go on.
    pub(crate) fn begin_anew(&mut self, cx: &mut Context) {
        self.application = WebApplication::default();
        self.api = Api::default();
        cx.settings.accounts.forget_tokens();
        self.restart_world(cx);
        self.pubsub = new_pubsub(cx);
        self.personal = PersonalEventing::new(&cx.memory.kept);
        self.vcards = VCards::new(&cx.memory.kept);
        self.privacy = PrivacyLists::new(&cx.memory.kept);
        self.rosters = Rosters::new(&cx.memory.kept);
        self.last_words = LastWords::new(&cx.memory.kept);
        self.rooms = Rooms::new(&cx.memory.kept);
        self.furnish(cx);
    }

    /// The id of a request that the server makes: a number below 1000, a dash, a counter (recorded:
    /// bind_version_query).
    fn request_id(&mut self, cx: &mut Context) -> String {
        self.requests += 1;
        format!("{}-{}", cx.chance.between(0, 1000), self.requests)
    }
}

fn new_pubsub(cx: &mut Context) -> PubSub {
    let settings = &cx.settings;
    let policy = settings.profile.pubsub.clone();
    let (chance, memory) = (cx.chance.split(), cx.memory.kept.clone());
    PubSub::new(&settings.domain, policy, settings.calendar, chance, memory)
}
