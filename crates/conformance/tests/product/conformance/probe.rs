//! `probe`: its output about a server without faults, from first octet to draft. The draft can be
//! played against.

use crate::fake::Fake;
use crate::suite::{Ran, Suite};

fn probe(suite: &Suite, args: &[&str]) -> Ran {
    let mut command = suite.command(&[&["probe"], args].concat());
    command.env("CONFORMANCE_PASSWORD", "secret");
    Ran::of(command.output().unwrap())
}

/// With names for what differs from run to run.
pub(super) fn settled(text: &str, port: u16) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let mut line = line.replace(&port.to_string(), "PORT");
        if let Some((label, took)) = line.split_once(" ms  ")
            && let Some(at) = label.rfind(|c: char| !c.is_ascii_digit())
        {
            let blanks = " ".repeat(label.len() - at - 2);
            line = format!("{}{blanks}N ms  {took}", &label[..=at]);
        }
        for (label, name) in
            [("stream   ", "ID"), ("authority ", "TAG"), ("valid    ", "DATES"), ("sha256/", "PIN")]
        {
            if let Some((before, after)) = line.clone().split_once(label) {
                let rest = after.find(['}', '"']).map_or("", |at| &after[at..]);
                line = format!("{before}{label}{name}{rest}");
            }
        }
        out.push_str(&line);
        out.push('\n');
    }
    out
}

#[test]
fn a_server_that_is_all_right_shows_all_that_it_is() {
    let suite = Suite::of_the_project();
    let fake = Fake::start(&suite, &["--profile", "openfire-4.4"]);
    let url = format!("wss://localhost:{}/ws/", fake.port());
    let ran = probe(&suite, &["--url", &url, "--ca", fake.says("ca"), "--user", "1001"]);
    insta::assert_snapshot!("all-right", settled(ran.says(0), fake.port()));
}

#[test]
fn without_an_account_it_goes_as_far_as_the_features() {
    let suite = Suite::of_the_project();
    let fake = Fake::start(
        &suite,
        &["--plain", "--profile", "openfire-4.4", "--domain", "uccxpub.prabhat.com"],
    );
    let ran = probe(&suite, &["--url", fake.says("url")]);
    let said = ran.says(0);
    assert!(said.contains("engine  Openfire 4.4.3 or 4.4.4"), "the hash alone tells: {said}");
    assert!(said.contains("so uccxpub.prabhat.com is right"), "{said}");
    assert!(said.contains("k3mOuil8afx3OTZxYy6yxLmFsok="), "the hash of Cisco's note: {said}");
    assert_eq!(said.matches("no account to log in with").count(), 5, "{said}");
    let bare = tempfile::tempdir().unwrap();
    let mut command = suite.command(&["probe", "--url", fake.says("url"), "--json"]);
    let output = command.current_dir(bare.path()).output().unwrap();
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&said["engine"]["name"], &said["broke"]),
        (&"Openfire".into(), &serde_json::Value::Null)
    );
    assert_eq!(said["steps"].as_array().unwrap().len(), 12);
    assert!(said["engine"]["versions"][0].as_str().unwrap().starts_with("4.4.3"), "{said}");
}

#[test]
fn the_draft_is_a_target_that_can_be_played_against() {
    let suite = Suite::of_the_project();
    suite.accept(&["bind/client-resource"]);
    let fake = Fake::start(&suite, &[]);
    let url = format!("wss://localhost:{}/ws/", fake.port());
    let ran = probe(&suite, &["--url", &url, "--insecure", "--user", "1001", "--draft"]);
    suite.write("xtask/targets/drafted.toml", ran.says(0));
    assert!(suite.run(&["targets"]).says(0).contains("MY_SERVER_I_MAY_TEST, MY_SERVER_PASSWORD"));
    let mut command =
        suite.command(&["conformance", "--target", "drafted", "bind/client-resource"]);
    command.env("MY_SERVER_I_MAY_TEST", "localhost").env("MY_SERVER_PASSWORD", "secret");
    let ran = Ran::of(command.output().unwrap());
    assert!(ran.says(0).contains("1 pass"), "trust is the pin that was seen: {}", ran.stdout);
}

#[test]
fn a_server_beside_itself_is_in_service_twice() {
    let suite = Suite::new();
    let fake = Fake::start(&suite, &["--plain"]);
    let url = fake.says("url");
    let ran = probe(&suite, &["--url", url, "--url", url, "--user", "1001"]);
    assert!(ran.says(0).ends_with("both are in service\n"), "{}", ran.stdout);
}

#[test]
fn a_file_with_another_domain_is_named_and_not_the_server() {
    let suite = Suite::of_the_project();
    let fake = Fake::start(&suite, &["--plain"]);
    let file = format!(
        "url = \"{}\"\ni_may_test = \"{{env:MY_HOST}}\"\ndomain = \"wrong.example\"\n\
         [account.agent]\nuser = \"1001\"\npassword = \"{{env:MY_PASSWORD}}\"\n",
        fake.says("url")
    );
    suite.write("xtask/targets/ins.toml", &file);
    let run = |args: &[&str]| {
        let mut command = suite.command(args);
        command.env("MY_HOST", "127.0.0.1").env("MY_PASSWORD", "secret");
        Ran::of(command.output().unwrap())
    };
    let says = "the target is said to have the domain wrong.example, and the server says that its \
                domain is finesse.example.com: correct `domain`";
    let ran = run(&["conformance", "--target", "ins", "stream/open-ok"]);
    assert!(ran.complains(64).contains(says), "{}", ran.stderr);
    let ran = run(&["probe", "ins"]);
    assert!(ran.says(0).contains(says), "{}", ran.stdout);
}

#[test]
fn targets_are_probed_by_their_names() {
    let suite = Suite::of_the_project();
    assert!(probe(&suite, &["mock"]).complains(64).contains("use its --url"));
    assert!(probe(&suite, &[]).complains(64).contains("<TARGET>"));
    let unset = probe(&suite, &["lab-uccx"]);
    assert!(
        unset.complains(64).contains("LAB_UCCX_HOST, LAB_UCCX_I_MAY_TEST, "),
        "{}",
        unset.stderr
    );
    let wss = probe(&suite, &["--url", "wss://localhost:1/ws/"]);
    assert!(
        wss.complains(64).contains("--ca FILE, --pin sha256/…, or --insecure"),
        "{}",
        wss.stderr
    );
}
