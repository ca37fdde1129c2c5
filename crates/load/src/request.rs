//! What the clients say, as text.

use stanza::{escape, ns};

use crate::server::Account;

/// `<open/>` (RFC 7395 §3.4).
pub(crate) fn open(domain: &str) -> String {
    format!("<open xmlns=\"{}\" to=\"{}\" version=\"1.0\"/>", ns::FRAMING, escape::attr(domain))
}

/// `<close/>` (RFC 7395 §3.6).
pub(crate) fn close() -> String {
    format!("<close xmlns=\"{}\"/>", ns::FRAMING)
}

/// `<auth/>` with PLAIN (RFC 4616 §2).
pub(crate) fn auth(account: &Account) -> String {
    use base64::Engine as _;
    let message = format!("\0{}\0{}", account.name, account.password);
    let message = base64::engine::general_purpose::STANDARD.encode(message);
    format!("<auth xmlns=\"{}\" mechanism=\"PLAIN\">{message}</auth>", ns::SASL)
}

/// Initial presence (RFC 6121 §4.2).
pub(crate) fn presence() -> String {
    format!("<presence xmlns=\"{}\"/>", ns::CLIENT)
}

/// A request with this payload, to the server itself or to one of its services.
pub(crate) fn set(id: &str, to: Option<&str>, payload: &str) -> String {
    let to = to.map_or_else(String::new, |to| format!(" to=\"{}\"", escape::attr(to)));
    format!("<iq xmlns=\"{}\" type=\"set\" id=\"{id}\"{to}>{payload}</iq>", ns::CLIENT)
}

/// The answer to a request that this client knows nothing of (RFC 6120 §8.3.3.19).
pub(crate) fn unavailable(id: &str, to: Option<&str>) -> String {
    let to = to.map_or_else(String::new, |to| format!(" to=\"{}\"", escape::attr(to)));
    format!(
        "<iq xmlns=\"{}\" type=\"error\" id=\"{}\"{to}><error type=\"cancel\">\
         <service-unavailable xmlns=\"{}\"/></error></iq>",
        ns::CLIENT,
        escape::attr(id),
        ns::STANZA_ERRORS
    )
}

/// `<bind/>` (RFC 6120 §7.7).
pub(crate) fn bind(resource: &str) -> String {
    let resource = escape::text(resource);
    format!("<bind xmlns=\"{}\"><resource>{resource}</resource></bind>", ns::BIND)
}

/// `<create/>` (XEP-0060 §8.1.2).
pub(crate) fn create(node: &str) -> String {
    pubsub(ns::PUBSUB, &format!("<create node=\"{}\"/>", escape::attr(node)))
}

/// `<subscribe/>` (XEP-0060 §6.1.1).
pub(crate) fn subscribe(node: &str, jid: &str) -> String {
    let (node, jid) = (escape::attr(node), escape::attr(jid));
    pubsub(ns::PUBSUB, &format!("<subscribe node=\"{node}\" jid=\"{jid}\"/>"))
}

/// `<publish/>` of one item (XEP-0060 §7.1.1).
pub(crate) fn publish(node: &str, payload: &str) -> String {
    let node = escape::attr(node);
    pubsub(ns::PUBSUB, &format!("<publish node=\"{node}\"><item>{payload}</item></publish>"))
}

/// `<delete/>` (XEP-0060 §8.4.1).
pub(crate) fn delete(node: &str) -> String {
    pubsub(ns::PUBSUB_OWNER, &format!("<delete node=\"{}\"/>", escape::attr(node)))
}

fn pubsub(ns: &str, content: &str) -> String {
    format!("<pubsub xmlns=\"{ns}\">{content}</pubsub>")
}
