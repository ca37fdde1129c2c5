//! The other door to pending snapshots: stock `cargo insta`, at the root of the project.

use std::process::Command;

use transcript::Snapshot;

use crate::suite::{Suite, project};

/// The layout of the project, linked, with snapshots of its own.
#[cfg(unix)]
#[test]
fn cargo_insta_sees_and_accepts_what_is_pending() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let version = Command::new(&cargo).args(["insta", "--version"]).output().unwrap();
    if !version.status.success() && std::env::var_os("CI").is_none() {
        // A tool that the product works with and does without; CI installs it.
        println!("not checked: `cargo install --locked cargo-insta` is missing");
        return;
    }
    let suite = Suite::new();
    for name in ["cases", "xtask"] {
        std::fs::remove_dir_all(suite.path(name)).unwrap();
    }
    for name in ["Cargo.toml", "Cargo.lock", ".cargo", "cases", "crates", "xtask"] {
        let there = project().canonicalize().unwrap().join(name);
        std::os::unix::fs::symlink(there, suite.path(name)).unwrap();
    }
    suite.write_snapshot("upgrade/minimal.snap", "agent <- [eof]");
    suite.write_snapshot("upgrade/minimal.snap.new", "agent <- [reset]");
    // A pending file of the program is accepted as it is, head and all.
    let pending = ["RFC 6120 §7.4", "RFC 6120 §6.4.6, RFC 4616 §2", "vendor"].map(|description| {
        Snapshot {
            source: "cases/upgrade/minimal.case".to_owned(),
            description: description.to_owned(),
            target: "mock".to_owned(),
            like: Vec::new(),
            verdict: "non-strict".to_owned(),
            close: "not-reached".to_owned(),
            normaliser: 1,
            body: "agent == connect tls\n\nagent <- [eof]".to_owned(),
        }
        .to_text()
    });
    for (number, text) in pending.iter().enumerate() {
        suite.write(&format!("snapshots/upgrade/whole-{number}.snap.new"), text);
    }
    let insta = |args: &[&str]| {
        let mut command = Command::new(&cargo);
        command.arg("insta").args(args).current_dir(suite.root());
        let output = command.env_remove("INSTA_WORKSPACE_ROOT").output().unwrap();
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(
            output.status.success(),
            "cargo insta: {said}is it there? `cargo install --locked cargo-insta`"
        );
        said
    };
    assert!(insta(&["pending-snapshots"]).contains("snapshots/upgrade/minimal.snap"));
    insta(&["accept"]);
    assert!(suite.read("snapshots/upgrade/minimal.snap").contains("agent <- [reset]"));
    assert!(!suite.has("snapshots/upgrade/minimal.snap.new"));
    for (number, text) in pending.iter().enumerate() {
        assert_eq!(suite.read(&format!("snapshots/upgrade/whole-{number}.snap")), *text);
    }
    assert!(!insta(&["pending-snapshots"]).contains("minimal"));
}
