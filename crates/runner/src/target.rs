//! A target: an endpoint with its accounts, its trust and its known deviations, as a file under `xtask/targets/` says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use case::Effects;
use serde::Deserialize;
use toml::Spanned;

use crate::outcome::Failure;
use crate::verdict::Verdict;

/// A target.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its name: that of its file.
    pub name: String,
    /// Where to find it.
    pub endpoint: Endpoint,
    /// Whether it is the vendor's, so that claims of level `vendor` are judged.
    pub vendor: bool,
    /// Factor on all deadlines.
    pub patience: f64,
    /// What cases may leave behind on it.
    pub effects: Vec<Effects>,
    /// What cases may need: name of the need → value of the variable of that name, empty for a plain ability.
    pub provides: BTreeMap<String, String>,
    /// Known differences.
    pub deviations: Vec<Deviation>,
}

/// Where a target is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// A fake of its own for each case, in this process.
    Fake {
        /// Name of its profile.
        profile: String,
    },
    /// A server on the network.
    Url(String),
}

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

/// Why a target file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// There is no such target.
    #[error("no target `{name}`: there is {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// Something in it is wrong.
    #[error("{path}:{line}:{column}: {message}")]
    Content {
        /// The file.
        path: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What.
        message: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    profile: Option<String>,
    url: Option<String>,
    #[serde(default)]
    vendor: bool,
    patience: Option<Spanned<f64>>,
    effects: Option<Spanned<Vec<String>>>,
    #[serde(default)]
    provides: BTreeMap<String, String>,
    #[serde(default)]
    deviation: Vec<DeviationEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeviationEntry {
    case: String,
    step: Spanned<String>,
    outcome: Spanned<String>,
    reason: Spanned<String>,
    link: Spanned<String>,
    until: Option<Spanned<String>>,
    #[serde(default)]
    sometimes: bool,
}

impl Target {
    /// Reads the target `name` from `folder`; a `name` that is a path to a file is read from there.
    ///
    /// # Errors
    ///
    /// There is no such file, or its content is wrong: with line and column.
    pub fn load(folder: &Path, name: &str) -> Result<Self, TargetError> {
        let is_file = name.ends_with(".toml");
        let path = if is_file { PathBuf::from(name) } else { folder.join(format!("{name}.toml")) };
        if !is_file && !path.is_file() {
            return Err(TargetError::Unknown {
                name: name.to_owned(),
                known: Self::names(folder).join(", "),
            });
        }
        let shown = path.display().to_string();
        let text = std::fs::read_to_string(&path)
            .map_err(|source| TargetError::Io { path: shown.clone(), source })?;
        let name = path
            .file_stem()
            .map_or_else(|| name.to_owned(), |stem| stem.to_string_lossy().into_owned());
        Self::parse(&name, &shown, &text)
    }

    /// The names of the targets in a folder, sorted.
    pub fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
            .filter_map(|path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned()))
            .collect();
        names.sort();
        names
    }

    /// Reads the text of a target file.
    ///
    /// # Errors
    ///
    /// Its content is wrong.
    pub fn parse(name: &str, path: &str, text: &str) -> Result<Self, TargetError> {
        let at = |offset: usize, message: String| {
            let before = text.get(..offset).unwrap_or(text);
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
            TargetError::Content { path: path.to_owned(), line, column, message }
        };
        let file: File = toml::from_str(text).map_err(|error| {
            at(error.span().map_or(0, |span| span.start), error.message().to_owned())
        })?;
        let endpoint = match (file.profile, file.url) {
            (Some(profile), None) => Endpoint::Fake { profile },
            (None, Some(url)) => Endpoint::Url(url),
            _ => return Err(at(0, "wanted either `profile`, for a fake, or `url`".to_owned())),
        };
        let patience = match file.patience {
            None => 1.0,
            Some(patience) if patience.as_ref().is_finite() && *patience.as_ref() > 0.0 => {
                *patience.as_ref()
            }
            Some(patience) => {
                return Err(at(patience.span().start, "patience is a factor above 0".to_owned()));
            }
        };
        let effects = match file.effects {
            None => vec![Effects::None, Effects::Session, Effects::State, Effects::LocksAccount],
            Some(names) => {
                let start = names.span().start;
                let parse = |name: &String| {
                    name.parse().map_err(|_| {
                        at(
                            start,
                            format!(
                                "no effect `{name}`: there is none, session, state, locks-account"
                            ),
                        )
                    })
                };
                names.as_ref().iter().map(parse).collect::<Result<_, _>>()?
            }
        };
        let deviations = file
            .deviation
            .into_iter()
            .map(|entry| deviation(entry, &at))
            .collect::<Result<Vec<_>, _>>()?;
        let provides = file.provides;
        Ok(Self {
            name: name.to_owned(),
            endpoint,
            vendor: file.vendor,
            patience,
            effects,
            provides,
            deviations,
        })
    }

    /// What of `needs` this target lacks.
    pub fn lacks<'a>(&self, needs: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
        let has: BTreeSet<&str> = self.provides.keys().map(String::as_str).collect();
        needs.into_iter().filter(|need| *need != "account agent" && !has.contains(need)).collect()
    }

    /// The deviations listed for a case.
    pub fn deviations_of<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Deviation> {
        self.deviations.iter().filter(move |deviation| case::matches_glob(&deviation.case, id))
    }
}

fn deviation(
    entry: DeviationEntry,
    at: &impl Fn(usize, String) -> TargetError,
) -> Result<Deviation, TargetError> {
    let wanted = entry.outcome.as_ref();
    let outcome = [Verdict::Fail, Verdict::NonStrict, Verdict::Info]
        .into_iter()
        .find(|verdict| verdict.word() == wanted)
        .ok_or_else(|| {
            at(
                entry.outcome.span().start,
                format!("no outcome `{wanted}`: fail, non-strict or info"),
            )
        })?;
    if entry.step.as_ref().trim().is_empty() {
        return Err(at(entry.step.span().start, "an empty step would cover every step".to_owned()));
    }
    for (name, text) in [("reason", &entry.reason), ("link", &entry.link)] {
        if text.as_ref().trim().is_empty() {
            return Err(at(text.span().start, format!("an empty {name} convinces nobody")));
        }
    }
    if let Some(until) = &entry.until
        && !is_date(until.as_ref())
    {
        return Err(at(until.span().start, "wanted a date as YYYY-MM-DD".to_owned()));
    }
    Ok(Deviation {
        case: entry.case,
        step: entry.step.into_inner(),
        outcome,
        reason: entry.reason.into_inner(),
        link: entry.link.into_inner(),
        until: entry.until.map(Spanned::into_inner),
        sometimes: entry.sometimes,
    })
}

fn is_date(text: &str) -> bool {
    humantime::parse_rfc3339(&format!("{text}T00:00:00Z")).is_ok()
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
