//! The work of the normaliser grows as the recording does, whatever is in it.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use super::{client, known, recording, server};
use crate::{Event, EventKind, Generated, Octets, Recording, Side, ValueContext, body, readable};

/// A recording of so many things.
type Made = fn(usize) -> Recording;

/// So many messages of a chatty service, each with an id of its own.
fn chatty(count: usize) -> Recording {
    let message = |number: usize| {
        server(&format!(
            "<message xmlns='jabber:client' id='m-{number}' from='pubsub.x.test'><event xmlns='http://jabber.org/protocol/pubsub#event'><items node='/u/1001'><item id='item-{number}'>a-b c-d e-f {number}</item></items></event></message>"
        ))
    };
    recording(
        vec![known("domain", "x.test", ValueContext::Anywhere)],
        (0..count).map(message).collect(),
    )
}

/// So many requests of a client that makes up its ids, and their answers.
fn asked(count: usize) -> Recording {
    let ask = |number: usize| {
        let iq = |kind: &str| format!("<iq xmlns='jabber:client' type='{kind}' id='q-{number}'/>");
        [client(&iq("get")), server(&iq("result"))]
    };
    let mut recording = recording(Vec::new(), (0..count / 2).flat_map(ask).collect());
    let made_up = |number| Generated { name: "id".to_owned(), value: format!("q-{number}") };
    recording.about.generated = (0..count / 2).map(made_up).collect();
    recording
}

/// One message with so many elements.
fn elements(count: usize) -> Recording {
    recording(Vec::new(), vec![server(&format!("<a>{}</a>", "<b c='d'> </b>".repeat(count)))])
}

/// One message with so many attributes, each of a namespace of its own.
fn namespaces(count: usize) -> Recording {
    let attr = |number| format!(" xmlns:n{number}='urn:{number}' n{number}:a='b'");
    let attrs: String = (0..count).map(attr).collect();
    recording(Vec::new(), vec![server(&format!("<a{attrs}/>"))])
}

/// So many frames that are no messages.
fn octets(count: usize) -> Recording {
    let event = |number: usize| {
        let payload = Octets(number.to_string().into_bytes());
        Event {
            conn: format!("c{}", number % 7),
            ..super::event(Side::Server, EventKind::Bytes { payload })
        }
    };
    recording(Vec::new(), (0..count).map(event).collect())
}

/// The time of this thread alone, so that what else the machine does counts for little.
fn now() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap())
}

/// How long a recording takes, the shortest of three times.
fn time(recording: &Recording) -> Duration {
    let once = || {
        let began = now();
        let mut made = body(recording).len() + readable(recording).0.len();
        for event in &recording.events {
            if let EventKind::Text { text, .. } = &event.said {
                made += stanza::print(&stanza::parse(text).unwrap()).len();
            }
        }
        assert!(made > 0);
        now() - began
    };
    (0..3).map(|_| once()).min().unwrap_or_default()
}

#[test]
fn four_times_as_much_takes_four_times_as_long() {
    let recordings: [(&str, Made, usize); 5] = [
        ("chatty", chatty, 500),
        ("asked", asked, 1000),
        ("elements", elements, 1000),
        ("namespaces", namespaces, 1000),
        ("octets", octets, 2000),
    ];
    for (name, made, count) in recordings {
        let (one, four) = (time(&made(count)), time(&made(4 * count)));
        // Work that grows with the square takes sixteen times as long.
        assert!(four < one * 9, "{name}: {one:?} for {count}, {four:?} for four times as many");
    }
}
