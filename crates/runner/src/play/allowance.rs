//! How much is said in a case before it is given up: a peer that never stops talking fills no
//! memory and no disk.

use case::{Item, StepKind};
use wire::Message;

use super::incoming::{Incoming, Received};

/// Octets that may come unasked; Openfire takes a message of one MiB.
const OCTETS: usize = 8 << 20;

/// Messages that may come unasked.
const MESSAGES: usize = 5000;

/// The allowance of each step of a case, in messages.
const FOR_A_STEP: usize = 100;

/// The allowance of each octet that the case says itself, in octets.
const FOR_AN_OCTET: usize = 4;

/// The weight of an element in a message, in octets: it takes more room than its letters do.
const ELEMENT: usize = 64;

/// The octets and messages that may still be said in a case.
#[derive(Debug)]
pub(super) struct Allowance {
    octets: usize,
    messages: usize,
    heard: (usize, usize),
}

impl Allowance {
    /// The allowance of a case with these steps.
    pub(super) fn of(steps: &[Item]) -> Self {
        Self { octets: OCTETS, messages: MESSAGES + FOR_A_STEP * count(steps), heard: (0, 0) }
    }

    /// The case has said so many octets itself.
    pub(super) fn raise(&mut self, octets: usize) {
        self.octets = self.octets.saturating_add(octets.saturating_mul(FOR_AN_OCTET));
    }

    /// So many octets came.
    pub(super) fn hear(&mut self, octets: usize) {
        self.heard.0 = self.heard.0.saturating_add(octets);
    }

    /// This is a message in what came. False when it is too much.
    pub(super) fn takes(&mut self, received: &Received) -> bool {
        self.take(size(received).saturating_sub(received.octets))
    }

    /// A message of so many octets came. False when it is too much.
    pub(super) fn take(&mut self, octets: usize) -> bool {
        self.hear(octets);
        self.heard.1 += 1;
        !self.is_exceeded()
    }

    /// Whether more was said than the case takes.
    pub(super) fn is_exceeded(&self) -> bool {
        self.heard.0 > self.octets || self.heard.1 > self.messages
    }
}

impl std::fmt::Display for Allowance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (octets, messages) = self.heard;
        if messages > self.messages {
            write!(f, "more than {} messages", self.messages)
        } else {
            write!(f, "more than {} MiB in {messages} messages", self.octets.min(octets) >> 20)
        }
    }
}

/// The steps in these, with those of blocks and fragments.
fn count(items: &[Item]) -> usize {
    let steps = items.iter().filter_map(Item::step);
    steps
        .map(|step| match &step.kind {
            StepKind::Used { body, .. } => count(body),
            StepKind::AnyOrder(items) | StepKind::Finally(items) => count(items),
            StepKind::OneOf { branches, .. } => {
                branches.iter().map(|branch| count(&branch.body)).sum()
            }
            _ => 1,
        })
        .sum()
}

/// The octets of a message, as it came or as it is without compression, whichever are more.
fn size(received: &Received) -> usize {
    let said = match &received.incoming {
        Incoming::Message { message, element, .. } => {
            let elements = element.as_ref().map_or(0, |element| ELEMENT * elements(element));
            elements + payload(message)
        }
        _ => 0,
    };
    said.max(received.octets)
}

fn payload(message: &Message) -> usize {
    match message {
        Message::Text(text) => text.len(),
        Message::Binary(payload) | Message::Ping(payload) | Message::Pong(payload) => payload.len(),
        Message::Close(_) => 0,
    }
}

fn elements(element: &stanza::Element) -> usize {
    1 + element.attrs.len() + element.children().map(elements).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use case::Source;

    use super::*;

    fn of(steps: &str) -> Allowance {
        let source = Arc::new(Source { path: "x.case".into(), text: steps.to_owned() });
        Allowance::of(&case::parse_body(source).unwrap())
    }

    #[test]
    fn a_case_that_says_and_asks_more_takes_more() {
        let mut allowance = of("a -> <x/>\nany order\n  a <- <b/>\n  a <- <c/>\n");
        assert_eq!(allowance.messages, MESSAGES + 3 * FOR_A_STEP);
        assert!(allowance.take(OCTETS));
        assert!(!allowance.take(1));
        assert_eq!(allowance.to_string(), "more than 8 MiB in 2 messages");
        allowance.raise(10);
        assert!(allowance.take(9));
        assert!(!allowance.take(31));
    }

    #[test]
    fn messages_without_octets_count_too() {
        let mut allowance = of("a -> <x/>\n");
        assert!((0..MESSAGES + FOR_A_STEP).all(|_| allowance.take(0)));
        assert!(!allowance.take(0));
        assert_eq!(allowance.to_string(), "more than 5100 messages");
    }
}
