//! The objects that administrators configure by their XML: layouts, workflows, chat and the like.
//! One schema for each kind reads them, from a world file as well as from a request, and writes
//! them again.

mod given;
mod object;
mod objects;
mod read;
mod schema;
mod unfit;

pub use object::Object;
pub use objects::{Conflict, Objects};
pub use read::check_desktop;
pub use schema::Kind;
pub use unfit::{Mistake, Unfit};
