//! An answer of the REST API on its way to its connection.

use crate::fact::Fact;

/// The octets of an answer, and what is noted once they are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) octets: Vec<u8>,
    /// The fact that a request was answered.
    pub(crate) fact: Fact,
}
