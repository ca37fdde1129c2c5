//! Target files of servers: what they take from the environment, and what they may not hold.

use std::time::Duration;

use case::Effects;
use runner::{Endpoint, Server, Target};

/// Everything that a server's file can say.
const LAB: &str = r#"url = "wss://{env:LAB_HOST}:{env:LAB_PORT:8445}/ws/"
i_may_test = "{env:LAB_I_MAY_TEST}"
trust = "{env:LAB_TRUST}"
domain = "{env:LAB_DOMAIN:}"
pace = "1s"
login_failures = 1
allow_desktop = true

[account.agent]
user = "{env:LAB_AGENT}"
password = "{env:LAB_PASSWORD}"

[account.other]
user = "{env:LAB_OTHER}"
password = "{env:LAB_OTHER_PASSWORD}"

[provides]
"node.team" = ""
"team.id" = "{env:LAB_TEAM}"
"#;

fn lab() -> (Target, Server) {
    let target = Target::parse("lab", "lab.toml", LAB).expect("a target");
    let Endpoint::Server(server) = target.endpoint.clone() else { panic!() };
    (target, *server)
}

/// An environment in which these variables are set.
fn set(variables: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> {
    let variables: Vec<(String, String)> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    move |name| variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
}

const FIVE: [(&str, &str); 5] = [
    ("LAB_HOST", "h.test"),
    ("LAB_I_MAY_TEST", "h.test"),
    ("LAB_TRUST", "insecure"),
    ("LAB_AGENT", "1001"),
    ("LAB_PASSWORD", "p"),
];

#[test]
fn a_full_file_is_completed_by_the_environment() {
    let (target, server) = lab();
    assert_eq!((target.pace, target.login_failures), (Duration::from_secs(1), Some(1)));
    assert!(target.allow_desktop);
    let settled = server.settle(&set(&FIVE)).ok().unwrap();
    assert_eq!(settled.url, "wss://h.test:8445/ws/");
    assert_eq!(settled.i_may_test.as_deref(), Some("h.test"));
    assert_eq!(settled.trust.as_deref(), Some("insecure"));
    assert_eq!(settled.domain, None, "an empty one is none");
    assert_eq!(settled.accounts["agent"], ("1001".to_owned(), "p".to_owned()));
    assert_eq!(settled.accounts.len(), 1);
    assert!(settled.provides.is_empty(), "what no variable completes is not there");
    assert_eq!(target.provides.keys().collect::<Vec<_>>(), ["node.team"]);

    let more = [
        ("LAB_PORT", "1"),
        ("LAB_DOMAIN", "d.test"),
        ("LAB_OTHER", "1002"),
        ("LAB_OTHER_PASSWORD", "q"),
        ("LAB_TEAM", "7"),
    ];
    let settled = server.settle(&set(&[&FIVE[..], &more].concat())).ok().unwrap();
    assert_eq!(settled.url, "wss://h.test:1/ws/");
    assert_eq!(settled.domain.as_deref(), Some("d.test"));
    assert_eq!(settled.accounts["other"], ("1002".to_owned(), "q".to_owned()));
    assert_eq!(settled.provides["team.id"], "7");
}

#[test]
fn all_that_is_unset_is_named_at_once() {
    let (_, server) = lab();
    let unset = server.unset(&set(&[("LAB_TRUST", "")]));
    let five = ["LAB_HOST", "LAB_I_MAY_TEST", "LAB_TRUST", "LAB_AGENT", "LAB_PASSWORD"];
    assert_eq!(unset.required, five);
    assert_eq!(unset.optional, ["LAB_OTHER", "LAB_OTHER_PASSWORD", "LAB_TEAM"]);
    assert_eq!(server.settle(&set(&[])).err().unwrap(), five);
    // Half an account is a slip.
    let half = [&FIVE[..], &[("LAB_OTHER", "1002")]].concat();
    assert_eq!(server.settle(&set(&half)).err().unwrap(), ["LAB_OTHER_PASSWORD"]);
}

#[test]
fn a_small_file_is_careful() {
    let target = Target::parse("lab", "lab.toml", "url = \"wss://h.test/ws/\"").unwrap();
    assert_eq!(target.effects, [Effects::None, Effects::Session]);
    assert_eq!(target.pace, Duration::from_millis(200));
    assert_eq!(target.login_failures, Some(2));
    assert!(!target.allow_desktop);
    assert_eq!(target.lacks(["account agent", "resource.desktop"]), ["resource.desktop"]);
}

#[test]
fn every_mistake_has_its_place_and_no_secret() {
    let password = "lab.toml:4:12: passwords come from the environment alone: wanted `{env:NAME}` and nothing else";
    let typed = "lab.toml:2:14: `i_may_test` is for a person to type: `{env:NAME}` alone, with a variable that the URL does not use";
    let account = |password: &str| {
        format!("url = \"wss://h/\"\n[account.agent]\nuser = \"1001\"\npassword = {password}\n")
    };
    let table = [
        (account("\"hunter2\""), password),
        (account("\"{env:A:hunter2}\""), password),
        (account("\"{env:A}hunter2\""), password),
        (account("[\"hunter2\"]"), password),
        (account("4711"), password),
        ("url = \"wss://{env:H}/\"\ni_may_test = \"{env:H}\"".to_owned(), typed),
        ("url = \"wss://h/\"\ni_may_test = \"h\"".to_owned(), typed),
        ("url = \"wss://h/\"\ni_may_test = \"{env:A:h}\"".to_owned(), typed),
        (
            "url = \"wss://{HOST}/\"".to_owned(),
            "lab.toml:1:7: a brace is only for `{env:NAME}` or `{env:NAME:DEFAULT}`",
        ),
        (
            "url = \"wss://h/\"\ntrust = \"{env:A\"".to_owned(),
            "lab.toml:2:9: `{env:` without its `}`",
        ),
        (
            "url = \"wss://h/\"\n[provides]\n\"team.id\" = \"{env:1}\"".to_owned(),
            "lab.toml:3:13: the name of a variable has letters, digits and `_`",
        ),
        (
            "url = \"wss://h/\"\npace = \"soon\"".to_owned(),
            "lab.toml:2:8: wanted a duration in quotes, e.g. \"200ms\" or \"1s\"",
        ),
        (
            "url = \"wss://h/\"\n[account.agnet]\nuser = \"1\"".to_owned(),
            "lab.toml:2:10: unknown field `agnet`, expected one of `agent`, `other`, `supervisor`, `administrator`, `publisher`",
        ),
        (
            "url = \"wss://h/\"\n[account.agent]\nuser = \"1\"\npasword = \"hunter2\"".to_owned(),
            "lab.toml:4:1: unknown field `pasword`, expected `user` or `password`",
        ),
        (
            "profile = \"strict\"\ntrust = \"insecure\"".to_owned(),
            "lab.toml:2:9: `trust` is for servers, not for a fake",
        ),
        (
            "profile = \"strict\"\nallow_desktop = true".to_owned(),
            "lab.toml:2:17: `allow_desktop` is for servers, not for a fake",
        ),
    ];
    for (text, wanted) in table {
        let error = Target::parse("lab", "lab.toml", &text).expect_err(wanted).to_string();
        assert_eq!(error, wanted, "{text}");
        assert!(!error.contains("hunter2"));
    }
}
