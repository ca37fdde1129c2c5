//! Texts for people: characters shown that cannot be seen, positions, the nearest name, wildcards.

pub mod invisible;
mod nearest;
mod position;
mod wildcard;

pub use nearest::{nearest, nearest_few};
pub use position::Position;
pub use wildcard::is_like;
