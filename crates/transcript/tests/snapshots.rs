//! Every accepted snapshot of the suite is read by the notation's parser, and printed back as it
//! stands.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use transcript::Snapshot;

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "snap") {
            found.push(path);
        }
    }
}

#[test]
fn every_snapshot_is_in_the_notation_and_in_its_one_form() {
    let mut paths = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../snapshots"), &mut paths);
    assert!(paths.len() > 100, "only {} snapshots found", paths.len());
    for path in paths {
        let body = Snapshot::read_body(&path).unwrap().unwrap();
        let source = Arc::new(case::Source { path: path.clone(), text: body.clone() });
        match case::parse_body(source) {
            Ok(items) => {
                assert_eq!(case::print_body(&items).trim_end(), body, "{}", path.display())
            }
            Err(errors) => panic!("{}", case::render(&errors, false)),
        }
    }
}
