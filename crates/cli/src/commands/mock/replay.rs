//! `mock --replay`: the script that a recording is.

use std::path::{Path, PathBuf};

use ::replay::Replay;
use anyhow::Context as _;
use explain::Options;
use finesse_fake::Builder;

use super::super::{EndsProcess, counted};

/// Lets the fake answer as the recording in these files did.
///
/// # Errors
///
/// A file cannot be read, or shows nothing that a server said.
pub(super) fn script(builder: Builder, files: &[PathBuf]) -> anyhow::Result<(Builder, String)> {
    let interrupted = EndsProcess::after(explain::end_programs)?;
    let conversation = explain::read(files, &Options::default()).context("--replay")?;
    let replay = Replay::new(&conversation).with_context(|| names(files))?;
    drop(interrupted);
    let extent = extent(files, &replay);
    Ok((builder.script(move || Box::new(replay.clone())), extent))
}

/// How much there is to replay, for the banner.
fn extent(files: &[PathBuf], replay: &Replay) -> String {
    let (connections, requests) = replay.extent();
    format!(
        "{} ({}, {} of HTTP)",
        names(files),
        counted(connections, "connection"),
        counted(requests, "request")
    )
}

fn names(files: &[PathBuf]) -> String {
    let name = |file: &Path| file.display().to_string();
    files.iter().map(|file| name(file)).collect::<Vec<_>>().join(", ")
}
