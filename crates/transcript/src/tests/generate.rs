//! Generates recordings of all events, with odd text, braces, invisible characters and invalid
//! UTF-8.

use proptest::prelude::*;
use stanza::{Element, Node, ns};

use crate::{
    Event, EventKind, Generated, KnownValue, Masked, MaskedArg, Octets, Recording, RecordingHead,
    Side, ValueContext,
};

/// Any recording that the suite could have made.
pub(super) fn recording() -> BoxedStrategy<Recording> {
    let about =
        (prop::collection::vec(known(), 0..4), prop::collection::vec(generated(), 0..3)).prop_map(
            |(known, generated)| RecordingHead { known, generated, ..RecordingHead::default() },
        );
    (about, prop::collection::vec(event(), 0..8))
        .prop_map(|(about, events)| Recording { about, events })
        .boxed()
}

fn event() -> BoxedStrategy<Event> {
    let who = prop_oneof![Just(Side::Client), Just(Side::Server)];
    (
        "[a-z][a-z0-9_-]{0,4}",
        who,
        0..4_usize,
        any::<u64>(),
        any::<bool>(),
        prop::bool::weighted(0.1),
    )
        .prop_flat_map(|(conn, who, step, micros, claimed, timer)| {
            said(who).prop_map(move |said| Event {
                conn: conn.clone(),
                who,
                step,
                micros,
                octets: 7,
                claimed,
                timer,
                said,
            })
        })
        .boxed()
}

fn said(who: Side) -> BoxedStrategy<EventKind> {
    prop_oneof![
        1 => any::<bool>().prop_map(|tls| EventKind::Connect { tls }),
        2 => http(who),
        4 => xml(),
        1 => login(),
        2 => (odd_text(), 1..4_u32).prop_map(|(text, fragments)| EventKind::Text { text, fragments, login: None }),
        1 => octets().prop_map(|payload| EventKind::Binary { payload }),
        1 => octets().prop_map(|payload| EventKind::Bytes { payload }),
        1 => octets().prop_map(|payload| EventKind::Ping { payload }),
        1 => octets().prop_map(|payload| EventKind::Pong { payload }),
        1 => frame(),
        1 => close(),
        1 => prop_oneof![Just(EventKind::Eof), Just(EventKind::Reset)],
    ]
    .boxed()
}

/// Text of all sorts, some long, some with the values of generated names.
fn odd_text() -> BoxedStrategy<String> {
    prop_oneof![
        4 => "[ -~é{}\n\t\u{0}\u{85}\u{a0}\u{200b}\u{202e}\u{feff}\u{1f600}]{0,30}",
        2 => "(x\\.test|1001|@|/User/|[{}\" ]|zz[0-9]){0,8}",
        1 => "[a-z>{} \n]{120,300}",
        1 => (4000..4200_usize).prop_map(|len| "{y".repeat(len / 2)),
        1 => any::<String>(),
    ]
    .boxed()
}

fn octets() -> BoxedStrategy<Octets> {
    prop_oneof![
        2 => odd_text().prop_map(String::into_bytes),
        2 => prop::collection::vec(any::<u8>(), 0..20),
        1 => (4090..4100_usize).prop_map(|len| vec![0xfe; len]),
    ]
    .prop_map(Octets)
    .boxed()
}

fn known() -> BoxedStrategy<KnownValue> {
    let name = prop::sample::select(vec!["domain", "agent.user", "ws.path"]);
    let place = prop_oneof![
        Just(ValueContext::Anywhere),
        Just(ValueContext::Before("@".to_owned())),
        Just(ValueContext::After("/User/".to_owned())),
    ];
    let value = prop_oneof![3 => "x\\.test|1001|\\{|/User/", 1 => "[ -~]{0,3}"];
    (name, value, place)
        .prop_map(|(name, value, place)| KnownValue { name: name.to_owned(), value, place })
        .boxed()
}

fn generated() -> BoxedStrategy<Generated> {
    ("([a-z][a-z0-9-]{0,4}\\.)?[a-z][a-z0-9]{0,4}", "zz[0-9]|[ -~]{0,4}")
        .prop_map(|(name, value)| Generated { name, value })
        .boxed()
}

/// A head as the wire's own parser gives it: names are tokens, values have neither line breaks nor
/// blanks at their ends.
fn http(who: Side) -> BoxedStrategy<EventKind> {
    let kept = prop::sample::select(vec!["Host", "UPGRADE", "sec-websocket-key", "Connection"]);
    let name = prop_oneof![kept.prop_map(str::to_owned), "[A-Za-z!#$%&'*+.^_`|~-]{1,8}"];
    let value =
        "[ -~é\t\u{85}\u{a0}\u{200b}\u{feff}{}]{0,20}".prop_map(|value| value.trim().to_owned());
    let headers = prop::collection::vec((name, value), 0..6).prop_map(|headers| {
        headers.iter().map(|(name, value)| format!("\n{name}: {value}")).collect::<String>()
    });
    let start = match who {
        Side::Client => "[A-Z]{3,7} /[!-~é{}\u{200b}]{0,12} HTTP/1\\.[01]",
        Side::Server => "HTTP/1\\.[01] [1-5][0-9][0-9]( [ -~é]{0,10})?",
    };
    (start, headers, prop::option::of(octets()))
        .prop_map(|(start, headers, body)| EventKind::Http {
            head: format!("{}{headers}", start.trim_end()),
            login: None,
            body,
        })
        .boxed()
}

fn xml() -> BoxedStrategy<EventKind> {
    (element(), 1..4_u32)
        .prop_map(|(element, fragments)| EventKind::Text {
            text: stanza::print(&element),
            fragments,
            login: None,
        })
        .boxed()
}

fn element() -> BoxedStrategy<Element> {
    let name = prop::sample::select(vec![
        (ns::CLIENT, "iq"),
        (ns::STREAMS, "features"),
        (ns::SASL, "mechanisms"),
        (ns::PUBSUB, "subscriptions"),
        (ns::PUBSUB, "subscription"),
        (ns::FRAMING, "open"),
        (ns::BIND, "jid"),
        (ns::BIND, "resource"),
        (ns::XML, "odd"),
        (ns::CAPS, "c"),
        ("", "none"),
        ("urn:a&b\"'", "odd"),
    ]);
    let attr = prop::sample::select(vec![
        ("", "id"),
        ("", "ver"),
        ("", "subid"),
        ("", "from"),
        (ns::XML, "lang"),
        ("urn:other", "x"),
        (ns::STREAMS, "y"),
    ]);
    let text = || "[ -~é{}\n\t\r\u{85}\u{a0}\u{200b}\u{feff}]{0,12}|zz[0-9]|x\\.test|a@x/zz[0-9]| {1,3}|[ \n]?<b c='[{}x<]'>[y{}]{0,2}(<c/>|&lt;d/&gt;)?</b> ?";
    let attrs = prop::collection::btree_map(attr, text(), 0..4);
    let leaf = (name, attrs, prop::option::of(text())).prop_map(|((space, local), attrs, text)| {
        let mut element = Element::new(space, local);
        for ((space, local), value) in attrs {
            element = element.with_attr_ns(space, local, value);
        }
        element.nodes.extend(text.filter(|text| !text.is_empty()).map(Node::Text));
        element
    });
    leaf.clone()
        .prop_recursive(3, 12, 4, move |inner| {
            let node =
                prop_oneof![3 => inner.prop_map(Node::Element), 1 => text().prop_map(Node::Text)];
            (leaf.clone(), prop::collection::vec(node, 0..4)).prop_map(|(mut element, nodes)| {
                element.nodes.extend(nodes);
                element
            })
        })
        .boxed()
}

fn login() -> BoxedStrategy<EventKind> {
    let arg = prop_oneof![
        prop::sample::select(vec!["agent.user", "agent.password"])
            .prop_map(|name| MaskedArg::Variable(name.to_owned())),
        odd_text().prop_map(MaskedArg::Text),
    ];
    let masked = prop_oneof![
        prop::collection::vec(arg.clone(), 2..4)
            .prop_map(|args| Masked { function: "plain".to_owned(), args }),
        prop::collection::vec(arg, 1..6)
            .prop_map(|args| Masked { function: "base64".to_owned(), args }),
    ];
    masked
        .prop_map(|masked| EventKind::Text {
            text: format!("<auth xmlns='{}' mechanism='PLAIN'></auth>", ns::SASL),
            fragments: 1,
            login: Some(masked),
        })
        .boxed()
}

fn frame() -> BoxedStrategy<EventKind> {
    let form = prop::option::of(prop::sample::select(vec![7_u8, 16, 64]));
    // The notation reads the lengths 7, 16 and 64 as forms, so no case can announce them falsely.
    let lie =
        prop::option::of(any::<u64>().prop_filter("a form", |lie| ![7, 16, 64].contains(lie)));
    (any::<bool>(), 0..8_u8, 0..16_u8, any::<bool>(), form, lie, octets())
        .prop_map(|(fin, rsv, opcode, mask, form, lie, payload)| EventKind::Frame {
            fin,
            rsv,
            opcode,
            mask,
            form,
            lie,
            payload,
        })
        .boxed()
}

fn close() -> BoxedStrategy<EventKind> {
    prop_oneof![
        Just(EventKind::Close { code: None, reason: String::new() }),
        (any::<u16>(), odd_text())
            .prop_map(|(code, reason)| EventKind::Close { code: Some(code), reason }),
    ]
    .boxed()
}
