//! Texts for people: characters shown that cannot be seen, positions, the nearest name, wildcards, and what people call this
//! program.

pub mod invisible;
mod nearest;
mod position;
mod program;
mod wildcard;

pub use nearest::{nearest, nearest_few};
pub use position::Position;
pub use program::{CALLED, program};
pub use wildcard::is_like;
