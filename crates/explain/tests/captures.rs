//! Real captures of browsers, networks and logs, each held against what is to be found in it.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use explain::{Explanation, Options};
use serde_json::Value;

fn folder() -> PathBuf {
    std::env::var_os("EXPLAIN_CAPTURES")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures"), PathBuf::from)
}

/// Each capture: its name, its files, and what is to be found.
fn captures() -> Vec<(String, Vec<PathBuf>, Value)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_str().unwrap();
        let Some(name) = file.strip_suffix(".expect.json") else { continue };
        let expected: Value =
            serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let files = expected["files"].as_array().unwrap().iter();
        let files =
            files.map(|file| folder().join(file.as_str().unwrap())).filter(|file| file.exists());
        found.push((name.to_owned(), files.collect(), expected));
    }
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

/// Each capture with all its files: its name, what was found, and what is to be found.
static WHOLE: LazyLock<Vec<(String, Explained, Value)>> = LazyLock::new(|| {
    let whole =
        |(name, files, expected): (_, Vec<PathBuf>, _)| (name, explained(&files, &[]), expected);
    captures().into_iter().map(whole).collect()
});

/// An explanation and its JSON, or why a file cannot be read.
type Explained = Result<(Explanation, Value), String>;

fn is_keys(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "keys")
}

fn explained(files: &[PathBuf], keys: &[PathBuf]) -> Explained {
    let conversation = explain::read(files, &Options { keys: keys.to_vec() })
        .map_err(|error| error.to_string())?;
    let explanation = Explanation::new(&conversation);
    let json = serde_json::from_str(&explain::json(&explanation)).unwrap();
    Ok((explanation, json))
}

/// Files that cannot show what broke: the second tab alone is a good login, and the HAR that
/// mitmproxy wrote before the flow ended is empty.
const BLIND: [&str; 2] =
    ["bad-conflict-openfire.tab2.har", "bad-mitmproxy-wrong-password.mitm.har"];

fn judged(wrong: &mut Vec<String>, name: &str, explained: &Explained, expected: &Value) {
    let found = match explained {
        Ok((_, found)) => found,
        Err(error) => {
            wrong.push(format!("{name}: {error}"));
            return;
        }
    };
    if ["good", "first_broken_step", "fault"].iter().any(|key| found[key] != expected[key]) {
        wrong.push(format!(
            "{name}: {} {} (or {}) {}\n      wanted {} {}: {}",
            found["first_broken_step"],
            found["fault"],
            found["or"],
            found["finding"],
            expected["first_broken_step"],
            expected["fault"],
            expected["finding"]
        ));
    }
}

#[test]
fn every_file_of_every_capture_tells_what_broke() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for (_, files, expected) in captures() {
        let keys: Vec<PathBuf> = files.iter().filter(|file| is_keys(file)).cloned().collect();
        for file in files.iter().filter(|file| !is_keys(file)) {
            let name = file.file_name().unwrap().to_str().unwrap();
            if BLIND.contains(&name) {
                continue;
            }
            count += 1;
            let explained = explained(std::slice::from_ref(file), &keys);
            judged(&mut wrong, name, &explained, &expected);
        }
    }
    assert!(count > 90, "{count}");
    assert!(wrong.is_empty(), "{} of {count} files are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_files_of_a_capture_together_tell_the_same() {
    let mut wrong = Vec::new();
    for (name, explained, expected) in WHOLE.iter() {
        judged(&mut wrong, name, explained, expected);
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// The spellings of a secret that a reader could undo at a glance.
fn spellings(secret: &str) -> Vec<String> {
    let hex: String = secret.bytes().map(|octet| format!("{octet:02x}")).collect();
    let json = serde_json::to_string(secret).unwrap();
    let html = secret.replace('&', "&amp;").replace('<', "&lt;");
    vec![
        secret.to_owned(),
        hex,
        STANDARD.encode(secret),
        json.trim_matches('"').to_owned(),
        html,
        secret.replace('!', "%21"),
    ]
}

#[test]
fn no_secret_of_a_capture_is_in_any_output() {
    for (name, explained, expected) in WHOLE.iter() {
        let (explanation, json) = explained.as_ref().unwrap();
        let outputs = [explain::text(explanation), explain::html(explanation), json.to_string()];
        for secret in expected["secrets"].as_array().unwrap() {
            for spelling in spellings(secret.as_str().unwrap()) {
                for output in &outputs {
                    // `Wren-7741` is the beginning of another password, and is itself one.
                    assert!(!output.contains(&spelling), "{name}: {spelling}");
                }
            }
        }
    }
}
