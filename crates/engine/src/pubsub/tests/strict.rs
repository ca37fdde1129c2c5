//! Where the strict profile follows XEP-0060 and Openfire does not.

use stanza::ns;

use super::{DOMAIN, ask, ask_in, error_of, send, service, text, user};
use crate::pubsub::config::{AccessModel, NodeConfig};
use crate::pubsub::{PubSub, PubSubPolicy};

const NODE: &str = "/finesse/api/User/agent1001";
const ME: &str = "agent1001@uccx.example.com/desktop";

fn strict() -> PubSub {
    let mut service = service(PubSubPolicy::strict());
    service.create(NodeConfig::new("/closed").whitelist(["agent1002"]));
    service.create(NodeConfig::new("/outcast").outcast("agent1001"));
    service.create(NodeConfig::new("/off").subscribe(false));
    service.create(NodeConfig::new("/asked").access(AccessModel::Authorize));
    service.create(NodeConfig::new("/presence").access(AccessModel::Presence));
    service
}

#[test]
fn refusals_name_their_conditions() {
    let mut service = strict();
    let mut expect = |clause: &str, kind: &str, content: &str, error: (&str, &str, &str)| {
        let found = error_of(&ask(&mut service, &user("agent1001/desktop"), kind, content));
        assert_eq!(
            (found.0.as_str(), found.1.as_str(), found.2.as_str()),
            error,
            "{clause}: {content}"
        );
    };
    let subscribe = |node: &str| format!(r#"<subscribe node="{node}" jid="{ME}"/>"#);
    let bad = |detail| ("modify", "bad-request", detail);
    expect("§6.1.1", "set", &format!(r#"<subscribe jid="{ME}"/>"#), bad("nodeid-required"));
    expect("§6.1.1", "set", &format!(r#"<subscribe node="{NODE}"/>"#), bad("jid-required"));
    expect(
        "§6.1.1",
        "set",
        &format!(r#"<subscribe node="{NODE}" jid="a@b@c"/>"#),
        bad("invalid-jid"),
    );
    expect("§6.1.1", "get", &subscribe(NODE), bad(""));
    expect("§6.1.1", "set", &(subscribe(NODE) + &subscribe("/off")), bad(""));
    expect(
        "§6.1.3.1",
        "set",
        &format!(r#"<subscribe node="{NODE}" jid="agent1002@{DOMAIN}"/>"#),
        bad("invalid-jid"),
    );
    expect(
        "§6.1.3.2",
        "set",
        &subscribe("/presence"),
        ("auth", "not-authorized", "presence-subscription-required"),
    );
    expect("§6.1.3.4", "set", &subscribe("/closed"), ("cancel", "not-allowed", "closed-node"));
    expect("§6.1.3.8", "set", &subscribe("/outcast"), ("auth", "forbidden", ""));
    expect(
        "§6.1.3.10",
        "set",
        &subscribe("/off"),
        ("cancel", "feature-not-implemented", "unsupported"),
    );
    expect("§6.1.3.12", "set", &subscribe("/absent"), ("cancel", "item-not-found", ""));
    let unsubscribe = |jid: &str| format!(r#"<unsubscribe node="{NODE}" jid="{jid}"/>"#);
    expect("§6.2.1", "set", &format!(r#"<unsubscribe node="{NODE}"/>"#), bad("jid-required"));
    expect("§6.2.3.2", "set", &unsubscribe(ME), ("wait", "unexpected-request", "not-subscribed"));
    expect(
        "§6.2.3.3",
        "set",
        &unsubscribe("agent1002@uccx.example.com"),
        ("auth", "forbidden", ""),
    );
    expect(
        "§6.2.3.4",
        "set",
        r#"<unsubscribe node="/absent" jid="agent1001@uccx.example.com"/>"#,
        ("cancel", "item-not-found", ""),
    );
    expect(
        "§6.5.9.8",
        "get",
        r#"<items node="/closed"/>"#,
        ("cancel", "not-allowed", "closed-node"),
    );
    expect("§6.5.9.10", "get", r#"<items node="/outcast"/>"#, ("auth", "forbidden", ""));
    let publish =
        format!(r#"<publish node="{NODE}"><item><x xmlns="urn:example:probe"/></item></publish>"#);
    expect("§7.1.3.1", "set", &publish, ("auth", "forbidden", ""));
    expect("§8.1.1", "set", r#"<create node="/mine"/>"#, ("auth", "forbidden", ""));
    expect("RFC 6120 §8.3.3.1", "set", "<frobnicate/>", bad(""));
    expect("RFC 6120 §8.3.3.1", "set", "", bad(""));
}

#[test]
fn a_second_request_while_pending_is_refused() {
    let mut service = strict();
    let subscribe = format!(r#"<subscribe node="/asked" jid="{ME}"/>"#);
    let first = ask(&mut service, &user("agent1001/desktop"), "set", &subscribe);
    assert!(first[0].contains(r#"subscription="pending""#), "{}", first[0]);
    let again = error_of(&ask(&mut service, &user("agent1001/desktop"), "set", &subscribe));
    assert_eq!((again.1.as_str(), again.2.as_str()), ("not-authorized", "pending-subscription"));
}

#[test]
fn results_are_those_of_the_examples() {
    let mut service = service(PubSubPolicy::strict());
    let me = user("agent1001/desktop");
    let envelope = |content: &str| {
        format!(
            r#"<iq xmlns="jabber:client" type="result" id="q" from="pubsub.{DOMAIN}" to="{ME}"><pubsub xmlns="{}">{content}</pubsub></iq>"#,
            ns::PUBSUB
        )
    };
    let none = ask(&mut service, &me, "get", "<affiliations/>");
    assert_eq!(none[0], envelope("<affiliations/>"));
    let subscribed =
        ask(&mut service, &me, "set", &format!(r#"<subscribe node="{NODE}" jid="{ME}"/>"#));
    let state = format!(r#"<subscription node="{NODE}" jid="{ME}" subscription="subscribed"/>"#);
    assert_eq!(subscribed, [envelope(&state)]);
    // Twice is once (XEP-0060 §6.1.6).
    let again = ask(&mut service, &me, "set", &format!(r#"<subscribe node="{NODE}" jid="{ME}"/>"#));
    assert_eq!(again, subscribed);
    let listed = ask(&mut service, &me, "get", &format!(r#"<subscriptions node="{NODE}"/>"#));
    assert_eq!(
        listed[0],
        envelope(&format!(r#"<subscriptions node="{NODE}">{state}</subscriptions>"#))
    );
    // A subscription is no affiliation (XEP-0060 §5.7).
    assert_eq!(ask(&mut service, &me, "get", "<affiliations/>"), none);
}

#[test]
fn a_publication_answers_with_the_item() {
    let mut service = strict();
    let publish = format!(
        r#"<publish node="{NODE}"><item><x xmlns="urn:example:probe">1</x></item></publish>"#
    );
    let answers = ask(&mut service, &user("finesse/pub"), "set", &publish);
    let reply = stanza::parse(&answers[0]).unwrap();
    let published =
        reply.child(ns::PUBSUB, "pubsub").and_then(|pubsub| pubsub.child(ns::PUBSUB, "publish"));
    let item = published.and_then(|publish| publish.child(ns::PUBSUB, "item")).unwrap();
    assert!(
        item.attr("id").is_some_and(|id| id.len() == 37 && id.ends_with('1')),
        "{}",
        answers[0]
    );
    let too_big = format!(
        r#"<publish node="{NODE}"><item><x xmlns="urn:example:probe">{}</x></item></publish>"#,
        "x".repeat(5121)
    );
    let error = error_of(&ask(&mut service, &user("finesse/pub"), "set", &too_big));
    assert_eq!((error.1.as_str(), error.2.as_str()), ("not-acceptable", "payload-too-big"));
    let two = format!(r#"<publish node="{NODE}"><item><a/></item><item><b/></item></publish>"#);
    assert_eq!(error_of(&ask(&mut service, &user("finesse/pub"), "set", &two)).1, "bad-request");
}

#[test]
fn owners_manage_and_the_concerned_are_told() {
    let mut service = strict();
    let (me, owner) = (user("agent1001/desktop"), user("finesse/pub"));
    ask(&mut service, &me, "set", &format!(r#"<subscribe node="{NODE}" jid="{ME}"/>"#));
    for content in [
        format!(r#"<delete node="{NODE}"/>"#),
        format!(r#"<purge node="{NODE}"/>"#),
        format!(r#"<affiliations node="{NODE}"/>"#),
        format!(
            r#"<subscriptions node="{NODE}"><subscription jid="{ME}" subscription="none"/></subscriptions>"#
        ),
    ] {
        let kind = if content.starts_with("<aff") { "get" } else { "set" };
        let refused = error_of(&ask_in(&mut service, &me, kind, ns::PUBSUB_OWNER, &content));
        assert_eq!(refused.1, "forbidden", "{content}");
    }
    let outcast = format!(
        r#"<affiliations node="{NODE}"><affiliation jid="agent1001@{DOMAIN}" affiliation="outcast"/></affiliations>"#
    );
    let told = ask_in(&mut service, &owner, "set", ns::PUBSUB_OWNER, &outcast);
    assert_eq!(told.len(), 2);
    assert!(told[1].contains(r#"subscription="none""#), "{}", told[1]);
    let listed = ask_in(
        &mut service,
        &owner,
        "get",
        ns::PUBSUB_OWNER,
        &format!(r#"<affiliations node="{NODE}"/>"#),
    );
    assert!(
        listed[0]
            .contains(r#"<affiliation jid="agent1001@uccx.example.com" affiliation="outcast"/>"#)
    );
    let last_owner = format!(
        r#"<affiliations node="{NODE}"><affiliation jid="finesse@{DOMAIN}" affiliation="none"/></affiliations>"#
    );
    let refused = error_of(&ask_in(&mut service, &owner, "set", ns::PUBSUB_OWNER, &last_owner));
    assert_eq!(refused.1, "not-acceptable");
}

#[test]
fn a_changed_configuration_is_told_and_an_unknown_access_model_refused() {
    let mut service = strict();
    let (me, owner) = (user("agent1001/desktop"), user("finesse/pub"));
    ask(&mut service, &me, "set", &format!(r#"<subscribe node="{NODE}" jid="{ME}"/>"#));
    let configure = |model: &str| {
        format!(
            r#"<configure node="{NODE}"><x xmlns="jabber:x:data" type="submit"><field var="pubsub#access_model"><value>{model}</value></field></x></configure>"#
        )
    };
    let told = ask_in(&mut service, &owner, "set", ns::PUBSUB_OWNER, &configure("whitelist"));
    assert_eq!(told.len(), 2);
    let field = r#"<field var="pubsub#access_model"><value>whitelist</value></field>"#;
    assert!(told[0].contains("<configuration ") && told[0].contains(field), "{}", told[0]);
    let refused =
        error_of(&ask_in(&mut service, &owner, "set", ns::PUBSUB_OWNER, &configure("frob")));
    assert_eq!(
        (refused.1.as_str(), refused.2.as_str()),
        ("not-acceptable", "unsupported-access-model")
    );
}

#[test]
fn requests_are_held_to_the_schema() {
    let mut service = strict();
    let me = user("agent1001/desktop");
    let two = format!(
        r#"<iq xmlns="jabber:client" type="get" id="q" to="pubsub.{DOMAIN}"><pubsub xmlns="{0}"><items node="{NODE}"/></pubsub><pubsub xmlns="{0}"/></iq>"#,
        ns::PUBSUB
    );
    let none = format!(r#"<iq xmlns="jabber:client" type="get" id="q" to="pubsub.{DOMAIN}"/>"#);
    for iq in [two, none] {
        let answers: Vec<String> = send(&mut service, &me, &iq).into_iter().map(text).collect();
        assert_eq!(error_of(&answers).1, "bad-request");
    }
}
