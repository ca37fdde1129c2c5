//! Thousands of accounts, and what is measured with them.

use std::sync::Arc;

use ::load::{CheckedClient, Crowd, LoginPlan, MeasuredServer, Progress};
use remote::{Account, Url};
use serde_json::Value;
use wire::net::Trust;

use crate::fake::Fake;
use crate::suite::{Ran, Suite};

fn server(fake: &Fake) -> MeasuredServer {
    let pem = std::fs::read_to_string(fake.says("ca")).unwrap();
    MeasuredServer {
        url: Url::parse(&format!("wss://127.0.0.1:{}/ws/", fake.port())).unwrap(),
        trust: Trust::ca_pem(&pem).unwrap(),
        domain: fake.says("domain").to_owned(),
        pubsub: fake.says("pubsub").to_owned(),
    }
}

#[test]
fn the_last_of_a_range_logs_in_and_has_its_nodes() {
    let suite = Suite::new();
    let fake = Fake::start(&suite, &["--users", "agent00001..05000:pass-word"]);
    let server = Arc::new(server(&fake));
    let account = |name: &str| Account { name: name.to_owned(), password: "pass-word".to_owned() };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let login = LoginPlan {
            resource: "load".to_owned(),
            nodes: ["User/agent05000", "User/agent05000/Dialogs", "Team/1/Users"]
                .map(|path| format!("/finesse/api/{path}"))
                .to_vec(),
        };
        let mut crowd = Crowd::default();
        let last = [account("agent05000")];
        crowd.log_in(&server, &last, &login, 1, &Progress::default()).await.unwrap();
        for stranger in ["agent05001", "agent00000", "agent5000", "1001"] {
            let refused = CheckedClient::log_in(&server, &account(stranger), "load").await;
            assert!(refused.is_err(), "{stranger}");
        }
        crowd.leave(1).await;
    });
}

#[test]
fn a_bad_range_says_the_form() {
    let suite = Suite::new();
    for (range, why) in [
        ("agent1..3", "wanted PREFIX00001..05000:PASSWORD"),
        ("agent3..1:x", "it ends before it begins"),
        ("agent:x", "it has no `..`; wanted PREFIX00001..05000"),
        ("agent1..3:", "wanted PREFIX00001..05000:PASSWORD"),
    ] {
        let ran = suite.run(&["mock", "--users", range]);
        assert!(ran.complains(64).contains(why), "{}", ran.stderr);
    }
}

/// Figures of a run by their names, all of them numbers above zero, but for waits that may be none.
fn figures(json: &Value) -> Vec<String> {
    let figures = json["figures"].as_array().unwrap();
    for figure in figures {
        // An event may come before the 202 is read.
        let is_event = figure["id"].as_str().is_some_and(|id| id.contains("-event"));
        for number in ["min", "median", "max"] {
            let is_right = |value: f64| value > 0.0 || (is_event && value == 0.0);
            assert!(figure[number].as_f64().is_some_and(is_right), "{figure}");
        }
        assert!(!figure["rounds"].as_array().unwrap().is_empty(), "{figure}");
        assert!(figure["median"].as_f64() >= figure["min"].as_f64(), "{figure}");
        assert!(figure["max"].as_f64() >= figure["median"].as_f64(), "{figure}");
    }
    figures.iter().map(|figure| figure["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_quick_bench_has_every_figure() {
    let suite = Suite::of_the_project();
    suite.accept(&["upgrade"]);
    let ran = suite.run(&["bench", "--quick", "--json", "bench.json"]);
    let table = ran.says(0);
    let json: Value = serde_json::from_str(&suite.read("cases/bench.json")).unwrap();
    assert_eq!(
        figures(&json),
        [
            "program",
            "start",
            "start-5000",
            "logins-ws",
            "server-ws",
            "clients-ws",
            "logins-wss",
            "server-wss",
            "clients-wss",
            "logins-0-20",
            "server-0-20",
            "clients-0-20",
            "idle-20",
            "logins-20-40",
            "server-20-40",
            "clients-20-40",
            "idle-40",
            "first-20",
            "last-20",
            "deliveries-20",
            "first-40",
            "last-40",
            "deliveries-40",
            "sign-ins-ws",
            "sign-ins-ws-answer",
            "sign-ins-ws-answer-99",
            "sign-ins-ws-all",
            "sign-ins-ws-all-99",
            "sign-ins-ws-event",
            "sign-ins-ws-event-99",
            "sign-ins-ws-server",
            "sign-ins-ws-clients",
            "changes-ws",
            "changes-ws-answer",
            "changes-ws-answer-99",
            "changes-ws-all",
            "changes-ws-all-99",
            "changes-ws-event",
            "changes-ws-event-99",
            "changes-ws-server",
            "changes-ws-clients",
            "sign-ins-wss",
            "sign-ins-wss-answer",
            "sign-ins-wss-answer-99",
            "sign-ins-wss-all",
            "sign-ins-wss-all-99",
            "sign-ins-wss-event",
            "sign-ins-wss-event-99",
            "sign-ins-wss-server",
            "sign-ins-wss-clients",
            "changes-wss",
            "changes-wss-answer",
            "changes-wss-answer-99",
            "changes-wss-all",
            "changes-wss-all-99",
            "changes-wss-event",
            "changes-wss-event-99",
            "changes-wss-server",
            "changes-wss-clients",
            "day-events",
            "day-server",
            "day-memory",
            "suite"
        ]
    );
    assert_eq!(json["not_measured"], Value::Array(Vec::new()));
    assert!(json["machine"]["cores"].as_u64().is_some_and(|cores| cores > 0));
    for what in
        ["logins over wss", "memory of each of 40 idle sessions", "last delivery", "the suite"]
    {
        assert!(table.contains(what), "{table}");
    }
}

fn measure(suite: &Suite, url: &str, args: &[&str]) -> Ran {
    let quick = ["bench", "--quick", "--only", "logins,sessions", "--url", url];
    suite.run(&[&quick, args].concat())
}

#[test]
fn another_server_is_measured_in_the_same_way() {
    let suite = Suite::new();
    let fake = Fake::start(&suite, &["--plain", "--users", "agent01..30:pass-word"]);
    let url = fake.says("url");
    let ran = measure(&suite, url, &["--users", "agent01..30:pass-word", "--json", "bench.json"]);
    let table = ran.says(0);
    assert!(
        table.contains(
            "not measured: 40 sessions: each session needs its own account, and there are only 30"
        ),
        "{table}"
    );
    assert!(
        table.contains("not measured: memory and processor time of the server: its process"),
        "{table}"
    );
    let json: Value = serde_json::from_str(&suite.read("cases/bench.json")).unwrap();
    assert_eq!(
        figures(&json),
        [
            "logins-ws",
            "clients-ws",
            "logins-0-20",
            "clients-0-20",
            "first-20",
            "last-20",
            "deliveries-20"
        ]
    );
    assert!(!suite.read("cases/bench.json").contains("pass-word") && !table.contains("pass-word"));
}

#[test]
fn a_server_that_lets_nobody_create_nodes_is_given_some() {
    let suite = Suite::new();
    let args = ["--plain", "--profile", "strict", "--users", "agent01..20:pass-word"];
    let fake = Fake::start(&suite, &[&args[..], &["--node", "/a", "--node", "/b"]].concat());
    let (url, users) = (fake.says("url"), ["--users", "agent01..20:pass-word"]);
    let ran = measure(&suite, url, &users);
    assert!(ran.complains(4).contains("none of the requested kinds"), "{}", ran.stderr);
    assert!(
        ran.stdout.contains("create nodes (forbidden); give two existing nodes with --node"),
        "{}",
        ran.stdout
    );
    let ran = measure(&suite, url, &[&users[..], &["--node", "/a", "--node", "/b"]].concat());
    let table = ran.says(0);
    assert!(table.contains("logins over ws"), "{table}");
    assert!(
        table.contains("not measured: one publication to many: the accounts may not"),
        "{table}"
    );
}

#[test]
fn what_cannot_be_measured_is_an_error() {
    let suite = Suite::new();
    let fake = Fake::start(&suite, &["--plain", "--user", "1001:pass-word"]);
    let url = fake.says("url");
    let wrong = measure(&suite, url, &["--user", "1001:another"]);
    assert_eq!(wrong.complains(3), "error: login: refused with not-authorized\n");
    assert_eq!(wrong.stdout, "");
    let closed = format!("ws://127.0.0.1:{}/ws/", free_port());
    let nobody = measure(&suite, &closed, &["--user", "1001:xxxx", "--domain", "d"]);
    assert!(nobody.complains(3).contains("nothing listens on port"), "{}", nobody.stderr);
    for (url, args, why) in [
        ("http://127.0.0.1/", &["--user", "1001:xxxx"][..], "the scheme is neither ws nor wss"),
        (url, &[], "--url needs accounts"),
        (url, &["--user", "1001"], "--user needs a password"),
        (url, &["--users", "1001:xxxx"], "--users: \"1001\" is not a range of accounts"),
        ("wss://127.0.0.1/", &["--user", "1001:xxxx"], "a wss URL needs --ca"),
        (
            "ws://uccx.example.com/ws/",
            &["--user", "1001:xxxx"],
            "add --i-may-load uccx.example.com",
        ),
        (
            "ws://uccx.example.com/ws/",
            &["--user", "1001:xxxx", "--i-may-load", "uccx2.example.com"],
            "--i-may-load is \"uccx2.example.com\"",
        ),
    ] {
        let ran = measure(&suite, url, args);
        assert!(ran.complains(64).contains(why), "{}", ran.stderr);
    }
}

/// A port on which nobody listens any more.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}
