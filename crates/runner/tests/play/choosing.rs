//! `one of`: which branch is taken, and what its label makes of the case; fragments, and `do`.

use runner::Action;
use verdict::Verdict;

use crate::stage::{Played, upgraded};

const BRANCHES: &str = "agent -> <ask/>\none of\n  ok\n    agent <- <good/>\n    agent <- <more/>\n  \
    non-strict \"soft\"\n    agent <- <soft/>\n  info \"seen\"\n    agent <- <seen/>\n  \
    unsupported \"cannot\"\n    agent <- <cannot/>\n  fail \"known to be wrong\"\n    agent <- <wrong/>\nagent <- <after/>\n";

async fn answered(texts: &'static [&'static str]) -> Played {
    upgraded(BRANCHES)
        .impatient()
        .against(move |_, mut peer| async move {
            peer.upgrade().await;
            peer.hear().await;
            for text in texts {
                peer.say(text).await;
            }
            peer.leave().await
        })
        .await
}

#[tokio::test(start_paused = true)]
async fn the_branch_that_fits_is_taken_to_its_end() {
    let played = answered(&["<good/>", "<more/>", "<after/>"]).await;
    assert_eq!(played.verdict, "pass");
    let lacking = answered(&["<good/>", "<after/>"]).await;
    assert_eq!(lacking.failure().1, "agent <- <more/>", "a branch once taken is not left again");
}

#[tokio::test(start_paused = true)]
async fn labels_soften_or_end_the_case() {
    let soft = answered(&["<soft/>", "<after/>"]).await;
    assert_eq!((soft.verdict.as_str(), soft.report.note.as_deref()), ("non-strict", Some("soft")));
    let seen = answered(&["<seen/>", "<after/>"]).await;
    assert_eq!((seen.verdict.as_str(), seen.report.note.as_deref()), ("info", Some("seen")));
    let cannot = answered(&["<cannot/>"]).await;
    assert_eq!(cannot.report.verdict, Verdict::Unsupported, "the steps after it are not asked for");
    assert_eq!(cannot.report.note.as_deref(), Some("cannot"));
    assert!(cannot.report.drift.is_none());
    let wrong = answered(&["<wrong/>"]).await;
    assert_eq!(wrong.report.verdict, Verdict::Fail);
    assert_eq!(wrong.failure().0, "known to be wrong");
    assert_eq!(wrong.meant(), "fail", "the label is shown");
}

#[tokio::test(start_paused = true)]
async fn the_first_message_that_fits_commits_in_order_of_arrival() {
    let played = answered(&["<soft/>", "<good/>", "<more/>", "<after/>"]).await;
    assert_eq!(played.verdict, "non-strict");
}

#[tokio::test(start_paused = true)]
async fn when_no_branch_fits_the_block_is_blamed() {
    let played = answered(&["<other/>"]).await;
    let (message, step) = played.failure();
    assert!(message.starts_with("nothing that fits came within 500ms"), "{message}");
    assert_eq!(step, "one of");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_must_not_come_is_not_shown_as_the_wanted_one() {
    let branches =
        "one of\n  ok\n    agent <- <good/>\n  fail\n    agent <- <wrong kind=\"odd\"/>\n";
    let played = upgraded(branches)
        .impatient()
        .against(|_, mut peer| async move {
            peer.upgrade().await;
            peer.say("<wrong kind=\"even\"/>").await;
            peer.leave().await
        })
        .await;
    let (message, _) = played.failure();
    assert!(!message.contains("kind"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn a_mismatch_in_a_fragment_blocks_the_case_and_names_its_owner() {
    let played = upgraded("use greeted(agent)\nagent <- <a/>\n")
        .fragment("greeted", "conn <- within 40ms <hello/>\n")
        .against(|_, mut peer| async move {
            peer.upgrade().await;
            peer.say("<a/>").await;
            peer.leave().await
        })
        .await;
    assert_eq!(played.report.verdict, Verdict::Blocked);
    assert_eq!(played.report.owner.as_deref(), Some("a/owner"));
}

#[tokio::test(start_paused = true)]
async fn do_changes_the_world_and_says_when_it_cannot() {
    let polite = |_, mut peer: crate::peer::Peer| async move {
        peer.upgrade().await;
        peer.leave().await
    };
    let steps = "do publish(\"/node\", <a b=\"{domain}\"/>)\ndo state(agent, READY)\n";
    let played = upgraded(steps).head("needs = [\"stimulus\"]").against(polite).await;
    assert_eq!(played.report.verdict, Verdict::Unsupported, "this target provides no stimulus");
    let played = upgraded(steps).against(polite).await;
    assert_eq!(played.verdict, "pass");
    let publish =
        Action::Publish { node: "/node".to_owned(), payload: "<a b=\"x.test\"/>".to_owned() };
    let args = vec!["agent".to_owned(), "READY".to_owned()];
    assert_eq!(played.done, [publish, Action::Other { name: "state".to_owned(), args }]);
    let refused = upgraded("do systeminfo(DOWN)\n").against(polite).await;
    assert_eq!(refused.report.verdict, Verdict::Error);
    assert_eq!(refused.report.note.as_deref(), Some("do systeminfo: out of order"));
}
