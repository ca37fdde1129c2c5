//! The recordings, a compressed text for each area.
//!
//! They are 22 MB of text, and 2 MB like this. A file for each area keeps what one person works on
//! in one piece, and gzip is what `flate2`, which the tree has anyway, can read; xz would halve it
//! and cost a dependency. The recordings change only when new ones are made, so that history does
//! not grow; `.gitattributes` names a text conversion, with which git shows a difference as text:
//! `git config diff.gz.textconv 'gzip -dc'`.
//!
//! In a text, each recording begins with a line `= NAME`.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use flate2::read::GzDecoder;

use crate::recording::Recording;

/// The areas, in the order of the report.
pub(crate) const AREAS: [&str; 9] =
    ["bind", "bosh", "frame", "http", "iq", "msg", "pres", "pubsub", "sasl"];

/// All recordings of an area.
pub(crate) fn recordings(area: &str) -> Vec<Recording> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/generated/recordings")
        .join(format!("{area}.txt.gz"));
    let file = File::open(&path).expect("the recordings are in the repository");
    let mut text = String::new();
    GzDecoder::new(file).read_to_string(&mut text).expect("the recordings are text");
    let mut recordings = Vec::new();
    let mut begun: Option<(&str, Vec<&str>)> = None;
    for line in text.split('\n') {
        if let Some(name) = line.strip_prefix("= ") {
            recordings.extend(begun.take().map(|(name, lines)| Recording::parse(name, &lines)));
            begun = Some((name, Vec::new()));
        } else if let Some((_, lines)) = &mut begun {
            lines.push(line);
        }
    }
    recordings.extend(begun.map(|(name, lines)| Recording::parse(name, &lines)));
    recordings
}
