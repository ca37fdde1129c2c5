//! Turns the events of a case into a body in the notation, by named rules, so that two runs that
//! mean the same read the same.
//!
//! | rule | what it does |
//! | --- | --- |
//! | N1 | works on the parsed tree, never on text |
//! | N2 | known values of the target are shown by name: `{domain}`, `{agent.user}` |
//! | N3 | values made up by a peer become numbered placeholders per kind: `{stream-id#1}`; equal value, equal number |
//! | N4 | ids that the case chose stay literal; those that it has from a notification are numbered |
//! | N5 | HTTP header names are lower-case and sorted; only those of the handshake, of credentials and of ranges keep their values |
//! | N6 | the reason phrase is dropped, the status kept |
//! | N7 | attributes are sorted by namespace and name |
//! | N8 | prefixes other than `stream:` and `xml:` become default namespaces |
//! | N9 | white space between elements is dropped, text is kept exactly |
//! | N10 | `<a></a>` and `<a/>` are one |
//! | N11 | one element a line, attributes wrapped beyond 100 columns (done by the printer of the notation) |
//! | N12 | SASL responses and credentials of HTTP are shown in words (done by the mask, before anything is stored) |
//! | N13 | the caps hash becomes `{caps#1}`; its node stays |
//! | N14 | text that is itself XML, escaped once, is shown as the element it holds |
//! | N16 | lists that are sets are sorted |
//! | N17 | `xml:lang` is kept on `<open/>` and dropped elsewhere when it is the same |
//! | N18 | a message received in several frames says so |
//! | N19 | control frames are kept |
//! | N20 | lines of different connections are ordered by the steps of the case, then by name |
//! | N22 | close code and side are kept, and how TCP ended |
//! | N23 | long text becomes its length and a hash |
//! | N24 | unknown elements are never dropped |
//! | N25 | what is said by timer, and the answer to it, is folded into one remark |
//! | N26 | times of day in XML that is text (N14), in bodies of HTTP, and in what a client reports, are `{*}`: two of them may or may not be the same |
//! | N27 | of several close frames of a server on one connection the first is kept: an echo after its own close comes or not, as it hears ours in time |
//! | N28 | the epilogue is left out where the target says that it is not the same in each run |
//! | N29 | of what a client reports, that is kept which a step asked for: when anything else comes is chance |
//! | N30 | the payload of a ping that the side under test made up is a number: `{ping#1}`; its pong has the same |
//! | N31 | the body of an HTTP message whose type is XML is shown as the element that it is |
//! | N32 | a client's requests for SystemInfo, which no step asked for, are left out with their answers: clients make them by timer |
//! | N33 | the frames of a Java stack trace in the body of an HTTP message are left out: they depend on the Java runtime, and on the thread that ran |

mod http;
mod names;
mod report;
mod xml;

use case::{
    Arrow, Fact, FrameLength, FramePattern, Item, Payload, Source, Spanned, Step, StepKind,
    Template,
};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use crate::event::{EPILOGUE, Event, EventKind, Side};
use crate::recording::Recording;
use names::Names;

/// Version of the rules; it stands in the head of each snapshot.
pub const VERSION: u32 = 2;

/// The normalised body of a recording, printed in the notation.
pub fn body(recording: &Recording) -> String {
    case::print_body(&items(recording))
}

/// The normalised body of a recording as a tree.
pub fn items(recording: &Recording) -> Vec<Item> {
    let told = recording.events.len().saturating_sub(recording.about.tail);
    let mut events: Vec<&Event> = recording.events[..told].iter().collect();
    if recording.about.ends_vary {
        leave_out_the_end(&mut events);
    }
    // N20. The sort is stable, so each connection keeps its own order.
    events.sort_by(|a, b| (a.step, &a.conn).cmp(&(b.step, &b.conn)));
    let mut names = Names::new(&recording.about, &events);
    let source = Arc::new(Source { path: PathBuf::new(), text: String::new() });
    let step = |kind| Item::Step(Step { kind, span: 0..0, source: Arc::clone(&source) });
    let mut closed = BTreeSet::new();
    let mut items: Vec<Item> = events
        .iter()
        .filter(|event| !event.timer && !is_unasked_report(event))
        .filter(|event| !is_another_close(event, &mut closed))
        .map(|event| step(line(event, &mut names)))
        .collect();
    let folded: Vec<&str> =
        events.iter().filter(|event| event.timer).filter_map(|event| by_timer(event)).collect();
    if !folded.is_empty() {
        items.push(Item::Comment(format!("by timer: {}", folded.join(", "))));
    }
    items
}

/// Leaves out the epilogue of each connection, from our own first message in it on (rule N28).
/// Events before it stay, except for the server's own end, of which more or less has come by then.
fn leave_out_the_end(events: &mut Vec<&Event>) {
    let is_ours = |event: &&&Event| event.step == EPILOGUE && event.who == Side::Client;
    let mut begun: BTreeMap<&str, u64> = BTreeMap::new();
    for event in events.iter().filter(is_ours) {
        let first = begun.entry(&event.conn).or_insert(event.micros);
        *first = event.micros.min(*first);
    }
    events.retain(|event| {
        let end = begun.get(event.conn.as_str());
        let is_end =
            matches!(event.said, EventKind::Close { .. } | EventKind::Eof | EventKind::Reset);
        event.step != EPILOGUE || (!is_end && end.is_none_or(|end| event.micros < *end))
    });
}

/// Whether the server has sent a close frame on this connection before (rule N27); `closed` holds
/// the connections with one.
fn is_another_close<'e>(event: &'e Event, closed: &mut BTreeSet<&'e str>) -> bool {
    match (&event.said, event.who) {
        (EventKind::Connect { .. }, _) => {
            closed.remove(event.conn.as_str());
            false
        }
        (EventKind::Close { .. }, Side::Server) => !closed.insert(event.conn.as_str()),
        _ => false,
    }
}

/// Whether a client reports something that no step asked for (rule N29).
fn is_unasked_report(event: &Event) -> bool {
    matches!(event.said, EventKind::Report { .. }) && !event.claimed
}

/// One event as one line of the notation.
fn line(event: &Event, names: &mut Names) -> StepKind {
    let conn = Spanned::new(event.conn.clone(), 0..0);
    let payload = match &event.said {
        EventKind::Connect { tls } => {
            return StepKind::Fact { conn, within: None, fact: Fact::Connect { tls: *tls } };
        }
        EventKind::Http { head, login, body } => {
            Payload::Http(http::message(head, login.as_ref(), body.as_ref(), names))
        }
        EventKind::Text { text, fragments, login } => match xml::read(text) {
            Some(element) => Payload::Xml {
                root: xml::element(element, login.as_ref(), names),
                fragments: (*fragments > 1).then_some(*fragments),
            },
            None => Payload::Text(names.text(text)),
        },
        EventKind::Binary { payload } => Payload::Binary(names.octets(&payload.0)),
        EventKind::Bytes { payload } => Payload::Bytes(names.octets(&payload.0)),
        EventKind::Ping { payload } => Payload::Ping(names.ping(&payload.0)),
        EventKind::Pong { payload } => Payload::Pong(names.ping(&payload.0)),
        EventKind::Frame { fin, rsv, opcode, mask, form, lie, payload } => {
            let usual_mask = event.who == Side::Client;
            let length = match (lie, form) {
                (Some(lie), _) => Some(FrameLength::Lie(*lie)),
                (None, Some(7)) => Some(FrameLength::Seven),
                (None, Some(16)) => Some(FrameLength::Sixteen),
                (None, Some(_)) => Some(FrameLength::SixtyFour),
                (None, None) => None,
            };
            Payload::Frame(FramePattern {
                fin: Some(*fin),
                rsv: (*rsv != 0).then_some(*rsv),
                opcode: Some(*opcode),
                mask: (*mask != usual_mask).then_some(*mask),
                length,
                payload: Some(names.octets(&payload.0)),
            })
        }
        EventKind::Close { code, reason } => Payload::Close {
            code: code.map(|code| Template::from(code.to_string())),
            reason: (!reason.is_empty()).then(|| names.text(reason)),
        },
        EventKind::Report { report } => {
            return StepKind::Reports { conn, within: None, report: report::report(report, names) };
        }
        EventKind::Eof => Payload::Eof,
        EventKind::Reset => Payload::Reset,
    };
    let arrow = match event.who {
        Side::Client => Arrow::ToServer,
        Side::Server => Arrow::ToClient,
    };
    StepKind::Say { conn, arrow, within: None, payload }
}

/// The remark on a message by timer; nothing for answers to one.
fn by_timer(event: &Event) -> Option<&'static str> {
    match (&event.said, event.who) {
        // A client's request for SystemInfo, and the answer.
        (EventKind::Http { .. }, _) => None,
        (EventKind::Ping { .. }, Side::Server) => Some("ping"),
        (EventKind::Text { text, .. }, Side::Server) if text.contains("jabber:iq:version") => {
            Some("version query")
        }
        (EventKind::Text { text, .. }, Side::Server) if text.contains("urn:xmpp:ping") => {
            Some("XMPP ping")
        }
        (EventKind::Ping { .. }, Side::Client) => Some("ping of the client"),
        (EventKind::Pong { .. }, _) => None,
        (_, Side::Server) => Some("query"),
        (_, Side::Client) => None,
    }
}
