//! Rules about HTTP, frames, order and the end (N3, N5, N6, N18, N19, N20, N22, N25, N27, N28,
//! N30).

use super::{client, event, recording, said, server, text};
use crate::{EPILOGUE, Event, EventKind, Octets, Side, body};

fn http(who: Side, head: &str, body: Option<&str>) -> Event {
    let body = body.map(|body| Octets(body.as_bytes().to_vec()));
    event(who, EventKind::Http { head: head.to_owned(), login: None, body })
}

#[test]
fn n5_headers_are_lower_case_and_sorted_and_noise_is_named_only() {
    let head =
        "HTTP/1.1 401\nX-B: 1\nUpgrade: websocket\nDate: now\nCONNECTION:  close \nAllow: GET";
    assert_eq!(
        said([http(Side::Server, head, Some("no {way}"))]),
        "agent <- HTTP/1.1 401\n         allow: GET\n         connection: close\n         \
         upgrade: websocket\n         {other headers}: date, x-b\n         [body \"no {{way}}\"]\n"
    );
}

#[test]
fn n5_lines_of_one_name_keep_their_order() {
    let head = "HTTP/1.1 400\nUpgrade: b\nDate: 1\nUpgrade: a\nDate: 2";
    assert_eq!(
        said([http(Side::Server, head, None)]),
        "agent <- HTTP/1.1 400\n         upgrade: b\n         upgrade: a\n         {other headers}: date, date\n"
    );
}

#[test]
fn n5_what_cannot_stand_in_a_line_is_shown_as_an_escape() {
    let head = "HTTP/1.1 101\nConnection: keep-alive,\tUpgrade\u{200b}";
    assert_eq!(
        said([http(Side::Server, head, None)]),
        "agent <- HTTP/1.1 101\n         connection: keep-alive,\\u{{9}}Upgrade\\u{{200b}}\n"
    );
}

#[test]
fn n3_the_origin_of_a_page_that_this_machine_serves_has_another_port_each_time() {
    let request =
        |origin| http(Side::Client, &format!("GET /ws/ HTTP/1.1\nOrigin: {origin}"), None);
    for served in ["http://127.0.0.1:46695", "https://localhost:5173", "http://[::1]:80"] {
        assert_eq!(
            said([request(served)]),
            "agent -> GET /ws/ HTTP/1.1\n         origin: {origin#1}\n"
        );
    }
    for told in ["https://desktop.example:8443", "http://localhost"] {
        assert!(said([request(told)]).contains(&format!("origin: {told}\n")), "{told}");
    }
}

#[test]
fn n31_a_body_of_xml_is_an_element_without_times() {
    let head = "HTTP/1.1 206\nContent-Type: application/xml;charset=UTF-8\nContent-Range: objects 1-1/3\nrequestId: r";
    let body = "<?xml version=\"1.0\"?>\n<User>\n  <state>READY</state>\n  <since>2025-01-31T09:15:02.118Z</since>\n</User>";
    assert_eq!(
        said([http(Side::Server, head, Some(body))]),
        "agent <- HTTP/1.1 206\n         content-range: objects 1-1/3\n         requestid: r\n         \
         {other headers}: content-type\n         <User>\n           <state>READY</state>\n           \
         <since>{*}</since>\n         </User>\n"
    );
    // Pages are no documents, and a body may be broken.
    let page = said([http(Side::Server, "HTTP/1.1 404\nContent-Type: text/html", Some("<p/>"))]);
    assert!(page.contains("[body \"<p/>\"]"), "{page}");
    let broken = said([http(Side::Server, head, Some("<User>"))]);
    assert!(broken.contains("[body \"<User>\"]"), "{broken}");
}

#[test]
fn n33_frames_of_a_java_stack_trace_are_left_out() {
    let page = |trace: &str| {
        let page = format!("<pre>a.B: no key\n{trace}Caused by: a.C\n</pre>");
        said([http(Side::Server, "HTTP/1.1 500\nContent-Type: text/html", Some(&page))])
    };
    let none = page("");
    assert!(none.contains(r#"[body "<pre>a.B: no key\nCaused by: a.C\n</pre>"]"#), "{none}");
    assert_eq!(page("\tat a.D$E.run(D.java:748)\r\n\tat java.base/a.F.g(Native Method)\n"), none);
    assert_eq!(page("\t... 12 more\n"), none);
    assert_ne!(page("at a.D.run(D.java:748)\n"), none, "words of the page");
}

#[test]
fn n6_the_reason_phrase_is_dropped() {
    assert_eq!(
        said([http(Side::Server, "HTTP/1.1 101 Switching Protocols", None)]),
        said([http(Side::Server, "HTTP/1.1 101", None)])
    );
}

#[test]
fn n18_a_message_in_several_frames_says_so() {
    let fragmented = |fragments| {
        let text = "<a/>".to_owned();
        event(Side::Server, EventKind::Text { text, fragments, login: None })
    };
    assert_eq!(said([fragmented(1)]), "agent <- <a/>\n");
    assert_eq!(said([fragmented(3)]), "agent <- <a/> [fragments 3]\n");
}

#[test]
fn n19_control_frames_are_kept() {
    let payload = || Octets(b"p\x00\xff\xfe".to_vec());
    assert_eq!(
        said([
            event(Side::Server, EventKind::Ping { payload: payload() }),
            event(Side::Client, EventKind::Pong { payload: payload() }),
            event(Side::Client, EventKind::Ping { payload: Octets::default() }),
        ]),
        "agent <- [ping \"p\\u{0}\\xFF\\xFE\"]\nagent -> [pong \"p\\u{0}\\xFF\\xFE\"]\nagent -> [ping]\n"
    );
}

#[test]
fn n19_a_frame_by_itself_names_what_is_unusual() {
    let frame = |who, mask, form, lie| {
        let payload = Octets(b"x".to_vec());
        event(who, EventKind::Frame { fin: true, rsv: 4, opcode: 1, mask, form, lie, payload })
    };
    assert_eq!(
        said([
            frame(Side::Client, true, None, None),
            frame(Side::Client, false, Some(64), None),
            frame(Side::Server, true, Some(16), Some(9)),
        ]),
        "agent -> [frame fin=1 rsv=4 opcode=1 payload=\"x\"]\n\
         agent -> [frame fin=1 rsv=4 opcode=1 mask=no length=64 payload=\"x\"]\n\
         agent <- [frame fin=1 rsv=4 opcode=1 mask=yes length=9 payload=\"x\"]\n"
    );
}

#[test]
fn n20_lines_are_ordered_by_step_then_by_connection_then_as_they_came() {
    let at = |conn: &str, step, message: &str| Event {
        conn: conn.to_owned(),
        step,
        ..event(Side::Server, text(message))
    };
    let body = said([
        at("second", 2, "<d/>"),
        at("second", 1, "<c/>"),
        at("first", 2, "<e/>"),
        at("first", 1, "<b/>"),
        at("first", 1, "<a/>"),
    ]);
    assert_eq!(
        body,
        "first <- <b/>\nfirst <- <a/>\nsecond <- <c/>\nfirst <- <e/>\nsecond <- <d/>\n"
    );
}

#[test]
fn n22_code_side_and_end_are_kept() {
    let close =
        |who, code, reason: &str| event(who, EventKind::Close { code, reason: reason.to_owned() });
    assert_eq!(
        said([
            close(Side::Server, Some(1001), "going \"away\""),
            close(Side::Client, Some(1000), ""),
            event(Side::Server, EventKind::Eof),
            event(Side::Client, EventKind::Reset),
        ]),
        "agent <- [close 1001 \"going \\\"away\\\"\"]\nagent -> [close 1000]\n\
         agent <- [eof]\nagent -> [reset]\n"
    );
}

#[test]
fn n28_the_epilogue_is_left_out_where_it_varies() {
    let at = |micros, event| Event { step: EPILOGUE, micros, ..event };
    let close = |who| event(who, EventKind::Close { code: None, reason: String::new() });
    let events = vec![
        server("<a/>"),
        at(5, close(Side::Client)),
        at(4, server("<unasked/>")),
        at(6, close(Side::Server)),
        at(7, event(Side::Server, EventKind::Eof)),
    ];
    let mut recording = recording(Vec::new(), events);
    assert_eq!(
        body(&recording),
        "agent <- <a/>\nagent -> [close]\nagent <- <unasked/>\nagent <- [close]\nagent <- [eof]\n"
    );
    recording.about.ends_vary = true;
    assert_eq!(body(&recording), "agent <- <a/>\nagent <- <unasked/>\n");
}

#[test]
fn n27_a_server_closes_once_on_a_connection() {
    let close = |code| event(Side::Server, EventKind::Close { code, reason: String::new() });
    let other = Event { conn: "other".to_owned(), ..close(None) };
    assert_eq!(
        said([
            close(Some(1000)),
            other,
            close(Some(1002)),
            event(Side::Client, EventKind::Connect { tls: true }),
            close(Some(1001)),
        ]),
        "agent <- [close 1000]\nagent == connect tls\nagent <- [close 1001]\nother <- [close]\n"
    );
}

#[test]
fn n25_timer_talk_is_folded_into_one_remark() {
    let timer = |event: Event| Event { timer: true, ..event };
    let ping = || timer(event(Side::Server, EventKind::Ping { payload: Octets::default() }));
    let pong = timer(event(Side::Client, EventKind::Pong { payload: Octets::default() }));
    let version = timer(server("<iq><query xmlns='jabber:iq:version'/></iq>"));
    let answer = timer(client("<iq type='error'/>"));
    let xmpp_ping = timer(server("<iq><ping xmlns='urn:xmpp:ping'/></iq>"));
    assert_eq!(
        said([version, answer, server("<a/>"), ping(), pong, xmpp_ping]),
        "agent <- <a/>\n# by timer: version query, ping, XMPP ping\n"
    );
    let keepalive = timer(event(Side::Client, EventKind::Ping { payload: Octets::default() }));
    let kept = timer(event(Side::Server, EventKind::Pong { payload: Octets::default() }));
    assert_eq!(
        said([keepalive, kept, server("<a/>")]),
        "agent <- <a/>\n# by timer: ping of the client\n"
    );
    // One that a step asked for is a line like any other.
    let claimed = event(Side::Server, EventKind::Ping { payload: Octets::default() });
    assert_eq!(said([claimed]), "agent <- [ping]\n");
}

#[test]
fn n30_a_ping_of_the_side_under_test_is_a_number_and_its_pong_the_same() {
    let ping =
        |who, payload: &[u8]| event(who, EventKind::Ping { payload: Octets(payload.to_vec()) });
    let pong =
        |who, payload: &[u8]| event(who, EventKind::Pong { payload: Octets(payload.to_vec()) });
    let events = vec![
        ping(Side::Client, b"\xe2\x82 1"),
        pong(Side::Server, b"\xe2\x82 1"),
        ping(Side::Client, b"again"),
        ping(Side::Client, b"\xe2\x82 1"),
        ping(Side::Client, b""),
        ping(Side::Server, b"chosen"),
        pong(Side::Client, b"chosen"),
    ];
    let mut recording = recording(Vec::new(), events);
    recording.about.tested = Some(Side::Client);
    assert_eq!(
        body(&recording),
        "agent -> [ping \"{ping#1}\"]\nagent <- [pong \"{ping#1}\"]\nagent -> [ping \"{ping#2}\"]\n\
         agent -> [ping \"{ping#1}\"]\nagent -> [ping]\nagent <- [ping \"chosen\"]\n\
         agent -> [pong \"chosen\"]\n"
    );
}
