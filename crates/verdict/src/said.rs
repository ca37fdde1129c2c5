//! What was said in a case, in the words of the readable transcript.

use serde::{Deserialize, Serialize};
use transcript::{Event, Recording, Said, Who};

/// The longest a thing that was said is kept, in characters.
const LONGEST: usize = 4096;

/// One thing that was said, or that happened to a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TranscriptLine {
    /// Name of the connection in the case.
    pub conn: String,
    /// Whose doing it is.
    pub who: Who,
    /// Number of the step during which it was said, or which claimed it; none after the last one.
    pub step: Option<usize>,
    /// When, in microseconds since the case began.
    pub micros: u64,
    /// How many octets it took on the connection, below it only TLS and TCP.
    pub octets: usize,
    /// Whether a step of the case asked for it.
    pub claimed: bool,
    /// Whether the server says it by timer, or it answers such a thing.
    pub timer: bool,
    /// What kind of thing.
    pub kind: LineKind,
    /// In the words of the readable transcript; its beginning, when it is very long.
    pub text: String,
}

/// The kinds of things that are said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineKind {
    /// A connection was made.
    Connect,
    /// An HTTP message.
    Http,
    /// A text message: XMPP.
    Text,
    /// Any other frame, or octets below frames.
    Frame,
    /// The end of a connection: a close frame, the end of TCP.
    End,
}

/// All that was said in a recording, in order.
pub fn lines_of(recording: &Recording) -> Vec<TranscriptLine> {
    let line = |event: &Event| TranscriptLine {
        conn: event.conn.clone(),
        who: event.who,
        // The runner ends what is still open after all steps (notation: Receiving).
        step: (event.step != usize::MAX).then_some(event.step),
        micros: event.micros,
        octets: event.octets,
        claimed: event.claimed,
        timer: event.timer,
        kind: kind(&event.said),
        text: clipped(transcript::words(event)),
    };
    recording.events.iter().map(line).collect()
}

/// A text that a reader can still take in; the transcript file has all of it.
fn clipped(text: String) -> String {
    let Some((end, _)) = text.char_indices().nth(LONGEST) else { return text };
    let rest = text[end..].chars().count();
    format!("{}… and {rest} characters more", &text[..end])
}

fn kind(said: &Said) -> LineKind {
    match said {
        Said::Connect { .. } => LineKind::Connect,
        Said::Http { .. } => LineKind::Http,
        Said::Text { .. } | Said::Report { .. } => LineKind::Text,
        Said::Binary { .. }
        | Said::Frame { .. }
        | Said::Bytes { .. }
        | Said::Ping { .. }
        | Said::Pong { .. } => LineKind::Frame,
        Said::Close { .. } | Said::Eof | Said::Reset => LineKind::End,
    }
}
