//! Stream management without resumption (XEP-0198), for servers that have it switched on (recorded: var2_sm_basic, stock_sm).

use stanza::{Element, ns};

use crate::connection::ConnectionId;
use crate::engine::Engine;

/// XEP-0198 §2.
pub(crate) const NAMESPACE: &str = "urn:xmpp:sm:3";

/// After so many stanzas the server asks for an acknowledgement.
const REQUEST_EVERY: u32 = 5;

/// The stanzas of a stream since stream management was enabled on it.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    received: u32,
    sent: u32,
}

impl Engine {
    /// An element of stream management, as far as the server has it; false for anything else.
    pub(crate) fn stream_management(&mut self, id: ConnectionId, element: &Element) -> bool {
        if !self.profile.stream_management || element.name.ns != NAMESPACE {
            return false;
        }
        match element.name.local.as_str() {
            "enable" => self.enable_counting(id),
            "r" => {
                if let Some(Counters { received, .. }) = self.counters(id) {
                    let answer = format!("<a xmlns='{NAMESPACE}' h='{received}' />");
                    self.say(id, answer);
                }
            }
            "a" => self.acknowledged(id, element),
            _ => return false,
        }
        true
    }

    /// XEP-0198 §3. A second request switches the counting off (recorded: stock_sm).
    fn enable_counting(&mut self, id: ConnectionId) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        if connection.bound.is_some() && connection.counters.is_none() {
            connection.counters = Some(Counters::default());
            self.say(id, format!("<enabled xmlns=\"{NAMESPACE}\"/>"));
            return;
        }
        connection.counters = None;
        self.say(
            id,
            format!(
                "<failed xmlns='{NAMESPACE}'><unexpected-request xmlns='{}'/></failed>",
                ns::STANZA_ERRORS
            ),
        );
    }

    /// XEP-0198 §4: who acknowledges more than was sent has lost count, and is told so.
    fn acknowledged(&mut self, id: ConnectionId, element: &Element) {
        let Some(Counters { sent, .. }) = self.counters(id) else {
            return;
        };
        let Some(h) = element.attr("h").and_then(|h| h.parse::<u32>().ok()).filter(|h| h > sent)
        else {
            return;
        };
        let errors = ns::STREAM_ERRORS;
        let text = format!(
            "You acknowledged stanzas that we didn't send. Your Ack h: {h}, our last stanza: {sent}"
        );
        let error = format!(
            "<stream:error xmlns:stream=\"{}\"><undefined-condition xmlns=\"{errors}\"/><text xmlns=\"{errors}\">{text}</text></stream:error>",
            ns::STREAMS
        );
        self.say(id, error);
        self.close_silently(id);
    }

    /// Counts a stanza of the client.
    pub(crate) fn count_received(&mut self, id: ConnectionId) {
        if let Some(counters) = self.connections.get_mut(&id).and_then(|own| own.counters.as_mut())
        {
            counters.received = counters.received.wrapping_add(1);
        }
    }

    /// Counts a stanza of the server; true when it is time to ask whether they came.
    pub(crate) fn count_sent(&mut self, id: ConnectionId, text: &str) -> bool {
        let is_stanza =
            || ["<iq ", "<message ", "<presence "].iter().any(|start| text.starts_with(start));
        match self.connections.get_mut(&id).and_then(|own| own.counters.as_mut()) {
            Some(counters) if is_stanza() => {
                counters.sent = counters.sent.wrapping_add(1);
                counters.sent.is_multiple_of(REQUEST_EVERY)
            }
            _ => false,
        }
    }

    fn counters(&self, id: ConnectionId) -> Option<&Counters> {
        self.connections.get(&id)?.counters.as_ref()
    }
}
