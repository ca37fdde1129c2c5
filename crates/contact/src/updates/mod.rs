//! The publications of the web application about changes: `<Update>` documents, as text in a
//! notification.
//!
//! The order of elements follows captures of real servers, else Cisco's samples. Clients
//! must not depend on it.

use stanza::Element;

use crate::documents;
use crate::tree::Tree;
use crate::{AgentView, CallView, Change, DialogEvent, QueueView, SystemStatus};

/// Differences between releases of Finesse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateFormat {
    /// `put` in place of `PUT`. Captures show upper case, and Cisco's desktop library compares with
    /// nothing else; Cisco's samples are in lower case.
    pub lower_case: bool,
    /// Whether an event has the id of its request. Cisco calls that best effort.
    pub fills_request_id: bool,
    /// The namespace of `<notification>`.
    pub namespace: String,
}

impl Default for UpdateFormat {
    fn default() -> Self {
        Self {
            lower_case: false,
            fills_request_id: true,
            namespace: "http://jabber.org/protocol/pubsub".to_owned(),
        }
    }
}

/// A payload and the node it goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// The path of the node.
    pub node: String,
    /// `<notification>` with the update as its text.
    pub payload: Element,
}

/// One `<Update>`, before it is text.
struct Update<'a> {
    event: &'static str,
    /// The element in `<data>`.
    data: Tree,
    request: &'a str,
    source: String,
}

impl Update<'_> {
    fn data(&self) -> Tree {
        Tree::branch("data", [self.data.clone()])
    }
}

impl UpdateFormat {
    /// The publications about a change, in order.
    pub fn publications(&self, change: &Change) -> Vec<Publication> {
        match change {
            Change::Agent { agent, request } => self.agent(agent, request),
            Change::Dialog { agent, event, call, request } => {
                vec![self.dialog(agent, *event, call, request)]
            }
            Change::Queue { queue, agents } => self.queue(queue, agents),
            Change::Error { agent, call, error, request } => {
                let user = format!("/finesse/api/User/{agent}");
                let (node, source) = match call {
                    None => (user.clone(), user),
                    Some(call) => {
                        (format!("{user}/Dialogs"), format!("/finesse/api/Dialog/{call}"))
                    }
                };
                let data = documents::error(error);
                let update = Update { event: "PUT", data, request, source };
                vec![self.published(node, self.error_text(&update))]
            }
        }
    }

    /// The publication about the status of a server.
    pub fn system_info(&self, status: SystemStatus) -> Publication {
        let node = "/finesse/api/SystemInfo".to_owned();
        let data = documents::system_info(status);
        let update = Update { event: "PUT", data, request: "", source: node.clone() };
        self.published(node, self.text(&update))
    }

    /// For the agent itself, then for subscribers of its team.
    fn agent(&self, agent: &AgentView, request: &str) -> Vec<Publication> {
        let source = format!("/finesse/api/User/{}", agent.id);
        let own = Update {
            event: "PUT",
            data: documents::user("user", agent),
            request,
            source: source.clone(),
        };
        let team = Update {
            event: "PUT",
            data: documents::team_member("user", agent),
            request: "",
            source: source.clone(),
        };
        vec![
            self.published(source, self.text(&own)),
            self.published(format!("/finesse/api/Team/{}/Users", agent.team.id), self.text(&team)),
        ]
    }

    /// The source is the collection when a call is added or removed, else the call.
    fn dialog(
        &self,
        agent: &str,
        event: DialogEvent,
        call: &CallView,
        request: &str,
    ) -> Publication {
        let node = format!("/finesse/api/User/{agent}/Dialogs");
        let list = |call| Tree::branch("dialogs", [documents::dialog("Dialog", call)]);
        let (event, data, source) = match event {
            DialogEvent::Post => ("POST", list(call), node.clone()),
            DialogEvent::Put => {
                ("PUT", documents::dialog("dialog", call), documents::dialog_uri(call))
            }
            DialogEvent::Delete => ("DELETE", list(call), node.clone()),
        };
        self.published(node, self.text(&Update { event, data, request, source }))
    }

    /// For subscribers of the queue, then for each agent that serves it.
    fn queue(&self, queue: &QueueView, agents: &[String]) -> Vec<Publication> {
        let node = format!("/finesse/api/Queue/{}", queue.id);
        let update = Update {
            event: "PUT",
            data: documents::queue("Queue", queue),
            request: "",
            source: node.clone(),
        };
        let text = self.text(&update);
        let own = agents.iter().map(|agent| format!("/finesse/api/User/{agent}/Queues"));
        [node].into_iter().chain(own).map(|node| self.published(node, text.clone())).collect()
    }

    fn text(&self, update: &Update<'_>) -> String {
        let [event, request, source] = self.envelope(update);
        Tree::branch("Update", [update.data(), event, request, source]).to_string()
    }

    /// In captures of errors, the event stands after the source.
    fn error_text(&self, update: &Update<'_>) -> String {
        let [event, request, source] = self.envelope(update);
        Tree::branch("Update", [update.data(), request, source, event]).to_string()
    }

    fn envelope(&self, update: &Update<'_>) -> [Tree; 3] {
        let event = if self.lower_case {
            update.event.to_ascii_lowercase()
        } else {
            update.event.to_owned()
        };
        let request = if self.fills_request_id { update.request } else { "" };
        [
            Tree::leaf("event", event),
            Tree::leaf("requestId", request),
            Tree::leaf("source", update.source.as_str()),
        ]
    }

    /// XML inside XML: when it is written, its texts are escaped twice.
    fn published(&self, node: String, update: String) -> Publication {
        let payload = Element::new(&self.namespace, "notification").with_text(update);
        Publication { node, payload }
    }
}

#[cfg(test)]
mod tests;
