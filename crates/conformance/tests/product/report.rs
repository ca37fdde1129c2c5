//! `report`: reports of finished runs, and of runs that several machines shared.

use crate::suite::{Suite, upgrade_case};

/// A request whose answer has a header that a sabotage changes.
const MINIMAL: &str = upgrade_case!(
    r#"title = "a request is answered with 101"
spec  = ["RFC 6455 §4.2.2 item 5"]
level = "must"
roles = ["server"]
why   = "a client gives up without it"
"#,
    r#"
agent <- HTTP/1.1 101
         Sec-WebSocket-Accept: {accept(key)}
"#
);

/// Six cases, all of them green.
fn suite() -> Suite {
    let suite = Suite::with_a_fake();
    for slug in ["a", "b", "c", "d", "e"] {
        suite.write(&format!("cases/upgrade/{slug}.case"), MINIMAL);
    }
    suite.accept(&[]);
    suite
}

/// Plays a shard, and keeps its results.
fn shard(suite: &Suite, part: u32, more: &[&str]) -> Option<i32> {
    let shard = format!("{part}/3");
    let report = format!("json=../part-{part}.jsonl");
    suite.run(&[&["conformance", "--shard", &shard, "--report", &report], more].concat()).code
}

const PARTS: [&str; 4] = ["report", "../part-1.jsonl", "../part-2.jsonl", "../part-3.jsonl"];

#[test]
fn shards_of_several_machines_are_one_run() {
    let suite = suite();
    let codes = [1, 2, 3].map(|part| shard(&suite, part, &[]));
    assert_eq!(codes, [Some(0); 3]);
    let ran = suite.run(&PARTS);
    assert!(ran.says(0).starts_with("target mock, 6 cases selected\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("\n6 cases: 6 pass   target mock, "), "{}", ran.stdout);

    // Red on one machine is red at the end.
    shard(&suite, 2, &["--sabotage", "accept-off-by-one"]);
    let ran = suite.run(&[&PARTS[..], &["--report", "junit=../run.xml"]].concat());
    assert!(ran.says(1).contains(", exit 1\n"), "{}", ran.stdout);
    assert!(suite.read("run.xml").contains("tests=\"6\""));

    let ran = suite.run(&["report", "../part-3.jsonl", "../part-1.jsonl"]);
    assert!(ran.says(3).contains("missing  shard 2 of 3 is missing"), "{}", ran.stdout);
    let ran = suite.run(&["report", "../part-1.jsonl", "../part-1.jsonl"]);
    let said = ran.complains(64);
    assert!(said.contains(" is in ../part-1.jsonl and in ../part-1.jsonl: "), "{said}");
    let ran = suite.run(&["report", "../part-4.jsonl"]);
    assert!(ran.complains(64).contains("`../part-4.jsonl` is neither a JSON report"));
}

#[test]
fn shards_on_folders_of_their_own_give_the_report_of_an_undivided_run() {
    let whole = suite();
    let broken = ["--sabotage", "accept-off-by-one"];
    let undivided = whole.run(
        &[&["conformance", "--report", "junit=../run.xml", "--report", "text"], &broken[..]]
            .concat(),
    );
    let parts: Vec<String> = [1, 2, 3]
        .map(|part| {
            let machine = suite();
            shard(&machine, part, &broken);
            let path = whole.path(&format!("part-{part}.jsonl"));
            std::fs::write(&path, machine.read(&format!("part-{part}.jsonl"))).unwrap();
            path.display().to_string()
        })
        .to_vec();
    let mut join = vec!["report"];
    join.extend(parts.iter().map(String::as_str));
    join.extend(["--report", "junit=../joined.xml"]);
    assert_eq!(whole.run(&join).code, undivided.code);
    assert_eq!(undivided.code, Some(1));
    // All but the times, and the accounts and ids that each machine made.
    let results = |name: &str| -> Vec<String> {
        let junit = whole.read(name);
        let tag = |line: &str| {
            let words = line.trim().split(' ');
            words.filter(|word| !word.contains("time")).collect::<Vec<_>>().join(" ")
        };
        let is_result = |line: &&str| {
            ["<testcase ", "<testsuite ", "<testsuites "]
                .iter()
                .any(|tag| line.trim().starts_with(tag))
        };
        junit.lines().filter(is_result).map(tag).collect()
    };
    let joined = results("joined.xml");
    assert!(joined.len() > 6, "{joined:?}");
    assert_eq!(joined, results("run.xml"));
}

#[test]
fn a_shard_without_cases_is_a_part_all_the_same() {
    let suite = Suite::with_a_fake();
    suite.accept(&[]);
    let codes = [1, 2, 3].map(|part| shard(&suite, part, &[]));
    assert_eq!(codes.iter().filter(|code| **code == Some(4)).count(), 2, "{codes:?}");
    assert!(suite.run(&PARTS).says(0).contains("\n1 case: 1 pass"));
}

#[test]
fn the_newest_results_are_told_in_plain_words() {
    let suite = suite();
    suite.run(&["conformance", "upgrade/a", "--sabotage", "accept-off-by-one"]);
    let ran = suite.run(&["report", "mock@accept-off-by-one", "--report", "summary"]);
    let text = ran.says(1);
    assert!(text.starts_with("# mock in plain words\n\n**Of 1 claim tried, 1 does not hold"));
    for line in [
        "- engine: a fake of this suite, profile finesse\n",
        "\n## Clients will notice\n\n- This should hold: a request is answered with 101. Seen instead: ",
        "\n  It matters because a client gives up without it.\n",
        "\n- 5 cases: they were in none of these runs (upgrade 5)\n",
    ] {
        assert!(text.contains(line), "{text}");
    }
    suite.run(&["conformance"]).says(0);
    let ran = suite.run(&["report", "mock", "--report", "summary=../short.md"]);
    assert!(ran.says(0).contains("6 cases: 6 pass"), "text stays on the terminal");
    let text = suite.read("short.md");
    assert!(text.contains("**Of 6 claims tried, all hold.**"), "{text}");
    assert!(text.contains("\nEvery case was tried.\n"), "{text}");
}
