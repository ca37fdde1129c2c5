//! Tests of the normaliser: one for each rule, named after it, and what holds for every recording.

mod generate;
mod rules_names;
mod rules_wire;
mod rules_xml;
mod spelt;
mod written;

use crate::{About, Event, Known, Place, Recording, Said, Who, body};

/// A message on the connection `agent`; each event is a step of its own unless a test sets another.
fn event(who: Who, said: Said) -> Event {
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

fn text(text: &str) -> Said {
    Said::Text { text: text.to_owned(), fragments: 1, login: None }
}

fn client(message: &str) -> Event {
    event(Who::Client, text(message))
}

fn server(message: &str) -> Event {
    event(Who::Server, text(message))
}

fn known(name: &str, value: &str, place: Place) -> Known {
    Known { name: name.to_owned(), value: value.to_owned(), place }
}

/// A recording of these events, in which `known` values have names.
fn recording(known: Vec<Known>, events: Vec<Event>) -> Recording {
    Recording { about: About { known, ..About::default() }, events }
}

/// The body of these events, for a target without known values.
fn said(events: impl IntoIterator<Item = Event>) -> String {
    body(&recording(Vec::new(), events.into_iter().collect()))
}
