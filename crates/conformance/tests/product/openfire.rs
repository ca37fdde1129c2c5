//! A server that is like a fake: the recipe of the book, followed against a fake in a process of
//! its own, and what a real Openfire does now and then.

use std::io::Write as _;

use crate::book::{Shell, play_in};
use crate::fake::Fake;
use crate::suite::{Ran, Suite, project};

/// The accounts of the page's target file.
const ACCOUNTS: [&str; 8] = [
    "--user",
    "agent1001:lab-secret-1",
    "--user",
    "agent1002:lab-secret-2",
    "--user",
    "agent1003:lab-secret-3",
    "--user",
    "publisher:lab-secret-4",
];

/// A fake as the Openfire of the page, with a fault.
fn openfire(suite: &Suite, fault: &[&str]) -> Fake {
    let usual = ["--plain", "--profile", "openfire-4.4"];
    Fake::start(suite, &[&usual, &ACCOUNTS[..], fault].concat())
}

/// The page, in a folder that knows the fake as the page's server.
fn recipe(fake: &Fake) -> (Shell, std::path::PathBuf) {
    let page = project().join("docs/openfire.md");
    let shell = Shell::new(false);
    let address = format!("127.0.0.1:{}", fake.port());
    shell.rename("openfire.example.com:7070", &address);
    shell.rename("openfire.example.com", "127.0.0.1");
    shell.run("finesse-conformance init");
    shell.write_files(&std::fs::read_to_string(&page).unwrap());
    (shell, page)
}

#[test]
fn the_recipe_goes_as_the_page_shows_it() {
    let suite = Suite::with_a_fake();
    let fake = openfire(&suite, &[]);
    let (shell, page) = recipe(&fake);
    let (count, wrong) = play_in(&shell, &page);
    assert!(wrong.is_empty(), "otherwise than on the page:\n\n{}", wrong.join("\n"));
    assert!(count >= 4, "{count}");
}

#[test]
fn the_failures_of_the_page_are_enough_for_a_whole_run() {
    let suite = Suite::with_a_fake();
    let fake = openfire(&suite, &[]);
    let (shell, _) = recipe(&fake);
    let said = shell.run(
        ". ./openfire.env; finesse-conformance conformance --target my-openfire sasl; echo exit $?",
    );
    assert!(said.ends_with("exit 0\n"), "{said}");
    assert!(!said.contains("login_failures"), "{said}");
}

/// Plays cases against the lab of the page, as it is, and without what it is like.
fn with_and_without(fault: &str, cases: &str) -> (String, String) {
    let suite = Suite::with_a_fake();
    let fake = openfire(&suite, &["--fault", fault]);
    let (shell, _) = recipe(&fake);
    let target = shell.path("conformance/targets/my-openfire.toml");
    let text = std::fs::read_to_string(&target).unwrap().replace("pace ", "patience = 0.3\npace ");
    std::fs::write(&target, &text).unwrap();
    let alone = shell.path("conformance/targets/alone.toml");
    let mut file = std::fs::File::create(alone).unwrap();
    // Only the differences are known.
    write!(file, "{}", text.replace("\"mock-openfire\"", "\"nothing\"")).unwrap();
    let nothing = "profile = \"openfire-4.4\"\n";
    std::fs::write(shell.path("conformance/targets/nothing.toml"), nothing).unwrap();
    shell.run(". ./openfire.env; finesse-conformance nodes my-openfire");
    let play = |target: &str| {
        shell.run(&format!(
            ". ./openfire.env; finesse-conformance conformance --target {target} {cases} -v; echo exit $?"
        ))
    };
    (play("my-openfire"), play("alone"))
}

#[test]
fn what_a_real_one_does_now_and_then_is_red_only_where_nothing_is_known_of_it() {
    for (fault, cases, said) in [
        ("reorder what=event every=2", "notify/burst notify/order-kept", "2 expected"),
        ("delay what=event by=2s", "presence/none-sent", "1 expected"),
        (
            "withhold what=close",
            "pubsub/subscribe-survives-reconnect sasl/plain-ok",
            "1 pass, 1 expected",
        ),
        ("other-resource", "notify/bare-jid-two-resources", "1 pass"),
    ] {
        let (with, without) = with_and_without(fault, cases);
        assert!(with.ends_with("exit 0\n") && with.contains(said), "{fault}:\n{with}");
        if said.contains("expected") {
            assert!(with.contains(" of the expected: the case may pass as well"), "{with}");
            assert!(with.contains("now and then: "), "{with}");
        }
        assert!(!without.ends_with("exit 0\n"), "{fault}:\n{without}");
    }
}

#[test]
fn a_server_that_does_none_of_it_passes() {
    let cases = "notify/burst notify/order-kept presence/none-sent \
                 pubsub/subscribe-survives-reconnect notify/bare-jid-two-resources";
    let (with, _) = with_and_without("wrong-accept nth=1000", cases);
    assert!(with.contains("5 cases: 5 pass ") && with.ends_with("exit 0\n"), "{with}");
}

#[test]
fn a_login_that_is_refused_is_not_watched_again() {
    let suite = Suite::with_a_fake();
    let fake = openfire(&suite, &[]);
    let args = ["probe", "--url", fake.says("url"), "--user", "agent1001", "--watch=1s"];
    let mut command = suite.command(&args);
    command.env("CONFORMANCE_PASSWORD", "wrong");
    let ran = Ran::of(command.output().unwrap());
    let said = ran.complains(3);
    assert!(said.contains("a login was refused, so it is not repeated"), "{said}");
    assert!(said.contains("1 probe in "), "{said}");
    assert!(
        ran.stdout.contains("broke at login: login refused with not-authorized"),
        "{}",
        ran.stdout
    );
}

#[test]
fn nothing_that_comes_in_time_is_a_failure_of_listen() {
    let suite = Suite::with_a_fake();
    let fake = openfire(&suite, &["--node", "/lab/news"]);
    let listen = |more: &[&str]| {
        let url = fake.says("url");
        let mut command =
            suite.command(&[&["listen", "--url", url, "--user", "agent1001"], more].concat());
        command.env("CONFORMANCE_PASSWORD", "lab-secret-1");
        Ran::of(command.output().unwrap())
    };
    let ran = listen(&["--node", "/lab/news", "--for", "300ms", "--count", "1"]);
    assert!(ran.complains(1).contains("0 events within 300ms, wanted 1"), "{}", ran.stderr);
    let ran = listen(&["--node", "/lab/news", "--for", "300ms"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{}", ran.stderr);
    let ran = listen(&["--node", "/lab/gone"]);
    assert!(ran.complains(3).contains("subscribing to /lab/gone: refused with item-not-found"));
}
