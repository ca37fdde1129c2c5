//! The score by area, and its differences as text.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::cause;
use crate::compare::{Difference, Kind, Message, Outcome};
use crate::recording::Recording;

/// How many causes are told, and how much of a message.
const CAUSES: usize = 60;
const LENGTH: usize = 700;

/// The score of an area.
#[derive(Default, Clone, Copy)]
pub(crate) struct Score {
    pub(crate) conversations: usize,
    pub(crate) equal: usize,
    pub(crate) messages: usize,
    pub(crate) messages_equal: usize,
    pub(crate) extra: usize,
}

impl Score {
    pub(crate) fn add(&mut self, outcome: &Outcome) {
        self.conversations += 1;
        self.equal += usize::from(outcome.differences.is_empty());
        self.messages += outcome.wanted;
        self.messages_equal += outcome.equal;
        self.extra +=
            outcome.differences.iter().filter(|difference| difference.kind == Kind::Extra).count();
    }

    fn plus(self, other: Self) -> Self {
        Self {
            conversations: self.conversations + other.conversations,
            equal: self.equal + other.equal,
            messages: self.messages + other.messages,
            messages_equal: self.messages_equal + other.messages_equal,
            extra: self.extra + other.extra,
        }
    }
}

/// The scores as a table, with a line for all.
pub(crate) fn table(scores: &BTreeMap<&str, Score>) -> String {
    let mut table = format!(
        "{:<8} {:>14} {:>16} {:>10} {:>16} {:>7}\n",
        "area", "conversations", "equal", "messages", "equal", "extra"
    );
    let all = scores.values().fold(Score::default(), |sum, score| sum.plus(*score));
    for (area, score) in scores.iter().map(|(area, score)| (*area, *score)).chain([("all", all)]) {
        let Score { conversations, equal, messages, messages_equal, extra } = score;
        let (share, message_share) =
            (percent(equal, conversations), percent(messages_equal, messages));
        let _ = writeln!(
            table,
            "{area:<8} {conversations:>14} {equal:>8} {share:>5.1} % {messages:>10} {messages_equal:>8} {message_share:>5.1} % {extra:>6}"
        );
    }
    table
}

#[expect(clippy::cast_precision_loss, reason = "counts of messages are small")]
fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}

/// Each difference of a recording.
pub(crate) fn differences(recording: &Recording, outcome: &Outcome) -> String {
    let mut text = String::new();
    for difference in &outcome.differences {
        let Difference { step, connection, kind, wanted, got } = difference;
        let line = wanted.as_ref().map_or_else(String::new, |wanted| format!(":{}", wanted.line));
        let operation = recording.steps.get(*step).and_then(|step| step.operation.as_ref());
        let sent = operation.map_or_else(String::new, |operation| {
            let said = operation.act.to_string();
            format!("{}> {}", operation.connection, shown(&said))
        });
        let show = |message: &Option<Message>| {
            message.as_ref().map_or_else(|| "-".to_owned(), |message| shown(&message.text))
        };
        let _ = writeln!(
            text,
            "{}{line} step {step} {connection} {kind:?}\n    sent {sent}\n    want {}\n    got  {}",
            recording.name,
            show(wanted),
            show(got)
        );
    }
    text
}

fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(LENGTH).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// Differences by cause.
#[derive(Default)]
pub(crate) struct Causes(BTreeMap<String, Cause>);

#[derive(Default)]
struct Cause {
    messages: usize,
    recordings: BTreeSet<String>,
    /// Recordings of which it is the first difference, and those of which it is the only cause.
    first: usize,
    alone: usize,
    example: String,
}

impl Causes {
    pub(crate) fn add(&mut self, recording: &Recording, outcome: &Outcome) {
        let differences = outcome.differences.iter();
        let signatures: Vec<String> =
            differences.map(|difference| cause::signature(recording, difference)).collect();
        let kinds: BTreeSet<&String> = signatures.iter().collect();
        for (index, signature) in signatures.iter().enumerate() {
            let cause = self.0.entry(signature.clone()).or_default();
            cause.messages += 1;
            cause.recordings.insert(recording.name.clone());
            cause.first += usize::from(index == 0);
            cause.alone += usize::from(index == 0 && kinds.len() == 1);
            if cause.example.is_empty() {
                let line = outcome.differences[index].wanted.as_ref().map_or(0, |text| text.line);
                cause.example = format!("{}:{line}", recording.name);
            }
        }
    }

    pub(crate) fn join(&mut self, other: Self) {
        for (signature, cause) in other.0 {
            let known = self.0.entry(signature).or_default();
            known.messages += cause.messages;
            known.recordings.extend(cause.recordings);
            known.first += cause.first;
            known.alone += cause.alone;
            if known.example.is_empty() {
                known.example = cause.example;
            }
        }
    }

    /// The commonest causes.
    pub(crate) fn report(&self) -> String {
        let mut causes: Vec<(&String, &Cause)> = self.0.iter().collect();
        causes
            .sort_by_key(|(_, cause)| std::cmp::Reverse((cause.recordings.len(), cause.messages)));
        let mut text =
            format!("{} causes; conversations, first in, alone in, messages\n", causes.len());
        for (signature, cause) in causes.into_iter().take(CAUSES) {
            let Cause { messages, recordings, first, alone, example } = cause;
            let count = recordings.len();
            let _ = writeln!(
                text,
                "{count:>5} {first:>5} {alone:>5} {messages:>6}  {signature}  e.g. {example}"
            );
        }
        text
    }
}
