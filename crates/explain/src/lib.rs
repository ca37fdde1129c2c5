//! Explains a recorded conversation: at which step it broke, and whose fault it is.
//!
//! [`read`] makes a [`Conversation`] of files of any format. [`Explanation::new`] finds its steps
//! and what is wrong with it; no password, token or cookie enters an explanation.

pub mod conversation;
mod findings;
mod format;
mod ladder;
mod login;
mod run;
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
pub use format::{Options, Unreadable, end_programs, from_octets, from_report, read};
pub use ladder::{Rung, State};
pub use login::user;
pub use run::{RedCase, Run};
pub use secret::without_secrets;
pub use seen::{Cut, cuts};
pub use show::{html, html_of_run, json, json_of_run, text, text_of_run};
pub use step::{Fault, Step};
