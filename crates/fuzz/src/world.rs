//! World files, and a quarter of an hour of calls in the world that they describe.

use std::time::Duration;

use finesse_fake::WorldSpec;

use crate::peer::{Stage, play};
use crate::settings;

/// The first octet chooses the fake, the rest is the file.
pub fn run(data: &[u8]) {
    let (fake, text) = settings(data);
    let Ok(text) = std::str::from_utf8(text) else {
        return;
    };
    match WorldSpec::parse(text, "world.toml") {
        Ok(spec) => play(async {
            let Some(mut stage) = Stage::in_world(fake, spec).await else {
                return;
            };
            let peer = stage.upgrade().await;
            stage.log_in(peer, "a").await;
            for _ in 0..15 {
                stage.wait(Duration::from_secs(60)).await;
            }
            stage.end().await;
        }),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
