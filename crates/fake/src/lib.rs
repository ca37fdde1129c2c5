//! A fake Finesse notification server: profiles, sessions, routing, pubsub, faults.
//!
//! ```
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let fake = finesse_fake::FakeFinesse::builder().user("1001", "secret").start().await?;
//! assert!(fake.url().starts_with("wss://127.0.0.1:"));
//! fake.publish("/finesse/api/User/1001", "<x xmlns='urn:example:probe'>1</x>")?;
//! fake.shutdown().await;
//! # Ok::<(), finesse_fake::Error>(()) }).unwrap();
//! ```
//!
//! A test expects messages of a client, adds faults, and drives the contact centre:
//!
//! ```no_run
//! # async fn my_client(_: String, _: Option<String>) {}
//! # async fn test() -> Result<(), finesse_fake::Error> {
//! # use std::time::Duration;
//! # use finesse_fake::FakeFinesse;
//! let fake = FakeFinesse::builder().user("1001", "secret").start().await?;
//! fake.expect("<auth mechanism='PLAIN' xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>").times(2);
//! fake.fault("drop-tcp after=success times=1")?;
//! let client = tokio::spawn(my_client(fake.url(), fake.ca_pem().map(str::to_owned)));
//! fake.wait_for("<presence/>", Duration::from_secs(5)).await?;
//! fake.agent("1001").login()?.ready()?.ring("5550100")?.answer()?.hang_up()?;
//! fake.kick("1001")?;
//! client.await.expect("the client has ended by itself");
//! fake.verify()
//! # }
//! ```
//!
//! | task | items |
//! | --- | --- |
//! | expect messages of clients, or wait for them | [`FakeFinesse::expect`], [`FakeFinesse::wait_for`], [`Pattern`] |
//! | add faults | [`FakeFinesse::fault`], [`Fault`] |
//! | drive the contact centre | [`FakeFinesse::agent`], [`FakeFinesse::queue`], [`FakeFinesse::system_info`] |
//! | send anything | [`FakeFinesse::publish`], [`FakeFinesse::inject`] |
//! | look at clients and messages | [`FakeFinesse::clients`], [`FakeFinesse::transcript`] |
//! | hear of everything as it happens | [`FakeFinesse::events`] |
//! | read the contact centre's publications | [`FakeFinesse::keep_publications`], [`FakeFinesse::published`] |
//! | serve the pages of a client beside the API | [`Builder::www`] |
//! | serve clients that call the ports of older releases | [`Builder::also`] |
//! | tell clients that call a wrong port | [`Builder::hints`] |
//! | use it from other languages | `Control`, with the feature `control` |
//!
//! The server is the crate `engine`, a machine without IO. This crate adds sockets, timers and
//! expectations.

#![warn(missing_docs)]

mod accept;
mod builder;
mod clients;
mod clock;
#[cfg(feature = "control")]
mod control;
mod deployment;
mod error;
mod events;
mod expect;
mod expectation;
mod handle;
mod hint;
mod outlet;
mod pattern;
mod publications;
mod server;
mod settings;
mod socket;
mod user_range;
mod waiting;
mod www;

pub use builder::Builder;
#[cfg(feature = "control")]
pub use control::{Control, Explainer, OPENAPI};
pub use engine::{
    AccessModel, Action, AgentState, AgentView, Answered, CallState, CallType, CallView, Callback,
    Cause, Classification, ClientPhase, ClientView, Collections, Device, End, Error as EngineError,
    Exchange, Fact, Fault, FaultShape, Flavour, InstalledFault, Kind, MobileAgent, MobileMode,
    NodeConfig, NodeKind, Outbound, PartState, PartyView, Password, Profile, ProfileName,
    PublishModel, QueueView, Reason, Refusal, Said, Script, Speaker, Statistics, SystemStatus,
    TeamView, Transcript, UnknownModel, UnknownName, Values, Wanted, WorldFileError, WorldSpec,
    WorldView, WrapUp, WrapUpMode,
};
pub use error::Error;
pub use events::{Detail, Event, Events};
pub use expect::Expectation;
pub use expectation::Expected;
pub use handle::{Agent, Call, Queue};
pub use pattern::Pattern;
pub use publications::{Publication, Published};
pub use server::FakeFinesse;
pub use user_range::UserRange;
