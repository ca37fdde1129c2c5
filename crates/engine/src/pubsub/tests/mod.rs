//! The engine against recorded conversations, against XEP-0060, and against a plain model of
//! itself.

mod approval;
mod faults;
mod items;
mod limits;
mod model;
mod notifications;
mod openfire;
mod personal;
mod source;
mod strict;
mod weight;

use std::time::{Duration, SystemTime};

use contact::{Calendar, Chance};
use stanza::Jid;

use super::{Accounts, NodeConfig, PubSub, PubSubPolicy};
use crate::budget::Budget;
use crate::fault::Faults;
use crate::outgoing::Addressed;

const DOMAIN: &str = "uccx.example.com";

/// The memory for what clients make the service keep.
const MEMORY: usize = 16 << 20;

/// The accounts of the recorded server.
struct Registered;

impl Accounts for Registered {
    fn sees_presence(&self, _: &Jid, _: &Jid) -> bool {
        false
    }

    fn shows_contact(&self, _: &Jid, _: &Jid) -> Option<bool> {
        None
    }

    fn available(&self, _: &Jid) -> Vec<Jid> {
        Vec::new()
    }

    fn has_feature(&self, _: &Jid, _: &str) -> Option<bool> {
        None
    }

    fn is_registered(&self, local: &str) -> bool {
        matches!(
            local,
            "agent1001" | "agent1002" | "agent1003" | "agent1004" | "finesse" | "administrator"
        )
    }
}

fn service(policy: PubSubPolicy) -> PubSub {
    service_within(Budget::new(MEMORY), policy)
}

/// The same with a budget that others have, too.
fn service_within(memory: Budget, policy: PubSubPolicy) -> PubSub {
    let calendar = Calendar::new(SystemTime::UNIX_EPOCH);
    let mut service = PubSub::new(DOMAIN, policy, calendar, Chance::new(0), memory);
    service.create(NodeConfig::new("/finesse/api/User/agent1001"));
    service.create(NodeConfig::new("/finesse/api/Team/1/Users"));
    service
}

fn jid(text: &str) -> Jid {
    Jid::parse(text).expect("the test's address is one")
}

/// `agent1001/desktop` at the test's domain.
fn user(text: &str) -> Jid {
    match text.split_once('/') {
        Some((local, resource)) => jid(&format!("{local}@{DOMAIN}/{resource}")),
        None => jid(&format!("{text}@{DOMAIN}")),
    }
}

/// Lets `from` send a stanza to the service.
fn send(service: &mut PubSub, from: &Jid, xml: &str) -> Vec<Addressed> {
    send_amid(&Faults::default(), service, from, xml)
}

/// The same while the server has faults.
fn send_amid(faults: &Faults, service: &mut PubSub, from: &Jid, xml: &str) -> Vec<Addressed> {
    let element = stanza::parse(xml).expect("the test's stanza is well-formed");
    match element.name.local.as_str() {
        "message" => service.handle_message(Duration::ZERO, &element, from),
        _ => service.handle(Duration::ZERO, &element, from, &Registered, faults, None).0,
    }
}

/// The text of an answer or a notification.
fn text(addressed: Addressed) -> String {
    addressed.written(&mut Chance::new(0)).xml
}

/// Sends `<pubsub>content</pubsub>` and gives the answers without their envelopes' common
/// beginning.
fn ask(service: &mut PubSub, from: &Jid, kind: &str, content: &str) -> Vec<String> {
    ask_in(service, from, kind, stanza::ns::PUBSUB, content)
}

fn ask_in(
    service: &mut PubSub,
    from: &Jid,
    kind: &str,
    namespace: &str,
    content: &str,
) -> Vec<String> {
    send(service, from, &iq(kind, namespace, content)).into_iter().map(text).collect()
}

fn iq(kind: &str, namespace: &str, content: &str) -> String {
    format!(
        r#"<iq xmlns="jabber:client" type="{kind}" id="q" to="pubsub.{DOMAIN}"><pubsub xmlns="{namespace}">{content}</pubsub></iq>"#
    )
}

/// A form that is filled in.
fn form(fields: &[(&str, &str)]) -> String {
    let field =
        |(var, value): &(&str, &str)| format!("<field var='{var}'><value>{value}</value></field>");
    let fields: String = fields.iter().map(field).collect();
    format!("<x xmlns='jabber:x:data' type='submit'>{fields}</x>")
}

/// Type, condition and pubsub condition of an error answer.
fn error_of(answers: &[String]) -> (String, String, String) {
    let answer = stanza::parse(&answers[0]).expect("the answer is well-formed");
    assert_eq!(answer.attr("type"), Some("error"), "{}", answers[0]);
    let error = answer.child(stanza::ns::CLIENT, "error").expect("an error answer has an error");
    assert_eq!(error.attr("code"), None, "{}", answers[0]);
    let mut conditions = error.children().map(|child| child.name.local.clone());
    let kind = error.attr("type").unwrap_or_default().to_owned();
    (kind, conditions.next().unwrap_or_default(), conditions.next().unwrap_or_default())
}
