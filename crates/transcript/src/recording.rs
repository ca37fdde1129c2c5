//! The raw transcript of one case on disk: JSON lines, masked, enough to render its snapshot again
//! without a new run.

use std::path::Path;

use files::Unwritten;
use serde::{Deserialize, Serialize};

use crate::event::{Event, Side};
use crate::known::{Generated, KnownValue};

/// Stands in the place of the case in a recording of a client and a server that played none.
pub const RECORDING: &str = "recording";

/// The events of one case, with the values that the normaliser needs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recording {
    /// Case, target and values behind the events.
    pub about: RecordingHead,
    /// The events: each connection in its own order, the connections ordered by the steps of the
    /// case.
    pub events: Vec<Event>,
}

/// The first line of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RecordingHead {
    /// `area/slug`.
    pub case: String,
    /// Name of the target.
    pub target: String,
    /// The verdict, once there is one.
    pub verdict: String,
    /// How the connections ended.
    pub close: String,
    /// The side under test; unknown in recordings from elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tested: Option<Side>,
    /// The end of the connections differs between runs, so snapshots leave it out (rule N28).
    #[serde(default)]
    pub ends_vary: bool,
    /// Values of the target that snapshots show by name.
    pub known: Vec<KnownValue>,
    /// Values that our side generated in this run.
    pub generated: Vec<Generated>,
    /// How many of the last events came after a case for a client was over; they are in no
    /// snapshot.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub tail: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// An error of a file of a recording.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    Io {
        path: String,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// A line in it.
    #[error("{path}:{line}: not a line of a transcript: {source}")]
    Line {
        path: String,
        /// Line number, from 1.
        line: usize,
        source: serde_json::Error,
    },
    /// The file has no line at all.
    #[error("{path}: an empty transcript")]
    Empty { path: String },
}

impl Recording {
    /// Writes the file and the folders above it, all below `root`.
    pub fn write(&self, root: &Path, path: &Path) -> Result<(), Unwritten> {
        let json = |source: serde_json::Error| Unwritten::new(path, source.into());
        let mut text = serde_json::to_string(&self.about).map_err(json)?;
        for event in &self.events {
            text.push('\n');
            text.push_str(&serde_json::to_string(event).map_err(json)?);
        }
        text.push('\n');
        files::write_below(root, path, text)
    }

    /// Reads a file that [`Recording::write`] wrote, or one that is still being written: half a
    /// last line is left out.
    pub fn read(path: &Path) -> Result<Self, RecordingError> {
        let name = path.display().to_string();
        let text = files::read_text(path, files::LARGE)
            .map_err(|source| RecordingError::Io { path: name.clone(), source })?;
        let wrong = |line: usize| {
            let path = name.clone();
            move |source| RecordingError::Line { path, line: line + 1, source }
        };
        let mut lines = text.lines().enumerate();
        let Some((_, first)) = lines.next() else {
            return Err(RecordingError::Empty { path: name });
        };
        let about = serde_json::from_str(first).map_err(wrong(0))?;
        let mut events = Vec::new();
        let mut lines = lines.peekable();
        while let Some((number, line)) = lines.next() {
            match serde_json::from_str(line) {
                Ok(event) => events.push(event),
                Err(_) if lines.peek().is_none() && !text.ends_with('\n') => {}
                Err(error) => return Err(wrong(number)(error)),
            }
        }
        Ok(Self { about, events })
    }
}
