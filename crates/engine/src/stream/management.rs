//! Stream management without resumption (XEP-0198), for servers that have it switched on (recorded:
//! var2_sm_basic, stock_sm).

use stanza::{Element, ns};

use super::Stream;
use crate::context::{Context, Effect};
use crate::outgoing::{ElementKind, Outgoing};

/// XEP-0198 §2.
pub(super) const NAMESPACE: &str = ns::STREAM_MANAGEMENT;

/// After so many stanzas the server asks for an acknowledgement.
const REQUEST_EVERY: u32 = 5;

/// The stanzas of a stream since stream management was enabled on it.
#[derive(Debug, Default)]
pub(super) struct Counters {
    received: u32,
    sent: u32,
}

impl Stream {
    /// Takes an element of stream management where the server offers that; false for anything else.
    pub(super) fn management(&mut self, cx: &mut Context, element: &Element) -> bool {
        cx.settings.profile.stream_management && self.managed(cx, element)
    }

    /// Takes an element of stream management, as far as the server has it; false for anything else.
    pub(super) fn managed(&mut self, cx: &mut Context, element: &Element) -> bool {
        if element.name.ns != NAMESPACE {
            return false;
        }
        match element.name.local.as_str() {
            "enable" => self.enable_counting(cx),
            "r" => {
                if let Some(Counters { received, .. }) = self.counters {
                    self.say(cx, None, format!("<a xmlns='{NAMESPACE}' h='{received}' />"));
                }
            }
            "a" => self.acknowledged(cx, element),
            _ => return false,
        }
        true
    }

    /// XEP-0198 §3. A second request switches the counting off (recorded: stock_sm).
    fn enable_counting(&mut self, cx: &mut Context) {
        if self.bound.is_some() && self.counters.is_none() {
            self.counters = Some(Counters::default());
            self.say(cx, None, format!("<enabled xmlns=\"{NAMESPACE}\"/>"));
            return;
        }
        self.counters = None;
        self.say(
            cx,
            None,
            format!(
                "<failed xmlns='{NAMESPACE}'><unexpected-request xmlns='{}'/></failed>",
                ns::STANZA_ERRORS
            ),
        );
    }

    /// XEP-0198 §4: a client that acknowledges more than was sent has lost count, and is told so.
    fn acknowledged(&mut self, cx: &mut Context, element: &Element) {
        let Some(Counters { sent, .. }) = self.counters else {
            return;
        };
        let Some(h) = element.attr("h").and_then(|h| h.parse::<u32>().ok()).filter(|h| *h > sent)
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
        self.say(cx, ElementKind::StreamError, error);
        cx.want(Effect::Kick(self.id));
    }

    /// Counts a stanza of the client.
    pub(super) fn count_received(&mut self) {
        if let Some(counters) = &mut self.counters {
            counters.received = counters.received.wrapping_add(1);
        }
    }

    /// Counts what the server sends; the request for an acknowledgement when it is time for one.
    pub(crate) fn count_sent(&mut self, outgoing: &Outgoing) -> Option<Outgoing> {
        let counters = self.counters.as_mut().filter(|_| outgoing.is_stanza())?;
        counters.sent = counters.sent.wrapping_add(1);
        let is_time = counters.sent.is_multiple_of(REQUEST_EVERY);
        is_time.then(|| Outgoing::new(None, format!("<r xmlns='{NAMESPACE}' />")))
    }
}
