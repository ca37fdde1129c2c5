//! A server in another process, reached by its URL.

use super::SWITCHED;
use crate::fake::Fake;
use crate::suite::{Ran, Suite};

/// The target file of the fake.
const KNOWN: &str = "url = \"wss://localhost:8445/ws/\"\nvendor = true\npace = \"0s\"\n";

fn play(suite: &Suite, fake: &Fake, args: &[&str]) -> Ran {
    let url = fake.says("url");
    let mut command =
        suite.command(&[&["conformance", "--url", url, "--user", "1001"], args].concat());
    command.args(["--domain", fake.says("domain")]).env("CONFORMANCE_PASSWORD", "secret");
    Ran::of(command.output().unwrap())
}

#[test]
fn a_login_over_tls_says_what_the_fake_at_home_says() {
    let suite = Suite::of_the_project();
    suite.accept(&["sasl/plain-ok", "bind/client-resource", "upgrade/minimal"]);
    let fake = Fake::start(&suite, &[]);
    let cases =
        ["sasl/plain-ok", "bind/client-resource", "upgrade/minimal", "--ca", fake.says("ca")];
    let ran = play(&suite, &fake, &cases);
    // A server that no file knows has the snapshots of the fake at home to be held against.
    assert!(ran.says(0).contains("3 cases: 3 pass   target url, "), "{}", ran.stdout);
}

#[test]
fn a_key_is_pinned_as_the_refusal_says() {
    let suite = Suite::with_a_fake();
    suite.write("cases/sasl/switched.case", SWITCHED);
    let fake = Fake::start(&suite, &[]);
    let wrong = format!("sha256/{}=", "A".repeat(43));
    let ran = play(&suite, &fake, &["--pin", &wrong]);
    let (_, hint) = ran.complains(3).split_once("pin that: --pin ").unwrap();
    let right = hint.split_whitespace().next().unwrap();
    play(&suite, &fake, &["--pin", right]).says(2);
    suite.run(&["review", "--accept"]).says(0);
    play(&suite, &fake, &["--pin", right]).says(0);
}

#[test]
fn whom_to_trust_is_decided_and_never_guessed() {
    let suite = Suite::with_a_fake();
    let fake = Fake::start(&suite, &[]);
    let other = Fake::start(&suite, &[]);
    let ran = play(&suite, &fake, &["--ca", other.says("ca")]);
    let said = ran.complains(3);
    assert!(said.contains("certificate from an unknown issuer\n"), "{said}");
    assert!(
        said.contains("look at  give the certificate of the server's authority (--ca FILE)"),
        "{said}"
    );
    let ran = play(&suite, &fake, &["--insecure"]);
    assert!(ran.says(2).contains("warning: certificates are not checked"), "{}", ran.stdout);
}

#[test]
fn a_target_file_says_what_a_server_may_be_asked() {
    let suite = Suite::of_the_project();
    let fake = Fake::start(&suite, &["--plain"]);
    let cases = ["walkthrough/desktop-login", "--report", "json"];
    let unknown = play(&suite, &fake, &cases);
    assert!(
        unknown.says(4).contains("the target does not provide node.team"),
        "{}",
        unknown.stdout
    );

    suite.write(
        "xtask/targets/lab.toml",
        &format!("{KNOWN}[provides]\n\"node.team\" = \"\"\n\"team.id\" = \"1\"\n"),
    );
    let careful = play(&suite, &fake, &[&cases[..], &["--target", "lab"]].concat());
    assert!(careful.says(4).contains("does not allow the effect state"), "{}", careful.stdout);

    suite.write(
        "xtask/targets/lab.toml",
        &format!(
            "{KNOWN}effects = [\"state\"]\n[provides]\n\"node.team\" = \"\"\n\"team.id\" = \"1\"\n"
        ),
    );
    let known = play(&suite, &fake, &[&cases[..], &["--target", "lab"]].concat());
    assert!(known.stdout.contains("\"verdict\":\"drift\""), "without TLS: {}", known.stdout);
}

#[test]
fn a_finesse_is_asked_for_its_system_info_before_the_run() {
    let suite = Suite::of_the_project();
    let ask = |fake: &Fake, vendor: bool| {
        let known = KNOWN.replace("vendor = true", &format!("vendor = {vendor}"));
        suite.write("xtask/targets/lab.toml", &known);
        let report = ["--target", "lab", "--report", "json=../run.json"];
        let ran = play(&suite, fake, &[&["bind/advertised"], &report[..]].concat());
        assert!(matches!(ran.code, Some(0 | 2)), "{}{}", ran.stdout, ran.stderr);
        suite.read("run.json")
    };
    let fake = Fake::start(&suite, &["--plain"]);
    let said = ask(&fake, true);
    assert!(said.contains("SystemInfo") && said.contains("IN_SERVICE"), "{said}");
    assert!(!ask(&fake, false).contains("SystemInfo"), "no file says that it is a Finesse");
    let refuses = "refuse-rest path=/finesse/api/SystemInfo status=500";
    let said = ask(&Fake::start(&suite, &["--plain", "--fault", refuses]), true);
    assert!(said.contains("target lab: SystemInfo: "), "{said}");
}

#[cfg(unix)]
#[test]
fn a_fake_that_is_stopped_ends_well() {
    let suite = Suite::with_a_fake();
    let fake = Fake::start(&suite, &["--plain", "--user", "1001:secret"]);
    assert_eq!(fake.says("url"), format!("ws://127.0.0.1:{}/ws/", fake.port()));
    let (code, said) = fake.stop();
    assert_eq!((code, suite.read("mock.stderr").as_str()), (Some(0), ""));
    assert!(!said.contains("secret"), "{said}");
}
