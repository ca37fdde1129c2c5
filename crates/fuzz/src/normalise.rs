//! The normaliser: nothing that it decodes shows a password, however the peers spelt it.

use transcript::{RecordingHead, Recording, body};

use crate::mask::{SPELLINGS, shows};
use crate::recording::{PASSWORD, said};
use crate::settings;

/// The first octet chooses a spelling of the password, which stands for each `@`; the rest are
/// events, one a line, as in the target `recording`.
pub fn run(data: &[u8]) {
    let (first, rest) = settings(data);
    let Ok(text) = std::str::from_utf8(rest) else {
        return;
    };
    let (_, spelt) = SPELLINGS[usize::from(first) % SPELLINGS.len()];
    let lines = text.lines().map(|line| line.replace('@', &spelt(PASSWORD)));
    let events = lines.filter_map(|line| said(&line)).collect();
    let mut recording = Recording { about: RecordingHead::default(), events };
    let normalised = body(&recording);
    assert!(!shows(normalised.as_bytes(), PASSWORD), "{normalised}");
    let kept = serde_json::to_vec(&recording.events).expect("events are written as JSON");
    assert!(!shows(&kept, PASSWORD), "{}", String::from_utf8_lossy(&kept));
    // When things were said means nothing.
    for event in &mut recording.events {
        (event.micros, event.octets) = (7, 7);
    }
    assert_eq!(body(&recording), normalised);
}
