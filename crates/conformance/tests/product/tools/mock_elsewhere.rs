//! The fake as images start it: for clients on other machines, by variables, and watched by a
//! health check.

use std::fs;

use crate::fake::Fake;
use crate::http::ask;
use crate::suite::Suite;

#[test]
fn beyond_loopback_is_said_aloud_and_the_control_port_wants_its_token() {
    let suite = Suite::new();
    let token = "0123456789abcdef";
    let open = ["--listen", "0.0.0.0:0", "--control", "0.0.0.0:0", "--beyond-loopback"];
    let fake =
        Fake::start(&suite, &[&open[..], &["--token", token, "--name", "localhost"]].concat());
    let said = fs::read_to_string(suite.path("mock.stderr")).unwrap();
    assert!(said.contains("they may log in with the password `secret`"), "{said}");
    assert!(said.contains("they may do anything to the fake, if they have its token"), "{said}");
    assert!(!said.contains(token), "{said}");
    let url = fake.says("url");
    assert!(url.starts_with("wss://localhost:"), "{url}");
    let control = fake.says("control").strip_prefix("http://").expect("a URL").to_owned();
    let (status, refusal) = ask(&control, "GET /sessions", "", "");
    assert_eq!(status, 403);
    assert!(refusal.contains("every request needs its token"), "{refusal}");
    let with_token = format!("GET /sessions?token={token}");
    assert_eq!(ask(&control, &with_token, "", "").0, 200);

    // The certificate is for the name that the URL has.
    let ready = suite.run(&["mock", "--check", url, "--ca-file", fake.says("ca")]);
    assert_eq!(ready.code, Some(0), "{}", ready.stderr);
    let other = url.replace("localhost", "127.0.0.2");
    let wrong = suite.run(&["mock", "--check", &other, "--ca-file", fake.says("ca")]);
    assert_eq!(wrong.code, Some(3), "{}", wrong.stderr);
    assert!(wrong.stderr.contains("is not ready: TLS"), "{}", wrong.stderr);
}

#[test]
fn each_option_is_a_variable_too() {
    let suite = Suite::new();
    let mut command = suite.command(&["mock", "--plain", "--json"]);
    command.current_dir(suite.root()).envs([
        ("FINESSE_DOMAIN", "centre.example.org"),
        ("FINESSE_USERS", "agent1..2:secret\n77..78:other"),
        ("FINESSE_FAULTS", "refuse-upgrade status=503 times=1"),
        // As the file of a composer hands on what nobody has set.
        ("FINESSE_WORLD", ""),
        ("FINESSE_CONTROL", ""),
    ]);
    let fake = Fake::of(command, &suite.path("mock.stderr"));
    assert_eq!(fake.says("domain"), "centre.example.org");
    assert_eq!(fake.users(), ["77", "78", "agent1", "agent2"]);
    let url = fake.says("url");
    let refused = suite.run(&["mock", "--check", url]);
    assert_eq!(refused.code, Some(3), "{}", refused.stderr);
    assert!(refused.stderr.contains(&format!("{url} is not ready: upgrade")), "{}", refused.stderr);
    // The fault was for one of them.
    let ready = suite.run(&["mock", "--check", url]);
    assert_eq!((ready.code, ready.stdout), (Some(0), format!("{url} is ready\n")));
}

#[test]
fn help_shows_no_value_of_a_variable() {
    let suite = Suite::new();
    let mut command = suite.command(&["mock", "--help"]);
    let help = command.env("FINESSE_USERS", "1..2:hush-hush").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    assert!(help.contains("[env: FINESSE_USERS]"), "{help}");
    assert!(!help.contains("hush-hush"), "{help}");
}
