//! Transcripts: the events of one case are recorded, masked, normalised, kept as a snapshot,
//! compared.
//!
//! ```text
//! Event … ─mask→ Recording (target/conformance/…​.jsonl) ─normalise→ body in the notation ─→ .snap ─diff→ drift
//! ```

mod event;
mod known;
mod normalise;
mod readable;
mod recorded;
mod recording;
mod snapshot;
#[cfg(test)]
mod tests;

pub use ::mask::{Masked, MaskedArg, Secrets};
pub use event::{EPILOGUE, Event, EventKind, Octets, Side};
pub use known::{Generated, KnownValue, ValueContext};
pub use normalise::{VERSION, body, items};
pub use readable::{readable, words};
pub use recorded::{Line, Recorded, RecordedError, RecordedFault, recorded};
pub use recording::{RECORDING, Recording, RecordingError, RecordingHead};
pub use snapshot::{
    Snapshot, SnapshotError, counts, same_body, without_end, without_framing, without_tls,
};
