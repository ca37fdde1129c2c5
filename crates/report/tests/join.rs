//! Parts of a run that several machines played.

mod sample;

use report::{JoinError, Part, join};
use verdict::{CaseResult, Exit, Run, Verdict};

/// The cases of the sample as three shards, without findings.
fn shards() -> Vec<Part> {
    let whole = sample::run();
    let ids = |run: &Run| run.cases.iter().map(|case| case.id.clone()).collect::<Vec<_>>();
    (1..=3)
        .map(|part| {
            let mut run = whole.clone();
            let shard: verdict::Shard = format!("{part}/3").parse().expect("a shard");
            let mine = shard.of_all(ids(&whole), |id| id);
            run.cases.retain(|case| mine.contains(&case.id));
            run.head.selected = run.cases.len();
            run.head.whole = false;
            run.head.began = format!("2026-11-30T00:0{part}:00Z");
            run.head.selection.shard = Some(shard);
            run.ending.millis = part * 1000;
            Part { name: format!("part-{part}.jsonl"), run: sample::ended(run) }
        })
        .collect()
}

#[test]
fn shards_are_one_run() {
    let parts = shards();
    assert!(parts.iter().all(|part| part.run.cases.len() >= 6));
    let joined = join(parts.into_iter().rev().collect()).expect("one run");
    let whole = sample::run();
    assert_eq!(joined.cases, whole.cases);
    assert_eq!((joined.ending.exit, joined.is_whole()), (whole.ending.exit, true));
    assert_eq!(joined.ending.orphans, whole.ending.orphans, "each machine finds the same");
    assert_eq!((joined.head.began.as_str(), joined.ending.millis), ("2026-11-30T00:01:00Z", 3000));
    assert_eq!((joined.head.selected, joined.head.selection.shard), (whole.cases.len(), None));
}

#[test]
fn a_blocked_case_and_its_owner_meet_again() {
    let mut parts = shards();
    parts.truncate(2);
    let shard = |text: &str| text.parse().ok();
    (parts[0].run.head.selection.shard, parts[1].run.head.selection.shard) =
        (shard("1/2"), shard("2/2"));
    let owner = sample::pass("sasl/plain-ok");
    let blocked = CaseResult {
        verdict: Verdict::Blocked,
        owner: Some(owner.id.clone()),
        ..sample::pass("bind/blocked")
    };
    let failed = CaseResult { verdict: Verdict::Fail, ..owner };
    (parts[0].run.cases, parts[1].run.cases) = (vec![failed], vec![blocked]);
    assert_eq!(parts[1].run.exit(), Exit::Error, "the owner did not run there");
    assert_eq!(join(parts).expect("one run").exit(), Exit::Fail);
}

#[test]
fn a_missing_shard_is_said() {
    for missing in 0..3 {
        let mut parts = shards();
        parts.remove(missing);
        let joined = join(parts).expect("a part of one run");
        let name = format!("shard {} of 3", missing + 1);
        assert_eq!(joined.ending.missing, std::slice::from_ref(&name));
        let said = joined.findings().into_iter().any(|found| found.text.starts_with(&name));
        assert!(said && !joined.is_whole());
        assert_eq!((joined.exit(), joined.ending.exit), (Exit::Error, Some(3)));
    }
    let alone = join(shards().into_iter().take(1).collect()).expect("a part of one run");
    assert_eq!(alone.ending.missing, ["shard 2 of 3", "shard 3 of 3"]);
    // A missing part stays missing in the report of the report.
    let parts = vec![Part { name: "joined.jsonl".to_owned(), run: alone.clone() }];
    assert_eq!(join(parts).expect("itself"), alone);
}

#[test]
fn a_case_twice_names_the_case_and_both_files() {
    let mut parts = shards();
    let twice = parts[0].run.cases[0].clone();
    parts[2].run.cases.push(twice.clone());
    let error = join(parts).expect_err("a case twice");
    assert_eq!(
        error.to_string(),
        format!(
            "{} is in part-1.jsonl and in part-3.jsonl: one run plays a case once; leave out one of the files",
            twice.id
        )
    );
}

#[test]
fn other_runs_are_not_joined() {
    let changed = |change: fn(&mut Run)| {
        let mut parts = shards();
        change(&mut parts[1].run);
        join(parts).expect_err("two runs").to_string()
    };
    assert_eq!(join(Vec::new()), Err(JoinError::Nothing));
    assert_eq!(
        changed(|run| run.head.target = "mock".to_owned()),
        "part-1.jsonl is a run of lab-uccx, and part-2.jsonl one of mock: these are two runs; `compare` puts them side by side"
    );
    assert_eq!(
        changed(|run| run.head.selection.shard = "2/4".parse().ok()),
        "part-1.jsonl is shard 1 of 3, and part-2.jsonl is shard 2 of 4: these are not parts of one run"
    );
    assert_eq!(
        changed(|run| run.head.selection.shard = None),
        "part-1.jsonl is shard 1 of 3, and part-2.jsonl is no shard: these are not parts of one run"
    );
    let says = "part-1.jsonl and part-2.jsonl are shards of different selections";
    assert!(changed(|run| run.head.selection.words.push("bind".to_owned())).starts_with(says));
    assert!(changed(|run| run.head.selection.left_out.push("a/b".to_owned())).starts_with(says));
}

#[test]
fn one_file_is_reported_as_it_is() {
    let run = sample::run();
    let one = |run: &Run| join(vec![Part { name: "run.jsonl".to_owned(), run: run.clone() }]);
    assert_eq!(one(&run).as_ref(), Ok(&run));
    let mut cut = run;
    (cut.ending.interrupted, cut.ending.exit) = (true, None);
    assert_eq!(one(&cut).expect("itself").ending.exit, Some(130));
}

#[test]
fn parts_that_are_no_shards_are_joined_by_their_cases() {
    let [mut bind, mut rest] = [sample::run(), sample::run()];
    bind.cases.retain(|case| case.area() == "bind");
    rest.cases.retain(|case| case.area() != "bind");
    let name = |run: &Run| run.cases.iter().map(|case| case.id.clone()).collect::<Vec<_>>();
    (bind.head.selection.left_out, rest.head.selection.left_out) = (name(&rest), name(&bind));
    bind.head.selection.words = vec!["bind".to_owned()];
    let parts = [bind, rest].map(|run| Part { name: String::new(), run }).to_vec();
    let joined = join(parts).expect("one run");
    assert_eq!(joined.cases, sample::run().cases);
    assert_eq!(joined.head.selection.left_out, Vec::<String>::new());
    assert!(!joined.is_whole(), "nobody said that these are all");
}
