//! Rules about elements (N1, N7 to N11, N16, N17, N24).

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;

use super::{client, event, said, server};
use crate::{EventKind, Side};

#[test]
fn n1_text_that_looks_like_a_made_up_value_elsewhere_is_not_mistaken_for_one() {
    // `id` here is no attribute, and `abc` inside a word is not the stream id.
    let open = server("<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' id='abc'/>");
    let body = said([open, server("<a>id='zz1' abcd</a>")]);
    assert!(body.ends_with("agent <- <a>id='zz1' abcd</a>\n"), "{body}");
}

#[test]
fn n7_attributes_are_sorted_by_namespace_and_name() {
    assert_eq!(
        said([server("<a c='3' xmlns:p='urn:p' p:z='1' xml:id='i' b='2'/>")]),
        "agent <- <a xmlns:ns1=\"urn:p\" b=\"2\" c=\"3\" xml:id=\"i\" ns1:z=\"1\"/>\n"
    );
}

#[test]
fn n8_prefixes_become_default_namespaces_but_for_stream() {
    let prefixed = "<s:features xmlns:s='http://etherx.jabber.org/streams'>\
                    <x:m xmlns:x='urn:x'><x:n/></x:m></s:features>";
    let default = "<stream:features xmlns:stream='http://etherx.jabber.org/streams'>\
                   <m xmlns='urn:x'><n/></m></stream:features>";
    assert_eq!(said([server(prefixed)]), said([server(default)]));
    assert!(said([server(prefixed)]).contains("<m xmlns=\"urn:x\">"));
}

#[test]
fn n9_blanks_between_elements_are_dropped_and_text_is_kept() {
    let body = said([server("<a>\n  <b> two  words\t</b>\n  <c> </c>\n</a>")]);
    assert_eq!(
        body,
        "agent <- <a>\n           <b> two  words&#x9;</b>\n           <c> </c>\n         </a>\n"
    );
}

#[test]
fn n9_blanks_beside_text_are_text() {
    let body = said([server("<a>x <b/> </a>")]);
    assert_eq!(
        body,
        "agent <- <a>\n           x&#x20;\n           <b/>\n           &#x20;\n         </a>\n"
    );
}

#[test]
fn n10_both_forms_of_an_empty_element_are_one() {
    assert_eq!(said([server("<a></a>")]), said([server("<a/>")]));
}

#[test]
fn n11_one_element_a_line_and_attributes_wrapped() {
    let value = "v".repeat(50);
    assert_eq!(
        said([server(&format!("<a><b/><c one='{value}' two='{value}'/></a>"))]),
        format!(
            "agent <- <a>\n           <b/>\n           <c one=\"{value}\"\n              two=\"{value}\"/>\n         </a>\n"
        )
    );
}

#[test]
fn n14_text_that_is_xml_is_shown_as_the_element_it_holds() {
    let item = |text: &str| said([server(&format!("<item>{text}</item>"))]);
    let shown = "agent <- <item t:text=\"xml\">\n           <Update>\n             <id>1</id>\n           </Update>\n         </item>\n";
    assert_eq!(item("&lt;Update>&lt;id>1&lt;/id>&lt;/Update>"), shown);
    assert_eq!(item("\n  &lt;Update>  &lt;id>1&lt;/id>  &lt;/Update>\n"), shown);
    assert_eq!(item("<![CDATA[<Update><id>1</id></Update>]]>"), shown);
    for other in ["&lt;Update>", "1 &lt; 2", "&lt;a/> and more", "&lt;a/>&lt;b/>", "&lt;a/><b/>"] {
        assert!(!item(other).contains("t:text"), "{other}");
    }
}

#[test]
fn n14_xml_is_unescaped_once() {
    let body = said([server("<a>&lt;b>&amp;lt;c/>&lt;/b></a>")]);
    assert_eq!(body, "agent <- <a t:text=\"xml\">\n           <b>&lt;c/></b>\n         </a>\n");
}

#[test]
fn n14_what_would_be_too_deep_stays_text() {
    let nest = |depth, inner: &str| "<a>".repeat(depth) + inner + &"</a>".repeat(depth);
    let escaped = nest(40, "").replace('<', "&lt;");
    let text = nest(40, &escaped);
    let body = said([server(&text)]);
    assert!(body.contains("&lt;a>") && !body.contains("t:text"), "{body}");
}

#[test]
fn n26_times_in_text_that_is_xml_are_any() {
    let body = said([server(
        "<a>&lt;b>&lt;c>2026-11-25T09:15:02.118Z&lt;/c>&lt;d>2026-11-25&lt;/d>&lt;/b></a>",
    )]);
    assert!(body.contains("<c>{*}</c>") && body.contains("<d>2026-11-25</d>"), "{body}");
    let body = said([server("<a>2026-11-25T09:15:02.118Z</a>")]);
    assert!(body.contains("2026-11-25T09:15:02.118Z"), "{body}");
}

#[test]
fn n26_times_in_what_a_client_reports_are_any() {
    let reports = |line: serde_json::Value| {
        let report = EventKind::Report { report: line.to_string() };
        said([event(Side::Client, report)])
    };
    let update = |at: &str| format!("<Update>\n  <at>{at}</at>\n  <on>2026-11-25</on>\n</Update>");
    let xml = |at: &str| reports(json!({ "event": "notification", "text": update(at) }));
    assert_eq!(
        xml("2026-11-25T09:15:02.118Z"),
        "agent reports notification text=\"<Update>\\n  <at>{*}</at>\\n  <on>2026-11-25</on>\\n</Update>\"\n"
    );
    assert_eq!(xml("2026-11-25T09:15:02.118Z"), xml("2026-11-26T10:00:00+01:00"));
    // The event as an application reports it, and a text in which a time is part of something else.
    let user = json!({ "event": "user", "at": "2026-11-25T09:15:02Z", "user": { "since": "2026-11-25T09:15:02Z" } });
    assert_eq!(
        reports(user),
        "agent reports user at=\"{*}\" user=\"{{\\\"since\\\":\\\"{*}\\\"}}\"\n"
    );
    let id = json!({ "event": "user", "id": "x2026-11-25T09:15:02Z" });
    assert_eq!(reports(id), "agent reports user id=\"x2026-11-25T09:15:02Z\"\n");
    // An event that the wire shows whole is shown whole here; one that it does not is not.
    let many = "<v>2026-11-25T09:15:02Z</v>".repeat(200);
    let many = json!({ "event": "notification", "text": format!("<Update>{many}</Update>") });
    assert!(reports(many).contains("<v>{*}</v><v>{*}</v>"));
    let long = json!({ "event": "notification", "text": format!("<a>{}</a>", "x".repeat(5000)) });
    assert!(reports(long).contains("{long-5007-"));
}

#[test]
fn n16_lists_that_are_sets_are_sorted() {
    let sets = [
        ("mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'", "mechanisms"),
        ("stream:features xmlns:stream='http://etherx.jabber.org/streams'", "stream:features"),
        ("query xmlns='http://jabber.org/protocol/disco#info'", "query"),
        ("query xmlns='http://jabber.org/protocol/disco#items'", "query"),
        ("subscriptions xmlns='http://jabber.org/protocol/pubsub'", "subscriptions"),
        ("affiliations xmlns='http://jabber.org/protocol/pubsub'", "affiliations"),
    ];
    let (a, b) = ("<x node='a'>1</x>", "<x node='b'>0</x>");
    for (start, end) in sets {
        let one = said([server(&format!("<{start}>{a}{b}</{end}>"))]);
        assert_eq!(one, said([server(&format!("<{start}>{b}{a}</{end}>"))]));
    }
    // The order of anything else may mean something.
    assert_ne!(
        said([server(&format!("<q>{a}{b}</q>"))]),
        said([server(&format!("<q>{b}{a}</q>"))])
    );
}

#[test]
fn n16_numbers_inside_a_set_do_not_depend_on_its_order() {
    let subscription = |node, subid| format!("<subscription node='{node}' subid='{subid}'/>");
    let list = |first: String, second: String| {
        let list = format!("<subscriptions>{first}{second}</subscriptions>");
        said([server(&format!(
            "<pubsub xmlns='http://jabber.org/protocol/pubsub'>{list}</pubsub>"
        ))])
    };
    assert_eq!(
        list(subscription("a", "one"), subscription("b", "two")),
        list(subscription("b", "two"), subscription("a", "one"))
    );
}

#[test]
fn n17_the_language_is_kept_on_open_and_where_it_is_another() {
    let open = server("<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' xml:lang='en'/>");
    let body = said([
        open,
        server("<a xml:lang='en'/>"),
        server("<a xml:lang='de'/>"),
        server("<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' xml:lang='en'/>"),
    ]);
    assert_eq!(body.matches("xml:lang=\"en\"").count(), 2, "{body}");
    assert!(body.contains("agent <- <a/>\nagent <- <a xml:lang=\"de\"/>\n"), "{body}");
}

#[test]
fn n24_what_nobody_knows_is_kept() {
    let odd = "<odd xmlns='urn:odd' o='1'><inner xmlns=''>text</inner></odd>";
    assert_eq!(
        said([client(odd), server(odd)]).matches("<inner xmlns=\"\">text</inner>").count(),
        2
    );
}

#[test]
fn what_the_notation_cannot_write_as_an_element_is_shown_as_text() {
    for namespace in ["urn:}x", "urn:finesse-conformance:control"] {
        let message = format!("<a><b xmlns='{namespace}'/></a>");
        let body = said([server(&message), server(&format!("<a xmlns:p='{namespace}' p:b=''/>"))]);
        assert!(body.starts_with("agent <- [text \"<a><b xmlns="), "{body}");
        let source = case::Source { path: PathBuf::new(), text: body };
        assert_eq!(case::parse_body(Arc::new(source)).map(|items| items.len()), Ok(2));
    }
}
