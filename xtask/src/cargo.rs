//! The call of cargo that builds and runs the tool.

use std::ffi::OsString;
use std::io;
use std::process::{Command, ExitCode};

/// The binary that does the work. Only xtask runs it, so tests that run `finesse-conformance` do
/// not see it change.
const TOOL: &str = "cli";

/// The manifest of the whole workspace, so that dependencies have the features of any other build
/// and are not rebuilt.
const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");

/// The variable with the name of the program in hints (`textual::CALLED`), and its value.
const CALLED: (&str, &str) = ("FINESSE_CONFORMANCE_CALLED", "cargo xtask");

/// Prefixes of variables that cargo sets for xtask itself. Build scripts that watch them, such as
/// ring's, must not see them: ring and its dependents would be rebuilt on every call, and again by
/// the next plain `cargo build` (ring issue 2454, cargo issue 16134).
const OURS: [&str; 2] = ["CARGO_PKG_", "CARGO_MANIFEST_"];

/// The command that measures, and the profile of the fastest build, which it needs.
const MEASURES: &str = "bench";
const FASTEST: [&str; 2] = ["--profile", "dist"];

/// `cargo run` of the tool with `args`, in the present directory. A leading `--release` is cargo's;
/// `bench` needs none. Without arguments the tool shows its help. On a terminal cargo shows its
/// progress, since a build takes minutes; in a log it is quiet.
pub(crate) fn run(args: impl IntoIterator<Item = OsString>, is_watched: bool) -> Command {
    let mut args = args.into_iter().peekable();
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.arg("run");
    if !is_watched {
        command.arg("--quiet");
    }
    command.args(["--manifest-path", WORKSPACE, "--bin", TOOL]);
    let asked = args.next_if(|arg| arg == "--release").is_some();
    if args.peek().is_some_and(|arg| arg == MEASURES) {
        command.args(FASTEST);
    } else if asked {
        command.arg("--release");
    }
    command.arg("--");
    match args.peek() {
        Some(_) => command.args(args),
        None => command.arg("--help"),
    };
    command.env(CALLED.0, CALLED.1);
    for (name, _) in std::env::vars_os() {
        if is_ours(&name.to_string_lossy()) {
            command.env_remove(name);
        }
    }
    command
}

/// Replaces this process by `command`, with its exit code, signals and terminal. Returns only if it
/// could not be started.
#[cfg(unix)]
pub(crate) fn replace(mut command: Command) -> io::Result<ExitCode> {
    use std::os::unix::process::CommandExt;

    // A parent would end at Ctrl-C at once, and return the prompt while the tool still runs the
    // `finally` steps.
    Err(command.exec())
}

/// Waits for `command` and passes its exit code on.
#[cfg(not(unix))]
pub(crate) fn replace(mut command: Command) -> io::Result<ExitCode> {
    let code = command.status()?.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

fn is_ours(name: &str) -> bool {
    OURS.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(given: &[&str]) -> Vec<String> {
        let command = run(given.iter().map(OsString::from), true);
        command.get_args().map(|arg| arg.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn arguments_are_the_tools() {
        let head = ["run", "--manifest-path", WORKSPACE, "--bin", "cli"];
        assert_eq!(
            arguments(&["mock", "--release"]),
            [&head[..], &["--", "mock", "--release"]].concat()
        );
        assert_eq!(
            arguments(&["--release", "mock"]),
            [&head[..], &["--release", "--", "mock"]].concat()
        );
        assert_eq!(
            arguments(&["bench", "--quick"]),
            [&head[..], &["--profile", "dist", "--", "bench", "--quick"]].concat()
        );
        assert_eq!(arguments(&[]), [&head[..], &["--", "--help"]].concat());
        assert_eq!(arguments(&["--release"]), [&head[..], &["--release", "--", "--help"]].concat());
    }

    #[test]
    fn only_what_cargo_says_of_a_package_is_ours() {
        assert!(is_ours("CARGO_PKG_VERSION_MAJOR"));
        assert!(is_ours("CARGO_MANIFEST_DIR"));
        assert!(!is_ours("CARGO"));
        assert!(!is_ours("CARGO_HOME"));
        assert!(!is_ours("CARGO_TARGET_DIR"));
        assert!(!is_ours("INSTA_WORKSPACE_ROOT"));
    }
}
