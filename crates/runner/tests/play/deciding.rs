//! Events that end a step at once, without its deadline: another answer, an error, a close, the end
//! of TCP.

use std::time::Duration;

use crate::peer::Peer;
use crate::stage::{Played, play, upgraded};

/// Plays steps that would wait for five seconds; nothing here may wait for a tenth of one.
async fn decided<F>(steps: &str, script: impl Fn(usize, Peer) -> F) -> Played
where
    F: Future<Output = Vec<String>> + Send + 'static,
{
    let played = upgraded(steps).against(script).await;
    assert!(played.took < Duration::from_millis(500), "{:?}", played.took);
    assert_eq!(played.verdict, "fail");
    played
}

/// A server that answers the first message so.
fn answers(
    text: &'static str,
) -> impl Fn(usize, Peer) -> std::pin::Pin<Box<dyn Future<Output = Vec<String>> + Send>> {
    move |_, mut peer| {
        Box::pin(async move {
            peer.upgrade().await;
            peer.hear().await;
            peer.say(text).await;
            peer.leave().await
        })
    }
}

const ASK: &str = "agent -> <iq xmlns=\"jabber:client\" type=\"get\" id=\"1\"/>\n";

#[tokio::test(start_paused = true)]
async fn another_answer_to_the_same_iq() {
    let steps = format!("{ASK}agent <- <iq xmlns=\"jabber:client\" type=\"result\" id=\"1\"/>\n");
    let played = decided(&steps, answers("<iq xmlns='jabber:client' type='error' id='1'/>")).await;
    assert_eq!(
        played.failure(),
        ("iq/@type differs", "agent <- <iq xmlns=\"jabber:client\" type=\"result\" id=\"1\"/>")
    );
    let failure = played.report.failure.as_ref().unwrap();
    assert_eq!(played.meant(), "type=\"result\"", "what was not met");
    let line = failure.closest.as_ref().and_then(|closest| closest.line).unwrap();
    let (text, _) = transcript::readable(&played.recording);
    let shown = text.lines().nth(line - 1).unwrap();
    assert!(shown.ends_with("agent <- <iq xmlns='jabber:client' type='error' id='1'/>"), "{shown}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_to_another_iq_decides_nothing() {
    let steps = format!(
        "{ASK}agent <- within 400ms <iq type=\"result\" xmlns=\"jabber:client\" id=\"1\"/>\n"
    );
    let played = decided(&steps, answers("<iq xmlns='jabber:client' type='result' id='2'/>")).await;
    assert!(played.failure().0.starts_with("nothing that fits came within 400ms"));
}

#[tokio::test(start_paused = true)]
async fn errors_of_stream_and_sasl_and_the_end_of_the_stream() {
    for text in [
        "<error xmlns='http://etherx.jabber.org/streams'/>",
        "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>",
        "<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>",
    ] {
        let played = decided("agent -> <ask/>\nagent <- <a/>\n", answers(text)).await;
        let (message, step) = played.failure();
        assert!(message.starts_with("wanted <a>, got <"), "{message}");
        assert_eq!(step, "agent <- <a/>");
    }
}

#[tokio::test(start_paused = true)]
async fn a_close_that_is_wanted_may_come_after_an_error() {
    let played = upgraded("agent -> <ask/>\nagent <- <close xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\"/>\nagent <- [close 1000]\n")
        .against(|_, mut peer| async move {
            peer.upgrade().await;
            peer.hear().await;
            peer.say("<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>").await;
            peer.close(1000).await;
            peer.end().await;
            peer.heard
        })
        .await;
    assert_eq!(played.verdict, "pass", "{}", played.body);
}

#[tokio::test(start_paused = true)]
async fn a_close_of_the_websocket_and_the_end_of_tcp() {
    let closed = decided("agent <- <a/>\n", |_, mut peer| async move {
        peer.upgrade().await;
        peer.close(1011).await;
        peer.leave().await
    })
    .await;
    let closest = closed.report.failure.as_ref().unwrap().closest.as_ref().unwrap();
    assert_eq!(
        (closest.kind.as_str(), closest.text.as_str()),
        ("close frame", "[close 1011 \"\"]")
    );
    let ended = decided("agent <- [close 1000]\n", |_, mut peer| async move {
        peer.upgrade().await;
        peer.end().await;
        peer.heard
    })
    .await;
    assert_eq!(ended.report.failure.as_ref().unwrap().closest.as_ref().unwrap().kind, "end of TCP");
    let reset = decided("agent <- <a/>\n", |_, mut peer| async move {
        peer.upgrade().await;
        peer.reset()
    })
    .await;
    assert_eq!(
        reset.report.failure.as_ref().unwrap().closest.as_ref().unwrap().kind,
        "reset of TCP"
    );
}

#[tokio::test(start_paused = true)]
async fn a_message_that_does_not_fit_is_shown_before_the_end_of_the_connection() {
    let steps = "agent -> <ask/>\nagent <- <open xmlns=\"urn:a\" version=\"1.0\"/>\n";
    for (said, nearest, wanted, got) in [
        ("<open xmlns='urn:a' version='2'/>", "open/@version differs", "1.0", "2"),
        ("<open xmlns='urn:b'/>", "open/@xmlns differs", "urn:a", "urn:b"),
    ] {
        let played = decided(steps, move |_, mut peer| async move {
            peer.upgrade().await;
            peer.hear().await;
            peer.say(said).await;
            peer.close(1000).await;
            peer.leave().await
        })
        .await;
        let message = format!("nothing that fits came before the close frame; nearest: {nearest}");
        assert_eq!(played.failure().0, message);
        let closest = played.report.failure.as_ref().unwrap().closest.as_ref().unwrap();
        assert_eq!((closest.rows[0].wanted.as_str(), closest.rows[0].got.as_str()), (wanted, got));
    }
    // A message of another kind says nothing of the mistake.
    let played = decided(steps, |_, mut peer| async move {
        peer.upgrade().await;
        peer.hear().await;
        peer.say("<hello/>").await;
        peer.close(1000).await;
        peer.leave().await
    })
    .await;
    let closest = played.report.failure.as_ref().unwrap().closest.as_ref().unwrap();
    assert_eq!(closest.kind, "close frame");
}

#[tokio::test(start_paused = true)]
async fn a_frame_that_breaks_the_rules_and_what_is_no_frame() {
    for octets in [&b"\xc1\x00"[..], b"\x83\x00", b"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff"] {
        let played = decided("agent <- <a/>\n", move |_, mut peer| async move {
            peer.upgrade().await;
            peer.write(octets).await;
            peer.leave().await
        })
        .await;
        let kind = &played.report.failure.as_ref().unwrap().closest.as_ref().unwrap().kind;
        assert!(["frame", "octets"].contains(&kind.as_str()), "{kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_no_101() {
    let played = upgraded("")
        .against(|_, mut peer| async move {
            peer.request().await;
            peer.write(b"HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\nno").await;
            peer.end().await;
            peer.heard
        })
        .await;
    assert!(played.took < Duration::from_millis(500), "{:?}", played.took);
    assert_eq!(played.failure(), ("status: wanted 101, got 503", "agent <- HTTP/1.1 101"));
    assert!(played.body.contains("agent <- HTTP/1.1 503\n"), "{}", played.body);
}

#[tokio::test(start_paused = true)]
async fn never_upgraded_holds_for_a_refusal_and_for_an_end() {
    let steps = "agent == connect\nagent -> GET / HTTP/1.1\nagent == never upgraded\n";
    let refused = play(steps)
        .against(|_, mut peer| async move {
            peer.request().await;
            peer.write(b"HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n").await;
            peer.end().await;
            peer.heard
        })
        .await;
    assert_eq!(refused.verdict, "pass");
    let ended = play(steps)
        .against(|_, mut peer| async move {
            peer.request().await;
            peer.end().await;
            peer.heard
        })
        .await;
    assert_eq!(ended.verdict, "pass");
    let switched = play(steps)
        .against(|_, mut peer| async move {
            peer.upgrade().await;
            peer.leave().await
        })
        .await;
    assert_eq!(switched.verdict, "fail");
    assert!(switched.took < Duration::from_millis(500), "{:?}", switched.took);
}
