//! The contact centre behind Finesse: agents, teams, queues and calls, with Finesse's own state
//! machines, and the `<Update>` documents that are published about them.
//!
//! A pure model. It has server time, and no sockets, streams or subscribers. [`World`] is the
//! contact centre at work, [`WorldSpec`] its initial state. Its events are [`Change`]s, and
//! [`UpdateFormat`] makes publications of them:
//!
//! ```
//! use std::time::SystemTime;
//!
//! use contact::{Calendar, UpdateFormat, Wanted, World, WorldSpec};
//!
//! let calendar = Calendar::new(SystemTime::UNIX_EPOCH);
//! let mut world = World::new(&WorldSpec::built_in(), calendar);
//! let side = world.join();
//! world.request("1001", Wanted::Login, None, "")?;
//! let changes = world.take_changes(side);
//! let published = UpdateFormat::default().publications(&changes[0]);
//! assert_eq!(published[0].node, "/finesse/api/User/1001");
//! # Ok::<(), contact::Refusal>(())
//! ```

mod accepted;
mod agent;
mod agent_state;
mod assignment;
mod attendance;
mod calendar;
mod call;
mod call_data;
mod call_end;
mod calls;
mod chance;
mod change;
mod configuration;
mod consultation;
pub mod documents;
mod extensions;
mod file;
mod names;
mod office;
mod outbound;
mod plans;
mod queue;
mod refusal;
mod shape;
mod sign_in;
mod spec;
mod system;
#[cfg(test)]
mod tests;
mod traffic;
mod tree;
mod updates;
mod view;
mod world;

pub use agent_state::{AgentState, Flavour, Wanted};
pub use assignment::{Assignable, Assignments};
pub use calendar::Calendar;
pub use call::{Action, CallState, CallType, Cause, PartState};
pub use chance::Chance;
pub use change::{ApiError, Change, DialogEvent};
pub use configuration::{Conflict, Kind, Mistake, Object, Objects, Unfit, check_desktop};
pub use names::UnknownName;
pub use office::{Contact, Office, PhoneBook, Reason, WrapUpReason};
pub use outbound::{Callback, Classification, Outbound, is_time};
pub use refusal::Refusal;
pub use shape::{Collections, Values};
pub use sign_in::{Device, MobileAgent, MobileMode, SignIn};
pub use spec::{
    Password, SignOnMode, SignOnSpec, WEB_APPLICATION, WorldFileError, WorldSpec, WrapUp,
    WrapUpMode,
};
pub use system::SystemStatus;
pub use tree::Tree;
pub use updates::{Publication, UpdateFormat};
pub use view::{AgentView, CallView, PartyView, QueueView, Statistics, TeamView, WorldView};
pub use world::{SharedWorld, World};
