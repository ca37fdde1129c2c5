//! Explains a recorded conversation: at which step it broke, and whose fault it is.
//!
//! [`read`] makes a [`Conversation`] of files of any format. [`Explanation::new`] finds its steps
//! and what is wrong with it; no password, token or cookie enters an explanation.

pub mod conversation;
mod findings;
mod format;
mod ladder;
mod login;
mod secret;
mod seen;
mod session;
mod show;
mod step;
mod update;

mod explanation;

pub use conversation::Conversation;
pub use explanation::Explanation;
pub use findings::{Finding, Rule, Weight, rules};
pub use format::{Options, Unreadable, from_octets, read};
pub use ladder::{Rung, State};
pub use login::user;
pub use secret::without_secrets;
pub use seen::{Cut, cuts};
pub use show::{html, json, text};
pub use step::{Fault, Step};
