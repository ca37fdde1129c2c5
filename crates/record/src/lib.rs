//! Records what a real client and a real server say to each other.
//!
//! [`Proxy`] stands between the two: it passes octets on, and a [`Recorder`] writes what they mean,
//! masked, as it comes. The file is a raw transcript, as runs of cases write it.
//!
//! ```text
//! client ⇄ TLS ⇄ Passage ⇄ TLS ⇄ server        octets, with Host and origins put in (rewrite)
//!                   │
//!                  Tap ─Heard→ Recorder ─Event→ file, and lines for the terminal (steps)
//! ```

mod draft;
mod line;
mod passage;
mod proxy;
mod recorder;
mod rewrite;
mod steps;
mod tap;
mod upstream;

pub use draft::{Draft, Nothing, draft};
pub use line::{Line, Speaker};
pub use passage::Deadlines;
pub use proxy::{ListenError, Proxy, Summary};
pub use recorder::Recorder;
pub use upstream::Upstream;
