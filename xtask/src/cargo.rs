//! The call of cargo that builds the tool, and the call of the tool.

use std::ffi::OsString;
use std::io::{self, BufRead as _, BufReader};
use std::process::{Child, Command, ExitCode};

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

/// The commands that measure, and the profile of the fastest build, which they need.
const MEASURES: [&str; 2] = ["bench", "transports"];
const FASTEST: [&str; 2] = ["--profile", "dist"];

/// Columns of cargo's progress bar; cargo cannot ask a pipe for its width.
const WIDTH: &str = "80";

/// The build, and the arguments of the tool that it makes.
pub(crate) struct Call {
    pub(crate) build: Command,
    args: Vec<OsString>,
}

impl Call {
    /// The call of the tool with `args`. A leading `--release` is cargo's; commands that measure
    /// need none. Without arguments the tool shows its help. `has_cursor`: cargo may draw on
    /// standard error.
    pub(crate) fn of(args: impl IntoIterator<Item = OsString>, has_cursor: bool) -> Self {
        let mut args = args.into_iter().peekable();
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        build.args(["build", "--manifest-path", WORKSPACE, "--bin", TOOL]);
        // The path of the tool comes on standard output, diagnostics on standard error.
        build.arg("--message-format=json-render-diagnostics");
        if has_cursor {
            build.env("CARGO_TERM_PROGRESS_WHEN", "always");
            build.env(
                "CARGO_TERM_PROGRESS_WIDTH",
                std::env::var("COLUMNS").unwrap_or_else(|_| WIDTH.into()),
            );
            if std::env::var_os("NO_COLOR").is_none()
                && std::env::var_os("CARGO_TERM_COLOR").is_none()
            {
                build.env("CARGO_TERM_COLOR", "always");
            }
        }
        let asked = args.next_if(|arg| arg == "--release").is_some();
        if args.peek().is_some_and(|arg| MEASURES.iter().any(|it| arg == it)) {
            build.args(FASTEST);
        } else if asked {
            build.arg("--release");
        }
        hide_ours(&mut build);
        let mut args: Vec<OsString> = args.collect();
        if args.is_empty() {
            args.push("--help".into());
        }
        Self { build, args }
    }

    /// The tool that was built as `path`.
    pub(crate) fn tool(&self, path: &str) -> Command {
        let mut tool = Command::new(path);
        tool.args(&self.args).env(CALLED.0, CALLED.1);
        hide_ours(&mut tool);
        tool
    }
}

/// Hides the variables that are about xtask itself.
pub(crate) fn hide_ours(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if is_ours(&name.to_string_lossy()) {
            command.env_remove(name);
        }
    }
}

/// The path of the tool, from the messages of its build.
pub(crate) fn built(build: &mut Child) -> Option<String> {
    let messages = BufReader::new(build.stdout.take()?);
    messages.lines().map_while(Result::ok).filter_map(|line| executable(&line)).last()
}

/// The path in a message about a built program.
fn executable(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("\"executable\":\"")?;
    let (mut path, mut rest) = (String::new(), rest.chars());
    loop {
        match rest.next()? {
            '"' => return Some(path),
            '\\' => path.push(rest.next()?),
            plain => path.push(plain),
        }
    }
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

    /// The profile of the build, and the arguments of the tool.
    fn call(given: &[&str]) -> (Vec<String>, Vec<String>) {
        let call = Call::of(given.iter().map(OsString::from), false);
        let text = |arg: &std::ffi::OsStr| arg.to_string_lossy().into_owned();
        let profile = call.build.get_args().skip_while(|arg| *arg != TOOL).skip(2).map(text);
        (profile.collect(), call.tool("tool").get_args().map(text).collect())
    }

    #[test]
    fn arguments_are_the_tools() {
        let table: [(&[&str], &[&str], &[&str]); 5] = [
            (&["mock", "--release"], &[], &["mock", "--release"]),
            (&["--release", "mock"], &["--release"], &["mock"]),
            (&["bench", "--quick"], &FASTEST, &["bench", "--quick"]),
            (&[], &[], &["--help"]),
            (&["--release"], &["--release"], &["--help"]),
        ];
        for (given, profile, args) in table {
            let (built, called) = call(given);
            assert_eq!((built, called), (owned(profile), owned(args)), "{given:?}");
        }
    }

    fn owned(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn the_path_of_a_program_is_read_from_its_message() {
        let message = r#"{"target":{"name":"cli"},"executable":"C:\\a b\\cli.exe","fresh":true}"#;
        assert_eq!(executable(message).as_deref(), Some(r"C:\a b\cli.exe"));
        assert_eq!(executable(r#"{"executable":null,"fresh":true}"#), None);
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
