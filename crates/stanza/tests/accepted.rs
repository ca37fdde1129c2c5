//! Accepted texts: their trees and the places of their parts.

use stanza::{ChildSpans, Element, Node, Rules, Spans, ns, parse, parse_spanned, parse_with};

#[test]
fn xml_that_xmpp_allows() {
    let body = |text: &str| Element::new("", "a").with_text(text);
    for (input, expected) in [
        ("<a>&lt;&gt;&amp;&apos;&quot;&#65;&#x1F600;</a>", body("<>&'\"A😀")),
        ("<a>x\r\ny\rz</a>", body("x\ny\nz")),
        ("<a>x&#13;y</a>", body("x\ry")),
        ("<a>]]&gt;</a>", body("]]>")),
        ("<a>1<![CDATA[<b>&amp;\r\n]]>2</a>", body("1<b>&amp;\n2")),
        ("<a>\u{FEFF}</a>", body("\u{FEFF}")),
        ("<a></a >\n", Element::new("", "a")),
        ("<a><![CDATA[]]></a>", Element::new("", "a")),
        (
            "<a x = 'a\tb\r\nc&#10;' y='>'/>",
            Element::new("", "a").with_attr("x", "a b c\n").with_attr("y", ">"),
        ),
        ("<a xml:lang='en'/>", Element::new("", "a").with_attr_ns(ns::XML, "lang", "en")),
        (
            "<a xmlns='u'><b xmlns=''/></a>",
            Element::new("u", "a").with_child(Element::new("", "b")),
        ),
        ("<p:a xmlns:p='u&amp;v' x='1'/>", Element::new("u&v", "a").with_attr("x", "1")),
        ("<a xmlns:xml='http://www.w3.org/XML/1998/namespace'/>", Element::new("", "a")),
    ] {
        assert_eq!(parse(input).as_ref(), Ok(&expected), "{input:?}");
    }
}

#[test]
fn white_space_between_elements_is_kept() {
    let a = parse("<a>\n <b/> </a>").unwrap();
    let expected =
        [Node::Text("\n ".into()), Node::Element(Element::new("", "b")), Node::Text(" ".into())];
    assert_eq!(a.nodes, expected);
}

#[test]
fn cdata_stays_apart_where_the_rules_say_so() {
    let rules = Rules { cdata: true, ..Rules::STRICT };
    let (a, spans) = parse_with("<a>1<![CDATA[<b>]]><![CDATA[]]>2</a>", &rules).unwrap();
    let text = |text: &str| Node::Text(text.to_owned());
    let cdata = |text: &str| Node::Cdata(text.to_owned());
    assert_eq!(a.nodes, [text("1"), cdata("<b>"), cdata(""), text("2")]);
    assert_eq!(a.text(), "1<b>2");
    assert_eq!(spans.children, [3..4, 4..19, 19..31, 31..32].map(ChildSpans::Text));
    assert_eq!(stanza::print(&a), "<a>1&lt;b&gt;2</a>");
}

#[test]
fn prefixes_can_be_bound_from_outside() {
    let rules = Rules { bound: &[("t", "urn:tests")], ..Rules::STRICT };
    let (a, _) = parse_with("<a t:x='1'><b xmlns:t='u' t:x='2'/><t:c/></a>", &rules).unwrap();
    assert_eq!(a.attr_ns("urn:tests", "x"), Some("1"));
    assert_eq!(a.child("", "b").unwrap().attr_ns("u", "x"), Some("2"));
    assert!(a.child("urn:tests", "c").is_some());
}

#[test]
fn spans_point_at_what_they_name() {
    let input = "<s:a xmlns:s='u' x = \"1&amp;2\" s:y=''>é<![CDATA[x]]>&lt;<b/>\n<c>t</c ></s:a> ";
    let (_, spans) = parse_spanned(input).unwrap();
    assert_eq!(&input[spans.whole.clone()], input.trim_end());
    assert_eq!(&input[spans.name.clone()], "s:a");
    let names: Vec<&str> = spans.attr_names.iter().map(|span| &input[span.clone()]).collect();
    assert_eq!(names, ["x", "s:y"]);
    let values: Vec<&str> = spans.attrs.iter().map(|span| &input[span.clone()]).collect();
    assert_eq!(values, ["1&amp;2", ""]);
    let children: Vec<&str> = spans.children.iter().map(|child| &input[range(child)]).collect();
    assert_eq!(children, ["é<![CDATA[x]]>&lt;", "<b/>", "\n", "<c>t</c >"]);
    let ChildSpans::Element(Spans { children, .. }) = &spans.children[3] else {
        panic!("{spans:?}")
    };
    assert_eq!(&input[range(&children[0])], "t");
}

fn range(child: &ChildSpans) -> std::ops::Range<usize> {
    match child {
        ChildSpans::Element(spans) => spans.whole.clone(),
        ChildSpans::Text(span) => span.clone(),
    }
}
