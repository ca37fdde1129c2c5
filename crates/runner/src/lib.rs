//! Plays one side of a case against a target, and judges what was said.
//!
//! ```text
//! Library ─select→ cases ─play→ Recording + how far it came ─judge→ CaseResult ─→ Reporter
//!                        ⇅ wire                      └─ snapshot ─→ drift
//! ```

mod accounts;
mod attempt;
mod bindings;
pub mod client;
mod compiled;
mod counterpart;
mod giving_up;
mod judge;
mod known;
mod layers;
mod matching;
mod owners;
mod password;
mod plan;
mod play;
mod retry;
mod run;
mod scene;
mod snapshots;
mod speak;
mod targets;
mod template;
#[cfg(test)]
mod tests;
mod unsupported;

pub use counterpart::{Assumption, Counterpart, Output, Passing};
pub use known::known;
pub use layers::{BuiltIn, Files, Folder, FoundFile, Kind, Layers, Unreadable};
pub use password::fresh_password;
pub use plan::{Selector, select};
pub use run::{Background, Options, RunError, run};
pub use scene::{Action, EmptyStage, Promise, Scene, ServerUnderTest, Stage, Tested, Tls, Venue};
pub use snapshots::{Baselines, Snapshots};
pub use targets::{
    Account, Deviation, Endpoint, Environment, RealServer, ResolvedServer, Server, Setting, Target,
    TargetError, UnsetVariables,
};
pub use unsupported::accounts_of as accounts;

/// Whether a pattern over ids is about a case: a pattern of its file holds over every transport.
fn is_of(pattern: &str, id: &str) -> bool {
    textual::is_like(pattern, id) || textual::is_like(pattern, case::file_id(id))
}
