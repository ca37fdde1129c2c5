//! A Finesse notification server as a machine without IO: octets and time go in, octets and
//! deadlines come out.
//!
//! The engine knows neither sockets nor tasks. Its caller hands in what connections bring and what
//! time it is, and takes what the engine puts out, either while the engine still works, by an
//! [`Outlet`] of its own, or afterwards from a
//! [`Queue`]:
//!
//! ```
//! use std::time::Duration;
//!
//! use engine::{Config, Directory, Engine, Output, Peer, Profile, Queue, SharedWorld, World};
//!
//! let mut accounts = Directory::default();
//! accounts.add("1001", "secret");
//! let config = Config::new("finesse.example.com", Profile::finesse(), accounts);
//! let world = SharedWorld::new(World::new(&config.spec, config.calendar));
//! let mut engine = Engine::new(config, world, Box::<Queue>::default());
//!
//! let now = Duration::ZERO;
//! let client = engine.accept(now, Peer::default());
//! engine.receive(now, client, b"GET / HTTP/1.1\r\nHost: finesse.example.com\r\n\r\n");
//! let Some((to, Output::Octets(answer))) = engine.poll_output() else { panic!("an answer") };
//! assert_eq!(to, client);
//! assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n"));
//! // A connection without a complete request is closed after half a minute.
//! assert_eq!(engine.next_timeout(), Some(Duration::from_secs(30)));
//! engine.fire(Duration::from_secs(30));
//! assert_eq!(engine.poll_output(), Some((client, Output::Close)));
//! ```
//!
//! All that one call causes, on whatever connection, is put out before the call returns. All times
//! are server time: how long the server has run.

#![warn(missing_docs)]

mod accounts;
mod budget;
mod config;
mod context;
mod dialect;
mod engine;
mod error;
mod exchange;
mod fact;
mod fault;
mod hub;
mod ids;
mod java;
mod memory;
mod numbers;
mod outgoing;
mod outlet;
mod passwords;
mod profile;
mod pubsub;
mod response;
mod said;
mod script;
mod spelling;
mod stream;
#[cfg(test)]
mod tests;
mod timers;
mod transport;
mod words;

pub use accounts::Directory;
pub use budget::{Budget, Share};
pub use config::Config;
pub use contact::{
    Action, AgentState, AgentView, Calendar, CallState, CallType, CallView, Callback, Cause,
    Classification, Collections, Device, Flavour, MobileAgent, MobileMode, Outbound, PartState,
    PartyView, Password, QueueView, Reason, Refusal, SharedWorld, SignOnMode, SignOnSpec,
    Statistics, SystemStatus, TeamView, UnknownName, Values, WEB_APPLICATION, Wanted, World,
    WorldFileError, WorldSpec, WorldView, WrapUp, WrapUpMode,
};
pub use engine::{Assumed, ClientPhase, ClientView, Engine, Passing, Peer, Protocol};
pub use error::Error;
pub use exchange::{Answered, Exchange};
pub use fact::{End, Fact};
pub use fault::{Fault, FaultParameter, FaultShape, InstalledFault, Watch};
pub use numbers::ConnectionId;
pub use outlet::{Outlet, Output, PageRequest, Queue};
pub use profile::{Profile, ProfileName};
pub use pubsub::{
    AccessModel, Association, Details, ItemReply, NodeConfig, NodeKind, PublishModel, UnknownModel,
};
pub use rest::SignOn;
pub use said::{Kind, Said, Speaker, Transcript, USUAL_LIMIT};
pub use script::{ClientAct, Cue, Reply, Script, ServerAct};
