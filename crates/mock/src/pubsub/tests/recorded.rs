//! The engine against conversations recorded from Openfire 4.4.4, byte for byte but for generated values.

use stanza::Jid;

use super::{jid, send, service};
use crate::pubsub::config::{AccessModel, NodeConfig};
use crate::pubsub::{PubSub, PubSubPolicy};

#[test]
fn subscribing_is_as_recorded() {
    replay(include_str!("../testdata/subscribe.txt"));
}

#[test]
fn access_is_as_recorded() {
    replay(include_str!("../testdata/access.txt"));
}

#[test]
fn publishing_is_as_recorded() {
    replay(include_str!("../testdata/publish.txt"));
}

#[test]
fn events_are_as_recorded() {
    replay(include_str!("../testdata/events.txt"));
}

#[test]
fn managing_nodes_is_as_recorded() {
    replay(include_str!("../testdata/manage.txt"));
}

#[test]
fn discovery_is_as_recorded() {
    replay(include_str!("../testdata/disco.txt"));
}

/// Plays each scenario of a file: `# name`, `node PATH [KIND]`, `absent JID`, `JID > sent`, `JID < received`.
fn replay(file: &str) {
    for scenario in file.split("# ").filter(|scenario| !scenario.is_empty()) {
        let (name, lines) = scenario.split_once('\n').expect("a scenario has lines");
        play(name, lines);
    }
}

fn play(name: &str, lines: &str) {
    let mut service = service(PubSubPolicy::openfire(), None);
    let mut said = Vec::new();
    let mut recorded = Vec::new();
    let mut absent = Vec::new();
    for line in lines.lines().filter(|line| !line.is_empty()) {
        if let Some(node) = line.strip_prefix("node ") {
            create(&mut service, node);
        } else if let Some(address) = line.strip_prefix("absent ") {
            absent.push(jid(address));
        } else if let Some((from, xml)) = line.split_once(" > ") {
            let from = jid(from);
            let answers = send(&mut service, &from, xml);
            assert_reply_first(name, &from, xml, &answers);
            // The router drops what goes to nobody.
            let delivered = answers.iter().filter(|answer| !absent.contains(&answer.to));
            said.extend(delivered.map(|answer| comparable(&answer.xml)));
        } else {
            let (_, xml) = line.split_once(" < ").expect("a line has a direction");
            recorded.push(comparable(xml));
        }
    }
    // Openfire answers from several threads: the order over all connections means nothing.
    said.sort();
    recorded.sort();
    assert_eq!(said.join("\n"), recorded.join("\n"), "{name}");
}

fn create(service: &mut PubSub, node: &str) {
    let (path, kind) = node.split_once(' ').unwrap_or((node, ""));
    let mut config = NodeConfig::new(path);
    match kind {
        "unsubscribable" => config.subscribe = false,
        "bare" => config.deliver_payloads = false,
        "persistent" => (config.persist_items, config.max_items) = (true, 10),
        "" => {}
        model => {
            config.access =
                model.parse::<AccessModel>().expect("the scenario names an access model")
        }
    }
    service.create(config);
}

/// The reply comes before what follows from it.
fn assert_reply_first(
    name: &str,
    from: &Jid,
    request: &str,
    answers: &[crate::outgoing::Outgoing],
) {
    let request = stanza::parse(request).expect("a recorded request is well-formed");
    if let Some(first) = answers.first().filter(|_| request.name.local == "iq") {
        assert_eq!(first.to, *from, "{name}");
        let reply = stanza::parse(&first.xml).expect("a reply is well-formed");
        assert_eq!(reply.attr("id"), request.attr("id"), "{name}");
    }
}

/// The text with generated values replaced, and lists, whose order is that of Openfire's hash tables, sorted.
fn comparable(xml: &str) -> String {
    let mut parts = xml.split('"');
    let mut out = parts.next().unwrap_or_default().to_owned();
    while let (Some(value), Some(after)) = (parts.next(), parts.next()) {
        let message_id = out.starts_with("<message ") && !out.contains('>') && is_message_id(value);
        let generated =
            out.ends_with(" stamp=") || out.ends_with(" id=") && (message_id || is_item_id(value));
        out.push_str(&format!("\"{}\"{after}", if generated { "…" } else { value }));
    }
    if ["<affiliations>", "<subscriptions>", "disco#items"].iter().any(|list| out.contains(list)) {
        let mut pieces: Vec<&str> = out.split('<').collect();
        pieces.sort_unstable();
        return pieces.join("<");
    }
    out
}

fn is_message_id(value: &str) -> bool {
    value.len() == 8 && value.bytes().all(|octet| octet.is_ascii_alphanumeric())
}

/// A UUID with a number behind it.
fn is_item_id(value: &str) -> bool {
    let groups: Vec<usize> = value.split('-').map(str::len).collect();
    matches!(groups.as_slice(), [8, 4, 4, 4, last] if *last > 12)
}
