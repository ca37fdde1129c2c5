//! A known difference of a target, as its file lists it.

use serde::Deserialize;
use toml::Spanned;
use verdict::{Failure, ListedDeviation, Verdict};

use super::TargetError;

/// A known difference of a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deviation {
    /// Which cases: a glob over ids.
    pub case: String,
    /// Which step: its text, or the beginning of it; or the text of a branch.
    pub step: String,
    /// The outcome of the case there.
    pub outcome: Verdict,
    /// The reason in the file, for reports.
    pub about: ListedDeviation,
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
}

/// `[[deviation]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    case: String,
    step: Spanned<String>,
    outcome: Spanned<String>,
    reason: Spanned<String>,
    link: Option<Spanned<String>>,
    since: Option<Spanned<String>>,
    until: Option<Spanned<String>>,
    #[serde(default)]
    sometimes: bool,
}

impl Entry {
    /// The deviation, if its keys make sense together. A deviation of a fake must have
    /// been recorded.
    pub(super) fn deviation(
        self,
        of_a_fake: bool,
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
        let texts = [("reason", Some(&self.reason)), ("link", self.link.as_ref())];
        for (name, text) in texts.into_iter().filter_map(|(name, text)| Some((name, text?))) {
            if text.as_ref().trim().is_empty() {
                return Err(at(text.span().start, format!("the {name} is empty: give one")));
            }
        }
        if of_a_fake && self.link.is_none() {
            let message = "a fake's deviation has a recording that shows it: wanted `link`";
            return Err(at(self.reason.span().start, message.to_owned()));
        }
        let dates = [&self.since, &self.until];
        if let Some(date) = dates.into_iter().flatten().find(|date| !is_date(date.as_ref())) {
            return Err(at(date.span().start, "wanted a date as YYYY-MM-DD".to_owned()));
        }
        Ok(Deviation {
            case: self.case,
            step: self.step.into_inner(),
            outcome,
            about: ListedDeviation {
                reason: self.reason.into_inner(),
                link: self.link.map(Spanned::into_inner),
                since: self.since.map(Spanned::into_inner),
                until: self.until.map(Spanned::into_inner),
                sometimes: self.sometimes,
                like: None,
            },
        })
    }
}

fn is_date(text: &str) -> bool {
    humantime::parse_rfc3339(&format!("{text}T00:00:00Z")).is_ok()
}
