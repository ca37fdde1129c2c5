//! Steps of `finally`: after success, after a failure, after an interrupt.

use tokio::sync::watch;
use verdict::Verdict;

use crate::peer::Peer;
use crate::stage::upgraded;

const UNDO: &str = "finally\n  agent -> <undo/>\n  agent <- <never/>\n  agent -> <undo-more/>\n";

async fn answering(mut peer: Peer) -> Vec<String> {
    peer.upgrade().await;
    peer.hear().await;
    peer.say("<a/>").await;
    peer.leave().await
}

#[tokio::test]
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

#[tokio::test]
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

#[tokio::test]
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
