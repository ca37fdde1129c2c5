//! Tests of the normaliser: one for each rule, named after it, and what holds for every recording.

mod generate;
#[cfg(unix)]
mod linear;
mod rules_names;
mod rules_wire;
mod rules_xml;
mod spelt;
mod written;

use crate::{Event, EventKind, KnownValue, Recording, RecordingHead, Side, ValueContext, body};

/// A message on the connection `agent`; each event is a step of its own unless a test sets another.
fn event(who: Side, said: EventKind) -> Event {
    Event {
        conn: "agent".to_owned(),
        who,
        step: 0,
        micros: 0,
        octets: 0,
        claimed: true,
        timer: false,
        said,
    }
}

fn text(text: &str) -> EventKind {
    EventKind::Text { text: text.to_owned(), fragments: 1, login: None }
}

fn client(message: &str) -> Event {
    event(Side::Client, text(message))
}

fn server(message: &str) -> Event {
    event(Side::Server, text(message))
}

fn known(name: &str, value: &str, place: ValueContext) -> KnownValue {
    KnownValue { name: name.to_owned(), value: value.to_owned(), place }
}

/// A recording of these events, in which `known` values have names.
fn recording(known: Vec<KnownValue>, events: Vec<Event>) -> Recording {
    Recording { about: RecordingHead { known, ..RecordingHead::default() }, events }
}

/// The body of these events, for a target without known values.
fn said(events: impl IntoIterator<Item = Event>) -> String {
    body(&recording(Vec::new(), events.into_iter().collect()))
}
