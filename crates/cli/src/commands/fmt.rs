//! `fmt`: writes case files and fragments in their canonical form.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use case::{Diagnostic, Library, print_case, print_fragment};
use runner::{Folder, Kind};
use textual::program;
use verdict::Exit;

use super::{choice, complain, counted, diagnose, say};
use crate::Suite;

/// `--check` shows this many lines of the difference for each file.
const SHORT: usize = 12;

/// `--check` shows the difference for this many files, and only names the others.
const FEW: usize = 8;

/// Format case files and fragments in place.
///
/// The canonical form has the keys of the head in a fixed order, payloads aligned at the column of
/// the arrow, one element a line, and no double empty lines. Comments stay. The meaning of a case
/// does not change.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask fmt                                 all cases and fragments
  cargo xtask fmt 'AREA/*' AREA                   two areas
  cargo xtask fmt AREA/SLUG                       one case; or the path of its file
  cargo xtask fmt --check                         show what would change, and change nothing (for CI)

Exit codes: 0 all files are formatted now · 1 --check found a difference · 4 no file selected ·
64 usage error · 65 a file does not parse")]
pub(crate) struct Args {
    /// Files, ids, areas or globs over ids (`bind/*`, `_fragments/*`) [default: all files]
    #[arg(value_name = "FILE|GLOB")]
    select: Vec<String>,

    /// Change nothing; list the files that differ, with the first lines of each difference
    #[arg(long)]
    check: bool,
}

/// Runs the command.
pub(crate) fn run(args: &Args, suite: &Suite) -> anyhow::Result<Exit> {
    let cases = suite.own(Kind::Cases, "cases of a project need")?;
    let Some(files) = chosen(&args.select, &cases)? else { return Ok(Exit::Nothing) };
    let mut faults = Vec::new();
    let mut different = 0;
    for path in &files {
        let text =
            files::read_text(path, files::SMALL).with_context(|| path.display().to_string())?;
        let shown = cases.name_of(path);
        let formatted = match formatted(&shown, &text) {
            Ok(formatted) if formatted == text => continue,
            Ok(formatted) => formatted,
            Err(Fault::Parse(diagnostics)) => {
                faults.extend(diagnostics);
                continue;
            }
            Err(Fault::Meaning) => {
                let shown = shown.display();
                complain(&format!(
                    "bug in the formatter: it would change the meaning of {shown}; the file was left alone"
                ));
                return Ok(Exit::Bug);
            }
        };
        different += 1;
        if args.check && different <= FEW {
            say(&difference(&shown, &text, &formatted))?;
        } else if args.check {
            say(&shown.display().to_string())?;
        } else {
            files::write(path, formatted)?;
            say(&format!("formatted {}", shown.display()))?;
        }
    }
    if !faults.is_empty() {
        diagnose(&faults);
        return Ok(Exit::Parse);
    }
    let of_all = counted(files.len(), "file");
    if different == 0 {
        say(&format!("{of_all}: formatted"))?;
    } else if args.check {
        say(&format!("{different} of {of_all} not formatted; run `{} fmt`", program()))?;
        return Ok(Exit::Fail);
    }
    Ok(Exit::Green)
}

/// Why a file cannot be formatted.
enum Fault {
    Parse(Vec<Diagnostic>),
    /// The formatted text has another meaning: a bug of the formatter.
    Meaning,
}

/// The canonical form of the text of a case or fragment.
fn formatted(shown: &Path, text: &str) -> Result<String, Fault> {
    let read = |text: &str| Library::from_files(vec![(shown.to_owned(), text.to_owned())]);
    let before = read(text).map_err(Fault::Parse)?;
    let formatted: String = before
        .cases
        .iter()
        .map(print_case)
        .chain(before.fragments.values().map(print_fragment))
        .collect();
    match read(&formatted) {
        Ok(after) if same(&before, &after) => Ok(formatted),
        _ => Err(Fault::Meaning),
    }
}

/// Whether two files have the same meaning, ignoring places and layout.
fn same(a: &Library, b: &Library) -> bool {
    let case = |library: &Library| {
        library.cases.first().map(|case| (case.head.clone(), case.body.clone()))
    };
    let fragment = |library: &Library| {
        let fragment = library.fragments.values().next()?.clone();
        Some((fragment.title, fragment.params, fragment.owner, fragment.body))
    };
    case(a) == case(b) && fragment(a) == fragment(b)
}

fn difference(shown: &Path, text: &str, formatted: &str) -> String {
    // Skip the two header lines of the diff: they name an accepted transcript and a run.
    let diff = report::unified(text, formatted, true);
    let lines: Vec<&str> = diff.lines().skip(2).collect();
    let mut out = format!("{}\n", shown.display());
    for line in lines.iter().take(SHORT) {
        out.push_str(&format!("  {line}\n"));
    }
    if lines.len() > SHORT {
        out.push_str(&format!("  … and {} more\n", counted(lines.len() - SHORT, "line")));
    }
    out
}

/// The selected files; `None`, after a message, if a word selects none.
fn chosen(words: &[String], cases: &Folder) -> anyhow::Result<Option<Vec<PathBuf>>> {
    let (folder, shown) = (cases.path(), cases.shown().display().to_string());
    let mut all = Vec::new();
    if folder.is_dir() {
        collect(folder, &mut all).with_context(|| shown.clone())?;
    }
    all.sort();
    let ids: Vec<String> = all.iter().map(|path| id(path, folder)).collect();
    let known: Vec<&str> = ids.iter().map(String::as_str).collect();

    let is_file = |word: &&String| word.ends_with(".case");
    let mut files: Vec<PathBuf> = Vec::new();
    for word in words.iter().filter(is_file) {
        // Several words may name the same file.
        let path = std::fs::canonicalize(word).with_context(|| word.clone())?;
        let root = std::fs::canonicalize(folder).with_context(|| shown.clone())?;
        files.push(path.strip_prefix(&root).map(|below| folder.join(below)).unwrap_or(path));
    }
    let names: Vec<String> = words.iter().filter(|word| !is_file(word)).cloned().collect();
    if let Some(word) = choice::idle(&names, &known) {
        complain(&choice::nothing_called(word, &known));
        return Ok(None);
    }
    if words.is_empty() || !names.is_empty() {
        files.extend(
            all.iter()
                .zip(&ids)
                .filter(|(_, id)| choice::chooses(&names, id))
                .map(|(path, _)| path.clone()),
        );
    }
    files.sort();
    files.dedup();
    if files.is_empty() {
        complain(&format!("no case file under {shown}"));
        return Ok(None);
    }
    Ok(Some(files))
}

/// Every `.case` file, at any depth.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "case") {
            files.push(path);
        }
    }
    Ok(())
}

fn id(path: &Path, folder: &Path) -> String {
    let relative = path.strip_prefix(folder).unwrap_or(path).with_extension("");
    relative.to_string_lossy().replace('\\', "/")
}
