//! An answer of the REST API on its way to its connection.

use std::sync::Arc;

use crate::exchange::Exchange;
use crate::fact::Fact;

/// An answer, and what is noted once it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Response {
    /// The lines up to the empty one.
    pub(crate) head: String,
    pub(crate) body: String,
    /// The fact that a request was answered.
    pub(crate) fact: Fact,
    /// The request and this answer, for the record; none where nobody keeps or hears it.
    pub(crate) exchange: Option<Arc<Exchange>>,
}

impl Response {
    /// Its size, in octets.
    pub(crate) fn len(&self) -> usize {
        self.head.len() + self.body.len()
    }
}
