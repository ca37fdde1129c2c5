//! Helpers for texts: visible escapes, HTML, positions, cuts, the nearest name, wildcards, and the
//! name of this program in hints.

mod clip;
pub mod html;
pub mod invisible;
mod nearest;
mod position;
mod program;
mod wildcard;

pub use clip::clipped;
pub use nearest::{nearest, nearest_few, there_are};
pub use position::Position;
pub use program::{CALLED, Hint, at_home, is_in_repository, program};
pub use wildcard::is_like;
