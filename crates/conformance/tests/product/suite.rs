//! A suite in a folder of its own, and the binary run in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

/// A case without findings, as the formatter writes it.
pub(crate) const CONNECTS: &str = r#"+++
title = "the server takes a connection"
spec  = ["robustness"]
level = "must"
roles = ["server"]
+++
agent == connect
"#;

/// A case that asks for a WebSocket: the keys of its head, and the lines after its request, which
/// may begin with further headers.
macro_rules! upgrade_case {
    ($head:literal, $rest:expr) => {
        concat!(
            "+++\n",
            $head,
            "+++\n",
            r#"agent == connect

agent -> GET {ws.path} HTTP/1.1
         Host: {host}:{port}
         Connection: Upgrade
         Upgrade: websocket
         Sec-WebSocket-Key: {key=base64(16)}
         Sec-WebSocket-Version: 13
         Sec-WebSocket-Protocol: xmpp
"#,
            $rest
        )
    };
}
pub(crate) use upgrade_case;

/// The folder is removed at the end of the test.
pub(crate) struct Suite {
    folder: TempDir,
}

/// The result of a run of the binary.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Suite {
    /// A suite with a case for clients more, `upgrade/client-connects`, against a fake Finesse.
    pub(crate) fn for_clients(case: &str) -> Self {
        let suite = Self::new();
        suite.write("cases/upgrade/client-connects.case", case);
        suite.write("xtask/targets/mock.toml", "profile = \"finesse\"\n");
        suite
    }

    /// A suite with one case, `upgrade/connects`.
    pub(crate) fn new() -> Self {
        let suite = Self { folder: tempfile::tempdir().unwrap() };
        suite.write("cases/upgrade/connects.case", CONNECTS);
        // The mark of the suite's own repository.
        std::fs::create_dir_all(suite.path("xtask/targets")).unwrap();
        suite
    }

    /// The same, and a fake as its target.
    pub(crate) fn with_a_fake() -> Self {
        let suite = Self::new();
        suite.write("xtask/targets/mock.toml", "profile = \"finesse\"\nvendor = true\n");
        suite
    }

    /// The cases and targets of the project, and no snapshots: they have a test of their own.
    pub(crate) fn of_the_project() -> Self {
        let suite = Self { folder: tempfile::tempdir().unwrap() };
        for folder in ["cases", "xtask/targets"] {
            copy(&project().join(folder), &suite.path(folder));
        }
        suite
    }

    /// Its folder.
    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    /// A snapshot file, accepted or pending.
    pub(crate) fn write_snapshot(&self, name: &str, body: &str) {
        let text = format!("---\nsource: cases/x.case\ninfo:\n  normaliser: 1\n---\n{body}\n");
        self.write(&format!("snapshots/{name}"), &text);
    }

    /// The binary, to be run in a folder below the root, to see that it finds the suite.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_finesse-conformance"));
        command
            .args(args)
            .current_dir(self.path("cases"))
            .stdin(Stdio::null())
            .env_remove("CLICOLOR_FORCE")
            .env_remove("CONFORMANCE_PASSWORD");
        command
    }

    /// Plays these cases and takes what is said for right.
    pub(crate) fn accept(&self, args: &[&str]) {
        self.run(&[&["conformance"], args].concat());
        self.run(&["review", "--accept"]).says(0);
    }

    /// Runs the binary.
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        Ran::of(self.command(args).output().unwrap())
    }
}

impl Ran {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap().replace('\\', "/"),
            stderr: String::from_utf8(output.stderr).unwrap().replace('\\', "/"),
        }
    }

    /// Standard output, when the exit code is `code` and nothing was complained about.
    #[track_caller]
    pub(crate) fn says(&self, code: i32) -> &str {
        assert_eq!((self.code, self.stderr.as_str()), (Some(code), ""), "{}", self.stdout);
        &self.stdout
    }

    /// Standard error, when the exit code is `code`.
    #[track_caller]
    pub(crate) fn complains(&self, code: i32) -> &str {
        assert_eq!(self.code, Some(code), "{}{}", self.stdout, self.stderr);
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        &self.stderr
    }
}

/// The reference client, built from the same sources.
pub(crate) fn reference_client() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let build = || {
        let folder = Path::new(env!("CARGO_BIN_EXE_finesse-conformance")).parent().unwrap();
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        // Together with one of its tests, its dependencies have the features that `cargo test` gave
        // them: alone, they would be compiled again.
        cargo.args(["build", "--quiet", "--locked", "--bin", "finesse-client", "--test", "gate"]);
        cargo.arg("--target-dir").arg(folder.parent().unwrap()).current_dir(project());
        if folder.ends_with("release") {
            cargo.arg("--release");
        }
        // Cargo's variables for this package would have build scripts run again, and all that
        // needs TLS would be compiled anew, here and by the next `cargo test`.
        let is_cargos = |name: &str| name.starts_with("CARGO_") || name == "OUT_DIR";
        for (name, _) in std::env::vars().filter(|(name, _)| is_cargos(name)) {
            cargo.env_remove(name);
        }
        assert!(cargo.status().unwrap().success(), "finesse-client cannot be built");
        folder.join(format!("finesse-client{}", std::env::consts::EXE_SUFFIX))
    };
    BUILT.get_or_init(build).clone()
}

/// The root of the project.
pub(crate) fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let copied = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &copied);
        } else {
            std::fs::copy(&path, &copied).unwrap();
        }
    }
}

/// Does all of these side by side.
pub(crate) fn all_at_once<T: Sync>(of: &[T], each: impl Fn(&T) + Sync) {
    std::thread::scope(|scope| {
        let each = &each;
        let running: Vec<_> = of.iter().map(|it| scope.spawn(move || each(it))).collect();
        for one in running {
            if let Err(panic) = one.join() {
                std::panic::resume_unwind(panic);
            }
        }
    });
}
