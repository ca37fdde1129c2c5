//! The fake on its own: faults and the control port from the command line.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Child, Stdio};

use finesse_fake::Fault;
use regex::Regex;

use crate::fake::{Fake, interrupt};
use crate::http::{ask, said_to};
use crate::suite::Suite;

/// A request that the fake refuses, and then ends the connection.
const NO_HOST: &str = "GET /ws/ HTTP/1.1\r\nUpgrade: websocket\r\nX: \u{202e}\r\n\r\n";

/// A request that is HTTP, and none for a WebSocket.
const NO_KEY: &str = "GET /ws/ HTTP/1.1\r\nHost: x\r\nConnection: close, Upgrade\r\nUpgrade: websocket\r\nX: \u{202e}\r\n\r\n";

#[test]
fn faults_and_a_control_port_are_asked_for_by_options() {
    let suite = Suite::new();
    let fake = Fake::start(
        &suite,
        &["--plain", "--fault", "refuse-upgrade status=503", "--fault", "reorder", "--control"],
    );
    let control = fake.says("control").strip_prefix("http://").expect("a URL").to_owned();
    let (_, faults) = ask(&control, "GET /faults", "", "");
    assert!(faults.contains(r#""fault":"refuse-upgrade status=503""#), "{faults}");
    assert!(faults.contains(r#""fault":"reorder what=event""#), "{faults}");
    assert_eq!(ask(&control, "GET /nowhere", "", "").0, 404);
}

#[test]
fn a_wrong_fault_or_address_is_answered_with_what_would_be_right() {
    let suite = Suite::new();
    let wrong = suite.run(&["mock", "--fault", "withold"]);
    assert_eq!(wrong.code, Some(64));
    assert!(
        wrong.stderr.contains("there is no \"withold\"; there is refuse-upgrade, "),
        "{}",
        wrong.stderr
    );
    let open = suite.run(&["mock", "--control", "0.0.0.0:9000"]);
    assert_eq!(open.code, Some(64));
    let wanted =
        "--control 0.0.0.0:9000 lets other machines in: add --beyond-loopback if you mean it";
    assert!(open.stderr.contains(wanted), "{}", open.stderr);
    let needless = suite.run(&["mock", "--control", "--token", "0123456789abcdef"]);
    assert_eq!(needless.code, Some(64), "{}", needless.stderr);
}

#[test]
fn a_log_that_cannot_be_written_is_named_and_is_no_usage_error() {
    let suite = Suite::new();
    let log = suite.path("nowhere/mock.log").display().to_string();
    let ran = suite.run(&["mock", "--plain", "--log", &log]);
    assert_eq!(ran.code, Some(74), "{}", ran.stderr);
    assert!(
        ran.stderr.starts_with(&format!("error: --log: cannot write {log}: ")),
        "{}",
        ran.stderr
    );
}

#[test]
fn with_until_eof_it_ends_with_the_pipe_of_its_parent() {
    let suite = Suite::new();
    let mut command = suite.command(&["mock", "--plain", "--until-eof"]);
    command.current_dir(suite.root()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut mock = command.spawn().unwrap();
    let mut stdout = BufReader::new(mock.stdout.take().unwrap());
    let mut first = String::new();
    stdout.read_line(&mut first).unwrap();
    assert!(first.starts_with("fake Finesse"), "{first}");
    // The program ignores the text of its standard input.
    mock.stdin.as_mut().unwrap().write_all(b"quit\n").unwrap();
    assert!(mock.try_wait().unwrap().is_none());
    drop(mock.stdin.take());
    stdout.read_to_string(&mut first).unwrap();
    assert_eq!(mock.wait().unwrap().code(), Some(0));
}

#[test]
fn help_has_the_table_of_faults() {
    let help = Suite::new().run(&["mock", "--help"]);
    assert_eq!(help.code, Some(0));
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words(&help.stdout).contains(&words(&Fault::help())), "{}", help.stdout);
}

/// A fake that prints for people: the process, and its address.
fn started(suite: &Suite, args: &[&str]) -> (Child, String) {
    let mut command = suite.command(&["mock", "--plain"]);
    command.args(args).current_dir(suite.root()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let address = loop {
        let mut line = String::new();
        assert_ne!(stdout.read_line(&mut line).unwrap(), 0, "no URL");
        if let Some((_, rest)) = line.split_once("ws://") {
            break rest.split('/').next().unwrap().to_owned();
        }
    };
    // The rest of the banner must find a reader.
    std::thread::spawn(move || stdout.read_to_end(&mut Vec::new()));
    (child, address)
}

/// Ends it; all that it said on standard error.
fn ended(mut child: Child) -> String {
    interrupt(&child);
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(child.wait().unwrap().success(), "{said}");
    said
}

#[test]
fn each_client_is_a_few_lines_on_the_terminal_and_in_a_file() {
    let suite = Suite::new();
    let (fake, address) = started(&suite, &["--log", "mock.log"]);
    said_to(&address, NO_HOST);
    let said = ended(fake);
    let log = suite.read("mock.log");
    let lines = [
        r"#1 == connected from 127\.0\.0\.1:\d+",
        r"#1 -> \[octets: No Host\]",
        r"#1 == request refused with 400: No Host",
        r"#1 == closed: the fake ended the connection",
    ];
    let like = |time: &str| {
        let lines: Vec<String> = lines.iter().map(|line| format!("{time}  {line}\n")).collect();
        Regex::new(&format!("^{}$", lines.concat())).unwrap()
    };
    assert!(like(r"\d\d:\d\d:\d\d\.\d{3}").is_match(&said), "{said}");
    assert!(like(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}").is_match(&log), "{log}");

    let (fake, address) = started(&suite, &["-v"]);
    said_to(&address, NO_KEY);
    let said = ended(fake);
    // Headers are octets (RFC 9110 §5.5), and shown one by one.
    let asked = r"#1 -> GET /ws/ HTTP/1.1\nHost: x\nConnection: close, Upgrade\nUpgrade: websocket\nX: â\u{80}®";
    assert!(said.contains(asked), "{said}");
    assert!(said.contains("#1 <- HTTP/1.1 503 Endpoint Creation Failed"), "{said}");

    for args in [&["-q"][..], &["--json"]] {
        let (fake, address) = started(&suite, args);
        said_to(&address, NO_HOST);
        assert_eq!(ended(fake), "", "{args:?}");
    }
}

#[test]
fn a_reader_that_does_not_read_holds_up_nothing() {
    let suite = Suite::new();
    let (mut fake, address) = started(&suite, &["-v"]);
    // Far more than a pipe holds, without a reader.
    let long = NO_HOST.replace("X: ", &format!("X: {}", "x".repeat(3000)));
    for _ in 0..200 {
        assert!(said_to(&address, &long).starts_with("HTTP/1.1 400 "));
    }
    interrupt(&fake);
    assert!(fake.wait().unwrap().success());
}

#[test]
fn a_port_that_is_taken_or_an_account_given_twice_is_named() {
    let suite = Suite::new();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    for args in [
        ["--listen", &port.to_string()],
        ["--listen", &format!("localhost:{port}")],
        ["--control", &port.to_string()],
    ] {
        let taken = suite.run(&["mock", args[0], args[1]]);
        assert_ne!(taken.code, Some(0));
        let wanted = format!(
            "cannot listen on 127.0.0.1:{port}: another program listens there: stop it, or give another port"
        );
        assert!(taken.stderr.contains(&wanted), "{}", taken.stderr);
    }
    let args = ["mock", "--users", "1001..1010:a", "--users", "1005..1020:b"];
    let twice =
        "--users 1001..1010 and --users 1005..1020 both have the account 1005: give it once";
    assert!(suite.run(&args).complains(64).contains(twice));
}

#[test]
fn the_page_of_a_client_more_ports_and_hints_are_asked_for_by_options() {
    let suite = Suite::new();
    std::fs::create_dir(suite.path("www")).unwrap();
    std::fs::write(suite.path("www/index.html"), "<p>desk").unwrap();
    let fake = Fake::start(&suite, &["--plain", "--www", "www", "--also", "0", "--hint", "0,0"]);
    let address = format!("127.0.0.1:{}", fake.port());
    assert_eq!(ask(&address, "GET /", "", ""), (200, "<p>desk".to_owned()));
    assert_eq!(fake.says("www"), format!("http://{address}/"));
    let also = format!("127.0.0.1:{}", fake.also());
    assert_eq!(ask(&also, "GET /", "", ""), (200, "<p>desk".to_owned()));
    let wrong = format!("127.0.0.1:{}", fake.hint());
    let (status, told) = ask(&wrong, "POST /http-bind/", "", "<body/>");
    assert_eq!(status, 421);
    assert!(told.contains(fake.says("url")), "{told}");
    let none = suite.run(&["mock", "--www", "nowhere"]);
    assert_ne!(none.code, Some(0));
    assert!(none.stderr.contains("cannot serve the files of nowhere"), "{}", none.stderr);
    let node = suite.run(&["mock", "--node", "a\u{1b}[2J"]);
    assert!(node.complains(64).contains("wanted a name without control characters"));
    let ports = suite.run(&["mock", "--hint", "5222,x"]);
    assert!(ports.complains(64).contains("wanted ports, e.g. 5222 or 5222,7443"));
}

#[test]
fn a_browser_needs_the_token_that_is_printed() {
    let fake = Fake::start(&Suite::new(), &["--plain", "--control"]);
    let control = fake.says("control").strip_prefix("http://").unwrap().to_owned();
    let origin = "Origin: http://localhost:3000\r\n";
    assert_eq!(ask(&control, "POST /reset", origin, "").0, 403);
    let with_token = format!("POST /reset?token={}", fake.says("token"));
    assert_eq!(ask(&control, &with_token, origin, "").0, 200);
    assert_eq!(ask(&control, "POST /reset", "", "").0, 200);
}

#[test]
fn the_console_is_a_page_at_the_control_port() {
    let fake = Fake::start(&Suite::new(), &["--plain", "--console"]);
    let control = fake.says("control").strip_prefix("http://").unwrap().to_owned();
    let path = fake.says("console").split_once(&control).unwrap().1.to_owned();
    assert_eq!(path, format!("/console?token={}", fake.says("token")));
    let browser = "Sec-Fetch-Site: none\r\n";
    assert_eq!(ask(&control, "GET /console", browser, "").0, 403);
    let (status, page) = ask(&control, &format!("GET {path}"), browser, "");
    assert_eq!(status, 200);
    assert!(page.contains("Fake Finesse</span>"), "{page}");
    let log = include_str!("../../../../explain/tests/captures/bad-no-presence-fake.console.log");
    let (status, explained) = ask(&control, "POST /explain?name=a.log", "", log);
    assert_eq!(status, 200);
    assert!(explained.contains("\"first_broken_step\":\"presence\""), "{explained}");
}
