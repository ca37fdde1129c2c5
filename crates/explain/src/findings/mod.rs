//! The rules: what may be wrong with a conversation. One table names them all, worst first within
//! a step; each is a function of what was seen.

mod cause;
mod close;
mod events;
mod failover;
mod keepalive;
mod login;
mod network;
mod rest;
mod stanzas;
mod stream;
mod subscribe;
mod table;
mod turn;
mod upgrade;

use crate::seen::Seen;
use crate::session::Session;
use crate::step::{Fault, Step};

pub(crate) use table::RULES;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// The conversation broke there.
    Broken,
    /// Worth a look, and nothing broke by it, or the client recovered.
    Remark,
}

/// Something that is wrong, or worth a look.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule's name.
    pub rule: &'static str,
    pub weight: Weight,
    pub step: Step,
    pub fault: Fault,
    /// The other possible fault, where the file cannot tell the two apart.
    pub or: Option<Fault>,
    /// The event, in words.
    pub says: String,
    /// The place to look at.
    pub look: String,
    /// The case of the suite with the same demand.
    pub case: Option<&'static str>,
    /// The clause that demands it.
    pub clause: &'static str,
    /// The connection, by its place in [`Conversation::connections`](crate::Conversation).
    pub connection: Option<usize>,
    /// The message, by its place in `said` of its connection.
    pub said: Option<usize>,
    /// When it happened, in microseconds.
    pub at: Option<i64>,
}

/// A rule.
pub struct Rule {
    pub name: &'static str,
    /// The case of the suite that demands the same.
    pub case: Option<&'static str>,
    /// The clause; `vendor` where Cisco or Openfire alone says it.
    pub clause: &'static str,
    pub(crate) check: fn(&Seen<'_>) -> Vec<Hit>,
}

/// All rules, in the order of the table.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    RULES.iter()
}

/// A rule's answer.
pub(crate) struct Hit {
    step: Step,
    fault: Fault,
    or: Option<Fault>,
    weight: Weight,
    says: String,
    look: String,
    connection: Option<usize>,
    said: Option<usize>,
    at: Option<i64>,
}

impl Hit {
    pub(crate) fn new(step: Step, fault: Fault, says: impl Into<String>) -> Self {
        Self {
            step,
            fault,
            or: None,
            weight: Weight::Broken,
            says: says.into(),
            look: String::new(),
            connection: None,
            said: None,
            at: None,
        }
    }

    /// Sets the place to look at.
    pub(crate) fn look(mut self, look: impl Into<String>) -> Self {
        self.look = look.into();
        self
    }

    /// The file cannot tell this from another's fault.
    pub(crate) fn or(mut self, fault: Fault) -> Self {
        self.or = Some(fault);
        self
    }

    /// Nothing broke by it.
    pub(crate) fn remark(mut self) -> Self {
        self.weight = Weight::Remark;
        self
    }

    /// Nothing broke by it, if that is so.
    pub(crate) fn remark_if(self, is_so: bool) -> Self {
        if is_so { self.remark() } else { self }
    }

    /// On this connection.
    pub(crate) fn on(mut self, session: &Session<'_>) -> Self {
        self.connection = Some(session.index);
        self.at = self.at.or(session.connection.began);
        self
    }

    /// At this stanza.
    pub(crate) fn at(mut self, session: &Session<'_>, place: usize) -> Self {
        self.connection = Some(session.index);
        if let Some(stanza) = session.stanzas.get(place) {
            self.said = Some(stanza.said);
            self.at = stanza.at.or(session.connection.began);
        }
        self
    }

    /// At this time.
    pub(crate) fn when(mut self, at: Option<i64>) -> Self {
        self.at = at.or(self.at);
        self
    }
}

/// Failures of a WebSocket for which no rule has a word: the browser's own.
fn unexplained(seen: &Seen<'_>, found: &[(usize, Finding)]) -> Vec<Finding> {
    let is_told = |session: &Session<'_>| {
        found.iter().any(|(_, finding)| finding.connection == Some(session.index))
    };
    // A HAR has an entry without a status, and not always a word why.
    let failed = seen.sessions.iter().filter(|session| {
        let connection = session.connection;
        let upgrade = &connection.upgrade;
        let is_of_har = connection.sight.upgrade && !connection.sight.end;
        (upgrade.error.is_some() || is_of_har)
            && upgrade.status.is_none()
            && session.stanzas.is_empty()
            && !connection.is_bosh
            && !connection.tls.hidden
    });
    let any_told = seen.sessions.iter().any(is_told);
    let one = failed.filter(|session| !any_told && !is_told(session)).map(|session| {
        let error = session.connection.upgrade.error.as_deref().unwrap_or_default();
        Finding {
            rule: "unexplained",
            weight: if seen.recovers(session) { Weight::Remark } else { Weight::Broken },
            step: if error.contains("net::ERR_SSL") { Step::Tls } else { Step::Upgrade },
            fault: Fault::Server,
            or: Some(Fault::Proxy),
            says: if error.is_empty() {
                "The WebSocket never came about, and the file does not say why: no status, no error."
                    .to_owned()
            } else {
                format!("The WebSocket failed: {}", textual::clipped(error, 200))
            },
            look: "The console of the page, which has the reason: the certificate, the name, the port. Then the log of the server, and of what stands between.".to_owned(),
            case: None,
            clause: "RFC 6455 §4.1",
            connection: Some(session.index),
            said: None,
            at: session.connection.began,
        }
    });
    one.take(1).collect()
}

/// All findings, worst first: what broke in the order in which it did, then remarks.
pub(crate) fn findings(seen: &Seen<'_>) -> Vec<Finding> {
    let mut found: Vec<(usize, Finding)> = Vec::new();
    for (rank, rule) in RULES.iter().enumerate() {
        for hit in (rule.check)(seen) {
            let finding = Finding {
                rule: rule.name,
                weight: hit.weight,
                step: hit.step,
                fault: hit.fault,
                or: hit.or.filter(|other| *other != hit.fault),
                says: hit.says,
                look: hit.look,
                case: rule.case,
                clause: rule.clause,
                connection: hit.connection,
                said: hit.said,
                at: hit.at,
            };
            found.push((rank, finding));
        }
    }
    found.extend(unexplained(seen, &found).into_iter().map(|finding| (RULES.len(), finding)));
    // Of one connection the earliest step; of several the one that came first.
    found.sort_by_key(|(rank, one)| {
        (
            one.weight,
            one.connection.unwrap_or(usize::MAX),
            one.said.unwrap_or(usize::MAX),
            one.step,
            *rank,
        )
    });
    found.into_iter().map(|(_, finding)| finding).collect()
}
