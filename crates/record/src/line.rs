//! Lines for a terminal: a step of a connection, or a message.

use std::time::Duration;

/// The side that a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    Client,
    Server,
    Nobody,
}

/// A line; passwords are masked, invisible characters are not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Since the recording began.
    pub at: Duration,
    /// The connection, from 1.
    pub connection: usize,
    /// The user that is logged in on it.
    pub user: Option<String>,
    pub speaker: Speaker,
    pub text: String,
    /// A message, and not a step of the conversation.
    pub is_message: bool,
}
