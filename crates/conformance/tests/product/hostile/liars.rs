//! `listen` and `probe` against servers that log a client in as they should, up to a step at which
//! they do something else.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use wire::{Decoder, opcode};

use super::scripts::{for_ever, serve_all, silent, text, upgraded};
use super::servers::PASSWORD;
use super::{Watched, watch};
use crate::suite::{Suite, all_at_once};

/// The result of a command that a server breaks.
const ERROR: i32 = 3;

/// The requests of a client, by a mark that each has, in their order.
const STEPS: [(&str, &str); 5] = [
    ("open", "<open"),
    ("login", "<auth"),
    ("restart", "<open"),
    ("bind", "urn:ietf:params:xml:ns:xmpp-bind"),
    ("subscribe", "http://jabber.org/protocol/pubsub"),
];

/// The step of the first iq.
const BIND: usize = 3;

const EVENT: &str = "<message xmlns='jabber:client'><event \
    xmlns='http://jabber.org/protocol/pubsub#event'><items node='n'><item id='i'/></items></event>\
    </message>";

/// The lie of a server, in place of an answer.
#[derive(Debug, Clone, Copy)]
enum Lie {
    Close,
    ForeignId,
    WrongType,
    /// Events without end.
    Events,
    /// Requests without end, whose answers are never read.
    Questions,
    /// The end of TCP in the midst of a frame.
    End,
}

const LIES: [Lie; 6] =
    [Lie::Close, Lie::ForeignId, Lie::WrongType, Lie::Events, Lie::Questions, Lie::End];

impl Lie {
    fn tell(self, mut stream: TcpStream, id: &str) -> std::io::Result<()> {
        let foreign = "<iq xmlns='jabber:client' type='result' id='foreign'/>";
        match self {
            Self::Close => {
                stream.write_all(&text("<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>"))?;
            }
            Self::ForeignId => stream.write_all(&text(foreign))?,
            Self::WrongType => {
                let odd = format!("<iq xmlns='jabber:client' type='odd' id='{id}'/>");
                stream.write_all(&text(&odd))?;
            }
            Self::Events => for_ever(&mut stream, &text(EVENT).repeat(100))?,
            Self::Questions => {
                let question =
                    "<iq xmlns='jabber:client' type='get' id='q'><x xmlns='urn:x'/></iq>";
                for_ever(&mut stream, &text(question).repeat(100))?;
            }
            Self::End => return stream.write_all(&text(foreign)[..9]),
        }
        silent(stream)
    }

    /// The words of the command about it, at a step.
    fn said(self, step: usize) -> &'static str {
        match self {
            Self::Close => "the server closed the stream",
            Self::End => "the server ended the connection",
            Self::Questions => "no answer within 1s",
            Self::WrongType if step >= BIND => "wanted a result, got",
            Self::ForeignId if step >= BIND => "no answer within 1s",
            // Either there were too many instead of an answer, or no answer within a second.
            Self::Events if step >= BIND => "answer",
            Self::ForeignId | Self::WrongType | Self::Events => "wanted <",
        }
    }
}

/// The right answer to the request of a step.
fn answer(step: usize, id: &str) -> String {
    let framing = "urn:ietf:params:xml:ns:xmpp-framing";
    match step {
        1 => "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>".to_owned(),
        BIND => format!(
            "<iq xmlns='jabber:client' type='result' id='{id}'>\
             <bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>1001@x.test/r</jid></bind></iq>"
        ),
        4 => format!("<iq xmlns='jabber:client' type='result' id='{id}'/>"),
        _ => format!("<open xmlns='{framing}' from='x.test' id='1' version='1.0'/>"),
    }
}

/// Logs a client in up to a step, and lies there.
fn serve(stream: TcpStream, lie_at: usize, lie: Lie) -> std::io::Result<()> {
    let mut stream = upgraded(stream, "")?;
    let (mut decoder, mut step, mut chunk) = (Decoder::new(1 << 20), 0, [0; 4096]);
    loop {
        let len = stream.read(&mut chunk)?;
        if len == 0 {
            return Ok(());
        }
        decoder.push(&chunk[..len]);
        while let Ok(Some(decoded)) = decoder.next() {
            let said = String::from_utf8_lossy(&decoded.frame.payload).into_owned();
            let mark = STEPS.get(step).map_or("", |(_, mark)| mark);
            if decoded.frame.opcode != opcode::TEXT || !said.contains(mark) {
                continue;
            }
            let asked = stanza::parse(&said).ok();
            let id = asked.as_ref().and_then(|asked| asked.attr("id")).unwrap_or_default();
            if step == lie_at {
                return lie.tell(stream, id);
            }
            stream.write_all(&text(&answer(step, id)))?;
            if matches!(step, 0 | 2) {
                let features = "<features xmlns='http://etherx.jabber.org/streams'/>";
                stream.write_all(&text(features))?;
            }
            step += 1;
        }
    }
}

fn run(scheme: &str, port: u16, args: &[&str]) -> Watched {
    let suite = Suite::new();
    let trust = if scheme == "wss" { "trust = \"insecure\"" } else { "" };
    let target = format!(
        "url = \"{scheme}://localhost:{port}/ws/\"\ndomain = \"x.test\"\n\
         i_may_test = \"{{env:LAB_I_MAY_TEST}}\"\npatience = 0.2\n{trust}\n\
         [account.agent]\nuser = \"1001\"\npassword = \"{{env:LAB_PASSWORD}}\"\n"
    );
    suite.write("xtask/targets/lab.toml", &target);
    let mut command = suite.command(args);
    command.env("LAB_PASSWORD", PASSWORD).env("LAB_I_MAY_TEST", "localhost");
    watch(command)
}

#[test]
fn listen_ends_in_time_wherever_a_server_lies() {
    for (step, (name, _)) in STEPS.iter().enumerate() {
        all_at_once(&LIES, |lie| {
            let lie = *lie;
            let port = serve_all(move |stream| serve(stream, step, lie));
            let ran = run("ws", port, &["listen", "lab", "--node", "n"]);
            ran.holds(&format!("{lie:?} at {name}"), ERROR, lie.said(step));
        });
    }
}

#[test]
fn probe_ends_in_time_wherever_a_server_lies() {
    for (step, (name, _)) in STEPS.iter().enumerate() {
        all_at_once(&LIES, |lie| {
            let lie = *lie;
            let port = serve_all(move |stream| serve(stream, step, lie));
            let ran = run("ws", port, &["probe", "lab"]);
            ran.holds(&format!("{lie:?} at {name}"), ERROR, "BROKE");
        });
    }
}

/// A server that sends a client to another place, which is itself, is not followed.
#[test]
fn redirects_are_told_and_not_followed() {
    let port = serve_all(|mut stream| {
        let mut chunk = [0; 4096];
        let _whatever_it_says = stream.read(&mut chunk)?;
        stream.write_all(b"HTTP/1.1 302 Found\r\nLocation: /ws/\r\nContent-Length: 0\r\n\r\n")?;
        silent(stream)
    });
    for command in [["listen", "lab"], ["probe", "lab"]] {
        run("ws", port, &command).holds("redirects", ERROR, "302");
    }
}

/// A certificate of ten million octets, in the clear as TLS 1.2 has it (RFC 5246 §7.4.2).
#[test]
fn a_certificate_that_is_too_long_is_not_read() {
    const LENGTH: usize = 10_000_000;
    let port = serve_all(|mut stream| {
        let mut chunk = [0; 4096];
        let _whatever_it_says = stream.read(&mut chunk)?;
        let record = |fragment: &[u8]| {
            let length = u16::try_from(fragment.len()).unwrap().to_be_bytes();
            [&[22, 3, 3], &length[..], fragment].concat()
        };
        // The server's random is 32 times 7; the suite is the first of ECDHE with AES-128.
        let hello = [&[2, 0, 0, 38, 3, 3], &[7; 32][..], &[0, 0xc0, 0x2b, 0]].concat();
        stream.write_all(&record(&hello))?;
        let length = |octets: usize| octets.to_be_bytes()[5..].to_vec();
        let head = [&[11][..], &length(LENGTH + 6), &length(LENGTH + 3), &length(LENGTH)].concat();
        for fragment in [head, vec![0; LENGTH]].concat().chunks(1 << 14) {
            stream.write_all(&record(fragment))?;
        }
        silent(stream)
    });
    for command in [["listen", "lab"], ["probe", "lab"]] {
        run("wss", port, &command).holds("certificate", ERROR, "too long");
    }
}
