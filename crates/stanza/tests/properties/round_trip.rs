//! Printing and parsing undo each other, and no text makes the parser panic.

use crate::near_xml;
use proptest::prelude::*;
use proptest::sample::select;
use stanza::{
    Attribute, ChildSpans, Element, Name, Node, Rules, Spans, ns, parse, parse_prefix,
    parse_spanned, parse_with, pretty, print,
};

fn name() -> BoxedStrategy<Name> {
    let space = select(vec!["", "jabber:client", ns::STREAMS, "urn:a&b\"<"]);
    (space, select(vec!["a", "features", "é"]))
        .prop_map(|(space, local)| Name::new(space, local))
        .boxed()
}

fn attributes() -> BoxedStrategy<Vec<Attribute>> {
    let space = select(vec!["", "", ns::XML, ns::STREAMS, "urn:a", "urn:b"]);
    let attribute = (space, select(vec!["x", "y", "lang"]), chars())
        .prop_map(|(space, local, value)| Attribute { name: Name::new(space, local), value });
    prop::collection::vec(attribute, 0..4)
        .prop_map(|attributes| {
            let mut unique: Vec<Attribute> = Vec::new();
            for attribute in attributes {
                if unique.iter().all(|known| known.name != attribute.name) {
                    unique.push(attribute);
                }
            }
            unique
        })
        .boxed()
}

/// Text of characters that XML allows.
fn chars() -> BoxedStrategy<String> {
    let telling = select(vec![
        '\r', '\n', '\t', ' ', '<', '>', '&', '"', '\'', ']', '\u{FEFF}', '\u{85}', '\u{A0}', 'é',
    ]);
    let any = any::<char>().prop_filter("not in XML", |c| {
        matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
    });
    prop::collection::vec(prop_oneof![telling, any], 0..6).prop_map(String::from_iter).boxed()
}

fn tree() -> BoxedStrategy<Element> {
    let leaf = (name(), attributes(), chars())
        .prop_map(|(name, attrs, text)| element(name, attrs, vec![Node::Text(text)]));
    leaf.prop_recursive(4, 24, 4, |inner| {
        let node = prop_oneof![
            2 => inner.prop_map(Node::Element),
            1 => select(vec!["", " ", "\n  "]).prop_map(|text| Node::Text(text.into())),
            1 => chars().prop_map(Node::Text),
        ];
        (name(), attributes(), prop::collection::vec(node, 0..4))
            .prop_map(|(name, attrs, nodes)| element(name, attrs, nodes))
    })
    .boxed()
}

/// An element as a parser would give it: no empty texts, none beside another.
fn element(name: Name, attrs: Vec<Attribute>, nodes: Vec<Node>) -> Element {
    let mut joined: Vec<Node> = Vec::new();
    for node in nodes {
        match (joined.last_mut(), node) {
            (_, Node::Text(text)) if text.is_empty() => {}
            (Some(Node::Text(before)), Node::Text(text)) => before.push_str(&text),
            (_, node) => joined.push(node),
        }
    }
    Element { name, attrs, nodes: joined, spelling: None }
}

/// A tree without the order of attributes and white space between elements.
fn essence(tree: &Element) -> Element {
    let mut attrs = tree.attrs.clone();
    attrs.sort_by(|a, b| (&a.name.ns, &a.name.local).cmp(&(&b.name.ns, &b.name.local)));
    let blank = |node: &Node| matches!(node, Node::Text(text) if text.trim_matches([' ', '\t', '\r', '\n']).is_empty());
    let only_elements = tree.children().count() > 0
        && tree.nodes.iter().all(|node| blank(node) || matches!(node, Node::Element(_)));
    let nodes = tree
        .nodes
        .iter()
        .filter(|node| !(only_elements && blank(node)))
        .map(|node| match node {
            Node::Element(child) => Node::Element(essence(child)),
            Node::Text(text) | Node::Cdata(text) | Node::Comment(text) => Node::Text(text.clone()),
        })
        .collect();
    Element { name: tree.name.clone(), attrs, nodes, spelling: None }
}

fn check_spans(input: &str, element: &Element, spans: &Spans) {
    let named = |span: &std::ops::Range<usize>, local: &str| {
        let written = &input[span.clone()];
        assert_eq!(written.rsplit(':').next(), Some(local));
    };
    let whole = &input[spans.whole.clone()];
    assert!(whole.starts_with(&format!("<{}", &input[spans.name.clone()])) && whole.ends_with('>'));
    named(&spans.name, &element.name.local);
    assert_eq!(
        (spans.attrs.len(), spans.attr_names.len()),
        (element.attrs.len(), element.attrs.len())
    );
    for ((attr, value), name) in element.attrs.iter().zip(&spans.attrs).zip(&spans.attr_names) {
        named(name, &attr.name.local);
        let around = &input[value.start - 1..value.end + 1];
        assert_eq!(
            parse(&format!("<a x={around}/>")).expect("a value in quotes").attr("x"),
            Some(attr.value.as_str())
        );
    }
    assert_eq!(spans.children.len(), element.nodes.len());
    for (node, child) in element.nodes.iter().zip(&spans.children) {
        match (node, child) {
            (Node::Element(child), ChildSpans::Element(spans)) => check_spans(input, child, spans),
            (Node::Text(text), ChildSpans::Text(span)) => {
                assert_eq!(
                    parse(&format!("<a>{}</a>", &input[span.clone()])).expect("text alone").text(),
                    *text
                );
            }
            _ => panic!("{node:?} is not at {child:?}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parse_undoes_print(tree in tree()) {
        let text = print(&tree);
        prop_assert_eq!(parse(&text), Ok(tree), "{}", text);
    }

    #[test]
    fn parse_undoes_pretty_but_for_order_and_blanks(tree in tree()) {
        let text = pretty(&tree);
        let again = parse(&text).unwrap();
        prop_assert_eq!(essence(&again), essence(&tree), "{}", text);
        prop_assert_eq!(pretty(&again), text);
    }

    #[test]
    fn pretty_sees_no_spelling(tree in tree()) {
        prop_assert_eq!(pretty(&essence(&tree)), pretty(&tree));
    }

    #[test]
    fn print_undoes_parse_but_for_spelling(input in near_xml::damaged()) {
        if let Ok(tree) = parse(&input) {
            prop_assert_eq!(parse(&print(&tree)), Ok(tree));
        }
    }

    #[test]
    fn spans_tell_the_truth(input in near_xml::damaged()) {
        if let Ok((element, spans)) = parse_spanned(&input) {
            check_spans(&input, &element, &spans);
        }
    }

    #[test]
    fn no_text_is_too_odd(input in prop_oneof![near_xml::soup(), near_xml::damaged(), any::<String>()]) {
        for rules in [Rules::STRICT, Rules::OPENFIRE] {
            for refusal in [parse_with(&input, &rules).err(), parse_prefix(&input, &rules).err()].into_iter().flatten() {
                prop_assert!(input.is_char_boundary(refusal.offset), "{:?}", refusal);
            }
        }
        if let Ok((element, end)) = parse_prefix(&input, &Rules::OPENFIRE) {
            let (again, _) = parse_prefix(&input[..end], &Rules::OPENFIRE).unwrap();
            prop_assert_eq!(again, element);
        }
    }
}
