//! The client that tools use to talk to a server: probe, survey, sweep, publisher, labs and load.
//!
//! The reference client in `finesse-client` is separate. It shares no wire code with the fake, so
//! that a mistake in that code cannot cancel out.

mod access;
mod account;
mod client;
mod connection;
mod deadlines;
mod error;
pub mod finesse;
mod http;
mod lock;
pub mod pubsub;
mod url;
mod websocket;

pub use access::Access;
pub use account::Account;
pub use client::{Client, answer, declined};
pub use deadlines::Deadlines;
pub use error::Error;
pub use http::{Credentials, Http, HttpAnswer, HttpRequest};
pub use lock::{AccountLock, LockError};
pub use url::Url;
