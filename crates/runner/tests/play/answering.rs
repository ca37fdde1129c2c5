//! Answers that are sent for the case: pongs, the echo of a close, answers to queries by timer; and
//! that `manual` leaves it alone.

use crate::peer::Peer;
use crate::stage::upgraded;

const VERSION: &str = "<iq xmlns='jabber:client' type='get' id='v' from='x.test'><query xmlns='jabber:iq:version'/></iq>";
const PING: &str = "<iq xmlns='jabber:client' type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>";

/// Says all that a server says by timer, then what the case waits for.
async fn talkative(mut peer: Peer) -> Vec<String> {
    peer.upgrade().await;
    peer.hear().await;
    peer.ping("abc").await;
    peer.say(VERSION).await;
    peer.say(PING).await;
    peer.say("<done/>").await;
    peer.leave().await
}

#[tokio::test(start_paused = true)]
async fn what_every_peer_answers_is_answered_for_the_case() {
    let played =
        upgraded("agent -> <ask/>\nagent <- <done/>\n").against(|_, peer| talkative(peer)).await;
    assert_eq!(played.verdict, "pass");
    assert_eq!(
        played.heard[0],
        [
            "<ask/>",
            "[pong abc]",
            "<iq xmlns=\"jabber:client\" type=\"error\" id=\"v\" to=\"x.test\"><error type=\"cancel\"><service-unavailable xmlns=\"urn:ietf:params:xml:ns:xmpp-stanzas\"/></error></iq>",
            "<iq xmlns=\"jabber:client\" type=\"result\" id=\"p\"/>",
            "[close 1000]",
            "[eof]",
        ]
    );
    assert!(
        played.body.ends_with("# by timer: ping, version query, XMPP ping\n"),
        "{}",
        played.body
    );
}

#[tokio::test(start_paused = true)]
async fn manual_leaves_the_answers_to_the_case() {
    let steps = "agent == manual\nagent -> <ask/>\nagent <- [ping \"abc\"]\nagent -> [pong \"abc\"]\nagent <- <done/>\n";
    let played = upgraded(steps).against(|_, peer| talkative(peer)).await;
    assert_eq!(played.verdict, "pass");
    assert_eq!(played.heard[0], ["<ask/>", "[pong abc]", "[close 1000]", "[eof]"]);
    assert!(
        played.body.contains("agent <- [ping \"{ping#1}\"]\nagent -> [pong \"{ping#1}\"]\n"),
        "{}",
        played.body
    );
}

/// Closes the WebSocket, and hears what comes of it.
async fn closing(mut peer: Peer) -> Vec<String> {
    peer.upgrade().await;
    peer.hear().await;
    peer.close(1001).await;
    peer.hear().await;
    peer.end().await;
    peer.heard
}

#[tokio::test(start_paused = true)]
async fn a_close_is_echoed_with_its_code() {
    let played =
        upgraded("agent -> <ask/>\nagent <- [close 1001]\n").against(|_, peer| closing(peer)).await;
    assert_eq!(played.verdict, "pass");
    assert_eq!(played.heard[0], ["<ask/>", "[close 1001]", "[eof]"]);
    assert!(
        played.body.contains("agent <- [close 1001]\nagent -> [close 1001]\n"),
        "{}",
        played.body
    );
}

#[tokio::test(start_paused = true)]
async fn a_close_is_echoed_by_the_case_alone_when_manual() {
    let steps = "agent == manual\nagent -> <ask/>\nagent <- [close 1001]\nagent -> [close 3000]\n";
    let played = upgraded(steps).against(|_, peer| closing(peer)).await;
    assert_eq!(played.verdict, "pass");
    assert_eq!(played.heard[0], ["<ask/>", "[close 3000]", "[eof]"]);
}
