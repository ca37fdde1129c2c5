//! The binary in a repository of somebody else's: what is built in, and a home above it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::fake::Fake;
use crate::suite::{Ran, reference_client};

/// The files that `init` writes.
const WRITTEN: [&str; 6] = [
    "finesse-conformance.toml",
    "README.md",
    ".gitignore",
    "clients/mine.toml",
    "targets/lab-uccx.toml",
    "cases/own/subscribes-to-calls.case",
];

/// A git repository that has nothing to do with this one.
struct Project {
    folder: TempDir,
}

impl Project {
    fn new() -> Self {
        let project = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir_all(project.path("src")).unwrap();
        project.git(&["init", "--quiet"]);
        project
    }

    fn with_home() -> Self {
        let project = Self::new();
        project.run(&["init"]).says(0);
        project
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        std::fs::write(self.path(name), text).unwrap();
    }

    fn git(&self, args: &[&str]) -> String {
        let mut git = Command::new("git");
        // Settings of the person who runs the tests.
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
        let output = git.args(args).current_dir(self.folder.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn command(&self, folder: &str, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_finesse-conformance"));
        command.args(args).current_dir(self.path(folder)).stdin(Stdio::null());
        command.env("XDG_CACHE_HOME", self.path(".git/cache")).env_remove("CLICOLOR_FORCE");
        command
    }

    fn run_in(&self, folder: &str, args: &[&str]) -> Ran {
        Ran::of(self.command(folder, args).output().unwrap())
    }

    fn run(&self, args: &[&str]) -> Ran {
        self.run_in("", args)
    }

    /// The gate with the reference client, as it is or with a fault.
    fn gate(&self, args: &[&str], client: &[&str]) -> Ran {
        let program = reference_client().display().to_string();
        self.run(&[&["gate"], args, &["--", &program], client].concat())
    }
}

#[test]
fn a_home_is_written_once_and_never_over() {
    let project = Project::new();
    let first = project.run(&["init"]);
    let lines: Vec<&str> = first.says(0).lines().take(WRITTEN.len()).collect();
    assert_eq!(lines, WRITTEN.map(|name| format!("wrote  conformance/{name}")));
    assert!(
        first.stdout.contains("\n  finesse-conformance gate --client mine -- python3 driver.py ")
    );
    for name in WRITTEN {
        let text = project.read(&format!("conformance/{name}"));
        assert!(!text.contains("cargo xtask"), "{name}: {text}");
    }
    project.write("conformance/clients/mine.toml", "patience = 2.0\n");
    std::fs::remove_file(project.path("conformance/README.md")).unwrap();
    let again = project.run(&["init"]);
    assert!(again.says(0).starts_with("wrote  conformance/README.md\nleft   conformance/"));
    assert_eq!(project.read("conformance/clients/mine.toml"), "patience = 2.0\n");

    // The example is as the formatter and lint want it; nothing else is looked at.
    assert_eq!(project.run(&["fmt", "--check"]).says(0), "1 file: formatted\n");
    assert_eq!(project.run_in("src", &["lint"]).says(0), "1 case, 0 fragments: clean\n");
    assert!(project.run(&["targets"]).says(0).contains("mock-strict      fake, profile strict"));
}

#[test]
fn the_suites_own_repository_wants_no_home() {
    let suite = crate::suite::Suite::new();
    let ran = suite.run(&["init"]);
    assert!(ran.complains(64).contains("is the suite's own repository"), "{}", ran.stderr);
    assert!(!suite.has("cases/conformance"));
}

#[test]
fn another_folder_is_a_home_when_it_is_named() {
    let project = Project::new();
    let said = project.run(&["init", "tools/finesse"]);
    assert!(said.says(0).contains("finesse-conformance --home tools/finesse gate bind -- "));
    assert!(
        project.run(&["fmt"]).complains(64).contains("make one with `finesse-conformance init`")
    );
    let ran = project.run(&["--home", "tools/finesse", "new", "own/other"]);
    assert!(
        ran.says(0).starts_with("wrote tools/finesse/cases/own/other.case\n"),
        "{}",
        ran.stdout
    );
    let ran = project.run(&["lint", "--home", "src"]);
    assert!(
        ran.complains(64).contains("src is not a home, since it has no finesse-conformance.toml")
    );
    // Inside of it, it is found like any other.
    assert_eq!(
        project.run_in("tools/finesse/cases", &["lint"]).says(0),
        "2 cases, 0 fragments: clean\n"
    );
}

#[test]
fn without_a_home_all_works_that_needs_none() {
    let project = Project::new();
    let ran = project.run(&["conformance", "bind/twice", "sasl", "--target", "mock-strict"]);
    assert!(ran.says(0).contains("bind/twice"), "{}", ran.stdout);
    assert!(
        project.run(&["show", "bind/twice", "--target", "mock-strict"]).says(0).contains("<bind ")
    );
    assert!(project.run(&["conformance", "--list", "bind"]).says(0).contains("RFC 6120 §7"));
    let case = project.run(&["show", "bind/twice", "--case"]);
    assert!(case.says(0).starts_with("+++\ntitle "), "{}", case.stdout);
    let fragment = project.run(&["show", "_fragments/ready", "--case"]);
    assert!(fragment.says(0).contains("owner  = \"presence/"), "{}", fragment.stdout);
    let ran = project.gate(&["sasl/plain-ok", "--client", "client"], &[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{}", ran.stdout);
    let ran = project.gate(&["bind"], &["--fault", "own-jid"]);
    assert_eq!(ran.code, Some(1), "{}{}", ran.stdout, ran.stderr);
    assert!(
        ran.stdout.contains("  built-in:cases/bind/client-uses-returned-jid.case:"),
        "{}",
        ran.stdout
    );
    let ran = project.gate(&["sasl/client-no-plain-without-tls"], &["--fault", "plain-over-ws"]);
    for line in [
        "  closest element received",
        "      <auth xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"",
        "  last said  <stream:features",
        "  wanted     the connection ends\n",
        "  or         nothing is sent (nothing for 5s)\n",
        "  case       finesse-conformance show sasl/client-no-plain-without-tls --case\n",
    ] {
        assert!(ran.stdout.contains(line), "{line}: {}", ran.stdout);
    }
    assert!(
        !ran.stdout.contains(" expect "),
        "a client without a name has no list: {}",
        ran.stdout
    );

    for args in [&["review"][..], &["new", "own/x"], &["fmt"], &["lint"]] {
        let ran = project.run(args);
        let said = ran.complains(64);
        assert!(said.contains("make one with `finesse-conformance init`"), "{args:?}: {said}");
    }
    let ran = project.gate(&["--client", "mine"], &[]);
    assert!(ran.complains(64).contains("no client `mine`: there is client\n"), "{}", ran.stderr);
    assert!(ran.stderr.contains("`finesse-conformance init` writes one"), "{}", ran.stderr);
    assert_eq!(project.git(&["status", "--porcelain"]), "", "nothing is left in the project");
}

#[test]
fn a_client_is_gated_with_cases_and_transcripts_of_the_project() {
    let project = Project::with_home();
    project.git(&["add", "--all"]);
    let areas = ["sasl", "bind", "own"];
    let client = [&areas[..], &["--client", "mine"]].concat();
    let ran = project.gate(&client, &[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{}", ran.stdout);
    let new = "without an accepted transcript, since mine has none yet; `finesse-conformance review --target mine`";
    assert!(ran.stdout.contains(new), "{}", ran.stdout);
    assert!(!ran.stdout.contains("drift"), "{}", ran.stdout);
    assert_eq!(project.git(&["ls-files", "--others", "--exclude-standard"]), "");

    let pending = "conformance/snapshots/own/subscribes-to-calls@mine.snap";
    let ran = project.run_in("src", &["review", "--list", "own"]);
    assert!(ran.stdout.starts_with(&format!("{pending}.new  (new)\n")), "{}", ran.stdout);
    let accepted = project.run(&["review", "--accept", "own", "bind", "--target", "mine"]);
    assert!(accepted.says(0).ends_with(&format!("accepted {pending}\n")), "{}", accepted.stdout);
    let ran = project.gate(&["own", "bind", "--client", "mine"], &[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{}", ran.stdout);
    assert!(!ran.stdout.contains("without an accepted transcript"), "{}", ran.stdout);
    // Otherwise than in the last run: the client changed, or it is not the same each time.
    let another = ["bind/client-answer-by-id", "--client", "mine"];
    let ran = project.gate(&another, &["--fault", "priority-negative"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stdout);
    let hint = "bind/client-answer-by-id came out in another way in the last run; if nothing changed since,\n  \
                list it in mine.toml, under [volatile]";
    assert!(ran.stdout.contains(hint), "{}", ran.stdout);
    let ran = project.run(&["expect", "mine", "bind/client-answer-by-id", "--reason", "r"]);
    assert!(ran.complains(1).contains("under [volatile] in mine.toml"), "{}", ran.stderr);
    project.run(&["review", "--reject"]).says(0);
    // From now on a case without a transcript is one that nobody has looked at.
    let ran = project.gate(&["sasl/client-utf8-password", "--client", "mine"], &[]);
    assert_eq!(ran.code, Some(2), "{}", ran.stdout);
    assert!(ran.stdout.contains("no accepted snapshot yet: 1 case"), "{}", ran.stdout);
    assert!(ran.stdout.contains("      finesse-conformance review\n"), "{}", ran.stdout);
    assert!(
        project
            .run(&["show", "own/subscribes-to-calls", "--target", "mine"])
            .says(0)
            .contains("Dialogs")
    );

    // A client that is broken, until somebody says that it is known.
    let (case, fault) =
        (["bind/client-uses-returned-jid", "--client", "mine"], ["--fault", "own-jid"]);
    let ran = project.gate(&case, &fault);
    assert_eq!(ran.code, Some(1), "{}", ran.stdout);
    assert!(ran.stdout.contains("RFC 6120 §7.7.1"), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("conformance/results/mine/bind/client-uses-returned-jid.txt"),
        "{}",
        ran.stdout
    );
    project.write("conformance/clients/mine.toml", "pending = [\"bind/client-uses-*\"]\n");
    assert_eq!(project.gate(&case, &fault).code, Some(0));
    let deviation = "[[deviation]]\ncase = \"bind/client-uses-returned-jid\"\nstep = \"agent ->\"\noutcome = \"fail\"\nreason = \"asks with its own\"\n";
    project.write("conformance/clients/mine.toml", deviation);
    let ran = project.gate(&case, &fault);
    assert!(
        ran.stdout.contains("drift            bind/client-uses-returned-jid"),
        "{}",
        ran.stdout
    );
    project.run(&["review", "--accept"]).says(0);
    let ran = project.gate(&case, &fault);
    assert!(
        ran.stdout.contains("expected         bind/client-uses-returned-jid"),
        "{}",
        ran.stdout
    );
    let ran = project.gate(&case, &[]);
    assert_eq!(ran.code, Some(1), "a deviation that does not happen: {}", ran.stdout);
    project.write(
        "conformance/clients/mine.toml",
        "[[deviation]]\ncase = \"gone/case\"\nstep = \"x\"\noutcome = \"fail\"\nreason = \"r\"\n",
    );
    assert!(
        project
            .run(&["lint"])
            .complains(1)
            .contains("conformance/clients/mine.toml:2:8: nothing is called `gone/case`")
    );
}

#[test]
fn an_id_that_the_suite_has_is_refused() {
    let project = Project::with_home();
    project.write(
        "conformance/cases/bind/twice.case",
        &project.read("conformance/cases/own/subscribes-to-calls.case"),
    );
    let ran = project.run(&["gate", "--list"]);
    let said = ran.complains(65);
    assert!(said.contains("there is a case `bind/twice` already"), "{said}");
    assert!(said.contains("--> conformance/cases/bind/twice.case:1:1"), "{said}");
    assert!(said.contains("the other one is built-in:cases/bind/twice.case"), "{said}");
}

#[test]
fn a_fake_and_a_server_are_played_against_from_a_home() {
    let project = Project::with_home();
    let ran = project.run(&["conformance", "bind", "stream", "--report", "json=run.jsonl"]);
    ran.says(0);
    let run = project.read("run.jsonl");
    assert!(run.contains(r#""transcript":"conformance/results/mock/bind/twice.txt""#), "{run}");
    let compared = project.run(&["compare", "run.jsonl", "mock"]);
    assert!(compared.says(0).ends_with(" same\n"), "{}", compared.stdout);
    assert!(!project.path("conformance/snapshots").exists(), "all is as the baselines are");

    let unset = project.run(&["conformance", "--target", "lab-uccx"]);
    assert!(unset.complains(64).contains("LAB_UCCX_HOST"), "{}", unset.stderr);
    let mut mock = project.command("", &["mock", "--json", "--user", "1001:hunter2"]);
    mock.args(["--sabotage", "constant-stream-id"]).stdin(Stdio::null());
    let fake = Fake::of(mock, &project.path(".git/mock.stderr"));
    let certificate = Path::new(fake.says("ca"));
    assert!(certificate.starts_with(project.path("conformance/results").canonicalize().unwrap()));
    let lab = |args: &[&str]| {
        let mut command = project.command("", args);
        for (name, value) in [
            ("HOST", "localhost"),
            ("I_MAY_TEST", "localhost"),
            ("PORT", &fake.port().to_string()),
            ("TRUST", fake.says("ca")),
            ("AGENT", "1001"),
            ("PASSWORD", "hunter2"),
        ] {
            command.env(format!("LAB_UCCX_{name}"), value);
        }
        Ran::of(command.output().unwrap())
    };
    assert!(lab(&["probe", "lab-uccx"]).says(0).contains("engine  Openfire 4.4.4"));
    let id = "stream/id-present-and-fresh";
    let play = ["conformance", "--target", "lab-uccx", "stream/malformed-xml", id];
    let ran = lab(&play);
    assert_eq!(ran.code, Some(1), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains(": 0 pass, 1 expected, 1 fail "), "as mock does: {}", ran.stdout);
    let listed = ["expect", "lab-uccx", id, "--reason", "has one id for all"];
    let ran = lab(&listed);
    assert!(ran.says(0).starts_with("listed in conformance/targets/lab-uccx.toml:\n"));
    let ran = lab(&play);
    // The transcript of the new one is another, until somebody accepts it.
    assert!(ran.stdout.contains(": 0 pass, 1 expected, 1 drift "), "{}{}", ran.stdout, ran.stderr);
}
