//! `probe` and the REST API of Finesse: SystemInfo, the user of the account, and the WebSocket that
//! says something else.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::Command;

use wire::RequestHead;

use super::probe::settled;
use crate::fake::Fake;
use crate::suite::{Ran, Suite};

/// An answer to requests of paths that begin so: path, status line, body.
type Answer = (&'static str, &'static str, &'static str);

/// SystemInfo of a UCCX with two nodes, of which the fake behind knows nothing.
const TWO_NODES: Answer = (
    "/finesse/api/SystemInfo",
    "200 OK",
    r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<SystemInfo>
  <currentTimestamp>2026-11-29T20:00:00.000Z</currentTimestamp>
  <deploymentType>UCCX</deploymentType>
  <primaryNode><host>uccx1.example.com</host><httpsPort>8445</httpsPort></primaryNode>
  <secondaryNode><host>uccx2.example.com</host><httpsPort>8445</httpsPort></secondaryNode>
  <status>IN_SERVICE</status>
  <systemAuthMode>NON_SSO</systemAuthMode>
  <xmppDomain>uccx1.example.com</xmppDomain>
  <xmppPubSubDomain>pubsub.uccx1.example.com</xmppPubSubDomain>
</SystemInfo>"#,
);

/// The same server out of service.
const OUT_OF_SERVICE: Answer = (
    TWO_NODES.0,
    "200 OK",
    "<SystemInfo><deploymentType>UCCX</deploymentType><status>OUT_OF_SERVICE</status>\
     <primaryNode><host>finesse.example.com</host></primaryNode>\
     <secondaryNode><host>finesse2.example.com</host></secondaryNode></SystemInfo>",
);

/// A server of single sign-on.
const SSO: Answer = (
    TWO_NODES.0,
    "200 OK",
    "<SystemInfo><deploymentType>UCCE</deploymentType><status>IN_SERVICE</status>\
     <systemAuthMode>SSO</systemAuthMode></SystemInfo>",
);

/// A server that is all right, with a user of whom the fake behind knows nothing.
const IN_SERVICE: Answer = (
    TWO_NODES.0,
    "200 OK",
    "<SystemInfo><deploymentType>UCCX</deploymentType><status>IN_SERVICE</status>\
     <systemAuthMode>NON_SSO</systemAuthMode></SystemInfo>",
);
const USER: Answer = (
    "/finesse/api/User/7001",
    "200 OK",
    "<User><loginId>7001</loginId><loginName>cwren</loginName><state>NOT_READY</state>\
     <extension>1087001</extension><teamId>5</teamId><teamName>Sales</teamName></User>",
);

const REFUSED: Answer = (
    "/finesse/api/User/",
    "401 Unauthorized",
    "<ApiErrors><ApiError><ErrorType>Authorization Failure</ErrorType>\
     <ErrorMessage>UNAUTHORIZED</ErrorMessage><ErrorData>1001</ErrorData></ApiError></ApiErrors>",
);

/// A front before a fake: answers requests to the REST API, and hands the rest on. It ends with the
/// test process. Returns its port.
fn front(behind: u16, answers: &'static [Answer]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            std::thread::spawn(move || serve(stream, behind, answers));
        }
    });
    port
}

fn serve(mut client: TcpStream, behind: u16, answers: &[Answer]) -> std::io::Result<()> {
    let (mut received, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        let Ok(Some((head, used))) = RequestHead::parse(&received) else {
            match client.read(&mut chunk)? {
                0 => return Ok(()),
                len => received.extend_from_slice(&chunk[..len]),
            }
            continue;
        };
        let known = answers.iter().find(|(path, ..)| head.target.starts_with(path));
        let Some((_, status, body)) = known else { break };
        received.drain(..used);
        let length = body.len();
        let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n{body}");
        client.write_all(answer.as_bytes())?;
    }
    let mut server = TcpStream::connect(("127.0.0.1", behind))?;
    server.write_all(&received)?;
    let (mut from, mut to) = (server.try_clone()?, client.try_clone()?);
    std::thread::spawn(move || {
        let copied = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
        copied
    });
    std::io::copy(&mut client, &mut server)?;
    server.shutdown(Shutdown::Write)
}

fn command(suite: &Suite, port: u16, user: &str, password: &str, args: &[&str]) -> Command {
    let url = format!("ws://localhost:{port}/ws/");
    let mut command = suite.command(&["probe", "--url", &url, "--user", user]);
    command.args(args).env("CONFORMANCE_PASSWORD", password);
    command
}

fn probe(suite: &Suite, port: u16, user: &str, password: &str, args: &[&str]) -> Ran {
    Ran::of(command(suite, port, user, password, args).output().unwrap())
}

/// The steps of a probe and what disagrees, without engine and draft.
fn steps(ran: &Ran, port: u16) -> String {
    let text = settled(&ran.stdout, port);
    text.split("\nengine  ").next().unwrap_or_default().trim_end().to_owned()
}

#[test]
fn the_fake_of_finesse_tells_all_of_itself() {
    let suite = Suite::new();
    let fake = Fake::start(&suite, &["--plain"]);
    let ran = probe(&suite, fake.port(), "1001", "secret", &[]);
    ran.says(0);
    insta::assert_snapshot!("api-all-right", steps(&ran, fake.port()));
    assert!(ran.stdout.contains("vendor     = true"), "{}", ran.stdout);
    assert!(ran.stdout.contains("\"node.team\" = \"/finesse/api/Team/1/Users\""), "{}", ran.stdout);
}

#[test]
fn a_websocket_that_says_something_else_is_compared() {
    let suite = Suite::new();
    let fake = Fake::start(&suite, &["--plain"]);
    let port = front(fake.port(), &[TWO_NODES]);
    let ran = probe(&suite, port, "1001", "secret", &[]);
    ran.says(0);
    insta::assert_snapshot!("api-disagrees", steps(&ran, port));
    let mut command = command(&suite, port, "1001", "secret", &["--json"]);
    let json = command.output().unwrap().stdout;
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    let what: Vec<&str> = json["disagreements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["what"].as_str().unwrap())
        .collect();
    assert_eq!(what, ["domain", "pubsub", "nodes"]);
    assert_eq!(json["system_info"]["secondary"], "uccx2.example.com");
}

#[test]
fn a_wrong_password_is_told_by_the_api_and_not_tried_again() {
    let suite = Suite::new();
    let fake = Fake::start(&suite, &["--plain"]);
    let ran = probe(&suite, fake.port(), "1001", "wrong-password", &[]);
    assert!(!ran.says(3).contains("wrong-password"), "{}", ran.stdout);
    insta::assert_snapshot!("api-wrong-password", steps(&ran, fake.port()));
    let watched =
        probe(&suite, fake.port(), "1001", "wrong-password", &["--watch=1s", "--for", "1m"]);
    assert!(watched.complains(3).contains("is not repeated"), "{}", watched.stderr);
}

#[test]
fn an_account_that_the_notification_service_lacks_is_told_from_a_wrong_password() {
    let suite = Suite::new();
    let fake = Fake::start(&suite, &["--plain"]);
    let port = front(fake.port(), &[IN_SERVICE, USER]);
    let ran = probe(&suite, port, "7001", "secret", &[]);
    ran.says(3);
    insta::assert_snapshot!("api-no-account", steps(&ran, port));
    // The API takes the login name of 1001 too.
    let ran = probe(&suite, fake.port(), "abyron", "secret", &[]);
    let said: String = ran.says(3).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("log in as 1001, not as abyron"), "{said}");
}

#[test]
fn single_sign_on_wants_a_token() {
    let suite = Suite::new();
    let fake = Fake::start(&suite, &["--plain"]);
    let port = front(fake.port(), &[SSO, REFUSED]);
    let ran = probe(&suite, port, "1001", "secret", &[]);
    ran.says(3);
    insta::assert_snapshot!("api-sso", steps(&ran, port));
}

#[test]
fn a_server_out_of_service_is_no_server_to_sign_in_to() {
    let suite = Suite::new();
    let fake = Fake::start(&suite, &["--plain"]);
    let port = front(fake.port(), &[OUT_OF_SERVICE]);
    let ran = probe(&suite, port, "1001", "secret", &[]);
    ran.says(3);
    insta::assert_snapshot!("api-out-of-service", steps(&ran, port));
    let both = ["--url", fake.says("url")];
    let ran = probe(&suite, port, "1001", "secret", &both);
    let said = ran.says(3);
    assert!(said.contains("the first is not in service, the second is in service"), "{said}");
}

#[test]
fn a_server_without_the_api_is_none_the_worse() {
    let suite = Suite::new();
    let fake = Fake::start(&suite, &["--plain", "--profile", "openfire-4.4"]);
    for (answers, what) in [
        (&[][..], "404 at SystemInfo"),
        (
            &[(TWO_NODES.0, "200 OK\r\nContent-Type: text/html", "<!doctype html><p>hello")],
            "a page",
        ),
    ] {
        let port = front(fake.port(), answers);
        let ran = probe(&suite, port, "1001", "secret", &[]);
        assert!(ran.says(0).contains(what), "{}", ran.stdout);
    }
}

#[test]
fn a_redirect_is_named_and_not_followed() {
    let suite = Suite::new();
    let fake = Fake::start(&suite, &["--plain"]);
    let moved = (TWO_NODES.0, "302 Found\r\nLocation: https://elsewhere.example.com/", "");
    let answers: &'static [Answer] = Box::leak(Box::new([moved]));
    let ran = probe(&suite, front(fake.port(), answers), "1001", "secret", &[]);
    let said = ran.says(3);
    assert!(said.contains("it sends you to https://elsewhere.example.com/"), "{said}");
    assert!(said.contains("ok     login"), "the WebSocket is looked at all the same: {said}");
}
