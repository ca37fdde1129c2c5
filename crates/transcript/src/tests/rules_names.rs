//! Rules about values: known, made up, chosen, secret, long (N2, N3, N4, N12, N13, N23).

use super::{client, event, known, recording, said, server, text};
use crate::{Event, EventKind, Generated, Masked, MaskedArg, Octets, Side, ValueContext, body};

#[test]
fn n2_known_values_are_shown_by_name_the_longest_first() {
    let known = vec![
        known("domain", "x.test", ValueContext::Anywhere),
        known("pubsub", "pubsub.x.test", ValueContext::Anywhere),
    ];
    let events = vec![server("<a from='pubsub.x.test' to='x.test'>at x.test/b, not y-x.tests</a>")];
    assert_eq!(
        body(&recording(known, events)),
        "agent <- <a from=\"{pubsub}\" to=\"{domain}\">at {domain}/b, not y-x.tests</a>\n"
    );
}

#[test]
fn n2_a_user_is_a_user_only_before_an_at_sign() {
    let known = vec![
        known("agent.user", "1001", ValueContext::Before("@".to_owned())),
        known("agent.user", "1001", ValueContext::After("/User/".to_owned())),
        known("agent.user", "1001", ValueContext::After("/User/".to_owned())),
    ];
    let events = vec![server("<a>1001@x 11001@x 1001 /User/1001 /User/1001/Dialogs 1001</a>")];
    assert_eq!(
        body(&recording(known, events)),
        "agent <- <a>{agent.user}@x 11001@x 1001 /User/{agent.user} /User/{agent.user}/Dialogs 1001</a>\n"
    );
}

#[test]
fn n2_names_stand_in_octets_and_heads_too() {
    let known = vec![known("host", "h.test", ValueContext::Anywhere)];
    let head = "GET /?h=h.test HTTP/1.1\nHost: h.test".to_owned();
    let events = vec![
        event(Side::Client, EventKind::Http { head, login: None, body: None }),
        event(Side::Client, EventKind::Bytes { payload: Octets(b"h.test\xff".to_vec()) }),
    ];
    assert_eq!(
        body(&recording(known, events)),
        "agent -> GET /?h={host} HTTP/1.1\n         host: {host}\nagent -> [bytes \"{host}\\xFF\"]\n"
    );
}

#[test]
fn n3_made_up_values_are_numbered_by_kind_and_equal_ones_alike() {
    let open =
        |id| server(&format!("<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' id='{id}'/>"));
    let iq = server("<iq xmlns='jabber:client' id='s1' to='x/zz1'/>");
    assert_eq!(
        said([open("zz1"), open("zz2"), open("zz1"), iq]),
        "agent <- <open xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\" id=\"{stream-id#1}\"/>\n\
         agent <- <open xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\" id=\"{stream-id#2}\"/>\n\
         agent <- <open xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\" id=\"{stream-id#1}\"/>\n\
         agent <- <iq xmlns=\"jabber:client\" id=\"{iq#1}\" to=\"x/{stream-id#1}\"/>\n"
    );
}

#[test]
fn n3_items_subscriptions_resources_and_stamps_have_kinds_of_their_own() {
    let event = server(
        "<message xmlns='jabber:client' id='m1'>\
         <event xmlns='http://jabber.org/protocol/pubsub#event'><items><item id='i1'/></items></event>\
         <delay xmlns='urn:xmpp:delay' stamp='2026-01-01T00:00:00Z'/></message>",
    );
    let pubsub = server(
        "<pubsub xmlns='http://jabber.org/protocol/pubsub'><subscription subid='sub1'/></pubsub>",
    );
    let bind = server("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>a@x/r-1</jid></bind>");
    let pages = server(
        "<set xmlns='http://jabber.org/protocol/rsm'><first>p1</first><last>p2</last></set>",
    );
    let body = said([event, pubsub, bind, pages]);
    for token in [
        "<first>{page#1}</first>",
        "<last>{page#2}</last>",
        "{message#1}",
        "{item#1}",
        "\"{time#1}\"",
        "subid=\"{subid#1}\"",
        "<jid>a@x/{resource#1}</jid>",
    ] {
        assert!(body.contains(token), "{token}\n{body}");
    }
}

#[test]
fn n3_the_key_of_a_handshake_and_its_accept_value_share_a_number() {
    let key = "dGhlIHNhbXBsZSBub25jZQ==";
    let head = |head: String| EventKind::Http { head, login: None, body: None };
    let request =
        |key: &str| event(Side::Client, head(format!("GET / HTTP/1.1\nSec-WebSocket-Key: {key}")));
    let answer = |accept: &str| {
        event(Side::Server, head(format!("HTTP/1.1 101\nSec-WebSocket-Accept: {accept}")))
    };
    // RFC 6455 §1.3 has the second pair.
    let other = "AAAAAAAAAAAAAAAAAAAAAA==";
    let mut recording = recording(
        Vec::new(),
        vec![request(other), request(key), answer("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), answer("other")],
    );
    recording.about.generated = vec![
        Generated { name: "key".to_owned(), value: other.to_owned() },
        Generated { name: "bound-1.key".to_owned(), value: key.to_owned() },
    ];
    assert_eq!(
        body(&recording),
        "agent -> GET / HTTP/1.1\n         sec-websocket-key: {key#1}\n\
         agent -> GET / HTTP/1.1\n         sec-websocket-key: {key#2}\n\
         agent <- HTTP/1.1 101\n         sec-websocket-accept: {accept#2}\n\
         agent <- HTTP/1.1 101\n         sec-websocket-accept: other\n"
    );
}

#[test]
fn n4_ids_and_resources_that_the_case_chose_stay() {
    let ask = client(
        "<iq xmlns='jabber:client' id='bind-1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>\
         <resource>probe</resource></bind></iq>",
    );
    let answer = server(
        "<iq xmlns='jabber:client' id='bind-1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>\
         <jid>a@x/probe</jid></bind></iq>",
    );
    let body = said([ask, answer]);
    assert_eq!(body.matches("id=\"bind-1\"").count(), 2, "{body}");
    assert!(body.contains("<jid>a@x/probe</jid>"), "{body}");
}

#[test]
fn n4_an_id_that_the_case_has_from_a_notification_is_numbered() {
    let event = server("<message xmlns='jabber:client' id='m1-made'/>");
    let bounce = client("<message xmlns='jabber:client' type='error' id='m1-made'/>");
    let mut recording = recording(Vec::new(), vec![event, bounce]);
    recording.about.tested = Some(Side::Server);
    let body = body(&recording);
    assert_eq!(body.matches("id=\"{message#1}\"").count(), 2, "{body}");
}

#[test]
fn n12_sasl_responses_are_shown_in_words() {
    let variable = |name: &str| MaskedArg::Variable(name.to_owned());
    let auth = |function: &str, args| {
        let text = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'></auth>";
        let login = Some(Masked { function: function.to_owned(), args });
        event(Side::Client, EventKind::Text { text: text.to_owned(), fragments: 1, login })
    };
    let body = said([
        auth("plain", vec![variable("agent.user"), variable("agent.password")]),
        auth("base64", vec![variable("agent.user"), MaskedArg::Text("\0\"{".to_owned())]),
    ]);
    assert!(body.contains("{plain(agent.user, agent.password)}"), "{body}");
    assert!(body.contains(r#"{base64(agent.user, "\u{0}\"{{")}"#), "{body}");
}

#[test]
fn n12_credentials_of_http_are_shown_in_words() {
    let args = ["agent.user", "agent.password"].map(|name| MaskedArg::Variable(name.to_owned()));
    let request = |login| {
        let head = "GET /x HTTP/1.1\nAuthorization: ***\nHost: h".to_owned();
        said([event(Side::Client, EventKind::Http { head, login, body: None })])
    };
    let login = Masked { function: "basic".to_owned(), args: args.into() };
    assert_eq!(
        request(Some(login)),
        "agent -> GET /x HTTP/1.1\n         authorization: Basic {basic(agent.user, agent.password)}\n         \
         host: h\n"
    );
    assert!(request(None).ends_with("{other headers}: authorization\n"));
}

#[test]
fn n13_the_caps_hash_has_a_number_and_its_node_stays() {
    let caps = |ver| {
        server(&format!("<c xmlns='http://jabber.org/protocol/caps' node='urn:n' ver='{ver}'/>"))
    };
    assert_eq!(
        said([caps("k3mO="), caps("other="), caps("k3mO=")]),
        [1, 2, 1]
            .map(|number| format!(
                "agent <- <c xmlns=\"http://jabber.org/protocol/caps\" node=\"urn:n\" ver=\"{{caps#{number}}}\"/>\n"
            ))
            .concat()
    );
}

#[test]
fn n23_long_text_becomes_length_and_hash() {
    let kept = said([server(&format!("<a>{}</a>", "x".repeat(4096)))]);
    assert!(kept.contains("xxxx"), "4096 octets are not long");
    // SHA-256 of 4097 times `x` begins with these octets.
    let long = server(&format!("<a>{}</a>", "x".repeat(4097)));
    let payload = Octets(vec![0xff; 5000]);
    let binary = event(Side::Server, EventKind::Binary { payload });
    let page = EventKind::Http {
        head: "HTTP/1.1 404".to_owned(),
        login: None,
        body: Some(Octets(vec![b'x'; 201])),
    };
    let body = said([long, binary, event(Side::Server, page), event(Side::Server, text("<open"))]);
    for token in ["{long-4097-", "[binary \"{long-5000-", "[body \"{long-201-", "[text \"<open\"]"]
    {
        assert!(body.contains(token), "{token}\n{body}");
    }
    assert!(body.lines().all(|line| line.len() < 100), "{body}");
}

#[test]
fn n29_a_report_that_no_step_asked_for_is_left_out() {
    let report = EventKind::Report { report: "{\"event\":\"error\"}".to_owned() };
    let asked = event(Side::Client, report);
    let unasked = Event { claimed: false, ..asked.clone() };
    assert_eq!(said([unasked, asked]), "agent reports error\n");
}
