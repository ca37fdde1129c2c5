//! Requests that make the nodes of a target file (XEP-0060 §8.1, §8.9).

use std::collections::BTreeMap;

use stanza::{Element, ns};

/// Configuration of every node, as in Finesse: items are neither stored nor sent to new
/// subscribers.
const USUAL: [(&str, &str); 2] = [("persist_items", "0"), ("send_last_published_item", "never")];

/// A request to the publish-subscribe service.
pub(crate) struct NodeRequest {
    /// The purpose, for the message about a refusal.
    pub(crate) what: String,
    /// The payload of the iq of type `set`.
    pub(crate) payload: Element,
}

/// The requests that make the nodes in `provides`, with the rights of `agent`, a bare JID.
pub(crate) fn requests(provides: &BTreeMap<String, String>, agent: &str) -> Vec<NodeRequest> {
    let mut requests = Vec::new();
    for (name, own) in [
        ("node.open", ("access_model", "open")),
        ("node.whitelist", ("access_model", "whitelist")),
        ("node.outcast", ("access_model", "open")),
        ("node.no-subscribe", ("subscribe", "0")),
        ("node.publish", ("publish_model", "open")),
        ("node.team", ("access_model", "open")),
    ] {
        let Some(node) = provides.get(name) else { continue };
        requests.push(create(node, own));
        if name == "node.outcast" {
            requests.push(cast_out(node, agent));
        }
    }
    requests
}

fn create(node: &str, own: (&str, &str)) -> NodeRequest {
    let field = |name: String, value: &str| {
        let value = Element::new(ns::DATA_FORMS, "value").with_text(value);
        Element::new(ns::DATA_FORMS, "field").with_attr("var", name).with_child(value)
    };
    let mut form = Element::new(ns::DATA_FORMS, "x").with_attr("type", "submit").with_child(
        field("FORM_TYPE".to_owned(), "http://jabber.org/protocol/pubsub#node_config")
            .with_attr("type", "hidden"),
    );
    for (name, value) in USUAL.into_iter().chain([own]) {
        form = form.with_child(field(format!("pubsub#{name}"), value));
    }
    let create = Element::new(ns::PUBSUB, "create").with_attr("node", node);
    let configure = Element::new(ns::PUBSUB, "configure").with_child(form);
    NodeRequest {
        what: format!("making the node {node}"),
        payload: Element::new(ns::PUBSUB, "pubsub").with_child(create).with_child(configure),
    }
}

fn cast_out(node: &str, jid: &str) -> NodeRequest {
    let affiliation = Element::new(ns::PUBSUB_OWNER, "affiliation")
        .with_attr("jid", jid)
        .with_attr("affiliation", "outcast");
    let affiliations = Element::new(ns::PUBSUB_OWNER, "affiliations")
        .with_attr("node", node)
        .with_child(affiliation);
    NodeRequest {
        what: format!("banning {jid} from {node}"),
        payload: Element::new(ns::PUBSUB_OWNER, "pubsub").with_child(affiliations),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_promised_nodes_are_made() {
        let provides =
            [("node.outcast", "/lab/outcast"), ("node.absent", "/lab/absent"), ("time", "")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let requests = requests(&provides.into(), "1001@lab.test");
        let made: Vec<String> =
            requests.iter().map(|request| stanza::print(&request.payload)).collect();
        assert_eq!(made.len(), 2, "{made:?}");
        assert!(made[0].contains("node=\"/lab/outcast\""), "{made:?}");
        assert!(made[1].contains("jid=\"1001@lab.test\""), "{made:?}");
    }
}
