//! The tree of a case file. It is printed as a formatted case or as a snapshot body.

mod ask;
mod head;
mod moment;
mod payload;
mod place;
mod step;
mod template;

pub use ask::*;
pub use head::*;
pub use moment::*;
pub use payload::*;
pub use place::*;
pub use step::*;
pub use template::*;
