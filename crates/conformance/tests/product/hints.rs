//! Every command that a message tells the reader to run is run where it is printed, and works.

use std::os::unix::fs::symlink;
use std::process::Command;

use regex::Regex;

use crate::suite::{CONNECTS, Ran, Suite, all_at_once, reference_client};

/// Words in hints that the reader replaces, and what this reader writes.
const REPLACED: [(&str, &str); 3] =
    [("COMMAND", "./driver"), ("node driver.mjs", "./driver"), ("…", "'it is known'")];

/// The areas that the commands of [`every_hint_leads_somewhere`] name, and what their cases begin
/// with.
const AREAS: [&str; 4] = ["_fragments", "bind", "sasl", "upgrade"];

/// Exit codes of commands that worked, besides 0: a run may be red, and a review leaves files.
fn is_answer(command: &str, code: Option<i32>) -> bool {
    let is_no_mistake = match command {
        "conformance" | "gate" => matches!(code, Some(1 | 2)),
        "review" => code == Some(1),
        "probe" => code == Some(3),
        _ => false,
    };
    code == Some(0) || is_no_mistake
}

/// A suite with the cases of the project, a client, and a case that fails.
fn suite() -> Suite {
    let suite = Suite::of_the_project();
    symlink(reference_client(), suite.path("driver")).unwrap();
    suite.write("xtask/clients/mine.toml", "");
    suite.write("cases/upgrade/fails.case", &format!("{CONNECTS}\nagent <- within 1s [eof]\n"));
    suite.write(
        "xtask/targets/gone.toml",
        "url = \"ws://127.0.0.1:1/\"\ni_may_test = \"{env:HINTS_HOST}\"\npatience = 0.1\n\
         [account.agent]\nuser = \"1001\"\npassword = \"{env:HINTS_PASSWORD}\"\n",
    );
    suite
}

/// Runs a line as a shell reads it, in the root of the suite.
fn shell(suite: &Suite, line: &str) -> Ran {
    let program = env!("CARGO_BIN_EXE_finesse-conformance");
    let folder = std::path::Path::new(program).parent().unwrap().display();
    let line = format!("PATH={folder}:$PATH; {line}");
    let mut sh = Command::new("sh");
    sh.args(["-c", &line]).current_dir(suite.root()).stdin(std::process::Stdio::null());
    sh.env("HINTS_HOST", "127.0.0.1").env("HINTS_PASSWORD", "secret").env_remove("CLICOLOR_FORCE");
    Ran::of(sh.output().unwrap())
}

/// The commands of this program in a text: up to a backtick, the end of the line, or a gap.
fn hints(ran: &Ran) -> Vec<String> {
    let form = Regex::new(r"finesse-conformance( [^`\n]*?)(`|\n|$|   )").unwrap();
    let text = format!("{}\n{}", ran.stdout, ran.stderr);
    let mut found: Vec<String> = form
        .captures_iter(&text)
        .flat_map(|hint| {
            hint[1].split(" && finesse-conformance").map(str::to_owned).collect::<Vec<_>>()
        })
        .map(|hint| REPLACED.iter().fold(hint, |hint, (word, by)| hint.replace(word, by)))
        .collect();
    found.sort();
    found.dedup();
    found
}

/// Runs `args` and then each hint in the same folder, and the hints of those; returns the commands
/// that were hinted at.
#[track_caller]
fn followed(suite: &Suite, args: &str) -> Vec<String> {
    let mut open = hints(&shell(suite, &format!("finesse-conformance {args}")));
    let mut done: Vec<String> = Vec::new();
    while let Some(hint) = open.pop() {
        if done.contains(&hint) || done.len() > 20 {
            continue;
        }
        let ran = shell(suite, &format!("finesse-conformance{hint}"));
        let command = hint.split_whitespace().next().unwrap_or_default();
        assert!(
            is_answer(command, ran.code),
            "`{args}` hints at `{hint}`, which ends with {:?}:\n{}{}",
            ran.code,
            ran.stdout,
            ran.stderr
        );
        open.extend(hints(&ran));
        done.push(hint);
    }
    done.sort();
    done
}

#[test]
fn every_hint_leads_somewhere() {
    let table: [(&[&str], &str, &[&str]); 15] = [
        (
            &[],
            "conformance bind/client-uses-returned-jid",
            &[" gate bind/client-uses-returned-jid"],
        ),
        (&[], "gate bind/twice -- ./driver", &[" conformance bind/twice"]),
        (&[], "gate bind/client-uses-returned-jid", &[" gate -- ./driver"]),
        (&[], "show bind/twice", &[" conformance bind/twice"]),
        (&[], "show bind/client-uses-returned-jid", &[" gate bind/client-uses-returned-jid"]),
        (
            &["conformance bind/twice"],
            "show bind/twice --target mock-strict",
            &[" conformance bind/twice --target mock-strict", " show bind/twice --target mock"],
        ),
        (
            &["conformance bind/twice"],
            "show bind/twice --target nobody",
            &[" show bind/twice --target mock"],
        ),
        (&[], "conformance bind/twice", &[" review"]),
        (&["conformance bind/twice"], "review --list", &[" review"]),
        (&["conformance bind/twice"], "review sasl", &[" review --list"]),
        (
            &[],
            "new zz/first",
            &[" conformance zz/first", " fmt zz/first", " lint zz/first", " review zz/first"],
        ),
        (
            &["new zz/first", "fmt zz/first", "sh -c 'echo >> cases/zz/first.case'"],
            "fmt --check",
            &[" fmt"],
        ),
        (&[], "review --rerender", &[" conformance"]),
        (&[], "conformance upgrade/minimal --target gone", &[" probe gone"]),
        (&[], "expect mock bind/twice --reason x", &[" conformance bind/twice --target mock"]),
    ];
    all_at_once(&table, |(before, args, wanted)| {
        let suite = suite();
        // Some hints play every case. A run of all says nothing more than one of a few.
        for entry in std::fs::read_dir(suite.path("cases")).unwrap() {
            let area = entry.unwrap().path();
            if area.is_dir() && !AREAS.iter().any(|name| area.ends_with(name)) {
                std::fs::remove_dir_all(area).unwrap();
            }
        }
        for line in *before {
            let line = if line.starts_with("sh ") {
                (*line).to_owned()
            } else {
                format!("finesse-conformance {line}")
            };
            shell(&suite, &line);
        }
        let found = followed(&suite, args);
        for hint in *wanted {
            assert!(found.iter().any(|one| one.starts_with(hint)), "{args}: {hint:?} in {found:?}");
        }
    });
}

#[test]
fn where_nothing_can_follow_no_command_is_named() {
    let suite = suite();
    for args in [
        "gate bind/client-uses-returned-jid -- ./driver --fault own-jid",
        "conformance upgrade/fails --url ws://127.0.0.1:1/",
        "conformance upgrade/fails",
        "conformance bind/twice --sabotage extra-element",
        "conformance upgrade/fails --sabotage extra-element",
        "conformance level:mustt",
        "conformance nothing/near",
        "mock --profile finess",
        "conformance --target mok",
    ] {
        let ran = shell(&suite, &format!("finesse-conformance {args}"));
        assert_ne!(ran.code, Some(0), "{args}");
        // The text of the case is there in any event.
        let found = hints(&ran);
        let other = found.iter().find(|hint| !hint.starts_with(" show "));
        assert_eq!(other, None, "{args}\n{}{}", ran.stdout, ran.stderr);
    }
    // After the gate, `show` shows what was just played.
    let ran = shell(&suite, "finesse-conformance show bind/client-uses-returned-jid");
    assert!(ran.says(0).contains("agent ->"), "{}", ran.stdout);
}

#[test]
fn names_that_are_unknown_are_answered_with_those_that_there_are() {
    let suite = suite();
    for (args, said) in [
        ("conformance level:mustt", "of levels there are info, may, must, should"),
        ("conformance level:mustt", "did you mean `must`?"),
        ("conformance tag:slwo", "of tags there"),
        ("conformance 'spec:RFC 9999'", "of documents there are"),
        ("conformance --target mok", ", gone, lab-uccx, "),
        ("conformance --target mok", "did you mean `mock`?"),
        ("gate --client min -- ./driver", "there is mine; did you mean `mine`?"),
        ("mock --profile finess", "there are openfire-4.4, finesse, strict"),
    ] {
        let ran = shell(&suite, &format!("finesse-conformance {args}"));
        assert!(ran.stderr.contains(said), "{args}: {}", ran.stderr);
    }
    suite.write("cases/bind/marked.case", &format!("\u{feff}{CONNECTS}"));
    let ran = shell(&suite, "finesse-conformance lint");
    assert!(ran.complains(65).contains("begins with a byte order mark (BOM)"), "{}", ran.stderr);
}

#[test]
fn no_file_is_accepted_that_is_no_snapshot() {
    let suite = suite();
    shell(&suite, "finesse-conformance conformance bind/twice");
    suite.write("snapshots/bind/garbage.snap.new", "garbage\n");
    suite.write("snapshots/bind/conflict.snap.new", "---\nsource: x\n---\n<<<<<<< HEAD\n");
    let ran = shell(&suite, "finesse-conformance review --accept");
    let said = ran.complains(65);
    assert!(said.contains("garbage.snap.new") && said.contains("conflict.snap.new"), "{said}");
    assert!(said.contains("nothing was accepted") && suite.has("snapshots/bind/twice.snap.new"));
}
