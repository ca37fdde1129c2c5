//! The epilogue, and how an end is called.

use verdict::CloseAxis;

use crate::peer::Peer;
use crate::stage::{Played, opened, play, upgraded};

const CLOSE: &str = "<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>";

/// Plays a case of one question on an open stream; `script` goes on after the answer.
async fn after_answer<F>(script: impl Fn(Peer) -> F + Clone + Send + 'static) -> Played
where
    F: Future<Output = Vec<String>> + Send + 'static,
{
    let played = opened("agent <- <a/>\n")
        .impatient()
        .against(move |_, mut peer| {
            let script = script.clone();
            async move {
                peer.upgrade().await;
                peer.hear().await;
                peer.say("<a/>").await;
                script(peer).await
            }
        })
        .await;
    assert_eq!(played.verdict, "pass", "the end decides nothing by itself\n{}", played.body);
    played
}

#[tokio::test(start_paused = true)]
async fn clean() {
    let played = after_answer(Peer::leave).await;
    assert_eq!(played.report.close, CloseAxis::Clean);
    let end = "agent -> <close xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\"/>\n\
               agent <- <close xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\"/>\n\
               agent -> [close 1000]\nagent <- [close 1000]\nagent <- [eof]\n";
    assert!(played.body.ends_with(end), "{}", played.body);
    assert_eq!(played.recording.about.close, "clean");
}

#[tokio::test(start_paused = true)]
async fn without_a_stream_there_is_only_the_websocket_to_close() {
    let played = upgraded("")
        .against(|_, mut peer| async move {
            peer.upgrade().await;
            peer.leave().await
        })
        .await;
    assert_eq!(played.report.close, CloseAxis::Clean);
    assert_eq!(played.heard[0], ["[close 1000]", "[eof]"]);
}

#[tokio::test(start_paused = true)]
async fn wrong_code() {
    let played = after_answer(|mut peer: Peer| async move {
        peer.hear().await;
        peer.say(CLOSE).await;
        peer.hear().await;
        peer.close(1002).await;
        peer.end().await;
        peer.heard
    })
    .await;
    assert_eq!(played.report.close, CloseAxis::WrongCode);
}

#[tokio::test(start_paused = true)]
async fn wrong_side() {
    // RFC 7395 §3.6: `<close/>` comes first, also from a server.
    let played = after_answer(|mut peer: Peer| async move {
        peer.close(1000).await;
        peer.end().await;
        peer.heard
    })
    .await;
    assert_eq!(played.report.close, CloseAxis::WrongSide);
}

#[tokio::test(start_paused = true)]
async fn unclean_when_the_stream_is_not_closed_or_nothing_is() {
    let no_stream_close = after_answer(|mut peer: Peer| async move {
        peer.hear().await;
        peer.hear().await;
        peer.close(1000).await;
        peer.end().await;
        peer.heard
    })
    .await;
    assert_eq!(no_stream_close.report.close, CloseAxis::Unclean);
    let gone = after_answer(|mut peer: Peer| async move {
        peer.end().await;
        peer.heard
    })
    .await;
    assert_eq!(gone.report.close, CloseAxis::Unclean);
    let reset = after_answer(|mut peer: Peer| async move {
        peer.hear().await;
        peer.reset()
    })
    .await;
    assert_eq!(reset.report.close, CloseAxis::Unclean);
}

#[tokio::test(start_paused = true)]
async fn unclean_when_tcp_stays_open() {
    let played = after_answer(|mut peer: Peer| async move {
        peer.hear().await;
        peer.say(CLOSE).await;
        peer.hear().await;
        peer.close(1000).await;
        while peer.hear().await != crate::peer::EOF {}
        peer.heard
    })
    .await;
    assert_eq!(played.report.close, CloseAxis::Unclean);
}

#[tokio::test(start_paused = true)]
async fn not_reached_without_an_upgrade_or_when_the_case_ended_it() {
    let nothing = play("agent == connect\n")
        .against(|_, mut peer| async move {
            peer.end().await;
            peer.heard
        })
        .await;
    assert_eq!(nothing.report.close, CloseAxis::NotReached);
    for steps in ["agent -> [eof]\n", "agent -> [reset]\n"] {
        let ended = opened(steps)
            .against(|_, mut peer| async move {
                peer.upgrade().await;
                peer.leave().await
            })
            .await;
        assert_eq!(ended.report.close, CloseAxis::NotReached, "{steps}");
    }
    let looked_at = opened("agent == closed\n")
        .against(|_, mut peer| async move {
            peer.upgrade().await;
            peer.hear().await;
            peer.close(1011).await;
            peer.end().await;
            peer.heard
        })
        .await;
    assert_eq!(looked_at.verdict, "pass");
    assert_eq!(looked_at.report.close, CloseAxis::NotReached);
}

#[tokio::test(start_paused = true)]
async fn of_several_connections_the_worst_end_counts() {
    let hello = "GET /ws/ HTTP/1.1\n         Sec-WebSocket-Key: {base64(16)}\n";
    let steps = format!(
        "first == connect\nfirst -> {hello}first == upgraded\nsecond == connect\nsecond -> {hello}second == upgraded\n"
    );
    let played = play(&steps)
        .impatient()
        .against(|number, mut peer| async move {
            peer.upgrade().await;
            if number == 0 {
                peer.hear().await;
                peer.close(1011).await;
                peer.end().await;
                return peer.heard;
            }
            peer.leave().await
        })
        .await;
    assert_eq!(played.report.close, CloseAxis::WrongCode);
}

#[tokio::test(start_paused = true)]
async fn after_a_login_there_is_no_stream_to_close_until_the_next_one_is_open() {
    let success = "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>";
    let login = "agent -> <auth xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\" mechanism=\"PLAIN\"/>\n";
    let steps = format!("{login}agent <- <success xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"/>\n");
    let played = opened(&steps)
        .against(move |_, mut peer| async move {
            peer.upgrade().await;
            peer.hear().await;
            peer.hear().await;
            peer.say(success).await;
            peer.leave().await
        })
        .await;
    assert_eq!(played.report.close, CloseAxis::Clean);
    assert_eq!(played.heard[0][2..], ["[close 1000]", "[eof]"]);
}

#[tokio::test(start_paused = true)]
async fn what_the_closing_provokes_is_not_held_against_the_case() {
    let played = after_answer(|mut peer: Peer| async move {
        peer.hear().await;
        peer.say("<error xmlns='http://etherx.jabber.org/streams'/>").await;
        peer.say(CLOSE).await;
        peer.leave().await
    })
    .await;
    assert_eq!(played.report.close, CloseAxis::Clean);
    assert!(played.body.contains("<stream:error"), "{}", played.body);
}

#[tokio::test(start_paused = true)]
async fn a_red_end_ends_a_strict_run_that_is_to_fail_fast() {
    let answers = |says_bye: bool| {
        let script = move |_, mut peer: Peer| async move {
            peer.upgrade().await;
            peer.hear().await;
            peer.say("<a/>").await;
            if says_bye { peer.leave().await } else { Vec::new() }
        };
        opened("agent <- <a/>\n").impatient().strict_and_fail_fast().against(script)
    };
    let played = answers(false).await;
    assert_eq!(played.verdict, "pass");
    assert_eq!((played.report.close, played.heard.len()), (CloseAxis::Unclean, 1));
    let played = answers(true).await;
    assert_eq!((played.report.close, played.heard.len()), (CloseAxis::Clean, 2));
}
