//! Which cases are played: by id, clause, level, tag or file, and which part of them.

use case::{Case, Clause, Library, Role};
use verdict::Shard;

/// One word of the selection; a case is selected when any of them chooses it, or when there is
/// none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    /// `bind/*`, `upgrade/minimal`, `bind`.
    Id(String),
    /// `spec:RFC 6455`, `spec:XEP-0060§6.1`: a document, or a section and all below it.
    Spec {
        /// `rfc6455`.
        document: String,
        /// `6.1`; empty for the whole document.
        section: String,
    },
    /// `level:must`.
    Level(String),
    /// `tag:slow`.
    Tag(String),
    /// `cases/bind/twice.case`: a file, by the id that its path gives it.
    File(String),
}

impl Selector {
    /// Reads one word.
    pub fn parse(word: &str) -> Self {
        if let Some(spec) = word.strip_prefix("spec:") {
            let (document, section) = spec.split_once('§').unwrap_or((spec, ""));
            return Self::Spec { document: squeeze(document), section: section.trim().to_owned() };
        }
        if let Some(level) = word.strip_prefix("level:") {
            return Self::Level(level.to_owned());
        }
        if let Some(tag) = word.strip_prefix("tag:") {
            return Self::Tag(tag.to_owned());
        }
        match word.strip_suffix(".case") {
            Some(path) => {
                let mut parts = path.rsplit(['/', '\\']);
                let (slug, area) =
                    (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
                Self::File(format!("{area}/{slug}"))
            }
            None => Self::Id(word.to_owned()),
        }
    }

    /// Whether it chooses a case.
    pub fn chooses(&self, case: &Case) -> bool {
        match self {
            Self::Id(pattern) => {
                textual::is_like(pattern, &case.id)
                    || textual::is_like(pattern, case.file_id())
                    || (!pattern.contains('/')
                        && case.id.split('/').next() == Some(pattern.as_str()))
            }
            Self::File(id) => *id == case.file_id(),
            Self::Level(level) => case.head.level.value.to_string() == *level,
            Self::Tag(tag) => case.head.tags.iter().any(|own| own.value == *tag),
            Self::Spec { document, section } => {
                case.head.spec.iter().any(|clause| match &clause.value {
                    Clause::Section { document: own, section: at, .. } => {
                        squeeze(own) == *document
                            && (section.is_empty()
                                || at == section
                                || at
                                    .strip_prefix(section.as_str())
                                    .is_some_and(|rest| rest.starts_with('.')))
                    }
                    other => squeeze(&other.to_string()) == *document,
                })
            }
        }
    }
}

/// `RFC 6455`, `rfc6455`, `6455` and `XEP-0060`, `xep0060` are written in one way.
fn squeeze(document: &str) -> String {
    let squeezed: String = document.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    let squeezed = squeezed.to_ascii_lowercase();
    if squeezed.bytes().all(|octet| octet.is_ascii_digit()) {
        format!("rfc{squeezed}")
    } else {
        squeezed
    }
}

/// The cases of a library that can be played against this side and that are chosen, in order of id.
pub fn select<'l>(
    library: &'l Library,
    tested: Role,
    selectors: &[Selector],
    shard: Option<Shard>,
) -> Vec<&'l Case> {
    let chosen = library
        .planned()
        .filter(|case| case.head.roles.iter().any(|role| role.value == tested))
        .filter(|case| {
            selectors.is_empty() || selectors.iter().any(|selector| selector.chooses(case))
        });
    let mut chosen: Vec<&Case> = match shard {
        Some(shard) => shard.of_all(chosen.collect(), |case| &case.id),
        None => chosen.collect(),
    };
    chosen.sort_by(|a, b| a.id.cmp(&b.id));
    chosen
}
