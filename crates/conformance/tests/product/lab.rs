//! Labs as far as they go without the servers themselves: with none installed, or a stand-in that
//! never serves. CI has the real ones.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::fake::{Fake, interrupt};
use crate::suite::{Ran, Suite};

/// A command that finds no programs but those in the folder `bin` of the suite.
fn command(suite: &Suite, args: &[&str]) -> Command {
    let bin = suite.path("bin");
    std::fs::create_dir_all(&bin).unwrap();
    let mut command = suite.command(args);
    command.env("PATH", bin);
    command
}

fn run(suite: &Suite, args: &[&str]) -> Ran {
    Ran::of(command(suite, args).output().unwrap())
}

/// Puts a shell script in the place of Prosody.
fn stand_in(suite: &Suite, script: &str) {
    suite.write("bin/prosody", &format!("#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n"));
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(suite.path("bin/prosody"), executable).unwrap();
}

fn folder(suite: &Suite) -> PathBuf {
    suite.path("target/lab/prosody")
}

#[test]
fn what_is_not_installed_is_named_with_the_way_to_install_it() {
    let suite = Suite::of_the_project();
    for (engine, missing) in [("prosody", "`prosody` in PATH"), ("ejabberd", "`erl` in PATH")] {
        for action in ["up", "run"] {
            let ran = run(&suite, &["lab", engine, action]);
            let said = format!(
                "error: {engine} is not installed (no {missing}): apt-get install --no-install-recommends {engine}\n"
            );
            assert_eq!((ran.complains(3), ran.stdout.as_str()), (said.as_str(), ""));
        }
    }
}

#[test]
fn slips_of_the_command_line() {
    let suite = Suite::of_the_project();
    for (args, said) in [
        (&["lab"][..], "Usage: finesse-conformance lab"),
        (&["lab", "openfire", "up"], "[possible values: prosody, ejabberd]"),
        (&["lab", "prosody"], "requires a subcommand"),
        (&["lab", "prosody", "start"], "unexpected argument 'start'"),
        (&["lab", "prosody", "run", "--target", "mock"], "the target is prosody"),
        (
            &["lab", "prosody", "down"],
            "prosody is not up; start it with `finesse-conformance lab prosody up`",
        ),
    ] {
        let ran = run(&suite, args);
        assert!(ran.complains(64).contains(said), "{args:?}: {}", ran.stderr);
    }
}

#[test]
fn the_targets_of_labs_are_listed_with_what_they_want() {
    let suite = Suite::of_the_project();
    let ran = run(&suite, &["targets"]);
    for engine in ["prosody", "ejabberd"] {
        let upper = engine.to_uppercase();
        let said = format!("{engine:<16} server, wss://127.0.0.1:{{env:LAB_{upper}_PORT}}/ws/\n");
        assert!(ran.says(0).contains(&said), "{}", ran.stdout);
    }
}

#[test]
fn a_server_that_ends_at_once_is_shown_with_its_log_and_leaves_no_password() {
    let suite = Suite::of_the_project();
    stand_in(&suite, "echo 'no such module: luck'; exit 1");
    let ran = run(&suite, &["lab", "prosody", "up"]);
    let said = ran.complains(3);
    assert!(said.contains("prosody: the server ended before it was ready\nthe end of "), "{said}");
    assert!(said.ends_with("prosody.log:\n  no such module: luck\n"), "{said}");
    assert!(!folder(&suite).exists());
}

#[test]
fn who_has_enough_of_waiting_leaves_no_server_behind() {
    let suite = Suite::of_the_project();
    stand_in(&suite, "sleep 60 & sleeper=$!; trap 'kill $sleeper; exit 0' TERM; wait $sleeper");
    let mut waiting = command(&suite, &["lab", "prosody", "run"]);
    waiting.stdout(Stdio::piped()).stderr(Stdio::piped());
    let waiting = waiting.spawn().unwrap();
    let pid = folder(&suite).join("pid");
    let began = Instant::now();
    while !std::fs::read(&pid).is_ok_and(|pid| !pid.is_empty()) {
        assert!(began.elapsed() < Duration::from_secs(60), "no pid");
        std::thread::sleep(Duration::from_millis(20));
    }
    let pid = std::fs::read_to_string(&pid).unwrap();
    // Another one is refused meanwhile, and so is an end by somebody else.
    for action in ["up", "down"] {
        let ran = run(&suite, &["lab", "prosody", action]);
        assert!(
            ran.complains(64).contains("another `finesse-conformance lab prosody`"),
            "{}",
            ran.stderr
        );
    }
    interrupt(&waiting);
    let ran = Ran::of(waiting.wait_with_output().unwrap());
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(130), ""), "{}", ran.stderr);
    assert!(!folder(&suite).exists());
    // One that has ended and was not waited for has no command line.
    let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    assert!(line.is_empty(), "{pid} still runs");
}

#[test]
fn a_process_that_is_not_the_labs_is_left_alone() {
    let suite = Suite::of_the_project();
    let mut other = Command::new("sleep").arg("60").spawn().unwrap();
    suite.write("target/lab/prosody/pid", &other.id().to_string());
    let ran = run(&suite, &["lab", "prosody", "down"]);
    assert!(ran.complains(64).contains("prosody is not up"), "{}", ran.stderr);
    assert!(other.try_wait().unwrap().is_none(), "it was ended");
    other.kill().unwrap();
    other.wait().unwrap();
}

/// A target with a publisher, and a fake whose node only its owner may publish to.
#[test]
fn what_cases_do_is_carried_out_by_the_publisher_or_is_unsupported() {
    let suite = Suite::new();
    let fake = Fake::start(
        &suite,
        &["--user", "1001:secret", "--user", "publisher:secret", "--node", "/lab/open"],
    );
    suite.write(
        "xtask/targets/other.toml",
        r#"
url        = "wss://localhost:{env:OTHER_PORT}/ws/"
i_may_test = "{env:OTHER_I_MAY_TEST}"
trust      = "{env:OTHER_TRUST}"
[account.agent]
user     = "1001"
password = "{env:OTHER_PASSWORD}"
[account.publisher]
user     = "publisher"
password = "{env:OTHER_PASSWORD}"
[provides]
"node.open"   = "/lab/open"
"#,
    );
    let case = |name: &str, action: &str| {
        format!(
            "+++\ntitle = \"{name}\"\nspec = [\"robustness\"]\nlevel = \"must\"\nroles = [\"server\"]\nneeds = [\"node.open\", \"stimulus\"]\n+++\nagent == connect\n\ndo {action}\n"
        )
    };
    let actions = [
        ("publish", "publish({node.open}, <probe xmlns=\"urn:example:probe\"/>)"),
        ("absent", "publish(/lab/absent, <probe xmlns=\"urn:example:probe\"/>)"),
        ("state", "state(agent, READY)"),
    ];
    for (name, action) in actions {
        suite.write(&format!("cases/notify/{name}.case"), &case(name, action));
    }
    let note = |name: &str, password: &str| -> String {
        let case = format!("notify/{name}");
        let mut command = suite.command(&["conformance", &case, "--target", "other"]);
        command.args(["--report", "json"]).envs([
            ("OTHER_PORT", fake.port().to_string().as_str()),
            ("OTHER_I_MAY_TEST", "localhost"),
            ("OTHER_TRUST", fake.says("ca")),
            ("OTHER_PASSWORD", password),
        ]);
        let ran = Ran::of(command.output().unwrap());
        let events = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap());
        let case = events.into_iter().find(|event: &serde_json::Value| event["event"] == "case");
        let case = case.unwrap_or_else(|| panic!("{}{}", ran.stdout, ran.stderr));
        format!("{} {}", case["verdict"], case["note"])
    };
    assert_eq!(
        note("publish", "secret"),
        r#""error" "do publish: publisher: refused with forbidden""#
    );
    assert_eq!(
        note("absent", "secret"),
        r#""error" "do publish: publisher: refused with item-not-found""#
    );
    assert_eq!(
        note("absent", "wrong"),
        r#""error" "do publish: publisher: login refused with not-authorized""#
    );
    assert_eq!(
        note("state", "secret"),
        r#""unsupported" "a real server cannot be made to `state`""#
    );
}
