//! The exit code of a run: which case makes which, and that the worst wins.

use std::sync::Arc;

use case::Source;
use verdict::{
    CaseResult, CloseAxis, Ending, Exit, Head, Run, Selection, Strictness, VERSION, Verdict,
};

fn case(id: &str, verdict: Verdict) -> CaseResult {
    let head = "title = \"t\"\nspec = [\"vendor\"]\nlevel = \"must\"\nroles = [\"server\"]";
    let text = format!("+++\n{head}\n+++\nagent == connect\n");
    let source = Arc::new(Source { path: "a.case".into(), text });
    let case = case::parse_case(id, source).expect("a case");
    let close = CloseAxis::Clean;
    CaseResult { verdict, close, ..CaseResult::new(&case, "mock", String::new()) }
}

fn run(verdicts: &[Verdict]) -> Run {
    Run {
        head: Head {
            version: VERSION,
            target: "mock".to_owned(),
            is_client: false,
            about: Vec::new(),
            selection: Selection::default(),
            began: String::new(),
            whole: true,
            selected: verdicts.len(),
            warnings: Vec::new(),
            nameless: false,
        },
        cases: verdicts.iter().map(|verdict| case(verdict.word(), *verdict)).collect(),
        ending: Ending::default(),
    }
}

/// The run with another ending.
fn ending(run: Run, change: impl FnOnce(&mut Ending)) -> Run {
    let mut run = run;
    change(&mut run.ending);
    run
}

const STRICT: Strictness = Strictness { strict: true, require_all: false };
const ALL: Strictness = Strictness { strict: false, require_all: true };

#[test]
fn each_verdict_beside_a_pass() {
    use Exit::{Drift, Error, Fail, Green};
    let table = [
        (Verdict::Pass, Green, Green, Green),
        (Verdict::NonStrict, Green, Fail, Green),
        (Verdict::Info, Green, Green, Green),
        (Verdict::Expected, Green, Green, Green),
        (Verdict::Unsupported, Green, Green, Fail),
        (Verdict::Flaky, Green, Fail, Green),
        (Verdict::Blocked, Error, Error, Error),
        (Verdict::Drift, Drift, Drift, Drift),
        (Verdict::UnexpectedPass, Fail, Fail, Fail),
        (Verdict::Fail, Fail, Fail, Fail),
        (Verdict::Error, Error, Error, Error),
    ];
    assert_eq!(table.map(|(verdict, ..)| verdict), Verdict::ALL);
    for (verdict, plain, strict, all) in table {
        let exit = |strictness| {
            ending(run(&[Verdict::Pass, verdict]), |end| end.strictness = strictness).exit()
        };
        assert_eq!(exit(Strictness::default()), plain, "{verdict}");
        assert_eq!(exit(STRICT), strict, "{verdict} --strict");
        assert_eq!(exit(ALL), all, "{verdict} --require-all");
    }
}

#[test]
fn of_two_verdicts_the_worse_one_decides() {
    let rank = |exit: Exit| match exit {
        Exit::Green => 0,
        Exit::Drift => 1,
        Exit::Fail => 2,
        Exit::Error => 3,
        other => panic!("{other:?} of a run with a pass in it"),
    };
    for a in Verdict::ALL {
        for b in Verdict::ALL {
            let alone = |verdict| rank(run(&[Verdict::Pass, verdict]).exit());
            let both = rank(run(&[Verdict::Pass, a, b]).exit());
            assert_eq!(both, alone(a).max(alone(b)), "{a} and {b}");
        }
    }
}

#[test]
fn nothing_that_ran_is_never_green() {
    assert_eq!(run(&[]).exit(), Exit::Nothing);
    assert_eq!(run(&[Verdict::Unsupported, Verdict::Unsupported]).exit(), Exit::Nothing);
}

#[test]
fn a_block_is_red_through_its_owner_when_that_one_ran() {
    let blocked = |owner: &str| {
        let mut summary = run(&[Verdict::Fail, Verdict::Blocked]);
        summary.cases[1].owner = Some(owner.to_owned());
        summary
    };
    assert_eq!(blocked("fail").exit(), Exit::Fail);
    assert_eq!(blocked("bind/other").exit(), Exit::Error);
    let mut alone = run(&[Verdict::Pass, Verdict::Blocked]);
    alone.cases[1].owner = Some("pass".to_owned());
    assert_eq!(alone.exit(), Exit::Fail, "blocked is never green");
}

#[test]
fn a_missing_part_is_an_error() {
    let cut = ending(run(&[Verdict::Fail]), |end| end.missing.push("shard 2 of 3".to_owned()));
    assert_eq!(cut.exit(), Exit::Error);
    assert!(!cut.is_whole());
}

#[test]
fn orphans_and_stale_deviations_are_failures() {
    let pass = || run(&[Verdict::Pass]);
    let orphaned = ending(pass(), |end| end.orphans.push("x.snap".to_owned()));
    assert_eq!(orphaned.exit(), Exit::Fail);
    for run in [pass(), run(&[Verdict::Drift])] {
        assert_eq!(ending(run, |end| end.stale.push("x".to_owned())).exit(), Exit::Fail);
    }
}

#[test]
fn an_untidy_end_is_red_when_strict() {
    use CloseAxis::{Clean, NotReached, Unclean, WrongCode, WrongSide};
    for (close, strict) in [
        (Clean, Exit::Green),
        (NotReached, Exit::Green),
        (WrongCode, Exit::Fail),
        (WrongSide, Exit::Fail),
        (Unclean, Exit::Fail),
    ] {
        let mut summary = run(&[Verdict::Pass]);
        summary.cases[0].close = close;
        assert_eq!(summary.exit(), Exit::Green, "{close}");
        summary.ending.strictness = STRICT;
        assert_eq!(summary.exit(), strict, "{close} --strict");
    }
}

#[test]
fn an_interrupt_stands_above_all() {
    for verdicts in [&[][..], &[Verdict::Pass], &[Verdict::Fail, Verdict::Error]] {
        let stopped = ending(run(verdicts), |end| end.interrupted = true);
        assert_eq!(stopped.exit(), Exit::Interrupted);
    }
}

#[test]
fn exits_have_their_numbers() {
    assert_eq!(Exit::ALL.map(Exit::code), [0, 1, 2, 3, 4, 64, 65, 69, 70, 74, 130, 141]);
}
