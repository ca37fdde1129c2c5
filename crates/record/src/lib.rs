//! Records what a real client and a real server say to each other.
//!
//! [`Proxy`] stands between the two: it passes octets on, and a [`Recorder`] writes what they mean,
//! masked, as it comes. The file is a raw transcript, as runs of cases write it.
//!
//! ```text
//! client ⇄ TLS ⇄ Passage ⇄ TLS ⇄ server        octets, with Host and origins put in (rewrite)
//!                   │
//!                  Tap ─Heard→ Recorder ─Event→ file, lines for the terminal (steps), and the
//!                                              console (watched)
//! ```

mod draft;
mod line;
mod overhear;
mod passage;
mod proxy;
mod recorder;
mod rewrite;
mod steps;
mod tap;
mod upstream;
mod watched;

pub use draft::{Draft, NothingToPlay, draft};
pub use line::{Line, Speaker};
pub use overhear::{Overheard, overhear};
pub use passage::Deadlines;
pub use proxy::{ListenError, Proxy, Summary};
pub use recorder::Recorder;
pub use upstream::Upstream;
pub use watched::Watched;
