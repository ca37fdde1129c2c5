//! Requests that a browser or a proxy makes of Jetty beside those for WebSockets and BOSH: the
//! answers of a real server to the same requests.

use std::time::Duration;

use super::{engine, outputs};
use crate::accounts::Directory;
use crate::engine::Peer;
use crate::outlet::Output;
use crate::profile::Profile;

/// The answer to a request without content, and whether the connection ends with it.
fn answer(request_line: &str, headers: &[&str]) -> (String, bool) {
    let mut engine = engine("d", Profile::openfire_4_4(), Directory::default());
    let id = engine.accept(Duration::ZERO, Peer::default());
    let head = [&[request_line, "Host: d"][..], headers, &["", ""]].concat().join("\r\n");
    engine.receive(Duration::ZERO, id, head.as_bytes());
    let (mut answer, mut ends) = (String::new(), false);
    for (_, output) in outputs(&mut engine) {
        match output {
            Output::Octets(octets) => answer += &String::from_utf8(octets).expect("text"),
            _ => ends = true,
        }
    }
    (answer, ends)
}

/// Status line, the value of a header, content, and whether the connection ends.
fn parts<'a>(answer: &'a str, header: &str) -> (&'a str, Option<&'a str>, &'a str) {
    let (head, content) = answer.split_once("\r\n\r\n").expect("a whole head");
    let (line, headers) = head.split_once("\r\n").expect("headers");
    let value = headers.split("\r\n").find_map(|field| field.strip_prefix(header));
    (line, value.and_then(|value| value.strip_prefix(": ")), content)
}

#[test]
fn a_range_of_the_page_is_sent_alone() {
    for path in ["/", "/index.html"] {
        let (answer, ends) = answer(&format!("GET {path} HTTP/1.1"), &["Range: bytes=0-3"]);
        let (line, range, content) = parts(&answer, "Content-Range");
        assert_eq!(line, "HTTP/1.1 206 Partial Content");
        assert_eq!((range, content, ends), (Some("bytes 0-3/223"), "<htm", false));
    }
}

#[test]
fn several_ranges_are_parts_of_one_content() {
    let (answer, ends) = answer("GET / HTTP/1.1", &["Range: bytes=0-3,10-12"]);
    let (_, kind, content) = parts(&answer, "Content-Type");
    let boundary = kind.and_then(|kind| kind.strip_prefix("multipart/byteranges; boundary="));
    let boundary = boundary.expect("a boundary");
    let part = |place: &str, part: &str| {
        format!(
            "--{boundary}\r\nContent-Type: text/html\r\nContent-Range: bytes {place}/223\r\n\r\n\
             {part}\r\n"
        )
    };
    let wanted = [part("0-3", "<htm"), part("10-12", "hea"), format!("--{boundary}--\r\n")];
    assert_eq!((content, ends), (wanted.concat().as_str(), false));
}

#[test]
fn a_range_that_is_not_there_ends_the_connection() {
    for (method, is_last) in [("GET", true), ("HEAD", false)] {
        let (answer, ends) =
            answer(&format!("{method} / HTTP/1.1"), &["Range: bytes=400-", "Accept: */*"]);
        let (line, length, content) = parts(&answer, "Content-Length");
        assert_eq!(line, "HTTP/1.1 416 Range Not Satisfiable");
        assert_eq!((length, content, ends), (Some("223"), "", is_last), "{method}");
        assert_eq!(parts(&answer, "Content-Range").1, Some("bytes */223"));
    }
}

#[test]
fn the_page_is_sent_if_its_date_allows() {
    let past = "Sun, 01 Nov 2026 00:00:00 GMT";
    let future = "Sat, 01 Jan 2050 00:00:00 GMT";
    for (condition, status) in [
        (format!("If-Modified-Since: {past}"), "200 OK"),
        (format!("If-Modified-Since: {future}"), "304 Not Modified"),
        (format!("If-Modified-Since: {future}; length=4"), "304 Not Modified"),
        ("If-Modified-Since: \"x\"".to_owned(), "400 Cannot convert date: \"x\""),
        (format!("If-Unmodified-Since: {future}"), "200 OK"),
        (format!("If-Unmodified-Since: {past}"), "412 Precondition Failed"),
        ("If-Unmodified-Since: x".to_owned(), "200 OK"),
        ("If-Match: \"x\"".to_owned(), "200 OK"),
    ] {
        let (answer, _) = answer("GET / HTTP/1.1", &[&condition]);
        assert_eq!(parts(&answer, "Date").0, format!("HTTP/1.1 {status}"), "{condition}");
        if status.starts_with('4') {
            assert!(answer.contains("Problem accessing /index.html."), "{answer}");
        }
    }
}

#[test]
fn the_target_of_connect_is_a_path_only_behind_a_slash() {
    let undone = "HTTP/1.1 501 Method CONNECT is not defined in RFC 2068 and is not supported by \
                  the Servlet API ";
    for (target, line) in [
        ("x:80", "HTTP/1.1 404 Not Found"),
        ("http://x/ws/", "HTTP/1.1 404 Not Found"),
        ("..", "HTTP/1.1 404 Not Found"),
        ("x", undone),
        ("/ws/", undone),
        ("/ws/?%", "HTTP/1.1 400 Bad Request"),
        ("/../", "HTTP/1.1 400 Bad URI"),
        ("*", "HTTP/1.1 400 Bad Request"),
    ] {
        let (answer, _) = answer(&format!("CONNECT {target} HTTP/1.1"), &[]);
        assert_eq!(parts(&answer, "Date").0, line, "{target}");
    }
}

#[test]
fn a_refusal_has_no_content_for_head_however_it_is_spelt() {
    for method in ["HEAD", "head"] {
        for target in ["ws/", "/..", "/%zz"] {
            let (answer, ends) = answer(&format!("{method} {target} HTTP/1.1"), &[]);
            let (line, _, content) = parts(&answer, "Content-Length");
            assert!(line.starts_with("HTTP/1.1 400 "), "{line}");
            assert_eq!((content, ends), ("", true), "{method} {target}");
        }
    }
}

/// Otherwise the content is the next request of the connection.
#[test]
fn a_body_whose_length_is_no_number_is_no_request() {
    for length in ["-1", "+5", "3\r\nContent-Length: 5", "99999999999999999999"] {
        for (line, profile) in [
            ("PUT /finesse/api/User/1001 HTTP/1.1", Profile::finesse()),
            ("PUT /finesse/api/User/1001 HTTP/1.1", Profile::strict().rest(true)),
            ("OPTIONS /http-bind HTTP/1.1", Profile::strict()),
        ] {
            let mut engine = engine("d", profile, Directory::default());
            let id = engine.accept(Duration::ZERO, Peer::default());
            let request = format!("{line}\r\nHost: d\r\nContent-Length: {length}\r\n\r\nGET / ");
            engine.receive(Duration::ZERO, id, request.as_bytes());
            let said: Vec<Output> =
                outputs(&mut engine).into_iter().map(|(_, said)| said).collect();
            let [Output::Octets(answer), _end] = &said[..] else { panic!("{length}: {said:?}") };
            assert!(answer.starts_with(b"HTTP/1.1 400 "), "{line}");
        }
    }
}

/// `HttpParser.convertContentLength` reads a sign.
#[test]
fn bosh_has_a_body_of_a_length_with_a_sign() {
    let body = "<body xmlns='http://jabber.org/protocol/httpbind' to='d' rid='1' hold='1' wait='60' \
                ver='1.6'/>";
    let mut engine = engine("d", Profile::openfire_4_4(), Directory::default());
    let id = engine.accept(Duration::ZERO, Peer::default());
    let length = body.len();
    let request =
        format!("POST /http-bind/ HTTP/1.1\r\nHost: d\r\nContent-Length: +{length}\r\n\r\n{body}");
    engine.receive(Duration::ZERO, id, request.as_bytes());
    let said = outputs(&mut engine);
    let [(_, Output::Octets(answer))] = &said[..] else { panic!("{said:?}") };
    assert!(answer.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(answer));
}
