//! A server on the network as the target of a run: how it is reached, what it has, and what runs
//! leave behind on it.

mod cleared;
mod listen;
mod nodes;
mod publisher;
mod survey;
mod sweep;
mod venue;

pub use cleared::{Cleared, INSECURE};
pub use listen::{Listener, Notification};
pub use nodes::{Furnished, LastItem, clear, furnish};
pub use publisher::{LoggedIn, Publisher};
pub use survey::{SurveyError, Surveyed, survey};
pub use sweep::{Leftover, Swept, judge, remove};
pub use venue::ServerVenue;
