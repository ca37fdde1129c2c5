//! Sets the verdict: one function for each kind of evidence, in order.

use case::{Case, Label, Level};
use verdict::{BaselineDeviation, CaseResult, Comparison, ListedDeviation, Strictness, Verdict};

use crate::play::Outcome;
use crate::targets::{Deviation, Target};
use crate::unsupported::Unsupported;

/// The known deviations of a target's baseline. They excuse nothing.
#[derive(Default)]
pub(crate) struct BaselineDeviations<'a> {
    /// Its listed deviations, of all cases.
    pub(crate) deviations: &'a [Deviation],
    /// Its accepted transcript of this case is NON-STRICT.
    pub(crate) is_non_strict: bool,
}

/// Before it is played: the target lacks what the case needs.
pub(crate) fn by_needs(result: &mut CaseResult, unsupported: Unsupported) {
    result.verdict = Verdict::Unsupported;
    result.note = Some(unsupported.reason);
    result.ruled_out = unsupported.ruled_out;
}

/// Instead of being played: there is no endpoint to play it against, and this is why.
pub(crate) fn by_absence(result: &mut CaseResult, why: String) {
    result.verdict = Verdict::Error;
    result.note = Some(why);
}

/// By how far it came: level, labels of branches, owner of the fragment, listed deviations as of
/// `today` (`YYYY-MM-DD`).
pub(crate) fn by_steps(
    result: &mut CaseResult,
    case: &Case,
    target: &Target,
    outcome: Outcome,
    usual: &BaselineDeviations<'_>,
    today: &str,
) {
    at_face_value(result, case, target, outcome);
    by_the_usual(result, usual);
    if !matches!(result.verdict, Verdict::Error | Verdict::Blocked | Verdict::Unsupported) {
        by_deviations(result, target, today);
    }
}

/// By its transcript, as it compares with the accepted one. A verdict about a broken claim stays. A
/// new transcript changes no verdict.
pub(crate) fn by_transcript(result: &mut CaseResult, comparison: Comparison) {
    match comparison {
        Comparison::Same => {}
        Comparison::New => result.is_new = true,
        Comparison::Drift(drift) => {
            if matches!(result.verdict, Verdict::Pass | Verdict::Expected) {
                result.verdict = Verdict::Drift;
            }
            result.drift = Some(drift);
        }
    }
}

/// A pending case is never red; it becomes INFO.
pub(crate) fn while_pending(result: &mut CaseResult) {
    if result.is_red(Strictness::default()) {
        let why = result.failure.as_ref().map(|failure| failure.message.as_str());
        let why = why.or(result.note.as_deref()).unwrap_or_default();
        result.note = Some(format!("pending, would be {}: {why}", result.verdict));
        result.verdict = Verdict::Info;
    }
}

/// By several tries, of which the last came to something else than the first. The first try is
/// kept, since it shows the failure.
pub(crate) fn by_retries(first: &mut CaseResult, last: &CaseResult, tries: usize) {
    let (before, after) = (first.verdict, last.verdict);
    let what = if before == after {
        format!("{before} each time, not for the same reason")
    } else {
        format!("{before}, then {after}")
    };
    let why = first.note.as_ref().map_or_else(String::new, |note| format!(": {note}"));
    first.note = Some(format!("{what} ({tries} tries){why}"));
    first.verdict = Verdict::Flaky;
    (first.drift, first.is_new) = (None, false);
}

fn at_face_value(result: &mut CaseResult, case: &Case, target: &Target, outcome: Outcome) {
    (result.verdict, result.note) = match outcome {
        Outcome::Error(message) => (Verdict::Error, Some(message)),
        Outcome::Interrupted => (Verdict::Error, Some("interrupted".to_owned())),
        Outcome::Failed { failure, owner: Some(owner) } => {
            result.owner = Some(owner);
            let failure = result.failure.insert(*failure);
            (Verdict::Blocked, Some(failure.message.clone()))
        }
        // A client that never connected fails at every level.
        Outcome::Absent(failure) => {
            result.failure = Some(*failure);
            (Verdict::Fail, None)
        }
        Outcome::Failed { failure, owner: None } => {
            result.failure = Some(*failure);
            let verdict = match case.head.level.value {
                Level::Must => Verdict::Fail,
                Level::Vendor if target.vendor => Verdict::Fail,
                Level::Should => Verdict::NonStrict,
                Level::May | Level::Info | Level::Vendor => Verdict::Info,
            };
            (verdict, None)
        }
        Outcome::Completed(branches) => {
            // The softest branch decides.
            match branches.into_iter().max_by_key(|(label, _)| softness(*label)) {
                None => (Verdict::Pass, None),
                Some((Label::Ok, text)) => (Verdict::Pass, text),
                Some((Label::Info, text)) => (Verdict::Info, text),
                Some((Label::NonStrict, text)) => (Verdict::NonStrict, text),
                Some((Label::Unsupported, text)) => (Verdict::Unsupported, text),
                Some((Label::Fail, text)) => (Verdict::Fail, text),
            }
        }
    };
}

fn by_the_usual(result: &mut CaseResult, usual: &BaselineDeviations<'_>) {
    let of_it = || usual.deviations.iter().filter(|one| crate::is_of(&one.case, &result.id));
    let (failure, note) = (result.failure.as_ref(), result.note.as_deref());
    let met = of_it().find(|one| one.covers(result.verdict, failure, note));
    if let Some(listed) = met.or_else(|| of_it().next()) {
        let reason = listed.about.reason.clone();
        result.usual = Some(BaselineDeviation { reason, is_met: met.is_some() });
    } else if usual.is_non_strict {
        let seen = note.or_else(|| failure.map(|failure| failure.message.as_str()));
        let reason = seen.unwrap_or("a SHOULD does not hold").to_owned();
        result.usual =
            Some(BaselineDeviation { reason, is_met: result.verdict == Verdict::NonStrict });
    }
}

fn by_deviations(result: &mut CaseResult, target: &Target, today: &str) {
    let listed = target.deviations_of(&result.id).find(|deviation| {
        deviation.covers(result.verdict, result.failure.as_ref(), result.note.as_deref())
    });
    if let Some(deviation) = listed {
        let ListedDeviation { reason, until, .. } = &deviation.about;
        (result.verdict, result.note) = if deviation.about.has_expired(today) {
            let until = until.as_deref().unwrap_or_default();
            let note = format!("the listed deviation has expired on {until}: {reason}");
            (Verdict::UnexpectedPass, Some(note))
        } else {
            (Verdict::Expected, Some(deviation.about.note()))
        };
        result.deviation = Some(deviation.about.clone());
        return;
    }
    // Another failure than the listed one is a failure; the missing of a listed one is news as
    // well. This target may do right what another does wrong.
    let missed = target.deviations_of(&result.id).find(|deviation| !deviation.about.sometimes);
    let Some(Deviation { about, .. }) = missed.filter(|_| result.verdict != Verdict::Fail) else {
        return;
    };
    match &about.like {
        None => {
            result.verdict = Verdict::UnexpectedPass;
            result.note = Some(format!("the listed deviation did not happen: {}", about.reason));
            result.deviation = Some(about.clone());
        }
        Some(like) if result.verdict == Verdict::Pass => {
            result.note = Some(format!("does better than {like}, which {}", about.reason));
        }
        Some(_) => (),
    }
}

fn softness(label: Label) -> u8 {
    match label {
        Label::Ok => 0,
        Label::Info => 1,
        Label::NonStrict => 2,
        Label::Unsupported => 3,
        Label::Fail => 4,
    }
}
