//! Lines of the readable transcript.

use serde::{Deserialize, Serialize};
use transcript::{Event, EventKind, Recording, Side};

/// The longest text of a line that is kept, in characters.
const LONGEST: usize = 4096;

/// A line of the transcript: a message, or an event of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TranscriptLine {
    /// Name of the connection in the case.
    pub conn: String,
    /// The sender: client or server.
    pub who: Side,
    /// Number of the step that claimed the line, or during which it came; none after the last step.
    pub step: Option<usize>,
    /// Time in microseconds since the case began.
    pub micros: u64,
    /// Size on the connection, in octets, without TLS and TCP.
    pub octets: usize,
    /// Whether a step of the case claimed the line.
    pub claimed: bool,
    /// Whether a timer of the server caused the line.
    pub timer: bool,
    /// The kind of line.
    pub kind: LineKind,
    /// Text of the readable transcript; only the beginning if it is very long.
    pub text: String,
}

impl TranscriptLine {
    /// Whether only the beginning of its text is kept.
    pub fn is_cut(&self) -> bool {
        self.text.chars().nth(LONGEST).is_some()
    }
}

/// The kinds of lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineKind {
    /// A new connection.
    Connect,
    /// An HTTP request or response.
    Http,
    /// A WebSocket text message with XMPP.
    Text,
    /// Any other frame, or octets below frames.
    Frame,
    /// The end of a connection: a close frame, the end of TCP.
    End,
}

/// The lines of a recording, in order.
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

/// Shortens a long text; the transcript file has all of it.
pub fn clipped(text: String) -> String {
    let Some((end, _)) = text.char_indices().nth(LONGEST) else { return text };
    let rest = text[end..].chars().count();
    format!("{}… and {rest} characters more, in the transcript", &text[..end])
}

fn kind(said: &EventKind) -> LineKind {
    match said {
        EventKind::Connect { .. } => LineKind::Connect,
        EventKind::Http { .. } => LineKind::Http,
        EventKind::Text { .. } | EventKind::Report { .. } => LineKind::Text,
        EventKind::Binary { .. }
        | EventKind::Frame { .. }
        | EventKind::Bytes { .. }
        | EventKind::Ping { .. }
        | EventKind::Pong { .. } => LineKind::Frame,
        EventKind::Close { .. } | EventKind::Eof | EventKind::Reset => LineKind::End,
    }
}
