//! A server that a target file describes and the environment completes, played by a fake in another
//! process.

use std::process::Command;

use super::{SWITCHED, ids, read};
use crate::fake::Fake;
use crate::suite::{Ran, Suite};

/// The five variables without which there is no run, and the port of the stand-in.
fn variables(fake: &Fake) -> [(&'static str, String); 6] {
    let name = "localhost".to_owned();
    [
        ("LAB_UCCX_HOST", name.clone()),
        ("LAB_UCCX_PORT", fake.port().to_string()),
        ("LAB_UCCX_I_MAY_TEST", name),
        ("LAB_UCCX_TRUST", fake.says("ca").to_owned()),
        ("LAB_UCCX_AGENT", "1001".to_owned()),
        ("LAB_UCCX_PASSWORD", "secret".to_owned()),
    ]
}

fn command(suite: &Suite, args: &[&str]) -> Command {
    let mut command = suite.command(args);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("LAB_UCCX_")) {
        command.env_remove(name);
    }
    command
}

/// Plays against the target of the project's own file, with these variables in place of the usual
/// ones.
fn play(suite: &Suite, fake: &Fake, other: &[(&str, &str)], args: &[&str]) -> Ran {
    let mut command = command(suite, &[&["conformance", "--target", "lab-uccx"], args].concat());
    command.envs(variables(fake)).envs(other.iter().copied());
    Ran::of(command.output().unwrap())
}

#[test]
fn five_variables_are_enough() {
    let suite = Suite::of_the_project();
    let cases = ["sasl/plain-ok", "bind/client-resource", "upgrade/minimal", "stream/open-ok"];
    suite.accept(&cases);
    let fake = Fake::start(&suite, &[]);
    let ran = play(&suite, &fake, &[], &cases);
    // The domain is that of the server's first <open/>, or the transcripts would have another.
    let said = ran.says(0);
    assert!(said.contains("4 cases: 4 pass   target lab-uccx, "), "{said}");
    assert!(!said.contains("warning"), "{said}");
}

#[test]
fn a_pin_is_trust_as_well() {
    let suite = Suite::of_the_project();
    suite.accept(&["upgrade/minimal"]);
    let fake = Fake::start(&suite, &[]);
    let pin = suite.run(&["pin", &format!("localhost:{}", fake.port())]);
    let pin = pin.says(0).trim();
    assert!(pin.starts_with("sha256/") && pin.len() == 51, "{pin}");
    play(&suite, &fake, &[("LAB_UCCX_TRUST", pin)], &["upgrade/minimal"]).says(0);
    let wrong = format!("sha256/{}=", "A".repeat(43));
    let ran = play(&suite, &fake, &[("LAB_UCCX_TRUST", &wrong)], &["upgrade/minimal"]);
    assert!(ran.complains(3).contains(pin), "{}", ran.stderr);
    let ran = play(&suite, &fake, &[("LAB_UCCX_TRUST", "insecure")], &["upgrade/minimal"]);
    assert!(ran.says(0).contains("warning: certificates are not checked"), "{}", ran.stdout);
}

#[test]
fn pins_are_asked_of_servers() {
    let suite = Suite::new();
    assert!(suite.run(&["pin", "uccx.example.com"]).complains(64).contains("wanted HOST:PORT"));
    assert!(suite.run(&["pin", "127.0.0.1:1"]).complains(3).contains("nothing listens on port 1"));
}

#[test]
fn what_may_not_begin_is_refused_before_anything_is_connected_to() {
    let suite = Suite::of_the_project();
    let ran = Ran::of(command(&suite, &["conformance", "--target", "lab-uccx"]).output().unwrap());
    let five =
        "LAB_UCCX_HOST, LAB_UCCX_I_MAY_TEST, LAB_UCCX_TRUST, LAB_UCCX_AGENT, LAB_UCCX_PASSWORD;";
    assert!(ran.complains(64).contains(five), "{}", ran.stderr);

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let usual = [
        ("LAB_UCCX_HOST", "127.0.0.1"),
        ("LAB_UCCX_PORT", &port),
        ("LAB_UCCX_I_MAY_TEST", "127.0.0.1"),
        ("LAB_UCCX_TRUST", "insecure"),
        ("LAB_UCCX_AGENT", "1001"),
        ("LAB_UCCX_PASSWORD", "hunter2"),
    ];
    for (name, value, said) in [
        ("LAB_UCCX_I_MAY_TEST", "uccx.example.com", "is not named twice"),
        ("LAB_UCCX_I_MAY_TEST", "", "LAB_UCCX_I_MAY_TEST"),
        ("LAB_UCCX_HOST", "someone.else@127.0.0.1", "is not a WebSocket URL"),
        ("LAB_UCCX_HOST", "127.0.0.1:8445", "is not a WebSocket URL"),
        ("LAB_UCCX_PORT", "65536", "is not a WebSocket URL"),
        ("LAB_UCCX_TRUST", "none.pem", "trust: none.pem: "),
        ("LAB_UCCX_TRUST", "sha256/AAAA", "is not a pin"),
        ("LAB_UCCX_OTHER", "1002", "LAB_UCCX_OTHER_PASSWORD"),
    ] {
        let mut command = command(&suite, &["conformance", "--target", "lab-uccx"]);
        let ran = Ran::of(command.envs(usual).env(name, value).output().unwrap());
        assert!(ran.complains(64).contains(said), "{name} {value}: {}", ran.stderr);
        assert_eq!(ran.stdout, "");
        assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
    }
    let mut broken = command(&suite, &["conformance", "--target", "lab-uccx"]);
    let broken = broken.args(["--sabotage", "extra-element"]).envs(usual).output().unwrap();
    assert!(Ran::of(broken).complains(64).contains("--sabotage works only with fakes"));
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "somebody was connected to");
}

#[test]
fn nobody_needs_a_variable_to_see_what_there_is() {
    let suite = Suite::of_the_project();
    let mut list = command(&suite, &["conformance", "--target", "lab-uccx", "--list", "upgrade"]);
    assert!(Ran::of(list.output().unwrap()).says(0).contains("upgrade/minimal"));
    let ran = Ran::of(command(&suite, &["targets"]).output().unwrap());
    let said = ran.says(0);
    assert!(said.contains("mock             fake, profile finesse\n"), "{said}");
    assert!(
        said.contains(
            "lab-uccx         server, wss://{env:LAB_UCCX_HOST}:{env:LAB_UCCX_PORT:8445}/ws/\n"
        ),
        "{said}"
    );
    assert!(said.contains("not set   LAB_UCCX_HOST, LAB_UCCX_I_MAY_TEST, "), "{said}");
    assert!(said.contains("optional  LAB_UCCX_ADMINISTRATOR, "), "{said}");

    suite.write("xtask/targets/broken.toml", "url = \"wss://h/\"\ncolour = 1\n");
    let ran = Ran::of(command(&suite, &["targets"]).output().unwrap());
    assert!(
        ran.complains(64).contains("broken.toml:2:1: unknown field `colour`"),
        "{}",
        ran.stderr
    );
    assert!(ran.stdout.contains("fake, profile strict"), "{}", ran.stdout);
}

#[test]
fn what_the_file_does_not_allow_is_not_done() {
    let suite = Suite::of_the_project();
    let fake = Fake::start(&suite, &[]);
    let cases = ["bind/reserved-resource-desktop", "sasl/plain-*", "sasl/authzid-of-other-user"];
    let file = suite.read("xtask/targets/lab-uccx.toml");
    let notes = |more: &[(&str, &str)]| -> Vec<(String, String)> {
        play(&suite, &fake, more, &[&cases[..], &["--report", "json=../run.json"]].concat());
        let events = read(&suite.read("run.json"));
        let cases = events.iter().filter(|event| event["verdict"] == "unsupported");
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        cases.map(|case| (text(&case["id"]), text(&case["note"]))).collect()
    };
    let said = |notes: &[(String, String)], id: &str| {
        notes.iter().find(|(known, _)| known == id).map(|(_, note)| note.clone())
    };

    let careful = notes(&[]);
    let desktop = said(&careful, "bind/reserved-resource-desktop").unwrap();
    assert!(desktop.contains("allow_desktop = true"), "{desktop}");
    let locks = said(&careful, "sasl/plain-wrong-password").unwrap();
    assert_eq!(locks, "the target does not allow the effect locks-account");
    let other = said(&careful, "sasl/authzid-of-other-user").unwrap();
    assert_eq!(
        other,
        "the target does not provide account other: LAB_UCCX_OTHER, LAB_UCCX_OTHER_PASSWORD are not set"
    );

    let bold = file.replace("# \"locks-account\"", "\"locks-account\"");
    suite.write("xtask/targets/lab-uccx.toml", &bold.replace("# allow_desktop", "allow_desktop"));
    let bold = notes(&[("LAB_UCCX_OTHER", "1002"), ("LAB_UCCX_OTHER_PASSWORD", "secret")]);
    assert_eq!(said(&bold, "bind/reserved-resource-desktop"), None);
    assert_eq!(said(&bold, "sasl/authzid-of-other-user"), None, "the first of all that fail");
    let wrong = said(&bold, "sasl/plain-wrong-password").unwrap();
    assert!(wrong.contains("the target allows 2 in a run (login_failures)"), "{wrong}");
    let events = read(&suite.read("run.json"));
    let listed = [
        "conformance",
        "--list",
        "--transport",
        "ws",
        "sasl/plain-*",
        "sasl/authzid-of-other-user",
    ];
    let failing = suite.run(&listed);
    let all = ids(&events).len();
    assert_eq!(all, failing.says(0).matches("sasl/").count() + 1, "each is in the report");
}

#[test]
fn cases_keep_their_distance() {
    let suite = Suite::of_the_project();
    let file = suite.read("xtask/targets/lab-uccx.toml");
    suite.write("xtask/targets/lab-uccx.toml", &file.replace("\"200ms\"", "\"700ms\""));
    let fake = Fake::start(&suite, &[]);
    let cases = ["upgrade/minimal", "stream/open-ok", "stream/lang-echo"];
    let began = std::time::Instant::now();
    play(&suite, &fake, &[], &cases).says(2);
    assert!(began.elapsed() >= std::time::Duration::from_millis(1400), "{:?}", began.elapsed());
}

#[test]
fn a_server_that_does_not_tell_its_domain_is_asked_no_further() {
    let suite = Suite::with_a_fake();
    suite.write("cases/sasl/switched.case", SWITCHED);
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let file = format!(
        "url = \"ws://127.0.0.1:{port}/ws/\"\ni_may_test = \"{{env:LAB_I_MAY_TEST}}\"\n[account.agent]\nuser = \"1001\"\npassword = \"{{env:LAB_PASSWORD}}\"\n"
    );
    suite.write("xtask/targets/lab.toml", &file);
    let run = || {
        let mut command = command(&suite, &["conformance", "--target", "lab"]);
        command.env("LAB_I_MAY_TEST", "127.0.0.1").env("LAB_PASSWORD", "secret");
        Ran::of(command.output().unwrap())
    };
    let answer = std::thread::spawn(move || {
        let (mut stream, _) = silent.accept().unwrap();
        let mut chunk = [0; 4096];
        std::io::Read::read(&mut stream, &mut chunk).unwrap();
        std::io::Write::write_all(
            &mut stream,
            b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
        )
        .unwrap();
    });
    let refused = run();
    answer.join().unwrap();
    let said = refused.complains(3);
    assert!(said.contains("upgrade: status 403 instead of 101"), "{said}");
    assert!(said.contains("look at  a reverse proxy of Finesse wants credentials"), "{said}");
    // The listener is gone.
    let gone = run();
    assert!(gone.complains(3).contains("whether the server runs"), "{}", gone.stderr);
    suite.write("xtask/targets/lab.toml", &format!("domain = \"d.test\"\n{file}"));
    assert!(run().complains(3).contains("whether the server runs"), "with a domain, too");
}
