//! From how far a case came to its verdict: level, labels of branches, listed deviations.

use case::{Case, Label, Level};

use crate::outcome::Failure;
use crate::play::Outcome;
use crate::target::{Deviation, Target};
use crate::verdict::Verdict;

/// What a case came to, before its transcript is looked at.
pub(crate) struct Judgement {
    /// The verdict.
    pub(crate) verdict: Verdict,
    /// The mismatch, if there was one.
    pub(crate) failure: Option<Failure>,
    /// Owner of the fragment that it sits in.
    pub(crate) owner: Option<String>,
    /// Text of the branch, reason of the deviation, cause of the error.
    pub(crate) note: Option<String>,
    /// The listed deviation that decided.
    pub(crate) deviation: Option<Deviation>,
}

/// Judges a case that was played against `target`, as of `today` (`YYYY-MM-DD`).
pub(crate) fn judge(case: &Case, target: &Target, outcome: Outcome, today: &str) -> Judgement {
    let judgement = at_face_value(case, target, outcome);
    if matches!(judgement.verdict, Verdict::Error | Verdict::Blocked | Verdict::Unsupported) {
        return judgement;
    }
    let listed = target.deviations_of(&case.id).find(|deviation| {
        deviation.covers(judgement.verdict, judgement.failure.as_ref(), judgement.note.as_deref())
    });
    if let Some(deviation) = listed {
        let judgement = Judgement { deviation: Some(deviation.clone()), ..judgement };
        if deviation.has_expired(today) {
            let until = deviation.until.as_deref().unwrap_or_default();
            let note = format!("the listed deviation has expired on {until}: {}", deviation.reason);
            return Judgement { verdict: Verdict::UnexpectedPass, note: Some(note), ..judgement };
        }
        let note = Some(deviation.note());
        return Judgement { verdict: Verdict::Expected, note, ..judgement };
    }
    // Another failure than the listed one is a failure; the missing of a listed one is news as well.
    let missed = target.deviations_of(&case.id).find(|deviation| !deviation.sometimes);
    match missed {
        Some(deviation) if judgement.verdict != Verdict::Fail => {
            let note = Some(format!("the listed deviation did not happen: {}", deviation.reason));
            let deviation = Some(deviation.clone());
            Judgement { verdict: Verdict::UnexpectedPass, note, deviation, ..judgement }
        }
        _ => judgement,
    }
}

fn at_face_value(case: &Case, target: &Target, outcome: Outcome) -> Judgement {
    let plain =
        |verdict| Judgement { verdict, failure: None, owner: None, note: None, deviation: None };
    match outcome {
        Outcome::Error(message) => Judgement { note: Some(message), ..plain(Verdict::Error) },
        Outcome::Interrupted => {
            Judgement { note: Some("interrupted".to_owned()), ..plain(Verdict::Error) }
        }
        Outcome::Failed { failure, owner: Some(owner) } => {
            let note = Some(failure.message.clone());
            Judgement {
                failure: Some(*failure),
                owner: Some(owner),
                note,
                ..plain(Verdict::Blocked)
            }
        }
        // Of whom nothing is known nothing can be excused, however little the case demands.
        Outcome::Absent(failure) => Judgement { failure: Some(*failure), ..plain(Verdict::Fail) },
        Outcome::Failed { failure, owner: None } => {
            let verdict = match case.head.level.value {
                Level::Must => Verdict::Fail,
                Level::Vendor if target.vendor => Verdict::Fail,
                Level::Should => Verdict::NonStrict,
                Level::May | Level::Info | Level::Vendor => Verdict::Info,
            };
            Judgement { failure: Some(*failure), ..plain(verdict) }
        }
        Outcome::Completed(branches) => {
            // The softest branch decides.
            let worst = branches.into_iter().max_by_key(|(label, _)| softness(*label));
            let Some((label, text)) = worst else { return plain(Verdict::Pass) };
            let verdict = match label {
                Label::Ok => Verdict::Pass,
                Label::Info => Verdict::Info,
                Label::NonStrict => Verdict::NonStrict,
                Label::Unsupported => Verdict::Unsupported,
                Label::Fail => Verdict::Fail,
            };
            Judgement { note: text, ..plain(verdict) }
        }
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
