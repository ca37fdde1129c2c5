//! No secret is written, wherever it stands, and each event is written at once.

use std::sync::Arc;

use wire::deflate::gzip;

use super::*;
use crate::tap::Content;

/// A file in memory that tests can look into.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn request(head: &str, body: &[u8]) -> TapEventKind {
    let (head, _) = RequestHead::parse(head.replace('\n', "\r\n").as_bytes()).unwrap().unwrap();
    TapEventKind::Request(head, Content { octets: body.to_vec(), is_cut: false })
}

fn response(head: &str, body: &[u8], is_cut: bool) -> TapEventKind {
    let (head, _) = ResponseHead::parse(head.replace('\n', "\r\n").as_bytes()).unwrap().unwrap();
    TapEventKind::Response(head, Content { octets: body.to_vec(), is_cut })
}

fn text(text: &str) -> TapEventKind {
    TapEventKind::Message { message: Message::Text(text.to_owned()), fragments: 1 }
}

#[test]
fn no_secret_is_in_the_file() {
    const AUTH: &str = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>";
    // "\0" "1001" "\0" "Hunter2Hunter2" in base64, and the same for Basic.
    let (plain, basic) = ("ADEwMDEASHVudGVyMkh1bnRlcjI=", "MTAwMTpIdW50ZXIySHVudGVyMg==");
    let page = Page::default();
    let recorder = Recorder::on(Path::new("x"), Box::new(page.clone()));
    let from = |from, what| {
        recorder.heard("c1", TapEvent { from, octets: 1, what });
    };
    let (client, server) = (Side::Client, Side::Server);
    from(client, text(&format!("{AUTH}{plain}</auth>")));
    from(client, text(&format!("{AUTH}{plain}")));
    from(server, text("<message><body>Hunter2Hunter2 &#72;unter2Hunter2</body></message>"));
    from(
        client,
        request(
            &format!(
                "GET /a?access_token=QueryToken1 HTTP/1.1\nAuthorization: Basic {basic}\nCookie: JSESSIONID=CookieValue1234\n\n"
            ),
            b"",
        ),
    );
    from(
        server,
        response(
            "HTTP/1.1 200 OK\nSet-Cookie: s=AnotherCookie99; Path=/\n\n",
            b"CookieValue1234",
            false,
        ),
    );
    from(client, request("GET /b HTTP/1.1\nAuthorization: Bearer BearerToken77\n\n", b""));
    let body = b"<body xmlns='http://jabber.org/protocol/httpbind'>";
    let bosh = [body, AUTH.as_bytes(), plain.as_bytes(), b"</auth></body>"].concat();
    from(client, request("POST /http-bind/ HTTP/1.1\nContent-Type: text/xml\n\n", &bosh));
    let json = gzip(br#"{"refresh_token":"RefreshToken5","user":"QueryToken1"}"#);
    let head = "HTTP/1.1 200 OK\nContent-Type: application/json\nContent-Encoding: gzip\n\n";
    from(server, response(head, &json, false));
    from(server, response("HTTP/1.1 200 OK\nContent-Type: text/plain\n\n", b"end Hunter2Hu", true));
    from(
        server,
        TapEventKind::Message {
            message: Message::Binary(b"\xffHunter2Hunter2".to_vec()),
            fragments: 1,
        },
    );
    from(
        client,
        TapEventKind::Message {
            message: Message::Binary(format!("{AUTH}{plain}</auth>").into_bytes()),
            fragments: 1,
        },
    );
    from(
        server,
        TapEventKind::Message { message: Message::Ping(b"BearerToken77".to_vec()), fragments: 1 },
    );
    let file = String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
    let hex = |secret: &str| secret.bytes().map(|octet| format!("{octet:02x}")).collect::<String>();
    for secret in [
        "Hunter2Hunter2",
        plain,
        basic,
        "QueryToken1",
        "CookieValue1234",
        "AnotherCookie99",
        "BearerToken77",
        "RefreshToken5",
        "Hunter2Hu",
    ] {
        assert!(!file.contains(secret), "{secret} in\n{file}");
        assert!(!file.contains(&hex(secret)), "{secret} in hexadecimal in\n{file}");
    }
    assert_eq!(file.lines().count(), 12);
    assert!(file.contains(r#""variable":"agent.password""#), "{file}");
    for line in file.lines() {
        serde_json::from_str::<Event>(line).unwrap();
    }
}

#[test]
fn ids_of_sessions_are_numbers() {
    let page = Page::default();
    let recorder = Recorder::on(Path::new("x"), Box::new(page.clone()));
    let body = |rest: &str| format!("<body xmlns='{}' {rest}", ns::HTTP_BIND);
    let asks = |rest: &str| {
        let head = "POST /http-bind/ HTTP/1.1\nContent-Type: text/xml\n\n";
        let what = request(head, body(rest).as_bytes());
        recorder.heard("c1", TapEvent { from: Side::Client, octets: 1, what });
    };
    let answers = |rest: &str, is_cut| {
        let head = "HTTP/1.1 200 OK\nContent-Type: text/xml\n\n";
        let what = response(head, body(rest).as_bytes(), is_cut);
        recorder.heard("c1", TapEvent { from: Side::Server, octets: 1, what });
    };
    asks("rid='1' to='d'/>");
    answers("sid='4fz0kkf5l2' authid='4fz0kkf5l2' wait='60'/>", false);
    asks("rid='2' sid='4fz0kkf5l2'><presence xmlns='jabber:client'/></body>");
    answers("sid=\"98awd7g0xb\" wait='60'/>", false);
    asks("sid='4fz0kkf5l2' rid='3'><message><body>half of it");
    let file = String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
    let bodies: Vec<String> = file
        .lines()
        .filter_map(|line| match serde_json::from_str::<Event>(line).unwrap().said {
            EventKind::Http { body, .. } => Some(String::from_utf8(body?.0).unwrap()),
            _ => None,
        })
        .collect();
    for id in ["4fz0kkf5l2", "98awd7g0xb"] {
        assert!(!bodies.concat().contains(id), "{id} in {bodies:#?}");
    }
    let numbers: Vec<usize> =
        bodies.iter().map(|body| body.matches("'session-1'").count()).collect();
    assert_eq!(numbers, [0, 2, 1, 0, 1], "{bodies:#?}");
    assert!(bodies[3].contains("sid=\"session-2\""), "{bodies:#?}");
}

#[test]
fn settings_in_cookies_do_not_blot_out_numbers() {
    let page = Page::default();
    let recorder = Recorder::on(Path::new("x"), Box::new(page.clone()));
    let head = "GET /a HTTP/1.1\nCookie: extension=1081001; lang=en_US\n\n";
    recorder.heard("c1", TapEvent { from: Side::Client, octets: 1, what: request(head, b"") });
    let what = text("<message><body>1081001 en_US</body></message>");
    recorder.heard("c1", TapEvent { from: Side::Server, octets: 1, what });
    let file = String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
    assert!(file.contains("1081001 en_US") && file.contains("Cookie: ***"), "{file}");
}

#[test]
fn a_full_disk_is_an_error() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let recorder = Recorder::on(Path::new("x.jsonl"), Box::new(Full));
    recorder.event("c1", Side::Client, EventKind::Eof);
    let failure = recorder.failure().unwrap();
    assert!(failure.to_string().starts_with("cannot write x.jsonl: "), "{failure}");
}
