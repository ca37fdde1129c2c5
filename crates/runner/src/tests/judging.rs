//! From how far a case came to its verdict.

use std::path::PathBuf;
use std::sync::Arc;

use case::{Case, Label, Source};

use verdict::{CaseResult, Comparison, Drift, Failure, Strictness, Verdict};

use crate::judge;
use crate::play::Outcome;
use crate::targets::Target;

fn case(level: &str) -> Case {
    let text = format!(
        "+++\ntitle = \"t\"\nspec = [\"vendor\"]\nlevel = \"{level}\"\nroles = [\"server\"]\n+++\nagent == connect\n"
    );
    case::parse_case("a/b", Arc::new(Source { path: PathBuf::from("a/b.case"), text })).unwrap()
}

fn target(more: &str) -> Target {
    Target::parse("t", "t.toml", &format!("profile = \"strict\"\n{more}")).unwrap()
}

fn failure(step: &str) -> Failure {
    let source = Source { path: PathBuf::new(), text: String::new() };
    Failure::at(&source, &(0..0), "differs".to_owned(), step.to_owned())
}

fn failed(owner: Option<&str>) -> Outcome {
    let failure = Box::new(failure("agent <- <a/>"));
    Outcome::Failed { failure, owner: owner.map(str::to_owned) }
}

fn completed(labels: &[Label]) -> Outcome {
    let branch = |label: &Label| (*label, Some(label.to_string()));
    Outcome::Completed(labels.iter().map(branch).collect())
}

fn verdict(level: &str, target: &Target, outcome: Outcome) -> Verdict {
    judged(level, target, outcome).verdict
}

const LEVELS: [&str; 5] = ["must", "should", "may", "info", "vendor"];

#[test]
fn a_failure_weighs_as_the_level_says() {
    use Verdict::{Fail, Info, NonStrict};
    let (stranger, vendor) = (target(""), target("vendor = true"));
    for (level, elsewhere) in LEVELS.into_iter().zip([Fail, NonStrict, Info, Info, Info]) {
        assert_eq!(verdict(level, &stranger, failed(None)), elsewhere, "{level}");
    }
    for (level, there) in LEVELS.into_iter().zip([Fail, NonStrict, Info, Info, Fail]) {
        assert_eq!(verdict(level, &vendor, failed(None)), there, "{level}");
    }
}

#[test]
fn in_a_fragment_of_another_case_it_blocks_at_every_level() {
    for level in LEVELS {
        let judgement = judged(level, &target(""), failed(Some("bind/x")));
        assert_eq!(judgement.verdict, Verdict::Blocked);
        assert_eq!(judgement.owner.as_deref(), Some("bind/x"));
        assert!(judgement.failure.is_some());
    }
}

#[test]
fn what_could_not_be_played_is_an_error_at_every_level() {
    for level in LEVELS {
        assert_eq!(verdict(level, &target(""), Outcome::Error("x".to_owned())), Verdict::Error);
        assert_eq!(verdict(level, &target(""), Outcome::Interrupted), Verdict::Error);
    }
}

#[test]
fn the_softest_branch_decides_at_every_level() {
    use Label::{Fail, Info, NonStrict, Ok, Unsupported};
    let table: [(&[Label], Verdict); 6] = [
        (&[], Verdict::Pass),
        (&[Ok, Ok], Verdict::Pass),
        (&[Ok, Info], Verdict::Info),
        (&[NonStrict, Info, Ok], Verdict::NonStrict),
        (&[NonStrict, Unsupported], Verdict::Unsupported),
        (&[Unsupported, Fail], Verdict::Fail),
    ];
    for level in LEVELS {
        for (labels, wanted) in table {
            assert_eq!(
                verdict(level, &target(""), completed(labels)),
                wanted,
                "{level} {labels:?}"
            );
        }
    }
    let judgement = judged("must", &target(""), completed(&[Ok, NonStrict]));
    assert_eq!(judgement.note.as_deref(), Some("non-strict"), "the text of that branch");
}

fn listed(outcome: &str, more: &str) -> Target {
    target(&format!(
        "[[deviation]]\ncase = \"a/*\"\nstep = \"agent <- <a\"\noutcome = \"{outcome}\"\nreason = \"it does\"\nlink = \"l\"\n{more}"
    ))
}

fn judged(level: &str, target: &Target, outcome: Outcome) -> CaseResult {
    let case = case(level);
    let mut result = CaseResult::new(&case, &target.name, String::new());
    judge::by_steps(
        &mut result,
        &case,
        target,
        outcome,
        &judge::BaselineDeviations::default(),
        "2026-11-22",
    );
    result
}

#[test]
fn a_listed_deviation_is_expected_for_each_outcome() {
    for (level, outcome) in [("must", "fail"), ("should", "non-strict"), ("may", "info")] {
        let judgement = judged(level, &listed(outcome, ""), failed(None));
        assert_eq!(judgement.verdict, Verdict::Expected, "{level}");
        assert_eq!(judgement.note.as_deref(), Some("it does (l)"));
        assert!(judgement.failure.is_some(), "what happened is kept");
    }
}

#[test]
fn a_branch_can_be_a_listed_deviation() {
    let target = target(
        "[[deviation]]\ncase = \"a/b\"\nstep = \"non-strict\"\noutcome = \"non-strict\"\nreason = \"r\"\nlink = \"l\"",
    );
    assert_eq!(verdict("must", &target, completed(&[Label::NonStrict])), Verdict::Expected);
}

#[test]
fn a_listed_deviation_that_does_not_happen_is_news() {
    for outcome in [completed(&[]), completed(&[Label::Info]), completed(&[Label::NonStrict])] {
        let judgement = judged("must", &listed("fail", ""), outcome);
        assert_eq!(judgement.verdict, Verdict::UnexpectedPass);
        assert_eq!(judgement.note.as_deref(), Some("the listed deviation did not happen: it does"));
    }
    let sometimes = listed("fail", "sometimes = true");
    assert_eq!(verdict("must", &sometimes, completed(&[])), Verdict::Pass);
    assert_eq!(verdict("must", &sometimes, failed(None)), Verdict::Expected);
}

#[test]
fn a_target_may_do_better_than_the_one_that_it_is_like() {
    let mut like = listed("fail", "");
    like.deviations[0].about.like = Some("fake".to_owned());
    let judgement = judged("must", &like, completed(&[]));
    assert_eq!(judgement.verdict, Verdict::Pass);
    assert_eq!(judgement.note.as_deref(), Some("does better than fake, which it does"));
    assert_eq!(verdict("must", &like, completed(&[Label::NonStrict])), Verdict::NonStrict);
    let judgement = judged("must", &like, failed(None));
    assert_eq!(judgement.verdict, Verdict::Expected);
    assert_eq!(judgement.note.as_deref(), Some("it does (as fake, l)"));
}

#[test]
fn drift_hides_nothing_that_is_worse_than_a_pass() {
    let drift = || Drift {
        new: false,
        accepted: String::new(),
        got: String::new(),
        is_unsteady: false,
        pending: None,
    };
    let plain = Strictness::default();
    for (level, outcome, wanted) in [
        ("must", completed(&[]), Verdict::Drift),
        ("should", failed(None), Verdict::NonStrict),
        ("vendor", failed(None), Verdict::Info),
        ("info", completed(&[Label::Info]), Verdict::Info),
    ] {
        let mut result = judged(level, &target(""), outcome);
        assert!(!result.is_red(plain), "{level}");
        judge::by_transcript(&mut result, Comparison::Drift(drift()));
        assert_eq!(result.verdict, wanted, "{level}");
        assert!(result.is_red(plain) && !result.is_worse_than_drift(plain), "{level}");
        let strict = Strictness { strict: true, ..plain };
        assert_eq!(result.is_worse_than_drift(strict), wanted == Verdict::NonStrict, "{level}");
    }
}

#[test]
fn another_failure_than_the_listed_one_is_a_failure() {
    let failure = Box::new(failure("agent <- <b/>"));
    let other = Outcome::Failed { failure, owner: None };
    assert_eq!(verdict("must", &listed("fail", ""), other), Verdict::Fail);
    assert_eq!(verdict("must", &listed("info", ""), failed(None)), Verdict::Fail);
}

#[test]
fn a_deviation_of_another_case_does_not_count() {
    let target = target(
        "[[deviation]]\ncase = \"c/*\"\nstep = \"agent\"\noutcome = \"fail\"\nreason = \"r\"\nlink = \"l\"",
    );
    assert_eq!(verdict("must", &target, failed(None)), Verdict::Fail);
    assert_eq!(verdict("must", &target, completed(&[])), Verdict::Pass);
}

#[test]
fn deviations_hide_neither_errors_nor_blocks_nor_what_is_unsupported() {
    let target = listed("fail", "");
    assert_eq!(verdict("must", &target, Outcome::Error(String::new())), Verdict::Error);
    assert_eq!(verdict("must", &target, failed(Some("bind/x"))), Verdict::Blocked);
    assert_eq!(verdict("must", &target, completed(&[Label::Unsupported])), Verdict::Unsupported);
}

#[test]
fn an_expired_deviation_is_news_from_the_day_after() {
    for (until, wanted) in
        [("2026-11-22", Verdict::Expected), ("2026-11-21", Verdict::UnexpectedPass)]
    {
        let target = listed("fail", &format!("until = \"{until}\""));
        let judgement = judged("must", &target, failed(None));
        assert_eq!(judgement.verdict, wanted, "{until}");
        if wanted == Verdict::UnexpectedPass {
            let note = "the listed deviation has expired on 2026-11-21: it does";
            assert_eq!(judgement.note.as_deref(), Some(note));
        }
    }
}

#[test]
fn what_the_baseline_does_otherwise_is_told_and_excuses_nothing() {
    let usual = |judged: CaseResult| judged.usual.map(|usual| (usual.reason, usual.is_met));
    let baseline = listed("fail", "");
    let judge = |outcome, usually| {
        let case = case("must");
        let mut result = CaseResult::new(&case, "t", String::new());
        judge::by_steps(&mut result, &case, &target(""), outcome, &usually, "2026-11-22");
        result
    };
    let known =
        || judge::BaselineDeviations { deviations: &baseline.deviations, is_non_strict: false };
    let same = judge(failed(None), known());
    assert_eq!((same.verdict, usual(same)), (Verdict::Fail, Some(("it does".to_owned(), true))));
    let better = judge(completed(&[]), known());
    assert_eq!((better.verdict, usual(better).map(|usual| usual.1)), (Verdict::Pass, Some(false)));
    let soft = || judge::BaselineDeviations { deviations: &[], is_non_strict: true };
    let same = judge(completed(&[Label::NonStrict]), soft());
    assert_eq!((same.verdict, usual(same).map(|usual| usual.1)), (Verdict::NonStrict, Some(true)));
    assert_eq!(usual(judge(completed(&[]), soft())).map(|usual| usual.1), Some(false));
    assert_eq!(usual(judge(completed(&[]), judge::BaselineDeviations::default())), None);
}
