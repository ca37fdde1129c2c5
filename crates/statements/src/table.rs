//! One document's statements, as its file holds them.

use std::fmt;

use case::{Clause, Role};
use serde::{Deserialize, Serialize};
use textual::Position;

/// One file under `statements/`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// `RFC 7395`, as in the citations of cases.
    pub document: String,
    /// The part of the document that the file covers, in words.
    pub scope: String,
    /// In the order of the document; clauses without a statement are left out.
    #[serde(rename = "clause")]
    pub sections: Vec<Section>,
}

/// One clause, without its subclauses.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// `3.4`.
    pub section: String,
    /// How many statements a count of the specification's text found. A row that gets lost shows
    /// by it.
    pub count: usize,
    /// One for each statement; the position is the ordinal.
    pub rows: Vec<Row>,
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    pub binds: Binds,
    /// The demand, in a few words of our own.
    pub says: String,
    /// Ids of the cases that test it.
    #[serde(default)]
    pub cases: Vec<String>,
    /// Why no case tests it, on every side that it binds and `cases` leave out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub none: Option<Reason>,
    /// A word of explanation for `none`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// The sides that a statement binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Binds {
    Server,
    Client,
    Both,
    /// Authors of other specifications, operators, intermediaries, registries.
    Others,
}

impl Binds {
    /// The sides of the wire among them.
    pub fn roles(self) -> &'static [Role] {
        match self {
            Self::Server => &[Role::Server],
            Self::Client => &[Role::Client],
            Self::Both => &[Role::Server, Role::Client],
            Self::Others => &[],
        }
    }
}

impl fmt::Display for Binds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Server => "server",
            Self::Client => "client",
            Self::Both => "both",
            Self::Others => "others",
        })
    }
}

/// Why no case tests a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub enum Reason {
    /// A case could see a breach on this wire; none does yet.
    #[serde(rename = "gap")]
    Gap,
    /// Only the inside of a peer, its user interface or chance shows a breach.
    #[serde(rename = "not observable")]
    NotObservable,
    /// The notification service does not have the feature.
    #[serde(rename = "not offered")]
    NotOffered,
    /// It holds over TCP, between servers, or over another transport.
    #[serde(rename = "other binding")]
    OtherBinding,
    /// The clause leaves the choice, so that no behaviour is a breach.
    #[serde(rename = "choice")]
    Choice,
    /// It binds no peer, or the word demands nothing (the list of key words, a quotation).
    #[serde(rename = "no demand on peers")]
    NoDemand,
}

impl Reason {
    /// All of them, in the order of the book.
    pub const ALL: [Self; 6] = [
        Self::Gap,
        Self::NotObservable,
        Self::NotOffered,
        Self::OtherBinding,
        Self::Choice,
        Self::NoDemand,
    ];

    /// The meaning, for readers of the table.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Gap => "a case could see a breach on this wire; none does yet",
            Self::NotObservable => {
                "only the inside of a peer, its user interface or chance shows a breach"
            }
            Self::NotOffered => "the notification service does not have the feature",
            Self::OtherBinding => "it holds over TCP, between servers, or over another transport",
            Self::Choice => "the clause leaves the choice, so that no behaviour is a breach",
            Self::NoDemand => "it binds no peer, or the word demands nothing",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gap => "gap",
            Self::NotObservable => "not observable",
            Self::NotOffered => "not offered",
            Self::OtherBinding => "other binding",
            Self::Choice => "choice",
            Self::NoDemand => "no demand on peers",
        })
    }
}

/// Whether a statement counts as observable, and as covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Cases test every side on which a breach shows.
    Covered,
    /// A breach would show, and on some side no case looks.
    Open,
    /// No breach shows on this wire.
    Outside,
}

impl Row {
    /// Whether the statement counts as observable, and as covered.
    pub fn standing(&self) -> Standing {
        match self.none {
            Some(Reason::Gap) => Standing::Open,
            _ if self.cases.is_empty() => Standing::Outside,
            _ => Standing::Covered,
        }
    }
}

impl Document {
    /// Reads the text of a file, which is called `shown` in errors.
    ///
    /// # Errors
    ///
    /// The place and the mistake, when the text is not TOML of this shape.
    pub fn read(text: &str, shown: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let Position { line, column } = Position::of(text, start);
            format!("{shown}:{line}:{column}: {}", error.message())
        })
    }

    /// All rows, each with its clause and its ordinal.
    pub fn rows(&self) -> impl Iterator<Item = (&Section, usize, &Row)> {
        self.sections.iter().flat_map(|section| {
            section.rows.iter().zip(1..).map(move |(row, number)| (section, number, row))
        })
    }

    /// The clause of a section, as cases cite it; `None` when the name of the document is none.
    pub fn clause(&self, section: &Section) -> Option<Clause> {
        format!("{} §{}", self.document, section.section).parse().ok()
    }
}
