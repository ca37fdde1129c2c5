//! Steps of `finally`: after success, after a failure, after an interrupt.

use tokio::sync::watch;
use verdict::Verdict;

use crate::peer::Peer;
use crate::stage::{play, upgraded};

const UNDO: &str = "finally\n  agent -> <undo/>\n  agent <- <never/>\n  agent -> <undo-more/>\n";

async fn answering(mut peer: Peer) -> Vec<String> {
    peer.upgrade().await;
    peer.hear().await;
    peer.say("<a/>").await;
    peer.leave().await
}

#[tokio::test(start_paused = true)]
async fn after_success_and_after_failure_and_whatever_one_of_them_does() {
    for (wanted, verdict) in [("<a/>", "pass"), ("<b/>", "fail")] {
        let played = upgraded(&format!("agent -> <ask/>\nagent <- {wanted}\n{UNDO}"))
            .impatient()
            .against(|_, peer| answering(peer))
            .await;
        assert_eq!(played.verdict, verdict);
        assert_eq!(played.heard[0], ["<ask/>", "<undo/>", "<undo-more/>", "[close 1000]", "[eof]"]);
    }
}

#[tokio::test(start_paused = true)]
async fn after_an_interrupt() {
    let (stop, interrupt) = watch::channel(false);
    let played = upgraded(&format!("agent -> <ask/>\nagent <- <b/>\n{UNDO}"))
        .impatient()
        .interrupted_by(interrupt)
        .against(move |_, mut peer| {
            let stop = stop.clone();
            async move {
                peer.upgrade().await;
                peer.hear().await;
                stop.send(true).expect("somebody listens");
                peer.leave().await
            }
        })
        .await;
    assert_eq!(played.report.verdict, Verdict::Error);
    assert_eq!(played.report.note.as_deref(), Some("interrupted"));
    assert_eq!(played.heard[0], ["<ask/>", "<undo/>", "<undo-more/>", "[close 1000]", "[eof]"]);
}

#[tokio::test(start_paused = true)]
async fn errors_that_it_provokes_are_not_held_against_the_case() {
    let played = upgraded(
        "agent -> <ask/>\nagent <- <a/>\nfinally\n  agent -> <undo/>\n  agent <- <undone/>\n",
    )
    .against(|_, mut peer| async move {
        peer.upgrade().await;
        peer.hear().await;
        peer.say("<a/>").await;
        peer.hear().await;
        peer.say("<iq xmlns='jabber:client' type='error' id='u'/>").await;
        peer.say("<undone/>").await;
        peer.leave().await
    })
    .await;
    assert_eq!(played.verdict, "pass");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_no_step_wants_keeps_nothing_else_from_being_undone() {
    let steps = "rest == connect\nrest -> GET /a HTTP/1.1\nrest <- HTTP/1.1 200\nfinally\n  \
                 rest -> GET /gone HTTP/1.1\n  rest <- HTTP/1.1 200\n  use undone(rest)\n";
    let undone = "conn -> GET /b HTTP/1.1\n\nconn <- HTTP/1.1 200\n\n\
                  conn -> GET /c HTTP/1.1\n\nconn <- HTTP/1.1 200\n";
    let played = play(steps)
        .fragment("undone", undone)
        .against(|_, mut peer| async move {
            for status in ["200 OK", "404 Not Found", "200 OK", "200 OK"] {
                let request = peer.request().await;
                peer.heard.push(request.target);
                let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
                peer.write(answer.as_bytes()).await;
            }
            peer.end().await;
            peer.heard
        })
        .await;
    assert_eq!(played.verdict, "pass");
    assert_eq!(played.heard[0][..4], ["/a", "/gone", "/b", "/c"]);
}
