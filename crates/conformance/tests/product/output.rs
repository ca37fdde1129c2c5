//! Full disks, closed pipes, read-only folders, links and ports in use: each has its exit code, and
//! its message names the file once.
#![cfg(unix)]

use std::fs::File;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use crate::suite::{Ran, Suite};

/// A device on which every write fails with "No space left on device".
const FULL: &str = "/dev/full";

/// Runs a command with standard output on a full disk.
fn full(suite: &Suite, args: &[&str]) -> Ran {
    let mut command = suite.command(args);
    Ran::of(command.stdout(File::create(FULL).unwrap()).output().unwrap())
}

/// Runs a command whose standard output nobody reads.
fn closed(suite: &Suite, args: &[&str]) -> Ran {
    let mut command = suite.command(args);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    Ran::of(child.wait_with_output().unwrap())
}

/// The message, which names `file` once and the reason once.
#[track_caller]
fn unwritten(ran: &Ran, file: &str, reason: &str) {
    let said = ran.complains(74);
    assert_eq!([file, reason].map(|word| said.matches(word).count()), [1, 1], "{said}");
    assert!(said.starts_with("error: ") && said.lines().count() == 1, "{said}");
}

const SPACE: &str = "No space left on device";

#[test]
fn a_full_disk_under_standard_output_is_an_error() {
    let suite = Suite::with_a_fake();
    for args in [
        &["mock", "--json"][..],
        &["mock"],
        &["conformance"],
        &["conformance", "--list"],
        &["targets"],
        &["lint"],
        &["show", "upgrade/connects"],
        &["--help"],
    ] {
        let ran = full(&suite, args);
        unwritten(&ran, "standard output", SPACE);
    }
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let suite = Suite::with_a_fake();
    for args in [&["mock", "--json"][..], &["conformance"], &["lint"], &["--help"]] {
        let ran = closed(&suite, args);
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(141), ""), "{args:?}");
    }
    assert!(suite.has("target/conformance/mock/results.jsonl"), "the results are kept");
}

#[test]
fn a_report_that_cannot_be_written_leaves_the_others_and_the_results() {
    let suite = Suite::with_a_fake();
    let file = suite.path("file");
    std::fs::write(&file, "").unwrap();
    let below = file.join("run.html").display().to_string();
    let ran = suite.run(&["conformance", "--report", &format!("html={below}")]);
    unwritten(&ran, &below, "Not a directory");
    assert!(!suite.has("target/conformance/mock/results.jsonl"), "nothing was played for it");

    let other = suite.path("run.xml").display().to_string();
    for format in ["html", "json", "junit", "markdown", "text", "github"] {
        let report = format!("{format}={FULL}");
        let junit = format!("junit={other}");
        let args = ["conformance", "--report", &report, "--report", &junit, "--report", "text"];
        let ran = suite.run(&args);
        unwritten(&ran, FULL, SPACE);
        assert!(ran.stdout.contains("1 case: 0 pass"), "the text is whole: {}", ran.stdout);
        assert!(suite.read("run.xml").ends_with("</testsuites>\n"));
        assert!(suite.has("target/conformance/mock/results.jsonl"));
        std::fs::remove_dir_all(suite.path("target")).unwrap();
    }
}

#[test]
fn a_folder_in_which_nothing_can_be_written_is_named() {
    let suite = Suite::with_a_fake();
    // A file in the place of the folder: root may write into folders that are read-only.
    suite.write("target/conformance/mock/upgrade", "");
    suite.write("cases/bind/connects.case", &suite.read("cases/upgrade/connects.case"));
    let ran = suite.run(&["conformance", "--jobs", "1", "--report", "json=../run.jsonl"]);
    assert_eq!(ran.code, Some(74), "{}", ran.stderr);
    let named = "conformance/mock/upgrade/connects.jsonl: File exists";
    assert_eq!(ran.stdout.matches(named).count(), 1, "{}", ran.stdout);
    let kept = suite.read("target/conformance/mock/results.jsonl");
    assert!(kept.contains(r#""id":"bind/connects""#), "{kept}");
    assert!(suite.read("run.jsonl").contains(r#""exit":74"#));
    assert!(ran.stdout.contains("the rest was not played"), "{}", ran.stdout);

    std::fs::remove_dir_all(suite.path("target")).unwrap();
    suite.write("target", "");
    let ran = suite.run(&["mock"]);
    assert!(ran.complains(74).contains("target"), "{}", ran.stderr);
}

#[test]
fn results_follow_no_link_out_of_their_folder() {
    let suite = Suite::with_a_fake();
    let outside = tempfile::tempdir().unwrap();
    let kept = outside.path().join("kept");
    std::fs::write(&kept, "kept").unwrap();
    std::fs::create_dir_all(suite.path("target/conformance/mock/upgrade")).unwrap();
    for name in ["results.jsonl", "upgrade/connects.jsonl", "upgrade/connects.txt"] {
        symlink(&kept, suite.path(&format!("target/conformance/mock/{name}"))).unwrap();
    }
    std::fs::create_dir_all(suite.path("snapshots/upgrade")).unwrap();
    symlink(&kept, suite.path("snapshots/upgrade/connects.snap.new")).unwrap();
    suite.run(&["conformance"]).says(2);
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), "kept");

    std::fs::remove_dir_all(suite.path("target/conformance/mock")).unwrap();
    symlink(outside.path(), suite.path("target/conformance/mock")).unwrap();
    let ran = suite.run(&["conformance"]);
    assert!(ran.complains(74).contains("leads out of"), "{}", ran.stderr);
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 1);
}

#[test]
fn a_port_in_use_has_a_code_of_its_own() {
    let suite = Suite::with_a_fake();
    suite.write(
        "cases/upgrade/client-connects.case",
        &suite
            .read("cases/upgrade/connects.case")
            .replace("[\"server\"]", "[\"client\"]\ndo = [\"login\"]"),
    );
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for args in [
        &["mock", "--listen", &address][..],
        &["mock", "--control", &address],
        &["gate", "--serve", &address],
        &["gate", "--serve", "127.0.0.1:0", "--api", &address],
    ] {
        let ran = suite.run(args);
        let said = ran.complains(69);
        assert_eq!(said.matches(&address).count(), 1, "{args:?}: {said}");
        assert_eq!(said.matches("in use").count(), 1, "{args:?}: {said}");
    }
}

#[test]
fn two_reports_have_two_places() {
    let suite = Suite::with_a_fake();
    for reports in [
        ["text", "json"],
        ["html=a", "json=a"],
        ["html=a", "json=./a"],
        ["text", "json=/dev/stdout"],
    ] {
        let ran = suite.run(&["conformance", "--report", reports[0], "--report", reports[1]]);
        let said = ran.complains(64);
        assert!(said.contains("both go to") && said.contains("--report json=run.json"), "{said}");
    }
    let ran = suite.run(&["conformance", "--report", "text", "--report", "github"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
}

/// The output on a terminal, as `script` records it; none without that program.
fn on_a_terminal(suite: &Suite, variables: &[(&str, &str)], args: &str) -> Option<String> {
    let program = env!("CARGO_BIN_EXE_finesse-conformance");
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--command", &format!("{program} {args}"), "/dev/null"]);
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TERM"] {
        script.env_remove(name);
    }
    script.envs(variables.iter().copied()).current_dir(suite.path("cases")).stdin(Stdio::null());
    let output = script.output().ok()?;
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn a_terminal_gets_what_it_can_show() {
    let suite = Suite::with_a_fake();
    suite.accept(&[]);
    let Some(said) = on_a_terminal(&suite, &[("TERM", "xterm")], "conformance") else {
        return eprintln!("there is no `script` to make a terminal with");
    };
    assert!(said.contains("\x1b[") && said.contains("[1/1] upgrade/connects"), "{said:?}");
    // The line of progress stands alone.
    assert!(said.starts_with("target ") || said.starts_with("\x1b[1mtarget"), "{said:?}");
    assert!(!said.contains("[0/1]"), "{said:?}");
    for (name, value) in [("NO_COLOR", "1"), ("CLICOLOR", "0"), ("TERM", "dumb")] {
        let variables = [("TERM", "xterm"), (name, value)];
        for args in ["conformance", "conformance level:none", "compare mock mock", "bench --help"] {
            let said = on_a_terminal(&suite, &variables, args).unwrap();
            let is_cursor = |escape: &&str| escape.starts_with("2K") && name != "TERM";
            let escapes: Vec<&str> =
                said.split("\x1b[").skip(1).filter(|e| !is_cursor(e)).collect();
            assert!(escapes.is_empty(), "{name} {args}: {said:?}");
        }
    }
}
