//! The messages that supervisors have sent to teams (Cisco DevNet, "TeamMessage").

use std::time::Duration;

use contact::{AgentView, Tree};

/// The messages of supervisors, until each has been shown for its time.
#[derive(Debug, Default)]
pub(crate) struct Messages {
    pub(crate) list: Vec<Message>,
    pub(crate) sent: u64,
}

#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) id: u64,
    pub(crate) by: AgentView,
    pub(crate) at: Duration,
    /// When it was sent, in seconds since 1970.
    pub(crate) seconds: u64,
    pub(crate) duration: Duration,
    pub(crate) content: String,
    pub(crate) teams: Vec<String>,
}

impl Messages {
    pub(crate) fn expire(&mut self, now: Duration) {
        self.list.retain(|message| now < message.at + message.duration);
    }
}

impl Message {
    pub(crate) fn document(&self) -> Tree {
        let by = [
            Tree::leaf("id", self.by.id.as_str()),
            Tree::leaf("firstName", self.by.first_name.as_str()),
            Tree::leaf("lastName", self.by.last_name.as_str()),
        ];
        let teams = self.teams.iter().map(|team| Tree::leaf("team", team.as_str()));
        let fields = [
            Tree::leaf("uri", format!("/finesse/api/TeamMessage/{}", self.id)),
            Tree::number("id", self.id),
            Tree::branch("createdBy", by),
            Tree::number("createdAt", self.seconds),
            Tree::number("duration", self.duration.as_secs()),
            Tree::leaf("content", self.content.as_str()),
            Tree::branch("teams", teams),
        ];
        Tree::branch("TeamMessage", fields)
    }
}
