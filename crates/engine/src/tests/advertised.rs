//! Every feature that the strict profile lists in disco#info is there: its first request gets a
//! result, or an error that is about the request and not about the feature.

use std::time::Duration;

use stanza::{Element, ns};
use wire::{Assembler, Decoder, Frame, Message, Side, opcode};

use crate::accounts::Directory;
use crate::engine::Engine;
use crate::numbers::ConnectionId;
use crate::outlet::Output;
use crate::profile::Profile;

const DOMAIN: &str = "uccx.example.com";
const OWN: &str = "agent1001@uccx.example.com";
const OPEN: &str =
    r#"<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="uccx.example.com" version="1.0"/>"#;
/// `NUL agent1001 NUL Secr3t!` in base64.
const AUTH: &str = r#"<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="PLAIN">AGFnZW50MTAwMQBTZWNyM3Qh</auth>"#;
const BIND: &str = r#"<iq xmlns="jabber:client" type="set" id="b"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/></iq>"#;

/// A session with a server.
struct Session {
    engine: Engine,
    id: ConnectionId,
    decoder: Decoder,
    assembler: Assembler,
}

impl Session {
    fn new(profile: Profile) -> Self {
        let mut accounts = Directory::default();
        accounts.add("agent1001", "Secr3t!");
        let mut engine = super::engine(DOMAIN, profile, accounts);
        let id = engine.accept(Duration::ZERO, crate::Peer::default());
        engine.receive(Duration::ZERO, id, super::robust::UPGRADE);
        super::outputs(&mut engine);
        let (decoder, assembler) = (Decoder::new(1 << 20), Assembler::new(Side::Client, 1 << 20));
        let mut session = Self { engine, id, decoder, assembler };
        for said in [OPEN, AUTH, OPEN, BIND] {
            assert!(!session.say(said).is_empty(), "{said}");
        }
        session
    }

    /// The elements that come for one.
    fn say(&mut self, text: &str) -> Vec<Element> {
        let frame = Frame::new(opcode::TEXT, text).masked([1, 2, 3, 4]);
        self.engine.receive(Duration::ZERO, self.id, &frame.encode());
        let mut came = Vec::new();
        for (_, output) in super::outputs(&mut self.engine) {
            let Output::Octets(octets) = output else { continue };
            self.decoder.push(&octets);
            while let Ok(Some(decoded)) = self.decoder.next() {
                if let Ok(Some((Message::Text(text), _))) = self.assembler.feed(decoded.frame) {
                    came.push(stanza::parse(&text).expect("the server sends XML"));
                }
            }
        }
        came
    }

    /// The answer to a request.
    fn ask(&mut self, kind: &str, to: &str, payload: &str) -> Element {
        let iq =
            format!(r#"<iq xmlns="jabber:client" type="{kind}" id="q" to="{to}">{payload}</iq>"#);
        let came = self.say(&iq);
        let answer = came.into_iter().find(|stanza| stanza.attr("id") == Some("q"));
        answer.unwrap_or_else(|| panic!("no answer to {iq}"))
    }

    fn features(&mut self, of: &str) -> Vec<String> {
        let query = format!("<query xmlns='{}'/>", ns::DISCO_INFO);
        let answer = self.ask("get", of, &query);
        let query = answer.child(ns::DISCO_INFO, "query").expect("disco#info is answered");
        let features = query.children().filter(|child| child.name.local == "feature");
        features.filter_map(|feature| feature.attr("var").map(str::to_owned)).collect()
    }
}

/// The first request of a feature: its type and its payload.
fn first_request(feature: &str) -> Option<(&'static str, String)> {
    let get = |payload: String| Some(("get", payload));
    let pubsub = |kind, inner: &str| {
        Some((kind, format!("<pubsub xmlns='{}'>{inner}</pubsub>", ns::PUBSUB)))
    };
    let owner = |kind, inner: &str| {
        Some((kind, format!("<pubsub xmlns='{}'>{inner}</pubsub>", ns::PUBSUB_OWNER)))
    };
    let own = format!("jid='{OWN}'");
    match feature {
        ns::DISCO_INFO | ns::DISCO_ITEMS | ns::ROSTER | ns::VERSION => {
            get(format!("<query xmlns='{feature}'/>"))
        }
        ns::PING => get(format!("<ping xmlns='{feature}'/>")),
        "urn:xmpp:time" => get(format!("<time xmlns='{feature}'/>")),
        ns::PUBSUB => pubsub("get", "<subscriptions/>"),
        _ => match feature.strip_prefix(ns::PUBSUB)?.strip_prefix('#')? {
            "retrieve-subscriptions" => pubsub("get", "<subscriptions/>"),
            "retrieve-affiliations" => pubsub("get", "<affiliations/>"),
            "retrieve-items" | "persistent-items" | "item-ids" | "last-published"
            | "access-open" => pubsub("get", "<items node='probe'/>"),
            "retrieve-default" => owner("get", "<default/>"),
            "retrieve-default-sub" => pubsub("get", "<default/>"),
            "create-nodes" => pubsub("set", "<create node='created'/>"),
            "instant-nodes" => pubsub("set", "<create/>"),
            "create-and-configure" => pubsub("set", "<create node='configured'/><configure/>"),
            "publish" | "publish-options" | "publisher-affiliation" => {
                pubsub("set", "<publish node='probe'><item><x xmlns='urn:x'/></item></publish>")
            }
            "retract-items" => pubsub("set", "<retract node='probe'><item id='i'/></retract>"),
            "subscribe" | "subscription-notifications" => {
                pubsub("set", &format!("<subscribe node='probe' {own}/>"))
            }
            "subscription-options" => pubsub("get", &format!("<options node='probe' {own}/>")),
            "config-node" => owner("get", "<configure node='probe'/>"),
            "delete-nodes" => owner("set", "<delete node='probe'/>"),
            "purge-nodes" => owner("set", "<purge node='probe'/>"),
            "manage-subscriptions" => owner("get", "<subscriptions node='probe'/>"),
            "modify-affiliations" | "outcast-affiliation" | "member-affiliation" => {
                owner("get", "<affiliations node='probe'/>")
            }
            "meta-data" => get(format!("<query xmlns='{}' node='probe'/>", ns::DISCO_INFO)),
            _ => None,
        },
    }
}

#[test]
fn every_feature_of_strict_answers_its_first_request() {
    for address in [DOMAIN, OWN, "pubsub.uccx.example.com"] {
        let features = Session::new(Profile::strict()).features(address);
        assert!(features.iter().any(|feature| feature == ns::DISCO_INFO), "{address}");
        for feature in features {
            let (kind, payload) = first_request(&feature)
                .unwrap_or_else(|| panic!("{address} lists {feature}: how is it asked?"));
            let is_pubsub = feature.starts_with(ns::PUBSUB);
            // The domain lists what the service of each account has.
            let to = if is_pubsub && address == DOMAIN { OWN } else { address };
            let mut session = Session::new(Profile::strict());
            if is_pubsub {
                let node = format!(
                    "<pubsub xmlns='{}'><publish node='probe'><item id='i'><x xmlns='urn:x'/>\
                     </item></publish></pubsub>",
                    ns::PUBSUB
                );
                session.ask("set", to, &node);
            }
            let answer = session.ask(kind, to, &payload);
            let error = answer.child(ns::CLIENT, "error");
            let missing = error.is_some_and(|error| {
                error.children().any(|condition| {
                    matches!(
                        condition.name.local.as_str(),
                        "service-unavailable" | "feature-not-implemented" | "unsupported"
                    )
                })
            });
            assert!(!missing, "{to} lists {feature} and answers {payload} by {answer:?}");
        }
    }
}
