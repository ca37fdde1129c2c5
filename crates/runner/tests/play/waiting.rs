//! Deadlines, order within a connection, silence, and what is passed over.

use std::time::Duration;

use crate::stage::{opened, play, upgraded};

#[tokio::test(start_paused = true)]
async fn a_deadline_names_its_step_and_what_came_nearest() {
    let played = upgraded("agent <- <a b=\"1\"/>\n")
        .impatient()
        .against(|_, mut peer| async move {
            peer.upgrade().await;
            peer.say("<a b='2'/>").await;
            peer.leave().await
        })
        .await;
    assert_eq!(played.verdict, "fail");
    assert_eq!(
        played.failure(),
        ("nothing that fits came within 500ms; nearest: a/@b differs", "agent <- <a b=\"1\"/>")
    );
    let closest = played.report.failure.as_ref().unwrap().closest.as_ref().unwrap();
    assert_eq!((closest.kind.as_str(), closest.rows.len()), ("element", 1));
    assert!(played.took >= Duration::from_millis(500), "{:?}", played.took);
}

#[tokio::test(start_paused = true)]
async fn a_step_and_a_case_have_deadlines_of_their_own() {
    let quiet = |_, mut peer: crate::peer::Peer| async move {
        peer.upgrade().await;
        peer.leave().await
    };
    let step =
        upgraded("agent <- within 30ms <a/>\n").head("timeout = \"4s\"").against(quiet).await;
    assert_eq!(step.failure(), ("nothing came within 30ms", "agent <- within 30ms <a/>"));
    let case = upgraded("agent <- <a/>\n").head("timeout = \"400ms\"").against(quiet).await;
    assert_eq!(case.failure(), ("nothing came within 400ms", "agent <- <a/>"));
    let waited = step.took + case.took;
    assert!((430..600).contains(&waited.as_millis()), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_came_early_waits_in_its_queue() {
    let played = upgraded("agent -> <ask/>\nagent <- <early/>\nagent <- <late/>\n")
        .against(|_, mut peer| async move {
            peer.upgrade().await;
            peer.say("<early/>").await;
            peer.hear().await;
            peer.say("<late/>").await;
            peer.leave().await
        })
        .await;
    assert_eq!(played.verdict, "pass");
    assert!(
        played.body.contains("agent -> <ask/>\nagent <- <early/>\nagent <- <late/>\n"),
        "{}",
        played.body
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_passed_over_is_kept_unclaimed_and_cannot_be_taken_later() {
    let played = upgraded("agent <- <second/>\nagent <- within 50ms <first/>\n")
        .against(|_, mut peer| async move {
            peer.upgrade().await;
            peer.say("<first/>").await;
            peer.say("<second/>").await;
            peer.leave().await
        })
        .await;
    assert_eq!(played.failure().0, "nothing came within 50ms");
    let claimed: Vec<(bool, String)> = played
        .recording
        .events
        .iter()
        .filter_map(|event| match &event.said {
            transcript::EventKind::Text { text, .. } => Some((event.claimed, text.clone())),
            _ => None,
        })
        .collect();
    assert_eq!(claimed, [(false, "<first/>".to_owned()), (true, "<second/>".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn an_error_that_nobody_asked_for_fails_the_case() {
    for error in [
        "<message xmlns='jabber:client' type='error'/>",
        "<error xmlns='http://etherx.jabber.org/streams'/>",
        "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>",
    ] {
        let script = move |late: bool| {
            move |_, mut peer: crate::peer::Peer| async move {
                peer.upgrade().await;
                peer.hear().await;
                let (first, second) = if late { ("<a/>", error) } else { (error, "<a/>") };
                peer.say(first).await;
                peer.say(second).await;
                peer.leave().await
            }
        };
        let late = upgraded("agent -> <ask/>\nagent <- <a/>\n").against(script(true)).await;
        assert_eq!(late.verdict, "fail", "{error}");
        let (message, step) = late.failure();
        assert!(message.starts_with("an error came that no step asked for: <"), "{message}");
        assert_eq!(step, "agent <- <a/>", "the last step is blamed");
        if error.starts_with("<message") {
            // The others decide against the step that waits for `<a/>`.
            let early = upgraded("agent -> <ask/>\nagent <- <a/>\n").against(script(false)).await;
            assert!(early.failure().0.starts_with("an error came that no step asked for"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn any_order_takes_all_in_whatever_order_and_keeps_that_of_the_case() {
    let script = |texts: &'static [&'static str]| {
        move |_, mut peer: crate::peer::Peer| async move {
            peer.upgrade().await;
            for text in texts {
                peer.say(text).await;
            }
            peer.leave().await
        }
    };
    let steps = "any order\n  agent <- <a/>\n  agent <- <b/>\n  agent <- <c/>\nagent <- <d/>\n";
    let played = upgraded(steps).against(script(&["<c/>", "<a/>", "<x/>", "<b/>", "<d/>"])).await;
    assert_eq!(played.verdict, "pass");
    let order = "agent <- <a/>\nagent <- <b/>\nagent <- <c/>\n";
    assert!(played.body.contains(order), "{}", played.body);
    let lacking = upgraded(steps).impatient().against(script(&["<c/>", "<a/>"])).await;
    assert_eq!(lacking.failure().1, "agent <- <b/>", "what did not come is blamed");
}

#[tokio::test(start_paused = true)]
async fn any_order_spans_connections() {
    let hello = "GET /ws/ HTTP/1.1\n         Sec-WebSocket-Key: {base64(16)}\n";
    let steps = format!(
        "first == connect\nfirst -> {hello}first == upgraded\nsecond == connect\nsecond -> {hello}second == upgraded\n\
         any order\n  first <- <a/>\n  second <- <b/>\n"
    );
    let played = play(&steps)
        .against(|number, mut peer| async move {
            peer.upgrade().await;
            peer.say(["<a/>", "<b/>"][number]).await;
            peer.leave().await
        })
        .await;
    assert_eq!(played.verdict, "pass");
    assert!(played.body.contains("first <- <a/>\nsecond <- <b/>\n"), "{}", played.body);
}

#[tokio::test(start_paused = true)]
async fn silence_holds_or_is_broken_by_name() {
    let script = |text: Option<&'static str>| {
        move |_, mut peer: crate::peer::Peer| async move {
            peer.upgrade().await;
            peer.hear().await;
            peer.ping("").await;
            if let Some(text) = text {
                peer.say(text).await;
            }
            peer.leave().await
        }
    };
    let quiet = opened("agent == silent 80ms\n").against(script(None)).await;
    assert_eq!(quiet.verdict, "pass", "a ping does not break silence");
    assert!(quiet.took >= Duration::from_millis(80));
    let message = "<message xmlns='jabber:client'/>";
    let broken = opened("agent == silent 9s\n").against(script(Some(message))).await;
    assert_eq!(
        broken.failure(),
        ("not silent: <message xmlns=\"jabber:client\"/>", "agent == silent 9s")
    );
    assert!(broken.took < Duration::from_millis(100), "what breaks it ends it");
}
