//! Payloads of every kind.

use case::{
    AttrPattern, ChildPattern, Control, ElementPattern, FrameLength, FramePattern, HeaderPattern,
    HttpBody, HttpHead, Payload, Piece, StartLine, Template, TextRule, Token,
};
use proptest::prelude::*;
use stanza::{Name, ns};

use super::at;
use super::text::{Use, template};

pub(crate) fn payload() -> BoxedStrategy<Payload> {
    prop_oneof![
        6 => (element(), prop::option::weighted(0.1, 2..9_u32)).prop_map(|(root, fragments)| Payload::Xml { root, fragments }),
        2 => http().prop_map(Payload::Http),
        1 => template(Use::String).prop_map(Payload::Text),
        1 => template(Use::String).prop_map(Payload::Binary),
        1 => template(Use::String).prop_map(Payload::Bytes),
        1 => template(Use::String).prop_map(Payload::Ping),
        1 => template(Use::String).prop_map(Payload::Pong),
        1 => frame().prop_map(Payload::Frame),
        1 => close(),
        1 => prop_oneof![Just(Payload::Eof), Just(Payload::Reset)],
    ].boxed()
}

pub(crate) fn element() -> BoxedStrategy<ElementPattern> {
    let text = template(Use::Xml).prop_filter("no text", |text| !text.pieces.is_empty());
    let leaf = (name(), attrs(), control(), prop::option::of(text.prop_map(ChildPattern::Text)))
        .prop_map(|(name, attrs, control, text)| {
            element_of(name, attrs, control, text.into_iter().collect())
        });
    leaf.prop_recursive(4, 16, 4, |inner| {
        let text = template(Use::Xml).prop_filter("no text", |text| !text.pieces.is_empty());
        let child = prop_oneof![4 => inner.prop_map(ChildPattern::Element), 1 => text.prop_map(ChildPattern::Text)];
        (name(), attrs(), control(), prop::collection::vec(child, 0..4)).prop_map(|(name, attrs, control, mut children)| {
            children.dedup_by(|a, b| matches!((a, b), (ChildPattern::Text(_), ChildPattern::Text(_))));
            element_of(name, attrs, control, children)
        })
    }).boxed()
}

fn element_of(
    name: Name,
    attrs: Vec<AttrPattern>,
    control: Control,
    children: Vec<ChildPattern>,
) -> ElementPattern {
    ElementPattern { name, span: 0..0, attrs, children, control }
}

fn name() -> BoxedStrategy<Name> {
    let namespace = prop::sample::select(vec![
        "",
        ns::CLIENT,
        ns::STREAMS,
        ns::XML,
        "urn:example:a&b",
        "urn:\"quoted\"",
    ]);
    (namespace, "[a-zé][a-z0-9.-]{0,6}")
        .prop_map(|(namespace, local)| Name::new(namespace, local))
        .boxed()
}

fn attrs() -> BoxedStrategy<Vec<AttrPattern>> {
    let namespace = prop_oneof![6 => Just(""), 1 => Just(ns::XML), 1 => Just(ns::STREAMS), 1 => Just("urn:example:x"), 1 => Just("urn:example:y")];
    let value = prop_oneof![
        8 => template(Use::Xml),
        1 => Just(Template { pieces: vec![Piece::Token(at(Token::Absent))], span: 0..0 }),
    ];
    let attr = (namespace, "[a-z][a-z0-9]{0,6}", value).prop_map(|(namespace, local, value)| {
        AttrPattern { name: Name::new(namespace, local), span: 0..0, value }
    });
    prop::collection::vec(attr, 0..5)
        .prop_map(|attrs| {
            let mut unique: Vec<AttrPattern> = Vec::new();
            for attr in attrs {
                if attr.name.local != "xmlns" && unique.iter().all(|known| known.name != attr.name)
                {
                    unique.push(attr);
                }
            }
            unique
        })
        .boxed()
}

fn control() -> BoxedStrategy<Control> {
    let rarely = || prop::bool::weighted(0.1);
    (rarely(), rarely(), rarely(), rarely())
        .prop_map(|(closed, absent, optional, any_text)| Control {
            closed,
            absent,
            optional,
            text: if any_text { TextRule::Any } else { TextRule::AsWritten },
        })
        .boxed()
}

fn word(text: &str) -> Template {
    Template { pieces: vec![Piece::Text(text.to_owned())], span: 0..0 }
}

fn http() -> BoxedStrategy<HttpHead> {
    let target = template(Use::Word).prop_map(|mut target| {
        match target.pieces.first_mut() {
            Some(Piece::Text(first)) => first.insert(0, '/'),
            _ => target.pieces.insert(0, Piece::Text("/".to_owned())),
        }
        target
    });
    let request = ("[A-Z]{3,7}", target).prop_map(|(method, target)| StartLine::Request {
        method: word(&method),
        target,
        version: word("HTTP/1.1"),
    });
    let reason = prop::option::of(
        template(Use::Line).prop_filter("no reason", |reason| !reason.pieces.is_empty()),
    );
    let response = (100..600_u16, reason).prop_map(|(status, reason)| StartLine::Response {
        version: word("HTTP/1.1"),
        status: word(&status.to_string()),
        reason,
    });
    let name = prop_oneof![4 => "[A-Za-z][A-Za-z-]{0,12}", 1 => Just("{other headers}".to_owned())];
    let header = (name, template(Use::Line)).prop_map(|(name, value)| HeaderPattern {
        name,
        span: 0..0,
        value,
    });
    let body = prop::option::weighted(
        0.4,
        prop_oneof![
            template(Use::String).prop_map(HttpBody::Octets),
            element().prop_map(HttpBody::Xml),
        ],
    );
    (prop_oneof![request, response], prop::collection::vec(header, 0..5), body)
        .prop_map(|(start, headers, body)| HttpHead { start, headers, body })
        .boxed()
}

fn frame() -> BoxedStrategy<FramePattern> {
    let length = prop_oneof![
        Just(FrameLength::Seven),
        Just(FrameLength::Sixteen),
        Just(FrameLength::SixtyFour),
        (65..u64::MAX).prop_map(FrameLength::Lie),
    ];
    (
        any::<Option<bool>>(),
        prop::option::of(0..8_u8),
        prop::option::of(0..16_u8),
        any::<Option<bool>>(),
        prop::option::of(length),
        prop::option::of(template(Use::String)),
    )
        .prop_map(|(fin, rsv, opcode, mask, length, payload)| FramePattern {
            fin,
            rsv,
            opcode,
            mask,
            length,
            payload,
        })
        .boxed()
}

fn close() -> BoxedStrategy<Payload> {
    let any = Template { pieces: vec![Piece::Token(at(Token::Any { capture: None }))], span: 0..0 };
    let code = prop_oneof![(1000..5000_u16).prop_map(|code| word(&code.to_string())), Just(any)];
    prop_oneof![
        Just(Payload::Close { code: None, reason: None }),
        (code, prop::option::of(template(Use::String)))
            .prop_map(|(code, reason)| Payload::Close { code: Some(code), reason }),
    ]
    .boxed()
}
