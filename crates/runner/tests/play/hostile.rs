//! Peers that flood, and peers that take nothing: a case ends in time, and says at which step.

use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use verdict::Verdict;

use crate::peer::Peer;
use crate::stage::{opened, upgraded};

/// More than the buffers between two ends of a connection on one machine hold.
const LARGE: &str = "agent -> [binary \"{repeat(\"x\", 16000000)}\"]\n";

/// Keeps a connection open, and reads nothing.
fn hold(peer: Peer) -> Vec<String> {
    tokio::spawn(async move {
        std::future::pending::<()>().await;
        drop(peer);
    });
    Vec::new()
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_says_more_than_a_case_takes_ends_it() {
    let played = opened("agent <- within 10m <a/>\n")
        .against(|_, mut peer| async move {
            peer.upgrade().await;
            peer.hear().await;
            for _ in 0..6000 {
                peer.say("<x/>").await;
            }
            hold(peer)
        })
        .await;
    assert_eq!(played.report.verdict, Verdict::Error);
    let note = played.report.note.unwrap();
    assert!(
        note.starts_with("cases/a/b.case:14: `agent <- within 10m <a/>`: more than "),
        "{note}"
    );
    assert!(note.contains("messages were said, which is more than this case takes"), "{note}");
    assert!(played.recording.events.len() > 5000, "what it takes is in the transcript");
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_reads_nothing_is_waited_for_once() {
    let hold = |_, mut peer: Peer| async move {
        peer.upgrade().await;
        hold(peer)
    };
    let once = upgraded(LARGE).impatient().against(hold).await;
    let finally = "finally\n  agent -> <undo/>\n  agent -> <undo/>\n  agent -> <undo/>\n";
    let played = upgraded(&format!("{LARGE}{finally}")).impatient().against(hold).await;
    let (message, step) = played.failure();
    assert_eq!(message, "the peer did not read what it was told within 500ms");
    assert_eq!(step, LARGE.trim());
    assert_eq!(played.took, once.took);
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_ends_a_write_too() {
    let (stop, interrupt) = watch::channel(false);
    let stopped: Arc<OnceLock<Instant>> = Arc::default();
    let at = Arc::clone(&stopped);
    let played = upgraded(LARGE)
        .interrupted_by(interrupt)
        .against(move |_, mut peer| {
            let (stop, at) = (stop.clone(), Arc::clone(&at));
            async move {
                peer.upgrade().await;
                // The beginning of what it never reads.
                peer.hear_something().await;
                at.get_or_init(Instant::now);
                stop.send(true).expect("somebody listens");
                hold(peer)
            }
        })
        .await;
    assert_eq!(played.report.note.as_deref(), Some("interrupted"));
    let took = stopped.get().expect("it was stopped").elapsed();
    assert!(took < Duration::from_secs(1), "{took:?}");
}
