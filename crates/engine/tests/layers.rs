//! The modules of the engine lie in layers, and names of a module go down alone: a transport knows
//! no stream, a stream no hub, and none of them the engine that wires them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// From the top down. A module names those of lower layers, and itself.
const LAYERS: [&[&str]; 12] = [
    &["engine"],
    &["hub"],
    &["stream", "transport"],
    &["context"],
    &["config", "timers"],
    &["accounts", "outlet", "profile", "response", "script"],
    &["pubsub", "said"],
    &["exchange", "fact"],
    &["fault"],
    &["memory", "outgoing"],
    &["budget", "exchange", "ids", "spelling", "words"],
    &["dialect", "error", "java", "numbers", "passwords"],
];

#[test]
fn modules_name_those_of_lower_layers_alone() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeSet::new();
    for file in sources(&src) {
        let inside = file.strip_prefix(&src).expect("it lies in src");
        let first = inside.iter().next().expect("it has a name");
        let module = Path::new(first).file_stem().and_then(|it| it.to_str()).expect("ASCII");
        if ["lib", "tests"].contains(&module) {
            continue;
        }
        found.insert(module.to_owned());
        let own = layer(module);
        let text = fs::read_to_string(&file).expect("it is readable");
        assert!(!text.contains("crate::{"), "{}: name each module by itself", inside.display());
        for named in text.split("crate::").skip(1).map(name) {
            assert!(
                ["", "tests", module].contains(&named) || layer(named) > own,
                "{} names crate::{named}, which lies no lower than {module}",
                inside.display(),
            );
        }
    }
    let listed: BTreeSet<String> = LAYERS.concat().into_iter().map(str::to_owned).collect();
    assert_eq!(found, listed, "each module has one layer");
}

/// The layer of a module, counted from the top.
fn layer(module: &str) -> usize {
    let layer = LAYERS.iter().position(|layer| layer.contains(&module));
    layer.unwrap_or_else(|| panic!("the module {module} has no layer"))
}

/// The module that a path behind `crate::` begins with; empty for an item of the crate itself.
fn name(path: &str) -> &str {
    let end = path.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(path.len());
    &path[..end]
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).expect("it is a folder") {
        let path = entry.expect("it is readable").path();
        if path.is_dir() {
            all.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            all.push(path);
        }
    }
    all
}
