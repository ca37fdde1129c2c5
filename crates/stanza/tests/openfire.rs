//! Openfire's leniency, frame by frame as recorded from version 4.4.4. Frames that it ignores are
//! errors here.

use stanza::{Rules, Spelling, parse_prefix, parse_with, print};

const PING: &str =
    r#"<iq xmlns="jabber:client" type="get" id="a1"><ping xmlns="urn:xmpp:ping"/></iq>"#;

#[track_caller]
fn processed(input: &str, expected: &str, used: usize) {
    match parse_prefix(input, &Rules::OPENFIRE) {
        Ok((element, end)) => {
            assert_eq!((print(&element).as_str(), end), (expected, used), "{input:?}")
        }
        Err(error) => panic!("{input:?}: {error}"),
    }
}

#[test]
fn what_precedes_the_element_is_skipped() {
    for before in [
        "\u{FEFF}",
        "  \n",
        "<?xml version='1.0'?>",
        "\u{FEFF}<?xml version='1.0' encoding='UTF-8'?>\n",
        "<!-- hi -->",
        "<?php x?>",
        r#"<!DOCTYPE iq [<!ENTITY b "c">]>"#,
        "<?xml version='1.0'?> <!-- hi --> <!DOCTYPE iq> <?php x?>",
    ] {
        processed(&format!("{before}{PING}"), PING, before.len() + PING.len());
    }
}

#[test]
fn what_follows_the_element_is_dropped() {
    for after in ["\n\n", PING, "</stream:stream>", "<a", "&", "\u{1}", "text"] {
        processed(&format!("{PING}{after}"), PING, PING.len());
    }
}

#[test]
fn instructions_inside_are_skipped() {
    let input = PING.replace("<ping", "<?php x?><ping");
    processed(&input, PING, input.len());
}

#[test]
fn comments_inside_are_kept_and_are_no_text() {
    let input = "<a>x<!--y-->z</a>";
    processed(input, input, input.len());
    let (element, _) = parse_prefix(input, &Rules::OPENFIRE).expect("well-formed");
    assert_eq!(element.text(), "xz");
}

#[test]
fn spelling_does_not_matter() {
    let prefixed =
        r#"<c:iq xmlns:c="jabber:client" type="get" id="a1"><ping xmlns="urn:xmpp:ping"/></c:iq>"#;
    processed(prefixed, PING, prefixed.len());
    let single = PING.replace('"', "'");
    processed(&single, PING, single.len());
}

#[test]
fn references_wrap_at_sixteen_bits() {
    processed("<body>&#0;&#x1;</body>", "<body>&#0;&#1;</body>", 22);
    processed("<body>&#x1F600;</body>", "<body>\u{F600}</body>", 22);
}

#[test]
fn five_hundred_elements_may_nest() {
    let input = "<a>".repeat(500) + "x" + &"</a>".repeat(500);
    processed(&input, &input, input.len());
}

#[test]
fn the_rest_is_ignored() {
    for input in [
        "",
        " ",
        "\n\n\n",
        "hello",
        "<!-- hi -->",
        "<?php x?>",
        "</stream:stream>",
        r#"<iq xmlns="jabber:client" type="get" id="m1"><ping xmlns="urn:xmpp:ping"/>"#,
        "<message><body>&nbsp;</body></message>",
        r#"<!DOCTYPE iq [<!ENTITY b "c">]><message><body>&b;</body></message>"#,
        "<message a='1' a='2'/>",
        "<x:iq/>",
        "<body>\u{1}</body>",
        "<a><b></a>",
        " <?xml version='1.0'?><a/>",
        "<?xml version='1.1'?><a/>",
        "<a><?xml version='1.0'?></a>",
        "<a><!DOCTYPE a></a>",
        "<!DOCTYPE a><!DOCTYPE a><a/>",
        "\u{FEFF}\u{FEFF}<a/>",
    ] {
        assert!(parse_prefix(input, &Rules::OPENFIRE).is_err(), "{input:?}");
    }
}

#[test]
fn the_spelling_of_a_tag_is_kept() {
    let xml = r#"<p:a xmlns:p="urn:p" xmlns="urn:d"><b/></p:a>"#;
    let (element, _) = parse_with(xml, &Rules::OPENFIRE).expect("well-formed");
    let spelling = element.spelling.as_deref().expect("kept");
    let declared = [("p", "urn:p"), ("", "urn:d")];
    assert_eq!(spelling.prefix, "p");
    assert_eq!(spelling.declared, declared.map(|(p, ns)| (p.to_owned(), ns.to_owned())));
    let child = element.child("urn:d", "b").and_then(|child| child.spelling.as_deref());
    assert_eq!(child, Some(&Spelling::default()));
    let (plain, _) = parse_with(xml, &Rules::STRICT).expect("well-formed");
    assert_eq!(plain.spelling, None);
}
