//! Manual pages, completions and the version.

use std::fs;

use crate::suite::Suite;

/// Names of the subcommands, as the help lists them.
fn commands(suite: &Suite) -> Vec<String> {
    let help = suite.run(&["--help"]).stdout;
    let list = help.split("Commands:").nth(1).and_then(|rest| rest.split("Options:").next());
    let lines = list.expect("a list of commands").lines();
    let names = lines.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let names = names.filter(|name| !name.is_empty() && *name != "help");
    names.map(str::to_owned).collect()
}

#[test]
fn every_command_has_a_page() {
    let suite = Suite::new();
    let folder = suite.path("man1");
    let ran = suite.run(&["man", "--out", &folder.display().to_string()]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let commands = commands(&suite);
    assert!(commands.len() > 20, "{commands:?}");
    for name in &commands {
        let page =
            fs::read_to_string(folder.join(format!("finesse-conformance-{name}.1"))).unwrap();
        assert!(page.contains("\n.SH SYNOPSIS\n"), "{page}");
        assert!(!page.contains("cargo xtask"), "{page}");
    }
    let whole = suite.run(&["man"]).stdout;
    let file = fs::read_to_string(folder.join("finesse-conformance.1")).unwrap();
    let heading = ".TH finesse-conformance 1  \"finesse-conformance ";
    assert!(whole.contains(heading) && file.contains(heading), "{whole}");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), commands.len() + 1);
}

#[test]
fn shells_complete_every_command() {
    let suite = Suite::new();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = suite.run(&["completions", shell]);
        assert_eq!(script.code, Some(0), "{}", script.stderr);
        for name in commands(&suite) {
            assert!(script.stdout.contains(&name), "{shell} does not know {name}");
        }
        assert!(script.stdout.contains("beyond-loopback"), "{shell}");
    }
    assert_eq!(suite.run(&["completions", "cmd"]).code, Some(64));
}

#[test]
fn the_version_has_a_number_and_names_the_commit_of_a_release() {
    let said = Suite::new().run(&["--version"]).stdout;
    let version = format!("finesse-conformance {}", env!("CARGO_PKG_VERSION"));
    let rest = said.trim_end().strip_prefix(&version).expect("the version");
    let is_commit = |text: &str| text.starts_with(" (") && text.ends_with(')') && text.len() > 10;
    assert!(if cfg!(debug_assertions) { rest.is_empty() } else { is_commit(rest) }, "{said}");
}
