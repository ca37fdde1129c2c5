//! SystemInfo against the WebSocket: where one server says two things, and the effect on clients.

use remote::{Access, Error, Url};
use serde::Serialize;

use crate::{ProbeReport, ProbeStep, SystemInfo};

/// One thing of which SystemInfo and the WebSocket say different things.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Disagreement {
    /// Its subject: `domain`.
    pub what: &'static str,
    /// By SystemInfo.
    pub told: String,
    /// On the WebSocket.
    pub found: String,
    /// The effect on clients, one line.
    pub means: String,
}

impl ProbeReport {
    /// All disagreements; none without SystemInfo.
    pub fn disagreements(&self) -> Vec<Disagreement> {
        let Some(system) = &self.facts.system else { return Vec::new() };
        let all = [self.domain(system), self.pubsub(system), self.node(system), self.duty(system)];
        all.into_iter().flatten().collect()
    }

    /// The complaint about a target file that names another domain than the server does; one line.
    pub fn wrong_domain(&self, access: &Access) -> Option<String> {
        let told = access.domain.as_deref()?;
        let (told, found) = different(told, self.facts.domain.as_deref())?;
        Some(format!(
            "the target is said to have the domain {told}, and the server says that its domain is \
             {found}: correct `domain` (of the target's file, or of the command line), or leave \
             it out to have the server asked"
        ))
    }

    fn domain(&self, system: &SystemInfo) -> Option<Disagreement> {
        let (told, found) = different(&system.domain, self.facts.domain.as_deref())?;
        let means = "clients that take the domain from SystemInfo open their streams to it, and \
                     send it their pings: the server may refuse both. The host was renamed in one \
                     place and not in the other?";
        Some(Disagreement { what: "domain", told, found, means: means.to_owned() })
    }

    fn pubsub(&self, system: &SystemInfo) -> Option<Disagreement> {
        let (told, found) = different(&system.pubsub, self.facts.pubsub.as_deref())?;
        let means = "clients that take the service from SystemInfo subscribe at an address that \
                     does not answer, and get no events";
        Some(Disagreement { what: "pubsub", told, found, means: means.to_owned() })
    }

    fn node(&self, system: &SystemInfo) -> Option<Disagreement> {
        let domain = self.facts.domain.as_deref()?;
        let host = Url::parse(&self.url).ok().map(|url| url.host);
        let is_here = |node: &str| {
            let own = [Some(domain), host.as_deref()];
            own.into_iter().flatten().any(|own| own.eq_ignore_ascii_case(node))
        };
        let nodes: Vec<&str> = system.nodes().collect();
        if nodes.is_empty() || nodes.iter().copied().any(is_here) {
            return None;
        }
        let means = "clients that fail over by SystemInfo leave this server for another one, and \
                     never come back: which node is it?";
        let (told, found) = (nodes.join(", "), domain.to_owned());
        Some(Disagreement { what: "nodes", told, found, means: means.to_owned() })
    }

    fn duty(&self, system: &SystemInfo) -> Option<Disagreement> {
        let (found, means) = match &self.trouble {
            Some((_, Error::Login(_))) => return None,
            Some((stage, trouble)) if !system.is_out_of_service() => (
                format!("broke at {}: {trouble}", stage.word()),
                "agents sign in and hear of nothing: the notification service is down, or not to \
                 be reached by this way, and Finesse has not noticed",
            ),
            None if system.is_out_of_service() && self.has_done(ProbeStep::Login) => (
                "logs accounts in".to_owned(),
                "clients that look at the WebSocket alone stay, and get no events: they must look \
                 at SystemInfo first, and go to the node that is in service",
            ),
            _ => return None,
        };
        let told = system.status.clone();
        Some(Disagreement { what: "service", told, found, means: means.to_owned() })
    }
}

/// Both texts, if both are known and differ in more than the case of their letters.
fn different(told: &str, found: Option<&str>) -> Option<(String, String)> {
    let found = found.filter(|found| !found.is_empty() && !told.is_empty())?;
    (!told.eq_ignore_ascii_case(found)).then(|| (told.to_owned(), found.to_owned()))
}
