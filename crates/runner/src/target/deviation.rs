//! A known difference of a target, as its file lists it.

use serde::Deserialize;
use toml::Spanned;

use super::TargetError;
use crate::outcome::Failure;
use crate::verdict::Verdict;

/// A known difference of a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deviation {
    /// Which cases: a glob over ids.
    pub case: String,
    /// Which step: its text, or the beginning of it; or the text of a branch.
    pub step: String,
    /// What the case comes to there.
    pub outcome: Verdict,
    /// Why.
    pub reason: String,
    /// What shows it.
    pub link: String,
    /// Until when it is put up with, `YYYY-MM-DD`.
    pub until: Option<String>,
    /// It happens now and then only.
    pub sometimes: bool,
}

impl Deviation {
    /// Whether a failure is the one that is listed.
    pub fn covers(
        &self,
        outcome: Verdict,
        failure: Option<&Failure>,
        branch: Option<&str>,
    ) -> bool {
        let at_step = failure.is_some_and(|failure| failure.step.starts_with(&self.step));
        let at_branch = branch.is_some_and(|branch| branch == self.step);
        self.outcome == outcome && (at_step || at_branch)
    }

    /// Whether it has expired on `today`, `YYYY-MM-DD`.
    pub fn has_expired(&self, today: &str) -> bool {
        self.until.as_deref().is_some_and(|until| until < today)
    }
}

/// `[[deviation]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    case: String,
    step: Spanned<String>,
    outcome: Spanned<String>,
    reason: Spanned<String>,
    link: Spanned<String>,
    until: Option<Spanned<String>>,
    #[serde(default)]
    sometimes: bool,
}

impl Entry {
    /// The deviation, if all that is said of it makes sense.
    pub(super) fn deviation(
        self,
        at: &impl Fn(usize, String) -> TargetError,
    ) -> Result<Deviation, TargetError> {
        let wanted = self.outcome.as_ref();
        let outcome = [Verdict::Fail, Verdict::NonStrict, Verdict::Info]
            .into_iter()
            .find(|verdict| verdict.word() == wanted)
            .ok_or_else(|| {
                at(
                    self.outcome.span().start,
                    format!("no outcome `{wanted}`: fail, non-strict or info"),
                )
            })?;
        if self.step.as_ref().trim().is_empty() {
            return Err(at(
                self.step.span().start,
                "an empty step would cover every step".to_owned(),
            ));
        }
        for (name, text) in [("reason", &self.reason), ("link", &self.link)] {
            if text.as_ref().trim().is_empty() {
                return Err(at(text.span().start, format!("an empty {name} convinces nobody")));
            }
        }
        if let Some(until) = &self.until
            && !is_date(until.as_ref())
        {
            return Err(at(until.span().start, "wanted a date as YYYY-MM-DD".to_owned()));
        }
        Ok(Deviation {
            case: self.case,
            step: self.step.into_inner(),
            outcome,
            reason: self.reason.into_inner(),
            link: self.link.into_inner(),
            until: self.until.map(Spanned::into_inner),
            sometimes: self.sometimes,
        })
    }
}

fn is_date(text: &str) -> bool {
    humantime::parse_rfc3339(&format!("{text}T00:00:00Z")).is_ok()
}
