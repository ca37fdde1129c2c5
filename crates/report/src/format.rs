//! The report formats, and the argument `FORMAT[=PATH]`.

use std::io::Write;
use std::path::PathBuf;
use std::str::FromStr;

use textual::nearest;
use verdict::Reporter;

use crate::github::Github;
use crate::html::Html;
use crate::jsonl::Json;
use crate::junit::Junit;
use crate::markdown::Markdown;
use crate::options::Options;
use crate::summary::Summary;
use crate::text::Text;

/// A report format. A new format needs a file of its own and a variant here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people: a tree by area, then all cases that need a look.
    Text,
    /// For programs: one JSON object a line, written as the run goes.
    Json,
    /// For build servers: JUnit XML.
    Junit,
    /// For people: one HTML file.
    Html,
    /// For the summary page of a build: Markdown.
    Markdown,
    /// For GitHub Actions: annotations on the lines of case files.
    Github,
    /// For people who know no case: the result in plain words, as Markdown.
    Summary,
}

/// The parsed argument of `--report FORMAT[=PATH]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The requested format.
    pub format: Format,
    /// The file to write; none for standard output.
    pub path: Option<PathBuf>,
}

/// Why an argument of `--report` is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is no such format.
    #[error("unknown report format \"{given}\" (formats: {}){}", names(), suggestion(*.nearest))]
    UnknownFormat {
        /// The word in the argument.
        given: String,
        /// The format with the most similar name.
        nearest: Option<Format>,
    },
    /// The path after `=` is missing.
    #[error("no path after \"{}=\"", .format.name())]
    EmptyPath {
        /// The format before the `=`.
        format: Format,
    },
}

impl Format {
    /// All formats, in the order of the help.
    pub const ALL: [Self; 7] = [
        Self::Text,
        Self::Json,
        Self::Junit,
        Self::Html,
        Self::Markdown,
        Self::Github,
        Self::Summary,
    ];

    /// The word on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Junit => "junit",
            Self::Html => "html",
            Self::Markdown => "markdown",
            Self::Github => "github",
            Self::Summary => "summary",
        }
    }

    /// Whether the report grows as the run goes, instead of being written at its end.
    pub fn is_written_along(self) -> bool {
        matches!(self, Self::Json)
    }

    /// A report of this format that is written to `out`.
    pub fn reporter(self, out: Box<dyn Write + Send>, options: Options) -> Box<dyn Reporter> {
        match self {
            Self::Text => Box::new(Text::new(out, options)),
            Self::Json => Box::new(Json::new(out)),
            Self::Junit => Box::new(Junit::new(out)),
            Self::Html => Box::new(Html::new(out)),
            Self::Markdown => Box::new(Markdown::new(out)),
            Self::Github => Box::new(Github::new(out)),
            Self::Summary => Box::new(Summary::new(out)),
        }
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(given: &str) -> Result<Self, Error> {
        let named = |name: &str| Self::ALL.into_iter().find(|format| format.name() == name);
        named(given).ok_or_else(|| {
            let all = Self::ALL.map(Self::name);
            Error::UnknownFormat {
                given: given.to_owned(),
                nearest: nearest(given, all).and_then(named),
            }
        })
    }
}

impl FromStr for Request {
    type Err = Error;

    fn from_str(argument: &str) -> Result<Self, Error> {
        let Some((name, path)) = argument.split_once('=') else {
            return Ok(Self { format: argument.parse()?, path: None });
        };
        let format = name.parse()?;
        if path.is_empty() {
            return Err(Error::EmptyPath { format });
        }
        Ok(Self { format, path: Some(path.into()) })
    }
}

fn names() -> String {
    Format::ALL.map(Format::name).join(", ")
}

fn suggestion(nearest: Option<Format>) -> String {
    nearest.map_or_else(String::new, |format| format!("; did you mean \"{}\"?", format.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_found_by_its_name() {
        for format in Format::ALL {
            assert_eq!(format.name().parse(), Ok(format));
        }
    }

    #[test]
    fn a_path_follows_the_first_equals_sign() {
        assert_eq!("json".parse(), Ok(Request { format: Format::Json, path: None }));
        assert_eq!(
            "junit=a=b.xml".parse(),
            Ok(Request { format: Format::Junit, path: Some("a=b.xml".into()) })
        );
        assert_eq!("text=".parse::<Request>(), Err(Error::EmptyPath { format: Format::Text }));
    }

    #[test]
    fn a_slip_is_answered_with_the_nearest_name() {
        let text =
            |argument: &str| argument.parse::<Request>().expect_err("no such format").to_string();
        assert_eq!(
            text("jnuit=x.xml"),
            "unknown report format \"jnuit\" (formats: text, json, junit, html, markdown, github, summary); did you mean \"junit\"?"
        );
        assert_eq!(
            text("JSON"),
            "unknown report format \"JSON\" (formats: text, json, junit, html, markdown, github, summary); did you mean \"json\"?"
        );
        assert_eq!(
            text("sarif"),
            "unknown report format \"sarif\" (formats: text, json, junit, html, markdown, github, summary)"
        );
    }
}
