//! The cost of a message grows with its size and no faster, whatever it is made of.
//!
//! Each kind of message is read, masked, printed and answered in two sizes. The time that the
//! thread has had on a processor is compared, not the time that has passed.

use std::time::Duration;

use stanza::{Rules, ns};
use wire::{Frame, opcode};

use super::robust::UPGRADE;
use crate::accounts::Directory;
use crate::engine::{Engine, Peer};
use crate::numbers::ConnectionId;
use crate::profile::Profile;
use crate::spelling::{echo, stanza_text};

/// The pieces of the shorter message.
const PIECES: usize = 400;

/// The longer message has so many times as many pieces. Work that grows with the square takes 144
/// times as long.
const TIMES: usize = 12;

/// The longer message may take so many times as long as the shorter.
const PATIENCE: u32 = 48;

/// Work that takes less than this is not compared: caches and the allocator decide it.
const TOO_SHORT: Duration = Duration::from_millis(1);

/// Attributes and content of a message with so many pieces.
type Shape = fn(usize) -> String;

/// Something that is done with a message.
type Work = fn(&str);

/// A request with so many pieces, and its name.
type Request<'a> = (&'static str, Box<dyn Fn(usize) -> String + 'a>);

fn each(pieces: usize, piece: impl Fn(usize) -> String) -> String {
    (0..pieces).map(piece).collect()
}

/// All that can be many in a message: behind `<message` and before `</message>`.
const SHAPES: [(&str, Shape); 16] = [
    ("attributes", |n| format!("{}>", each(n, |i| format!(" a{i}='v'")))),
    ("attributes of many namespaces", |n| {
        let declared = each(n, |i| format!(" xmlns:p{i}='urn:{i}'"));
        format!("><x{declared}{}/>", each(n, |i| format!(" p{i}:a='v'")))
    }),
    ("the same attribute", |n| format!("{}>", " a='v'".repeat(n))),
    ("declarations", |n| format!("{}>", each(n, |i| format!(" xmlns:p{i}='urn:{i}'")))),
    ("declarations inside", |n| format!("><x{}/>", each(n, |i| format!(" xmlns:p{i}='urn:{i}'")))),
    ("declarations in use", |n| {
        let declared = each(n, |i| format!(" xmlns:p{i}='urn:{i}'"));
        format!("><x{declared}>{}</x>", each(n, |i| format!("<p{i}:y/>")))
    }),
    ("one prefix declared anew", |n| {
        format!("><x>{}</x>", each(n, |i| format!("<p:y xmlns:p='urn:{i}'/>")))
    }),
    ("prefixes that nothing declares", |n| format!("><x>{}</x>", "<p:y/>".repeat(n))),
    ("children", |n| format!(">{}", "<y/>".repeat(n))),
    ("depth", |n| {
        let nested = format!("{}{}", "<y>".repeat(50), "</y>".repeat(50));
        format!(">{}", nested.repeat(n / 50))
    }),
    ("text between children", |n| format!(">{}", "t<y/>".repeat(n))),
    ("references", |n| format!("><x>{}</x>", "&amp;&#65;".repeat(n))),
    ("references in a value", |n| format!("><x a='{}'/>", "&amp;&#65;".repeat(n))),
    ("ampersands", |n| format!("><x a='{}'/>", "&".repeat(n))),
    ("comments", |n| format!("><x>{}</x>", "t<!-- c -->".repeat(n))),
    ("sections", |n| format!("><x>{}</x>", "t<![CDATA[&]]>".repeat(n))),
];

/// The work on a message.
const WORK: [(&str, Work); 5] = [
    ("parse and print", |message| {
        if let Ok(element) = stanza::parse(message) {
            stanza::print(&element);
        }
    }),
    ("pretty", |message| {
        if let Ok(element) = stanza::parse(message) {
            stanza::pretty(&element);
        }
    }),
    ("mask", |message| {
        mask::message(&format!("{message}<!-- auth -->"), true);
    }),
    ("write as Openfire", |message| {
        if let Ok((element, _)) = stanza::parse_with(message, &Rules::OPENFIRE) {
            stanza_text(&element, "");
            element.children().for_each(|child| drop(echo(child, ns::CLIENT)));
        }
    }),
    ("answer", answer),
];

/// Lets an engine of each dialect answer a message before and after the login.
fn answer(message: &str) {
    for profile in [Profile::finesse(), Profile::strict()] {
        for is_logged_in in [false, true] {
            let (mut engine, id) = client(profile.clone(), is_logged_in);
            say(&mut engine, id, message);
        }
    }
}

fn client(profile: Profile, is_logged_in: bool) -> (Engine, ConnectionId) {
    const LOGIN: [&str; 5] = [
        "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='d' version='1.0'/>",
        "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGEAYg==</auth>",
        "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='d' version='1.0'/>",
        "<iq xmlns='jabber:client' type='set' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>r</resource></bind></iq>",
        "<presence xmlns='jabber:client'/>",
    ];
    let mut accounts = Directory::default();
    accounts.add("a", "b");
    let mut engine = super::engine("d", profile, accounts);
    let id = engine.accept(Duration::ZERO, Peer::default());
    engine.receive(Duration::ZERO, id, UPGRADE);
    for message in &LOGIN[..if is_logged_in { 5 } else { 1 }] {
        say(&mut engine, id, message);
    }
    (engine, id)
}

fn say(engine: &mut Engine, id: ConnectionId, message: &str) {
    let frame = Frame::new(opcode::TEXT, message).masked([7; 4]);
    engine.receive(Duration::ZERO, id, &frame.encode());
    super::outputs(engine);
}

/// How long this thread has had a processor. Where the kernel does not say, nothing is compared.
fn processor_time() -> Duration {
    // The kernel counts when a thread yields.
    std::thread::yield_now();
    let known = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = known.and_then(|text| text.split_whitespace().next()?.parse().ok());
    nanoseconds.map_or(Duration::ZERO, Duration::from_nanos)
}

/// The shorter of two times that the work takes.
fn cost(work: Work, message: &str) -> Duration {
    let once = || {
        let before = processor_time();
        work(message);
        processor_time().saturating_sub(before)
    };
    std::iter::repeat_with(once).take(2).min().unwrap_or_default()
}

#[test]
fn a_message_of_twelve_times_the_size_takes_twelve_times_as_long() {
    const STANZAS: [(&str, &str); 2] = [
        ("<message xmlns='jabber:client' to='a@d/r'", "</message>"),
        ("<iq xmlns='jabber:client' to='d' type='get' id='1'", "</iq>"),
    ];
    let mut wrong = Vec::new();
    for (shape, content) in SHAPES {
        for (head, tail) in STANZAS {
            let message = |pieces| format!("{head}{}{tail}", content(pieces));
            let (short, long) = (message(PIECES), message(PIECES * TIMES));
            assert!(long.len() < 1 << 20, "{shape} fits into a message");
            for (work, done) in WORK {
                let (little, much) = (cost(done, &short), cost(done, &long));
                if much > TOO_SHORT * TIMES as u32 && much > little * PATIENCE {
                    wrong.push(format!("{work}, {shape}: {little:?} and {much:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Requests in which one thing is named again and again.
#[test]
fn a_request_takes_no_longer_for_what_is_kept_already() {
    let request = |namespace: &str, content: &str| {
        format!(
            "<iq xmlns='jabber:client' type='set' id='1' to='pubsub.d'><pubsub xmlns='{namespace}'>{content}</pubsub></iq>"
        )
    };
    let items = |n: usize| each(n, |i| format!("<item id='{i}'><x xmlns='y'/></item>"));
    let configured = "<create node='n'/><configure><x xmlns='jabber:x:data' type='submit'><field var='pubsub#persist_items'><value>1</value></field><field var='pubsub#max_items'><value>1000</value></field></x></configure>";
    let people =
        |n: usize| each(n, |i| format!("<affiliation jid='p{i}@d' affiliation='publisher'/>"));
    let steps: [Request<'_>; 5] = [
        (
            "publish",
            Box::new(|n| request(ns::PUBSUB, &format!("<publish node='n'>{}</publish>", items(n)))),
        ),
        (
            "read",
            Box::new(|n| request(ns::PUBSUB, &format!("<items node='n'>{}</items>", items(n)))),
        ),
        (
            "retract",
            Box::new(|n| {
                request(
                    ns::PUBSUB,
                    &format!("<retract node='n'>{}</retract>", "<item id='1'/>".repeat(n)),
                )
            }),
        ),
        (
            "last owner",
            Box::new(|n| {
                let again = "<affiliation jid='a@d' affiliation='none'/>".repeat(n);
                request(
                    ns::PUBSUB_OWNER,
                    &format!("<affiliations node='n'>{}{again}</affiliations>", people(n / 4)),
                )
            }),
        ),
        (
            "private data",
            Box::new(|n| {
                let asked = "<x xmlns='y'/>".repeat(n);
                format!(
                    "<iq xmlns='jabber:client' type='get' id='1'><query xmlns='jabber:iq:private'>{asked}</query></iq>"
                )
            }),
        ),
    ];
    let mut wrong = Vec::new();
    for (what, message) in &steps {
        let taken = |pieces: usize| {
            let once = || {
                let (mut engine, id) = client(Profile::finesse(), true);
                say(&mut engine, id, &request(ns::PUBSUB, configured));
                say(
                    &mut engine,
                    id,
                    &request(ns::PUBSUB, &format!("<publish node='n'>{}</publish>", items(1000))),
                );
                let message = message(pieces);
                assert!(message.len() < 1 << 20, "{what} fits into a message");
                let before = processor_time();
                say(&mut engine, id, &message);
                processor_time().saturating_sub(before)
            };
            std::iter::repeat_with(once).take(2).min().unwrap_or_default()
        };
        let (little, much) = (taken(PIECES), taken(PIECES * TIMES));
        if much > TOO_SHORT * TIMES as u32 && much > little * PATIENCE {
            wrong.push(format!("{what}: {little:?} and {much:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
