//! Answers clients as a recording did, so that a bug seen in one place can be had in another.
//!
//! ```text
//! file ─explain→ Conversation ─→ Tracks, one for each recorded connection
//!                                   │
//! engine ─Heard→ Replay ─ closest match, values of the present client ─→ Cue ─→ engine
//! ```
//!
//! A message of a client is looked up on its track (`shape`). Its answer, and everything that the
//! server said unasked before the client's next act, follows with the pauses of the recording
//! (`track`). Ids and addresses in it become those of the present client (`values`).

mod answers;
mod live;
mod replay;
mod shape;
mod track;
mod values;

pub use replay::{NothingToReplay, Replay};
