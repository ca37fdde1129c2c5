//! All cases and fragments of a suite, found by their place in the tree.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::{Case, Code, Diagnostic, Fragment, Source, parse_case, parse_fragment};

/// The folder of fragments.
const FRAGMENTS: &str = "_fragments";

/// Every case and every fragment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Library {
    /// In ascending order of their ids.
    pub cases: Vec<Case>,
    /// The same cases over the transports behind the first of each, in ascending order of ids.
    pub over_others: Vec<Case>,
    /// By the name in `use NAME(…)`.
    pub fragments: BTreeMap<String, Fragment>,
}

impl Library {
    /// Every case over every transport of it.
    pub fn planned(&self) -> impl Iterator<Item = &Case> {
        self.cases.iter().chain(&self.over_others)
    }

    /// Reads every `.case` file under `cases_dir`, which is called `shown` in reports.
    ///
    /// # Errors
    ///
    /// All diagnostics of all files.
    pub fn load(cases_dir: &Path, shown: &Path) -> Result<Self, Vec<Diagnostic>> {
        Self::load_onto(Vec::new(), cases_dir, shown)
    }

    /// [`Library::load`] with built-in files beside those of the folder, as paths and texts.
    ///
    /// # Errors
    ///
    /// As [`Library::load`]; also a file and a built-in file with one id.
    pub fn load_onto(
        mut files: Vec<(PathBuf, String)>,
        cases_dir: &Path,
        shown: &Path,
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut diagnostics = Vec::new();
        let mut paths = Vec::new();
        let folder = Folder { path: cases_dir, shown };
        folder.collect(cases_dir, &mut paths, &mut diagnostics);
        paths.sort();
        for path in paths {
            match files::read_text(&path, files::SMALL) {
                Ok(text) => files.push((folder.shown(&path), text)),
                Err(error) => diagnostics.push(unreadable(folder.shown(&path), &error)),
            }
        }
        match Self::from_files(files) {
            Ok(library) if diagnostics.is_empty() => Ok(library),
            Ok(_) => Err(diagnostics),
            Err(more) => {
                diagnostics.extend(more);
                Err(diagnostics)
            }
        }
    }

    /// Reads texts under their paths: the last two parts are `area/slug.case` or
    /// `_fragments/name.case`.
    ///
    /// # Errors
    ///
    /// All diagnostics of all files.
    pub fn from_files(files: Vec<(PathBuf, String)>) -> Result<Self, Vec<Diagnostic>> {
        let mut library = Self::default();
        let mut diagnostics = Vec::new();
        let mut taken: BTreeMap<String, Arc<Source>> = BTreeMap::new();
        for (path, text) in files {
            let source = Arc::new(Source { path, text });
            let place = place(&source.path);
            if let Some((area, slug)) = place
                && let Some(first) = taken.insert(format!("{area}/{slug}"), Arc::clone(&source))
            {
                diagnostics.push(taken_twice(&format!("{area}/{slug}"), &first, &source));
                continue;
            }
            match place {
                Some((FRAGMENTS, name)) => match parse_fragment(name, Arc::clone(&source)) {
                    Ok(fragment) => {
                        library.fragments.insert(name.to_owned(), fragment);
                    }
                    Err(errors) => diagnostics.extend(errors),
                },
                Some((area, slug)) => match parse_case(&format!("{area}/{slug}"), Arc::clone(&source)) {
                    Ok(case) => library.cases.push(case),
                    Err(errors) => diagnostics.extend(errors),
                },
                None => diagnostics.push(
                    Diagnostic::error(Code::Path, &source, 0..0, "the file is neither a case nor a fragment")
                        .help("name it `area/slug.case` or `_fragments/name.case`, in lower-case words with hyphens"),
                ),
            }
        }
        library.cases.sort_by(|a, b| a.id.cmp(&b.id));
        library.over_others = library.cases.iter().flat_map(Case::over_others).collect();
        if diagnostics.is_empty() { Ok(library) } else { Err(diagnostics) }
    }
}

/// A folder of cases, and what it is called.
struct Folder<'a> {
    path: &'a Path,
    shown: &'a Path,
}

impl Folder<'_> {
    /// Every `.case` file below `dir`, at any depth.
    fn collect(&self, dir: &Path, paths: &mut Vec<PathBuf>, diagnostics: &mut Vec<Diagnostic>) {
        let entries = match std::fs::read_dir(dir) {
            Ok(entries) => entries,
            Err(error) => {
                diagnostics.push(unreadable(self.shown(dir), &error));
                return;
            }
        };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                self.collect(&path, paths, diagnostics);
            } else if path.extension().is_some_and(|extension| extension == "case") {
                paths.push(path);
            }
        }
    }

    fn shown(&self, path: &Path) -> PathBuf {
        path.strip_prefix(self.path)
            .map_or_else(|_| path.to_owned(), |below| self.shown.join(below))
    }
}

fn taken_twice(id: &str, first: &Source, second: &Arc<Source>) -> Diagnostic {
    let what = if id.starts_with(FRAGMENTS) { "a fragment" } else { "a case" };
    let message = format!("there is {what} `{id}` already");
    Diagnostic::error(Code::TakenId, second, 0..0, message)
        .note(format!("the other one is {}", first.path.display()))
        .help(
            "rename this file: your cases are added to those of the suite and cannot replace them",
        )
}

fn unreadable(path: PathBuf, error: &std::io::Error) -> Diagnostic {
    let source = Arc::new(Source { path, text: String::new() });
    Diagnostic::error(Code::Unreadable, &source, 0..0, "the file cannot be read")
        .note(error.to_string())
}

/// Area and slug, or the folder of fragments and a name.
fn place(path: &Path) -> Option<(&str, &str)> {
    let mut parts = path.components().rev().map_while(|part| match part {
        Component::Normal(part) => part.to_str(),
        _ => None,
    });
    let (slug, area, above) = (parts.next()?.strip_suffix(".case")?, parts.next()?, parts.next());
    // Deeper folders would lose a part of the id.
    let flat = above.is_none_or(|above| above == "cases" || !parts.any(|part| part == "cases"));
    ((area == FRAGMENTS || is_slug(area)) && is_slug(slug) && flat).then_some((area, slug))
}

/// Lower-case letters, digits and hyphens, none of which stand at an end or beside another.
fn is_slug(word: &str) -> bool {
    word.split('-').all(|part| {
        !part.is_empty()
            && part.bytes().all(|octet| octet.is_ascii_lowercase() || octet.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_the_path() {
        assert_eq!(place(Path::new("cases/upgrade/minimal.case")), Some(("upgrade", "minimal")));
        assert_eq!(place(Path::new("upgrade/http-1-0.case")), Some(("upgrade", "http-1-0")));
        assert_eq!(place(Path::new("/x/cases/_fragments/open.case")), Some((FRAGMENTS, "open")));
        for bad in [
            "minimal.case",
            "cases/Upgrade/minimal.case",
            "cases/upgrade/a_b.case",
            "cases/upgrade/-a.case",
            "cases/a/b/c.case",
        ] {
            assert_eq!(place(Path::new(bad)), None, "{bad}");
        }
    }
}
