//! Every seed goes through its target once.

use std::fs;
use std::path::{Path, PathBuf};

/// All files below a folder of this package.
fn files(folder: &str) -> Vec<PathBuf> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of seeds") {
            let path = entry.expect("a readable folder").path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files
}

fn read_all(folder: &str, target: fn(&[u8])) {
    let files = files(folder);
    assert!(!files.is_empty());
    for file in files {
        println!("{}", file.display());
        target(&fs::read(file).expect("a readable seed"));
    }
}

#[test]
fn http() {
    read_all("seeds/http", fuzz::http::run);
}

#[test]
fn frames() {
    read_all("seeds/frames", fuzz::frames::run);
}

#[test]
fn deflate() {
    read_all("seeds/deflate", fuzz::deflate::run);
}

#[test]
fn xml() {
    read_all("seeds/xml", fuzz::xml::run);
}

#[test]
fn notation() {
    read_all("../../cases", fuzz::notation::run);
}

#[test]
fn target() {
    read_all("../../xtask/targets", fuzz::target::run);
}

#[test]
fn recording() {
    read_all("seeds/recording", fuzz::recording::run);
}

#[test]
fn connection() {
    read_all("seeds/connection", fuzz::connection::run);
}

#[test]
fn session() {
    read_all("seeds/session", fuzz::session::run);
}

#[test]
fn line() {
    read_all("seeds/line", fuzz::line::run);
}

#[test]
fn world() {
    read_all("seeds/world", fuzz::world::run);
}

#[test]
fn mask() {
    read_all("seeds/mask", fuzz::mask::run);
}

#[test]
fn normalise() {
    read_all("seeds/normalise", fuzz::normalise::run);
}

#[test]
fn requests() {
    read_all("seeds/requests", fuzz::requests::run);
}

#[test]
fn tap() {
    read_all("seeds/tap", fuzz::tap::run);
}
