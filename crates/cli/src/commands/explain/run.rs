//! The red cases of a finished run.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use ::explain::{Explanation, Options, RedCase, Run, from_report, read};
use verdict::CaseResult;

/// The name of the report in the folder of a run.
const RESULTS: &str = "results.jsonl";

/// How each report of a run begins.
const BEGINS: &[u8] = b"{\"event\":\"run\"";

/// The most reports that a message names.
const SHOWN: usize = 5;

/// The report of a run, if the files are one or its folder; an error if it is not alone.
pub(super) fn report(files: &[PathBuf]) -> Option<Result<PathBuf, String>> {
    let found = files.iter().find(|path| path.is_dir() || is_report(path))?;
    if files.len() > 1 {
        return Some(Err(format!("{}: a run is explained alone", found.display())));
    }
    if !found.is_dir() {
        return Some(Ok(found.clone()));
    }
    let report = found.join(RESULTS);
    Some(if report.is_file() { Ok(report) } else { Err(without_report(found)) })
}

/// The message for a folder that is none of a run: the files that may be meant.
fn without_report(folder: &Path) -> String {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|file| file.path());
    let mut found: Vec<String> = files
        .flat_map(|path| if path.is_dir() { vec![path.join(RESULTS), path] } else { vec![path] })
        .filter(|path| is_report(path))
        .map(|path| path.display().to_string())
        .collect();
    found.sort();
    let instead = match found.as_slice() {
        [] => "give the folder of a run, or a file".to_owned(),
        [one] => format!("did you mean {one}?"),
        many if many.len() <= SHOWN => format!("give one of {}", many.join(", ")),
        many => {
            let rest = many.len() - SHOWN;
            format!("give one of {}, or of {rest} more", many[..SHOWN].join(", "))
        }
    };
    format!("{}: a folder without {RESULTS}; {instead}", folder.display())
}

fn is_report(path: &Path) -> bool {
    let mut start = Vec::new();
    // A pipe can be read only once.
    if !path.is_file() {
        return false;
    }
    let file = File::open(path).and_then(|file| file.take(64).read_to_end(&mut start));
    let start = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&start);
    file.is_ok() && start.starts_with(BEGINS)
}

/// Explains the red cases of a report; the error says why it cannot be read.
pub(super) fn explained(path: &Path) -> Result<Run, String> {
    let run = report::read(path).map_err(|error| error.to_string())?;
    let strictness = run.strictness();
    let red = run.cases.iter().filter(|case| case.is_red(strictness)).map(|case| RedCase {
        id: case.id.clone(),
        verdict: case.verdict.to_string(),
        claim: case.title.clone(),
        result: case.message(strictness),
        explanation: explanation(path, case, &run),
    });
    Ok(Run {
        file: path.display().to_string(),
        target: run.target().to_owned(),
        cases: run.cases.len(),
        red: red.collect(),
    })
}

fn explanation(path: &Path, case: &CaseResult, run: &verdict::Run) -> Result<Explanation, String> {
    // It ends with the steps that its owner ends with.
    if let Some(owner) = case.owner.as_deref().filter(|owner| run.case(owner).is_some()) {
        return Err(format!("Its conversation breaks where that of {owner} does."));
    }
    if case.said.is_empty() {
        return Err("Nothing was said in it.".to_owned());
    }
    let conversation = match from_report(&case.id, &case.said) {
        Ok(found) => found,
        // The report keeps the beginning of long messages; the raw transcript beside it has all.
        Err(why) => beside(path, case).ok_or_else(|| {
            format!("The report does not have all of it: {why}. Explain {}.jsonl.", case.id)
        })?,
    };
    Ok(Explanation::new(&conversation))
}

/// The conversation of a case in the folder of its report.
fn beside(path: &Path, case: &CaseResult) -> Option<::explain::Conversation> {
    let (area, slug) = case.id.split_once('/')?;
    let is_plain = |part: &str| {
        !part.is_empty()
            && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+'))
    };
    if !is_plain(area) || !is_plain(slug) {
        return None;
    }
    let file = path.parent()?.join(area).join(format!("{slug}.jsonl"));
    read(&[file], &Options::default()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_its_report_or_its_folder_and_stands_alone() {
        let folder = tempfile::tempdir().unwrap();
        let lies_in = |name: &str| folder.path().join(name);
        std::fs::create_dir(lies_in("mock")).unwrap();
        let run = lies_in("mock/results.jsonl");
        std::fs::write(&run, BEGINS).unwrap();
        std::fs::write(lies_in("a.har"), "{}").unwrap();

        assert_eq!(report(std::slice::from_ref(&run)), Some(Ok(run.clone())));
        assert_eq!(report(&[lies_in("mock")]), Some(Ok(run.clone())));
        assert_eq!(report(&[lies_in("a.har")]), None);
        assert_eq!(report(&[lies_in("gone")]), None);
        let alone = report(&[lies_in("a.har"), run.clone()]).unwrap().unwrap_err();
        assert!(alone.ends_with("a run is explained alone"), "{alone}");
        let above = report(&[folder.path().to_owned()]).unwrap().unwrap_err();
        assert!(above.ends_with(&format!("did you mean {}?", run.display())), "{above}");
        for number in 1..=SHOWN {
            std::fs::write(lies_in(&format!("{number}.jsonl")), BEGINS).unwrap();
        }
        let many = report(&[folder.path().to_owned()]).unwrap().unwrap_err();
        assert!(many.ends_with("5.jsonl, or of 1 more"), "{many}");
    }
}
