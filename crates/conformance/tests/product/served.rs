//! `gate --serve` from outside, with a client that is three lines of HTTP.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::http::{self, said_to};
use crate::suite::{Ran, Suite};

/// A client that passes this connects by the path of Finesse.
const CONNECTS: &str = r#"+++
title = "a client connects"
spec  = ["robustness"]
level = "must"
roles = ["client"]
do    = ["login"]
+++
agent == within 2s connect

agent -> within 2s GET /ws/ HTTP/1.1
"#;

/// The reports of its application as well.
const REPORTS: &str = r#"+++
title = "a client says what it saw"
spec  = ["robustness"]
level = "must"
roles = ["client"]
do    = ["login"]
+++
agent == within 2s connect

agent reports error condition="conflict"
"#;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// A gate that is served, and its addresses.
struct Gate {
    process: Child,
    api: String,
    token: String,
    port: String,
    said: BufReader<std::process::ChildStderr>,
}

impl Gate {
    fn open(suite: &Suite, more: &[&str]) -> Self {
        let args = ["gate", "--serve", "127.0.0.1:0", "--plain"];
        let mut command = suite.command(&[&args, more].concat());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut said = BufReader::new(process.stderr.take().unwrap());
        let mut after = |mark: &str, end: char| loop {
            let mut line = String::new();
            assert_ne!(said.read_line(&mut line).unwrap(), 0, "no {mark:?}");
            if let Some((_, rest)) = line.split_once(mark) {
                break rest.split(end).next().unwrap().to_owned();
            }
        };
        let port = after("url      ws://", '/');
        let api = after("api      http://", ' ');
        let token = after("/?token=", '\n');
        Self { process, api, token, port, said }
    }

    /// Asks the HTTP API; status and body.
    fn ask(&self, request: &str, head: &str, body: &str) -> (u16, String) {
        http::ask(&self.api, request, head, body)
    }

    fn next(&self) -> Value {
        let (status, body) = self.ask("GET /next", "", "");
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    fn end(mut self) -> Ran {
        let mut stderr = String::new();
        self.said.read_to_string(&mut stderr).unwrap();
        let mut ran = Ran::of(self.process.wait_with_output().unwrap());
        ran.stderr = stderr;
        ran
    }
}

fn suite() -> Suite {
    let suite = Suite::for_clients(CONNECTS);
    suite.write("cases/upgrade/client-reports.case", REPORTS);
    suite.write(
        "cases/tls/client-plain.case",
        &CONNECTS.replace("do    = [\"login\"]", "do    = [\"login\"]\ncertificate = \"none\""),
    );
    suite
}

#[test]
fn a_client_that_runs_for_long_is_told_what_to_do_and_judged() {
    let gate = Gate::open(&suite(), &[]);
    // Visitors are brought to the case that they name, to the one that was asked for, or to nobody.
    let upgrade = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", gate.port);
    let nobody = said_to(&gate.port, &upgrade("/ws/"));
    assert!(nobody.starts_with("HTTP/1.1 503 "), "{nobody}");

    let told = gate.next();
    assert_eq!((&told["case"], &told["do"]), (&"tls/client-plain".into(), &"login".into()));
    assert_eq!(told["state"], "waiting");
    let own = told["url"].as_str().unwrap().to_owned();
    let own = own.strip_prefix("ws://").unwrap().strip_suffix("/ws/").unwrap();
    assert_ne!(own, gate.port, "certificates are shown before a path is told");
    said_to(own, &upgrade("/ws/"));

    let told = gate.next();
    assert_eq!(told["url"], format!("ws://{}/upgrade/client-connects/ws/", gate.port));
    said_to(&gate.port, &upgrade("/upgrade/client-connects/ws/"));

    let told = gate.next();
    assert_eq!(told["case"], "upgrade/client-reports");
    let reports = "POST /cases/upgrade/client-reports/reports";
    let seen = "{\"event\":\"error\",\"condition\":\"conflict\"}\n";
    assert_eq!(gate.ask(reports, "", seen).0, 409, "nobody has come yet");
    let mut client = TcpStream::connect(&gate.port).unwrap();
    client.write_all(upgrade("/ws/").as_bytes()).unwrap();
    let until = std::time::Instant::now() + PATIENCE;
    while gate.ask(reports, "", seen).0 == 409 {
        assert!(std::time::Instant::now() < until);
        std::thread::sleep(Duration::from_millis(5));
    }
    // A client that asks on is told of the end; it meets no closed port.
    let over = loop {
        assert!(std::time::Instant::now() < until);
        match gate.ask("GET /next", "", "") {
            (204, _) => std::thread::sleep(Duration::from_millis(5)),
            last => break last,
        }
    };
    assert_eq!(over, (410, "all cases are over; the gate ends\n".to_owned()));
    let ran = gate.end();
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("3 cases: 3 pass"), "{}", ran.stdout);
    assert!(ran.stderr.contains("\"/ws/\", which names no case"), "{}", ran.stderr);
}

#[test]
fn what_nobody_came_for_is_red() {
    let gate = Gate::open(&suite(), &["upgrade"]);
    let not_mine = gate.ask("POST /cases/upgrade/client-connects/end", "", "89\n");
    assert_eq!(not_mine.0, 204);
    assert_eq!(gate.ask("POST /stop", "", "").0, 204);
    let ran = gate.end();
    assert_eq!(ran.code, Some(3), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("unsupported"), "{}", ran.stdout);
    let why = "no client came for this case: the gate was stopped by POST /stop";
    assert!(ran.stdout.contains(why), "{}", ran.stdout);

    let ran = Gate::open(&suite(), &["--idle", "200ms"]).end();
    assert_eq!(ran.code, Some(3), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("the client did nothing for 200ms (--idle)"), "{}", ran.stdout);
}

#[test]
fn the_api_is_for_this_machine_and_says_what_is_wrong() {
    let gate = Gate::open(&suite(), &[]);
    let case = "/cases/upgrade/client-connects";
    let password = gate.next()["password"].as_str().unwrap().to_owned();
    let origin = "Origin: http://localhost:5173\r\n";
    for head in ["Origin: https://example.com\r\n", origin, "Sec-Fetch-Site: same-site\r\n"] {
        let (status, said) = gate.ask("GET /next", head, "");
        assert_eq!(status, 403, "{head}");
        assert!(said.contains("open the URL with `?token=…`"), "{said}");
        assert!(!said.contains(&password) && !said.contains(&gate.token), "{said}");
        assert_eq!(gate.ask("POST /stop", head, "").0, 403);
        let (status, said) = gate.ask(&format!("GET /next?token={}", gate.token), head, "");
        assert_eq!(status, 200, "{said}");
    }
    let bearer = format!("{origin}Authorization: Bearer {}\r\n", gate.token);
    let next =
        format!("GET /next HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{bearer}\r\n", gate.api);
    let answer = said_to(&gate.api, &next);
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains(&password), "{answer}");
    assert!(!answer.to_lowercase().contains("access-control"), "{answer}");
    let rebound = said_to(&gate.api, &next.replace(&gate.api, "rebound.example.com"));
    assert!(rebound.starts_with("HTTP/1.1 403 ") && !rebound.contains(&password), "{rebound}");
    for (request, body, status, says) in [
        ("GET /elsewhere", "", 404, "GET / lists the routes"),
        ("GET /cases/no/such", "", 404, "there is no such case"),
        ("POST /cases/no/such/end", "", 404, "no such case"),
        (&format!("POST {case}/end"), "x", 400, "an exit status"),
        (&format!("POST {case}/reports"), "[1]", 400, "must be a JSON object"),
        (&format!("POST {case}/reports"), "{\"event\":\"error\"}", 409, "not being played"),
    ] {
        let (got, said) = gate.ask(request, "", body);
        assert_eq!(got, status, "{request}: {said}");
        assert!(said.contains(says), "{request}: {said}");
    }
    let (_, listed) = gate.ask("GET /cases", "", "");
    assert_eq!(serde_json::from_str::<Vec<Value>>(&listed).unwrap().len(), 3);
    gate.ask("POST /stop", "", "");
    assert_eq!(gate.end().code, Some(3));
}

#[test]
fn an_api_that_all_can_reach_is_refused() {
    let ran = suite().run(&["gate", "--serve", "127.0.0.1:0", "--api", "0.0.0.0:9"]);
    assert!(ran.complains(64).contains("wanted a loopback address"), "{}", ran.stderr);
    let ran = suite().run(&["gate", "--api", "127.0.0.1:0", "--", "true"]);
    assert!(ran.complains(64).contains("--serve"), "{}", ran.stderr);
    let ran = suite().run(&["gate", "--serve", "127.0.0.1:0", "--", "true"]);
    assert!(ran.complains(64).contains("remove the command after `--`"), "{}", ran.stderr);
}
