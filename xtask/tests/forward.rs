//! The arguments and environment of cargo, and its exit code, seen by a script in its place.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

#[test]
fn cargo_gets_the_arguments_and_none_of_our_variables() {
    let directory = Directory::new("arguments");
    let cargo = directory.script("printf '%s\\n' \"$@\"\nenv\npwd\n");
    let output = xtask(&cargo, &["conformance", "--target", "a b"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let (of_cargo, of_the_tool) =
        said.split_once("\n--bin\ncli\n--\n").expect("cargo runs the tool");
    assert!(of_cargo.starts_with("run\n--quiet\n--manifest-path\n"), "{said}");
    assert!(of_cargo.ends_with("/Cargo.toml"), "{said}");
    assert!(of_the_tool.starts_with("conformance\n--target\na b\n"), "{said}");
    assert!(!said.contains("CARGO_PKG_") && !said.contains("CARGO_MANIFEST_"), "{said}");
    assert!(said.contains("CARGO_HOME=/nowhere\n"), "{said}");
    assert!(said.contains("FINESSE_CONFORMANCE_CALLED=cargo xtask\n"), "{said}");
    let here = std::env::current_dir().expect("a test has a directory");
    assert!(said.ends_with(&format!("{}\n", here.display())), "{said}");
}

#[test]
fn the_exit_code_comes_back() {
    let directory = Directory::new("exit");
    for code in [0, 2, 65, 130] {
        let cargo = directory.script(&format!("exit {code}\n"));
        assert_eq!(xtask(&cargo, &["lint"]).status.code(), Some(code));
    }
}

#[test]
fn the_process_becomes_the_tool() {
    let directory = Directory::new("pid");
    let cargo = directory.script("echo $$\n");
    let child = command(&cargo, &["mock"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("xtask runs");
    let pid = child.id();
    let output = child.wait_with_output().expect("the script ends");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), pid.to_string());
}

#[test]
fn a_missing_cargo_is_said() {
    let output = xtask(Path::new("/nowhere/cargo"), &["lint"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&output.stderr).starts_with("error: cargo could not be started: ")
    );
}

fn xtask(cargo: &Path, args: &[&str]) -> Output {
    command(cargo, args).output().expect("xtask runs")
}

fn command(cargo: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .args(args)
        .env("CARGO", cargo)
        .env("CARGO_HOME", "/nowhere")
        .env("CARGO_PKG_NAME", "xtask")
        .env("CARGO_MANIFEST_DIR", "/nowhere/xtask");
    command
}

/// A directory of a test's own, removed with it.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("forward-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("the target directory can be written");
        Self(path)
    }

    fn script(&self, body: &str) -> PathBuf {
        let path = self.0.join("cargo");
        fs::write(&path, format!("#!/bin/sh\n{body}"))
            .expect("the target directory can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it is ours");
        path
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // A leftover is in the target directory only.
        let _ = fs::remove_dir_all(&self.0);
    }
}
