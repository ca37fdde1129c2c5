//! A connection that is recorded without sockets, for tests of what octets may do.

use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use transcript::{RecordingHead, Side};

use crate::recorder::Recorder;
use crate::rewrite::Rewrite;
use crate::tap::Tap;

/// The result of octets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overheard {
    pub for_client: Vec<u8>,
    pub for_server: Vec<u8>,
    /// The lines of the recording.
    pub recording: String,
}

/// Takes pieces of octets in order, true for those of the client, as a proxy does that stands in
/// front of `authority`, with TLS on neither side.
#[must_use]
pub fn overhear<'a>(
    authority: &str,
    pieces: impl IntoIterator<Item = (bool, &'a [u8])>,
) -> Overheard {
    let file = File::default();
    let recorder = Recorder::on(Path::new("overheard.jsonl"), Box::new(file.clone()));
    let mut tap = Tap::new(Rewrite::new(false, false, authority.to_owned()));
    let mut overheard = Overheard::default();
    let pieces = pieces.into_iter().map(|(is_client, octets)| {
        (if is_client { Side::Client } else { Side::Server }, Some(octets))
    });
    for (side, octets) in pieces.chain([(Side::Client, None), (Side::Server, None)]) {
        let taken = match octets {
            Some(octets) => tap.take(side, octets),
            None => tap.end(side),
        };
        overheard.for_client.extend(taken.for_client);
        overheard.for_server.extend(taken.for_server);
        for heard in taken.heard {
            recorder.heard("c1", heard);
        }
    }
    let target = format!("ws://{authority}");
    let about = RecordingHead {
        case: transcript::RECORDING.to_owned(),
        target,
        ..RecordingHead::default()
    };
    // Names and texts alone are in it.
    let about = serde_json::to_string(&about).unwrap_or_default();
    let octets = file.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    overheard.recording = format!("{about}\n{}", String::from_utf8_lossy(&octets));
    overheard
}

/// A file in memory.
#[derive(Clone, Default)]
struct File(Arc<Mutex<Vec<u8>>>);

impl Write for File {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
