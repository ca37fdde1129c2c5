//! `record` between a real client and a fake in another process.

use std::process::{Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use wire::net::{Trust, dial};

use crate::fake::Fake;
use crate::suite::{Suite, reference_client};

const PASSWORD: &str = "Sesame-4711-öffne";

/// A recorder before a fake.
fn record(suite: &Suite, fake: &Fake, args: &[&str]) -> Fake {
    let to = format!("ws://127.0.0.1:{}", fake.port());
    let mut command = suite.command(&["record", "--json", "--to", &to]);
    command
        .arg("--output")
        .arg(suite.path("r.jsonl"))
        .arg("-v")
        .args(args)
        .current_dir(suite.root());
    Fake::of(command, &suite.path("record.stderr"))
}

fn fake(suite: &Suite, args: &[&str]) -> Fake {
    let user = format!("1001:{PASSWORD}");
    Fake::start(suite, &[&["--user", &user][..], args].concat())
}

/// The reference client, as a test of a client starts it.
fn client(recorder: &Fake, tasks: &str) {
    let done = Command::new(reference_client())
        .env("CONFORMANCE_DO", tasks)
        .env("CONFORMANCE_URL", recorder.says("url"))
        .env("CONFORMANCE_REST", recorder.says("rest").trim_end_matches('/'))
        .env("CONFORMANCE_CA", recorder.says("ca"))
        .env("CONFORMANCE_DOMAIN", "finesse.example.com")
        .env("CONFORMANCE_PUBSUB", "pubsub.finesse.example.com")
        .env("CONFORMANCE_USER", "1001")
        .env("CONFORMANCE_PASSWORD", PASSWORD)
        .env("CONFORMANCE_EXTENSION", "1081001")
        .env("CONFORMANCE_RESOURCE", "desk")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// A request on a connection of its own; the answer.
fn request(recorder: &Fake, head: &str, body: &str) -> String {
    let pem = std::fs::read_to_string(recorder.says("ca")).unwrap();
    let trust = Trust::ca_pem(&pem).unwrap();
    let length = body.len();
    let text = format!(
        "{head}\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let tls = Some((&trust, "localhost"));
        let dialled = dial("127.0.0.1", recorder.port(), tls, Duration::from_secs(20));
        let mut stream = dialled.await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    })
}

/// The words in which a password might be written.
fn spellings(password: &str) -> Vec<String> {
    let hex = |text: &str| text.bytes().map(|octet| format!("{octet:02x}")).collect::<String>();
    let texts = [
        password.to_owned(),
        STANDARD.encode(format!("\x001001\0{password}")),
        STANDARD.encode(format!("1001:{password}")),
    ];
    texts.iter().flat_map(|text| [text.clone(), hex(text)]).collect()
}

#[test]
fn a_client_is_recorded_by_websocket_bosh_and_rest_without_its_secrets() {
    let suite = Suite::new();
    let fake = fake(&suite, &["--plain"]);
    let recorder = record(&suite, &fake, &[]);
    client(&recorder, "login; subscribe /finesse/api/User/1001; sign-in; ready; sign-out");
    let basic = STANDARD.encode(format!("1001:{PASSWORD}"));
    let answer = request(
        &recorder,
        &format!(
            "GET /finesse/api/User/1001?session_token=Token-0815 HTTP/1.1\r\nAuthorization: Basic {basic}\r\nCookie: JSESSIONID=Cookie-0123456789"
        ),
        "",
    );
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let open = "<body xmlns='http://jabber.org/protocol/httpbind' to='finesse.example.com' rid='1' hold='1' wait='5' \
                ver='1.6' xmpp:version='1.0' xmlns:xmpp='urn:xmpp:xbosh'/>";
    let bosh = "POST /http-bind/ HTTP/1.1\r\nContent-Type: text/xml";
    let opened = request(&recorder, bosh, open);
    let sid = opened.split(" sid=\"").nth(1).unwrap().split('"').next().unwrap();
    let plain = STANDARD.encode(format!("\x001001\0{PASSWORD}"));
    let auth = format!(
        "<body xmlns='http://jabber.org/protocol/httpbind' rid='2' sid='{sid}'>\
         <auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{plain}</auth></body>"
    );
    let authenticated = request(&recorder, bosh, &auth);
    assert!(authenticated.contains("<success"), "{authenticated}");
    let (code, mut said) = recorder.stop();
    assert_eq!(code, Some(0));
    let recording = std::fs::read_to_string(suite.path("r.jsonl")).unwrap();
    said.push_str(&recording);
    said.push_str(&std::fs::read_to_string(suite.path("record.stderr")).unwrap());
    let path = suite.path("r.jsonl").display().to_string();
    for kind in ["text", "json", "html"] {
        let ran = suite.run(&["explain", &path, "--report", kind]);
        assert!(matches!(ran.code, Some(0 | 1)), "{}", ran.stderr);
        said.push_str(&ran.stdout);
        said.push_str(&ran.stderr);
    }
    for words in [&["show", &path][..], &["show", &path, "--raw"]] {
        let ran = suite.run(words);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        said.push_str(&ran.stdout);
    }
    let secrets = spellings(PASSWORD);
    let others = ["Token-0815", "Cookie-0123456789"].map(str::to_owned);
    for secret in secrets.iter().chain(&others) {
        assert!(!said.contains(secret.as_str()), "{secret} in\n{said}");
    }
    let explained = suite.run(&["explain", &path]).stdout;
    for step in [
        "bind      result: 1001@finesse.example.com/desk",
        "subscribe /finesse/api/User/1001 for 1001@finesse.example.com/desk: result",
        "REST      PUT /finesse/api/User/1001: 202",
        "REST      GET /finesse/api/User/1001: 200",
        "auth      PLAIN: user 1001, password ***; success",
    ] {
        assert!(explained.contains(step), "no {step:?} in\n{explained}");
    }
    assert_eq!(
        explained.matches("\nconnection ").count(),
        2,
        "a WebSocket and a BOSH session\n{explained}"
    );
    assert!(said.contains("1001 == bound 1001@finesse.example.com/desk"), "{said}");
}

#[test]
fn the_draft_of_a_recording_plays_against_the_fake() {
    let suite = Suite::of_the_project();
    let fake = fake(&suite, &["--plain"]);
    let recorder = record(&suite, &fake, &[]);
    client(&recorder, "login; subscribe /finesse/api/User/1001; sign-in; ready; sign-out");
    assert_eq!(recorder.stop().0, Some(0));
    let path = suite.path("r.jsonl").display().to_string();
    let words = ["record", "--from", &path, "--case", "desk/login"];
    let drafted = suite.run(&words);
    assert_eq!(drafted.code, Some(2), "{}{}", drafted.stdout, drafted.stderr);
    assert!(drafted.stdout.contains("the draft plays against mock"), "{}", drafted.stdout);
    let case = suite.read("cases/desk/login.case");
    for token in [
        "host: {host}:{port}",
        "to=\"{domain}\"",
        "{plain(agent.user, agent.password)}",
        "{basic(agent.user, agent.password)}",
        "id=\"{bind1=random(8)}\"",
        "id=\"{bind1}\"",
        "<jid>{agent.user}@{domain}/desk</jid>",
        "node=\"/finesse/api/User/{agent.id}\"",
        "<extension>{agent.extension}</extension>",
    ] {
        assert!(case.contains(token), "no {token} in\n{case}");
    }
    assert!(!case.contains("1001"), "{case}");
    let again = suite.run(&words);
    assert_eq!(again.code, Some(64));
    assert!(again.stderr.contains("exists already"), "{}", again.stderr);
}

#[test]
fn the_draft_of_an_openfire_plays_against_the_fake_that_is_like_it() {
    let suite = Suite::of_the_project();
    let fake = fake(&suite, &["--plain", "--profile", "openfire-4.4", "--node", "/lab/open"]);
    let recorder = record(&suite, &fake, &[]);
    client(&recorder, "login; subscribe /lab/open; unsubscribe /lab/open; sign-out");
    assert_eq!(recorder.stop().0, Some(0));
    let path = suite.path("r.jsonl").display().to_string();
    let words = ["record", "--from", &path, "--case", "desk/lab", "--target", "mock-openfire"];
    let drafted = suite.run(&words);
    assert_eq!(drafted.code, Some(2), "{}{}", drafted.stdout, drafted.stderr);
    assert!(drafted.stdout.contains("the draft plays against mock-openfire"), "{}", drafted.stdout);
}

#[test]
fn both_sides_have_tls_and_names_of_their_own() {
    let suite = Suite::new();
    let fake = fake(&suite, &[]);
    let to = format!("wss://127.0.0.1:{}", fake.port());
    let path = suite.path("r.jsonl").display().to_string();
    let words = ["record", "--json", "--to", &to, "--output", &path];
    let refused = suite.run(&words);
    assert_eq!(refused.code, Some(64));
    assert!(refused.stderr.contains("--upstream-ca FILE, --pin sha256/…, or --insecure"));
    assert!(!suite.path("r.jsonl").exists());
    let mut command = suite.command(&words);
    command.args(["--upstream-ca", fake.says("ca")]).current_dir(suite.root());
    let recorder = Fake::of(command, &suite.path("record.stderr"));
    client(&recorder, "login; sign-in; sign-out");
    let again = suite.run(&[&words[..], &["--insecure"]].concat());
    assert_eq!(again.code, Some(74), "an older recording is not overwritten: {}", again.stderr);
    assert_eq!(recorder.stop().0, Some(0));
    let explained = suite.run(&["explain", &path]);
    assert_eq!(explained.code, Some(0), "{}", explained.stdout);
    assert!(explained.stdout.contains(&format!("wss://127.0.0.1:{}/ws/", fake.port())));
}

#[test]
fn a_recorder_that_is_killed_leaves_a_file_that_can_be_read() {
    let suite = Suite::new();
    let fake = fake(&suite, &["--plain"]);
    let recorder = record(&suite, &fake, &[]);
    client(&recorder, "login");
    // SIGKILL.
    drop(recorder);
    let path = suite.path("r.jsonl").display().to_string();
    let explained = suite.run(&["explain", &path]);
    // The client heard of its resource, so the recorder had passed it on, and written it before.
    let step = "bind      result: 1001@finesse.example.com/desk";
    assert!(explained.stdout.contains(step), "{}", explained.stdout);
}
