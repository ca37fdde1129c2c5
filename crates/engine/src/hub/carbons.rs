//! Copies of messages for other resources of an account (XEP-0280).

use stanza::{Element, Jid, Node, Writer, ns};

use crate::outgoing::{ElementKind, Outgoing};
use crate::spelling::stanza_text;

/// XEP-0280.
pub(super) const CARBONS: &str = "urn:xmpp:carbons:2";
/// XEP-0297.
const FORWARD: &str = "urn:xmpp:forward:0";

/// Whether a message is marked as not to be copied.
pub(super) fn is_private(message: &Element) -> bool {
    message.child(CARBONS, "private").is_some()
}

/// Takes out that mark, which is for the server alone (XEP-0280 §9).
pub(super) fn take_out_private(message: &mut Element) {
    let is_mark =
        |node: &Node| matches!(node, Node::Element(child) if child.is(CARBONS, "private"));
    if let Some(mark) = message.nodes.iter().position(is_mark) {
        message.nodes.remove(mark);
    }
}

/// Whether a message says that it is a copy itself.
pub(super) fn is_copy(message: &Element) -> bool {
    is_received(message) || message.child(CARBONS, "sent").is_some()
}

/// Whether a message says that it is a copy of one that was received.
pub(super) fn is_received(message: &Element) -> bool {
    message.child(CARBONS, "received").is_some()
}

/// The copy of a message that another resource of the account has sent.
pub(super) fn sent(message: &Element, account: &Jid, to: &Jid) -> Outgoing {
    copy("sent", message, account, to)
}

/// The copy of a message that another resource of the account has received.
pub(super) fn received(message: &Element, account: &Jid, to: &Jid) -> Outgoing {
    copy("received", message, account, to)
}

fn copy(direction: &str, message: &Element, account: &Jid, to: &Jid) -> Outgoing {
    let mut xml = Writer::default();
    xml.start("message");
    xml.attr("xmlns", ns::CLIENT);
    xml.attr("type", message.attr("type").unwrap_or("chat"));
    xml.attr("from", &account.to_string());
    xml.attr("to", &to.to_string());
    xml.start(direction);
    xml.attr("xmlns", CARBONS);
    xml.start("forwarded");
    xml.attr("xmlns", FORWARD);
    xml.raw(&stanza_text(message, ""));
    xml.end("forwarded");
    xml.end(direction);
    xml.end("message");
    Outgoing::new(ElementKind::Message, xml.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(content: &str) -> Element {
        let xml = format!(
            "<message xmlns='jabber:client' to='b@d' type='chat' from='a@d/x'>{content}</message>"
        );
        stanza::parse(&xml).expect("the test's XML is well-formed")
    }

    #[test]
    fn a_copy_has_the_recorded_form() {
        let jid = |text| Jid::parse(text).expect("a JID");
        assert_eq!(
            sent(&message("<body>hello</body>"), &jid("a@d"), &jid("a@d/y")).xml,
            r#"<message xmlns="jabber:client" type="chat" from="a@d" to="a@d/y"><sent xmlns="urn:xmpp:carbons:2"><forwarded xmlns="urn:xmpp:forward:0"><message xmlns="jabber:client" to="b@d" type="chat" from="a@d/x"><body>hello</body></message></forwarded></sent></message>"#
        );
    }

    #[test]
    fn the_mark_is_for_the_server() {
        let mut marked = message("<body>p</body><private xmlns='urn:xmpp:carbons:2'/>");
        assert!(is_private(&marked) && !is_copy(&marked));
        take_out_private(&mut marked);
        assert!(!is_private(&marked) && marked.children().count() == 1);
    }
}
