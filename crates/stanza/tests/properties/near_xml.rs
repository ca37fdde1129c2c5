//! Texts that are XML, nearly XML, or made of its pieces, for the property tests.

use proptest::prelude::*;
use proptest::sample::{Index, select};

/// One element in any spelling that the grammar allows, and now and then an undeclared prefix or a
/// name twice.
pub(crate) fn document() -> BoxedStrategy<String> {
    let leaf = prop_oneof![4 => text(), 1 => tag().prop_map(|tag| format!("<{tag}/>"))];
    let content = leaf.prop_recursive(4, 24, 4, |inner| {
        (tag(), prop::collection::vec(inner, 0..4), select(vec!["", " ", "\r\n"])).prop_map(
            |(tag, content, space)| {
                let name = tag.split([' ', '\n', '\t']).next().unwrap_or_default();
                format!("<{tag}>{}</{name}{space}>", content.concat())
            },
        )
    });
    let declarations = select(vec![
        " xmlns:p='urn:p' xmlns:q=\"urn:q\" xmlns='jabber:client'",
        " xmlns:p='urn:p' xmlns:q='urn:p'",
        " xmlns:p=\"a&amp;b\" xmlns:q='urn:q'",
    ]);
    (declarations, prop::collection::vec(content, 0..4), select(vec!["", " ", "\n\n"]))
        .prop_map(|(declarations, content, tail)| {
            format!("<root{declarations}>{}</root>{tail}", content.concat())
        })
        .boxed()
}

/// A [`document`] with up to three faults in it.
pub(crate) fn damaged() -> BoxedStrategy<String> {
    let fault = (any::<Index>(), prop_oneof![2 => piece().prop_map(Some), 1 => Just(None)]);
    (document(), prop::collection::vec(fault, 1..4))
        .prop_map(|(document, faults)| {
            let mut chars: Vec<char> = document.chars().collect();
            for (place, insertion) in faults {
                let at = place.index(chars.len().max(1)).min(chars.len());
                match insertion {
                    Some(piece) => drop(chars.splice(at..at, piece.chars())),
                    None if at < chars.len() => drop(chars.remove(at)),
                    None => {}
                }
            }
            chars.into_iter().collect()
        })
        .boxed()
}

/// Pieces of XML in no order.
pub(crate) fn soup() -> BoxedStrategy<String> {
    prop::collection::vec(piece(), 0..12).prop_map(|pieces| pieces.concat()).boxed()
}

fn tag() -> BoxedStrategy<String> {
    let name = prop_oneof![
        12 => select(vec!["a", "b", "p:a", "q:a", "xml:a", "é", "a-1._", "_"]),
        1 => select(vec!["z:a", "1a", "a:b:c", "a$", ":a", "xmlns:a"]),
    ];
    let attribute = prop_oneof![
        16 => (select(vec!["x", "y", "p:x", "q:x", "xml:lang", "xmlns:p", "xmlns"]), value())
            .prop_map(|(name, value)| format!("{name}={value}")),
        2 => select(vec!["xmlns=''", "xmlns = \"u\"", "xmlns:xml='http://www.w3.org/XML/1998/namespace'", "x\n=\t'1'"])
            .prop_map(String::from),
        1 => select(vec!["x", "x=1", "z:x='1'", "xmlns:p=''", "xmlns:xml='u'", "xmlns:xmlns='u'", "x='", "1x='1'"])
            .prop_map(String::from),
    ];
    let space = select(vec![" ", "\n", "\t", "  "]);
    (name, prop::collection::vec((space, attribute), 0..3), select(vec!["", " "]))
        .prop_map(|(name, attributes, tail)| {
            let attributes: String = attributes
                .into_iter()
                .map(|(space, attribute)| space.to_owned() + &attribute)
                .collect();
            format!("{name}{attributes}{tail}")
        })
        .boxed()
}

fn value() -> BoxedStrategy<String> {
    (select(vec!['"', '\'']), prop::collection::vec(value_piece(), 0..3))
        .prop_map(|(quote, pieces)| {
            format!("{quote}{}{quote}", pieces.concat().replace(quote, "&#34;"))
        })
        .boxed()
}

fn value_piece() -> BoxedStrategy<&'static str> {
    prop_oneof![
        12 => select(vec!["v", "1", "é😀", " ", "\t", "\r\n", "\n", "\r", "&lt;", "&amp;", "&#10;", "&#x9;", "'", "\"", ">", "]]>"]),
        1 => select(vec!["<", "&", "&nbsp;", "&#0;", "\u{2}"]),
    ]
    .boxed()
}

fn text() -> BoxedStrategy<String> {
    let good = vec![
        "t",
        " ",
        "\n  ",
        "\r\n",
        "\r",
        "é😀",
        "&lt;",
        "&gt;",
        "&amp;",
        "&apos;",
        "&quot;",
        "&#65;",
        "&#x1F600;",
        "&#xD;",
        "'",
        "\"",
        ">",
        "]]",
        "<![CDATA[]]>",
        "<![CDATA[<&\r\n]]>",
        "<![CDATA[]]]]><![CDATA[>]]>",
        "\u{FEFF}",
        "\u{85}",
    ];
    let bad = vec![
        "]]>",
        "&",
        "&nbsp;",
        "&#1;",
        "\u{1}",
        "\u{FFFE}",
        "<!--c-->",
        "<?pi?>",
        "<?xml version='1.0'?>",
        "<!DOCTYPE a>",
    ];
    prop_oneof![24 => select(good), 1 => select(bad)].prop_map(String::from).boxed()
}

fn piece() -> BoxedStrategy<String> {
    prop_oneof![
        6 => select(vec![
            "<", ">", "/", "</", "/>", "=", "'", "\"", "&", ";", "!", "?", "-", "--", "[", "]", ":", "#", " ", "\n", "\r",
            "<a>", "</a>", "<a/>", "<p:a>", "</p:a>", "</root>", "<root>", "<!--", "-->", "<![CDATA[", "]]>", "<?", "?>",
            "<?xml", "<!DOCTYPE", "<!D", "<!", "xmlns", "xmlns:p='u'", " x='1'", "&#", "&#x", "&lt;", "\u{FEFF}", "\0",
        ])
        .prop_map(String::from),
        2 => text(),
        1 => tag(),
        1 => any::<char>().prop_map(String::from),
    ]
    .boxed()
}
