//! Plays one side of a case against a target, and judges what was said.
//!
//! ```text
//! Library ─select→ cases ─play→ Recording + how far it came ─judge→ Verdict ─→ Reporter
//!                        ⇅ wire                      └─ snapshot ─→ drift
//! ```

mod accounts;
mod bindings;
pub mod client;
mod counterpart;
mod endurance;
mod judge;
mod known;
mod layers;
mod matching;
pub mod outcome;
mod plan;
mod play;
mod program;
mod readable;
mod restraint;
mod run;
mod scene;
mod snapshots;
mod speak;
mod target;
mod template;
#[cfg(test)]
mod tests;
mod tries;
pub mod verdict;

pub use counterpart::{Assumption, Counterpart, Output};
pub use known::known;
pub use layers::{BuiltIn, Folder, Found, Kind, Layers, Unreadable};
pub use plan::{Selector, Shard, select};
pub use program::{CALLED, program};
pub use readable::{readable, words};
pub use restraint::accounts_of as accounts;
pub use run::{Options, RunError, run};
pub use scene::{Action, EmptyStage, Promise, Scene, ServerUnderTest, Stage, Tested, Tls, Venue};
pub use snapshots::{BASELINE, REFERENCE, Snapshots};
pub use target::{
    Account, Deviation, Endpoint, Environment, Server, Setting, Settled, Target, TargetError, Unset,
};
