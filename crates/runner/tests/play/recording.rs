//! The recording of a case: what is kept, and what is not.

use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use verdict::Verdict;

use crate::stage::{PASSWORD, play, upgraded};

#[tokio::test(start_paused = true)]
async fn no_password_is_in_anything_that_is_written() {
    let steps = "agent -> <auth xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\" mechanism=\"PLAIN\">\n           {plain(agent.user, agent.password)}\n         </auth>\n\
         agent -> <a b=\"{agent.password}\">{x=base64(\"z\", agent.password)}</a>\nagent -> [binary \"{agent.password}\"]\n\
         agent -> [ping \"{agent.password}\"]\nagent <- <wanted b=\"{agent.password}\"/>\n";
    let played = upgraded(steps)
        .impatient()
        .against(|_, mut peer| async move {
            peer.upgrade().await;
            peer.say(&format!("<wanted b='x{PASSWORD}x'>{}</wanted>", STANDARD.encode(PASSWORD)))
                .await;
            peer.ping(PASSWORD).await;
            peer.say(&format!("broken {PASSWORD} <")).await;
            peer.leave().await
        })
        .await;
    assert_eq!(played.verdict, "fail");
    let report = format!("{:?}", played.report);
    // The case file itself says `agent.password` and holds no secret.
    for (place, text) in [("files", &played.files), ("body", &played.body), ("report", &report)] {
        assert!(!text.contains(PASSWORD), "{place}: {text}");
        for lead in ["", "z", "zz", "\u{0}1001\u{0}"] {
            let encoded = STANDARD.encode(format!("{lead}{PASSWORD}"));
            let middle = &encoded[8..encoded.len() - 4];
            assert!(!text.contains(middle), "{place} has {middle}: {text}");
        }
        let digits: String = PASSWORD.bytes().map(|octet| format!("{octet:02x}")).collect();
        assert!(!text.contains(&digits), "{place} has it in hexadecimal: {text}");
    }
    assert!(played.heard[0].iter().any(|heard| heard.contains(PASSWORD)), "it was really said");
    assert!(played.body.contains("{plain(agent.user, agent.password)}"), "{}", played.body);
}

#[tokio::test(start_paused = true)]
async fn a_connection_made_anew_leaves_a_transcript_that_can_be_read() {
    let hello = "agent == connect\nagent -> GET /ws/ HTTP/1.1\n         Sec-WebSocket-Key: {base64(16)}\nagent <- HTTP/1.1 101\n\n";
    let played = play(&format!("{hello}{hello}agent <- <second/>\n"))
        .against(|number, mut peer| async move {
            peer.upgrade().await;
            peer.say(["<first/>", "<second/>"][number]).await;
            peer.leave().await
        })
        .await;
    assert_eq!(played.verdict, "pass");
    assert_eq!(played.heard, [["[close 1000]", "[eof]"], ["[close 1000]", "[eof]"]]);
    let source = Arc::new(case::Source { path: PathBuf::new(), text: played.body.clone() });
    let items = case::parse_body(source)
        .unwrap_or_else(|errors| panic!("{}\n{}", played.body, case::render(&errors, false)));
    assert_eq!(case::print_body(&items), played.body);
    assert!(played.body.contains("agent-before-1 <- <first/>"), "{}", played.body);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_said_is_an_error_that_names_the_step() {
    for (steps, wanted) in [
        ("agent -> <a/>\n", "agent speaks before `agent == connect`"),
        (
            "agent == connect\nagent -> <a b=\"{nobody}\"/>\n",
            "agent -> <a b=\"{nobody}\"/>: no variable `nobody`",
        ),
    ] {
        let played = play(steps).against(|_, peer| peer.leave()).await;
        assert_eq!(played.report.verdict, Verdict::Error);
        assert_eq!(played.report.note.as_deref(), Some(wanted));
    }
}

#[tokio::test(start_paused = true)]
async fn events_carry_time_octets_and_steps_in_order() {
    let played = upgraded("agent -> <ask/>\nagent <- <a/>\n")
        .against(|_, mut peer| async move {
            peer.upgrade().await;
            peer.hear().await;
            peer.say("<a/>").await;
            peer.leave().await
        })
        .await;
    let events = &played.recording.events;
    assert!(events.is_sorted_by_key(|event| event.micros), "one connection, in order");
    assert!(events.is_sorted_by_key(|event| event.step));
    let octets = |text: &str| {
        let is_it = |event: &&transcript::Event| matches!(&event.said, transcript::EventKind::Text { text: said, .. } if said == text);
        events.iter().find(is_it).map(|event| event.octets)
    };
    // RFC 6455 §5.2: two octets of head, and four of mask from a client.
    assert_eq!((octets("<ask/>"), octets("<a/>")), (Some(2 + 4 + 6), Some(2 + 4)));
}
