//! A stanza on its way to somebody, as it is handed to the router.

use stanza::Jid;

/// One complete stanza and the address it goes to; a list of them is in sending order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outgoing {
    /// Bare or full JID of the receiver.
    pub(crate) to: Jid,
    /// The whole text, including its own `xmlns` (RFC 7395 §3.3.3).
    pub(crate) xml: String,
}
