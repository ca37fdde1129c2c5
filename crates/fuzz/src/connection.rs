//! Whole connections: any octets, in pieces, with pauses.

use std::time::Duration;

use crate::peer::{Stage, play};

/// The first octet chooses the fake, the second what comes before the octets and how they are cut.
pub fn run(data: &[u8]) {
    let [fake, cut, octets @ ..] = data else {
        return;
    };
    play(async {
        let mut stage = Stage::new(*fake).await;
        let peer = match cut & 3 {
            0 => stage.connect().await,
            1 => stage.upgrade().await,
            _ => {
                let peer = stage.upgrade().await;
                stage.log_in(peer, "a").await;
                peer
            }
        };
        let piece = match cut >> 4 {
            0 => octets.len(),
            piece => usize::from(piece) * 3,
        };
        for piece in octets.chunks(piece.max(1)) {
            stage.send(peer, piece).await;
            if cut & 4 != 0 {
                stage.wait(Duration::from_secs(10)).await;
            }
        }
        stage.wait(Duration::from_secs(1000)).await;
        stage.end().await;
    });
}
