//! Requests and answers: ids, subscriptions, pings, and the conditions of refusals (RFC 6120 §8).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom as _, SystemRandom};
use stanza::{Element, ns};

use crate::Fault;

/// An id that others cannot guess (RFC 6120 §8.1.3).
pub(crate) fn fresh_id() -> String {
    let mut octets = [0; 9];
    // Where the system has no randomness, an id that repeats is still an id.
    let _ = SystemRandom::new().fill(&mut octets);
    format!("c{}", URL_SAFE_NO_PAD.encode(octets))
}

/// The condition of a stanza error (RFC 6120 §8.3.2); of pubsub's own, the more telling one
/// (XEP-0060 §6.1.3).
pub(crate) fn condition(stanza: &Element) -> String {
    let error = stanza.child(ns::CLIENT, "error");
    let named = error.and_then(|error| {
        error
            .children()
            .find(|child| child.name.ns == ns::STANZA_ERRORS && child.name.local != "text")
    });
    named.map_or_else(|| "undefined-condition".to_owned(), |child| child.name.local.clone())
}

/// A subscription, or the end of one (XEP-0060 §6.1.1, §6.2.1).
pub(crate) fn subscription(verb: &str, pubsub: &str, node: &str, jid: &str) -> Element {
    let inner = Element::new(ns::PUBSUB, verb).with_attr("node", node).with_attr("jid", jid);
    Element::new(ns::CLIENT, "iq")
        .with_attr("type", "set")
        .with_attr("id", fresh_id())
        .with_attr("to", pubsub)
        .with_child(Element::new(ns::PUBSUB, "pubsub").with_child(inner))
}

/// Whether a result says that somebody has to approve the subscription first (XEP-0060 §6.1.4).
pub(crate) fn is_pending(result: &Element) -> bool {
    let pubsub = result.child(ns::PUBSUB, "pubsub");
    let subscription = pubsub.and_then(|pubsub| pubsub.child(ns::PUBSUB, "subscription"));
    subscription.is_some_and(|it| it.attr("subscription") == Some("pending"))
}

/// Somebody else's capabilities (XEP-0115 §5.2), for [`Fault::WrongCaps`].
pub(crate) fn other_caps() -> Element {
    Element::new(ns::CAPS, "c")
        .with_attr("hash", "sha-1")
        .with_attr("node", "http://code.google.com/p/exodus")
        .with_attr("ver", "QgayPKawpkPSDYmwT/WM94uAlu0=")
}

/// A ping to the server (XEP-0199 §4.2).
pub(crate) fn ping(domain: &str) -> Element {
    Element::new(ns::CLIENT, "iq")
        .with_attr("type", "get")
        .with_attr("id", fresh_id())
        .with_attr("to", domain)
        .with_child(Element::new(ns::PING, "ping"))
}

/// The answer to a request of the server's: here we are, these are our features, or that we do not
/// know it (RFC 6120 §8.2.3).
pub(crate) fn answer(request: &Element, fault: Option<Fault>) -> Element {
    let claims = fault == Some(Fault::ClaimEverything);
    let tells = request.child(ns::DISCO_INFO, "query").is_some() && !claims;
    let is_known = request.child(ns::PING, "ping").is_some() || tells || claims;
    let mut answer =
        Element::new(ns::CLIENT, "iq").with_attr("type", if is_known { "result" } else { "error" });
    for (ours, theirs) in [("id", "id"), ("to", "from")] {
        if let Some(value) = request.attr(theirs) {
            answer = answer.with_attr(ours, value);
        }
    }
    if tells {
        // XEP-0199 §5: a client that answers pings says so.
        let names = [ns::DISCO_INFO, ns::PING];
        let told =
            names.into_iter().filter(|name| *name != ns::PING || fault != Some(Fault::SecretPing));
        let identity = Element::new(ns::DISCO_INFO, "identity").with_attr("category", "client");
        let query =
            Element::new(ns::DISCO_INFO, "query").with_child(identity.with_attr("type", "pc"));
        let query = told.fold(query, |query, name| {
            query.with_child(Element::new(ns::DISCO_INFO, "feature").with_attr("var", name))
        });
        return answer.with_child(query);
    }
    if is_known {
        return answer;
    }
    let condition = Element::new(ns::STANZA_ERRORS, "service-unavailable");
    answer.with_child(
        Element::new(ns::CLIENT, "error").with_attr("type", "cancel").with_child(condition),
    )
}
