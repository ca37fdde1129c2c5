//! The explanation of a conversation: steps, findings, and the verdict.

use crate::conversation::{Connection, Conversation, Side, Source};
use crate::findings::{Finding, Weight, findings};
use crate::ladder::{self, Rung, State};
use crate::secret::Mask;
use crate::seen::Seen;

/// The most messages of a connection that are shown.
const MOST: usize = 2_000;

/// A conversation, explained. Every text in it is masked.
#[derive(Debug, Clone)]
pub struct Explanation {
    pub(crate) sources: Vec<Source>,
    /// The connections that the findings and steps speak of.
    pub(crate) connections: Vec<ShownConnection>,
    /// The mistakes, worst first; breakage comes before remarks.
    pub findings: Vec<Finding>,
    /// The steps of each connection in order.
    pub steps: Vec<Rung>,
}

/// A connection, as it is shown.
#[derive(Debug, Clone)]
pub(crate) struct ShownConnection {
    /// Its place in [`Conversation::connections`].
    pub(crate) index: usize,
    pub(crate) title: String,
    pub(crate) source: String,
    pub(crate) began: Option<i64>,
    pub(crate) messages: Vec<Line>,
    /// How many messages are left out.
    pub(crate) left_out: usize,
}

/// A message, as it is shown.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) at: Option<i64>,
    pub(crate) from: Side,
    pub(crate) text: String,
}

impl Explanation {
    /// Explains a conversation.
    pub fn new(conversation: &Conversation) -> Self {
        let seen = Seen::new(conversation);
        let mask = Mask::new(conversation);
        let mut findings = findings(&seen);
        for finding in &mut findings {
            finding.says = mask.text(&finding.says);
            finding.look = mask.text(&finding.look);
        }
        let mut steps = ladder::ladder(&seen, &mask);
        for rung in &mut steps {
            let broken = findings.iter().any(|finding| {
                finding.weight == Weight::Broken
                    && finding.connection == rung.connection
                    && finding.step == rung.step
            });
            if broken && rung.state == State::Done && !is_alone(rung) {
                rung.state = State::Broken;
            }
        }
        let mut sources = conversation.sources.clone();
        for source in &mut sources {
            source.format = mask.text(&source.format);
        }
        let connections = seen
            .sessions
            .iter()
            .map(|session| shown(session.index, session.connection, conversation, &mask))
            .collect();
        Self { sources, connections, findings, steps }
    }

    /// Whether nothing broke.
    pub fn is_good(&self) -> bool {
        self.first().is_none()
    }

    /// The verdict where nothing broke.
    pub(crate) fn all_good(&self) -> &'static str {
        match (&self.connections[..], &self.steps[..]) {
            ([], []) => "There is no conversation to explain",
            _ => "Nothing broke",
        }
    }

    /// The first thing that broke.
    pub fn first(&self) -> Option<&Finding> {
        self.findings.first().filter(|finding| finding.weight == Weight::Broken)
    }
}

/// Whether a rung is one of several of its step, and has a state of its own.
fn is_alone(rung: &Rung) -> bool {
    matches!(rung.title, "request" | "subscribe" | "REST" | "features" | "close")
}

fn shown(
    index: usize,
    connection: &Connection,
    conversation: &Conversation,
    mask: &Mask,
) -> ShownConnection {
    let source = conversation
        .sources
        .get(connection.source)
        .map(|source| source.name.clone())
        .unwrap_or_default();
    let title = if connection.url.host.is_empty() && connection.url.path.is_empty() {
        "a connection".to_owned()
    } else {
        mask.text(&connection.url.to_string())
    };
    let messages = connection.said.iter().take(MOST).map(|said| Line {
        at: said.at,
        from: said.from,
        text: ladder::said(&said.what, mask),
    });
    ShownConnection {
        index,
        title,
        source,
        began: connection.began,
        messages: messages.collect(),
        left_out: connection.said.len().saturating_sub(MOST),
    }
}
