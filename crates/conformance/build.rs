//! Packs the files of the suite and the book for `src/main.rs`, and tells it the version.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::Compression;
use flate2::write::ZlibEncoder;

/// The targets that work outside the suite's repository. Labs work only inside it.
const TARGETS: [&str; 4] = ["lab-uccx", "mock", "mock-openfire", "mock-strict"];
const CLIENTS: [&str; 1] = ["client"];

/// The variable that names the commit where a packager knows better than git: of a dirty checkout,
/// or of a source without one.
const COMMIT: &str = "FINESSE_COMMIT";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-env=FINESSE_VERSION={}", version());
    let mut files = BTreeMap::new();
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    let is_known = |name: &str, known: &[&str]| {
        name.strip_suffix(".toml").is_some_and(|name| known.contains(&name))
    };
    collect(&root.join("cases"), "cases", &|name| name.ends_with(".case"), &mut files)?;
    collect(&root.join("snapshots"), "snapshots", &is_baseline, &mut files)?;
    let targets = root.join("xtask/targets");
    collect(&targets, "targets", &|name| is_known(name, &TARGETS), &mut files)?;
    let clients = root.join("xtask/clients");
    collect(&clients, "clients", &|name| is_known(name, &CLIENTS), &mut files)?;
    collect(&root.join("docs"), "docs", &|name| name.ends_with(".md"), &mut files)?;
    std::fs::write(PathBuf::from(variable("OUT_DIR")).join("built_in.zlib"), packed(&files)?)
}

/// Each file as path, length in octets and text, compressed as one: snapshots are much alike, and
/// together they take a twentieth of their space.
fn packed(files: &BTreeMap<String, PathBuf>) -> io::Result<Vec<u8>> {
    let mut pack = ZlibEncoder::new(Vec::new(), Compression::best());
    for (name, path) in files {
        // A checkout on Windows may have other ends of lines; the suite is the same.
        let text = std::fs::read_to_string(path)?.replace("\r\n", "\n");
        write!(pack, "{name}\n{}\n{text}", text.len())?;
    }
    pack.finish()
}

/// Whether a snapshot is a baseline: of a fake or of the reference client.
fn is_baseline(name: &str) -> bool {
    let Some(name) = name.strip_suffix(".snap") else { return false };
    name.split_once('@')
        .is_none_or(|(_, target)| TARGETS.contains(&target) || CLIENTS.contains(&target))
}

/// Collects the selected files below a folder, with their names in the table.
fn collect(
    folder: &Path,
    name: &str,
    is_wanted: &dyn Fn(&str) -> bool,
    files: &mut BTreeMap<String, PathBuf>,
) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let name = format!("{name}/{file}");
        if path.is_dir() {
            collect(&path, &name, is_wanted, files)?;
        } else if is_wanted(&file) {
            files.insert(name, path);
        }
    }
    Ok(())
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

/// The version, and the commit if it is known.
fn version() -> String {
    println!("cargo::rerun-if-env-changed={COMMIT}");
    let version = variable("CARGO_PKG_VERSION");
    match std::env::var(COMMIT).ok().filter(|name| !name.is_empty()).or_else(commit) {
        Some(commit) => format!("{version} ({commit})"),
        None => version,
    }
}

/// The commit and its day, from the checkout. A debug build is without: this crate and its tests
/// would be built anew after each commit.
fn commit() -> Option<String> {
    if variable("PROFILE") == "debug" {
        return None;
    }
    // The log of HEAD is written at each commit and each checkout. A path that is not there would
    // run this script at each build.
    let head = git(&["rev-parse", "--path-format=absolute", "--git-path", "logs/HEAD"])?;
    if Path::new(&head).exists() {
        println!("cargo::rerun-if-changed={head}");
    }
    git(&["log", "-1", "--format=%h %cs", "--abbrev=12"])
}

/// The answer of git, if there is one.
fn git(args: &[&str]) -> Option<String> {
    let asked = Command::new("git").args(args).output().ok()?;
    let answer = String::from_utf8(asked.stdout).ok()?;
    asked.status.success().then(|| answer.trim().to_owned())
}
