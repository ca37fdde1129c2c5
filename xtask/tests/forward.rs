//! The arguments and environment of cargo and the tool, their messages and exit codes, seen by
//! scripts in their places.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

#[test]
fn cargo_gets_the_build_and_the_tool_its_arguments_and_neither_our_variables() {
    let directory = Directory::new("arguments");
    let tool = directory.script("tool", "printf '%s\\n' tool \"$@\"\nenv\npwd\n");
    let cargo = directory.cargo(&tool, "printf '%s\\n' \"$@\" >&2; env >&2\n");
    let output = xtask(&cargo, &["conformance", "--target", "a b"]);
    let built = String::from_utf8_lossy(&output.stderr);
    assert!(built.starts_with("build\n--manifest-path\n"), "{built}");
    assert!(built.contains("\n--bin\ncli\n"), "{built}");
    let called = String::from_utf8_lossy(&output.stdout);
    assert!(called.starts_with("tool\nconformance\n--target\na b\n"), "{called}");
    assert!(called.contains("FINESSE_CONFORMANCE_CALLED=cargo xtask\n"), "{called}");
    for said in [&built, &called] {
        assert!(!said.contains("CARGO_PKG_") && !said.contains("CARGO_MANIFEST_"), "{said}");
        assert!(said.contains("CARGO_HOME=/nowhere\n"), "{said}");
    }
    let here = std::env::current_dir().expect("a test has a directory");
    assert!(called.ends_with(&format!("{}\n", here.display())), "{called}");
}

#[test]
fn a_build_is_announced_and_no_build_is_not() {
    let directory = Directory::new("messages");
    let tool = directory.script("tool", "echo played\n");
    let fresh = "echo '    Finished `dev` profile in 0.20s' >&2\n";
    let output = xtask(&directory.cargo(&tool, fresh), &["lint"]);
    assert_eq!((output.stderr.as_slice(), output.stdout.as_slice()), (&b""[..], &b"played\n"[..]));
    let build = format!("echo '   Compiling cli v0.1.0' >&2\n{fresh}");
    let output = xtask(&directory.cargo(&tool, &build), &["lint"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.starts_with("building cargo xtask (") && said.lines().count() == 1, "{said}");
}

#[test]
fn the_exit_code_comes_back() {
    let directory = Directory::new("exit");
    for code in [0, 2, 65, 130] {
        let tool = directory.script("tool", &format!("exit {code}\n"));
        assert_eq!(xtask(&directory.cargo(&tool, ""), &["lint"]).status.code(), Some(code));
    }
}

#[test]
fn a_build_that_fails_runs_no_tool() {
    let directory = Directory::new("fails");
    let tool = directory.script("tool", "echo played\n");
    let cargo = directory.cargo(&tool, "echo 'error: expected `;`' >&2; exit 101\n");
    let output = xtask(&cargo, &["lint"]);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(101), &b""[..]));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "error: expected `;`\n");
}

#[test]
fn the_process_becomes_the_tool() {
    let directory = Directory::new("pid");
    let tool = directory.script("tool", "echo $$\n");
    let child = command(&directory.cargo(&tool, ""), &["mock"])
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

    fn script(&self, name: &str, body: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, format!("#!/bin/sh\n{body}"))
            .expect("the target directory can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it is ours");
        path
    }

    /// A script in the place of cargo, which does `first` and has built `tool`.
    fn cargo(&self, tool: &Path, first: &str) -> PathBuf {
        let built = format!("{{\"executable\":\"{}\",\"fresh\":true}}", tool.display());
        self.script("cargo", &format!("{first}echo '{built}'\n"))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // A leftover is in the target directory only.
        let _ = fs::remove_dir_all(&self.0);
    }
}
