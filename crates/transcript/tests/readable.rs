//! The transcript for people: one golden with everything that can be said.

use transcript::{
    Event, EventKind, Masked, MaskedArg, Octets, Recording, RecordingHead, Side, readable,
};

fn event(micros: u64, who: Side, octets: usize, said: EventKind) -> Event {
    let (conn, claimed) = ("agent".to_owned(), true);
    Event { conn, who, step: 1, micros, octets, claimed, timer: false, said }
}

fn recording() -> Recording {
    use Side::{Client, Server};
    let octets = |octets: &[u8]| Octets(octets.to_vec());
    let text =
        |text: &str, fragments| EventKind::Text { text: text.to_owned(), fragments, login: None };
    let request = "GET /ws/ HTTP/1.1\nHost: h".to_owned();
    let login = Masked {
        function: "plain".to_owned(),
        args: vec![MaskedArg::Variable("agent.password".to_owned())],
    };
    let said = vec![
        (Client, 0, EventKind::Connect { tls: true }),
        (Client, 40, EventKind::Http { head: request, login: None, body: None }),
        (
            Server,
            99,
            EventKind::Http {
                head: "HTTP/1.1 400 Bad".to_owned(),
                login: None,
                body: Some(octets(b"a\n\xff\"")),
            },
        ),
        (
            Client,
            9,
            EventKind::Text { text: "<auth></auth>".to_owned(), fragments: 1, login: Some(login) },
        ),
        (Server, 9, text("<a>\r\n\u{1b}</a>", 3)),
        (Server, 4, EventKind::Binary { payload: octets(b"\x00\xfe") }),
        (Client, 3, EventKind::Bytes { payload: octets(b"x\ny") }),
        (Server, 2, EventKind::Ping { payload: octets(b"p") }),
        (Client, 6, EventKind::Pong { payload: octets(b"") }),
        (
            Client,
            8,
            EventKind::Frame {
                fin: false,
                rsv: 4,
                opcode: 3,
                mask: true,
                form: None,
                lie: None,
                payload: octets(b"f"),
            },
        ),
        (Server, 4, EventKind::Close { code: Some(1000), reason: "good \"bye\"".to_owned() }),
        (Client, 2, EventKind::Close { code: None, reason: String::new() }),
        (Server, 0, EventKind::Eof),
        (Server, 0, EventKind::Reset),
    ];
    let events = said.into_iter().zip(0_u64..);
    let mut recording = Recording {
        about: RecordingHead {
            case: "a/b".to_owned(),
            target: "mock".to_owned(),
            ..RecordingHead::default()
        },
        events: events
            .map(|((who, octets, said), number)| event(number * 1_500_000, who, octets, said))
            .collect(),
    };
    recording.events[7].claimed = false;
    recording
}

const GOLDEN: &str = r#"# a/b against mock
# seconds, octets, what was said
 0.000000      0  agent == connect tls
 1.500000     40  agent -> GET /ws/ HTTP/1.1
                           Host: h
 3.000000     99  agent <- HTTP/1.1 400 Bad
                           [body "a\n\xff\""]
 4.500000      9  agent -> <auth></auth>  # plain(…)
 6.000000      9  agent <- <a>\r\n\u{1b}</a> [fragments 3]
 7.500000      4  agent <- [binary "\0\xfe"]
 9.000000      3  agent -> [bytes "x\ny"]
10.500000      2~ agent <- [ping "p"]
12.000000      6  agent -> [pong ""]
13.500000      8  agent -> [frame fin=0 rsv=4 opcode=3 mask=yes payload="f"]
15.000000      4  agent <- [close 1000 "good \"bye\""]
16.500000      2  agent -> [close]
18.000000      0  agent <- [eof]
19.500000      0  agent <- [reset]
"#;

#[test]
fn everything_that_can_be_said_has_a_line() {
    let (text, _) = readable(&recording());
    assert_eq!(text, GOLDEN);
}

#[test]
fn each_event_is_found_by_its_line() {
    let recording = recording();
    let (text, lines) = readable(&recording);
    let all: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), recording.events.len());
    for (event, line) in recording.events.iter().zip(lines) {
        let seconds = format!("{:9.6} ", event.micros as f64 / 1e6);
        assert!(all[line - 1].starts_with(&seconds), "line {line}: {}", all[line - 1]);
    }
}
