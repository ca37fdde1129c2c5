//! A case that is red on a server is played again, if that was asked for; one that does not come to
//! the same each time is FLAKY.

use case::{Case, Effects};
use transcript::Recording;
use verdict::{CaseResult, Strictness};

use crate::attempt::Attempt;
use crate::judge;
use crate::run::{RunError, pause};
use crate::scene::Scene;

/// Plays and judges a case, again as often as was asked for while it is red.
pub(crate) async fn until_green(
    attempt: &Attempt<'_>,
    blank: &CaseResult,
    scene: &Scene,
) -> Result<(CaseResult, Recording), RunError> {
    let strictness = attempt.options.strictness;
    let (mut first, mut recording) = attempt.once(blank, scene).await?;
    for number in 1..=retries(attempt.case, attempt.options.retries) {
        if !first.is_red(strictness) || *attempt.interrupt.borrow() {
            break;
        }
        pause(attempt.target().pace, attempt.interrupt.clone()).await;
        let (again, _) = attempt.once(blank, scene).await?;
        if essence(&first, strictness) != essence(&again, strictness) {
            judge::by_retries(&mut first, &again, number + 1);
            recording.about.verdict = first.verdict.word().to_owned();
            break;
        }
    }
    Ok((first, recording))
}

/// One more failed login may be one too many.
fn retries(case: &Case, asked: usize) -> usize {
    if case.head.effects.value == Effects::LocksAccount { 0 } else { asked }
}

/// The facts that must be the same each time: the verdict, and its evidence.
fn essence(result: &CaseResult, strictness: Strictness) -> impl PartialEq + '_ {
    let step = result.failure.as_ref().map(|failure| failure.step.as_str());
    let said = result.drift.as_ref().map(|drift| drift.got.as_str());
    (result.verdict, result.has_bad_end(strictness), step, said)
}
