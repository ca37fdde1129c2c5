//! A case that is not green is played again where that was asked for, and one that does not come to
//! the same is FLAKY.

use verdict::Verdict;

use crate::peer::Peer;
use crate::stage::{Play, Played, upgraded};

const ASK: &str = "agent -> <iq xmlns=\"jabber:client\" type=\"get\" id=\"1\"/>\nagent <- <iq xmlns=\"jabber:client\" type=\"result\" id=\"1\"/>\n";

const RESULT: &str = "<iq xmlns='jabber:client' type='result' id='1'/>";
const ERROR: &str = "<iq xmlns='jabber:client' type='error' id='1'/>";

/// Against a server that answers the nth connection with the nth text, and the last from then on.
async fn against(play: Play, answers: &'static [&'static str]) -> Played {
    let script = move |number: usize, mut peer: Peer| async move {
        peer.upgrade().await;
        peer.hear().await;
        peer.say(answers[number.min(answers.len() - 1)]).await;
        peer.leave().await
    };
    play.against(script).await
}

#[tokio::test(start_paused = true)]
async fn what_fails_once_and_holds_then_is_flaky() {
    let played = against(upgraded(ASK).again(3), &[ERROR, RESULT]).await;
    assert_eq!(played.report.verdict, Verdict::Flaky);
    // Without snapshot, what holds is new.
    assert_eq!(played.report.note.as_deref(), Some("fail, then drift (2 tries)"));
    assert_eq!(played.failure().0, "iq/@type differs", "the try to look at is the one that failed");
    assert_eq!((played.heard.len(), played.report.drift.is_none()), (2, true));
    assert!(played.body.contains("type=\"error\""), "{}", played.body);
}

#[tokio::test(start_paused = true)]
async fn what_fails_each_time_fails() {
    let played = against(upgraded(ASK).again(2), &[ERROR]).await;
    assert_eq!((played.report.verdict, played.heard.len()), (Verdict::Fail, 3));
    assert_eq!(played.report.note, None);
}

#[tokio::test(start_paused = true)]
async fn transcripts_that_differ_are_flaky_as_well() {
    let same = against(upgraded(ASK).again(1), &[RESULT]).await;
    assert_eq!((same.report.verdict, same.heard.len()), (Verdict::Drift, 2), "new, both times");
    let more = "<iq xmlns='jabber:client' type='result' id='1'><more xmlns='x'/></iq>";
    let differs = against(upgraded(ASK).again(1), Box::leak(Box::new([RESULT, more]))).await;
    assert_eq!(differs.report.verdict, Verdict::Flaky);
    let note = differs.report.note.unwrap();
    assert_eq!(note, "drift each time, not for the same reason (2 tries)");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_tried_again_unasked_or_at_the_price_of_a_login() {
    let once = against(upgraded(ASK), &[ERROR, RESULT]).await;
    assert_eq!((once.report.verdict, once.heard.len()), (Verdict::Fail, 1));
    let failing = upgraded(ASK).head("effects = \"locks-account\"").again(3);
    let spared = against(failing, &[ERROR, RESULT]).await;
    assert_eq!((spared.report.verdict, spared.heard.len()), (Verdict::Fail, 1));
}
