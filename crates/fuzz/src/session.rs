//! Sessions that are logged in: lines of a script say what two of them send and what befalls them.

use std::time::Duration;

use crate::peer::{Stage, play};
use crate::settings;

/// The first octet chooses the fake, the rest is the script.
///
/// A line is a message, or begins with `1` or `2` to change the session that speaks, `+` to pass
/// seconds by the number of its characters, `!` to publish, `-` to end the connection and make
/// another, `=` to ask something of the control port (`=POST /kick {"user":"a"}`). `{}` is the
/// address of the session that speaks.
pub fn run(data: &[u8]) {
    let (fake, script) = settings(data);
    let script = String::from_utf8_lossy(script);
    play(async {
        let mut stage = Stage::new(fake).await;
        let users = ["a", "c"];
        let mut peers = [stage.upgrade().await, stage.upgrade().await];
        for (peer, user) in peers.iter().zip(users) {
            stage.log_in(*peer, user).await;
        }
        let mut speaker = 0;
        for line in script.lines().take(200) {
            match line.chars().next() {
                Some('1') => speaker = 0,
                Some('2') => speaker = 1,
                Some('+') => stage.wait(Duration::from_secs(line.len() as u64)).await,
                Some('!') => stage.publish(&line[1..]).await,
                Some('=') => stage.ask(&line[1..]).await,
                Some('-') => {
                    stage.drop(peers[speaker]).await;
                    if stage.may_connect() {
                        peers[speaker] = stage.upgrade().await;
                        stage.log_in(peers[speaker], users[speaker]).await;
                    }
                }
                _ => stage.say(peers[speaker], &line.replace("{}", users[speaker])).await,
            }
        }
        stage.wait(Duration::from_secs(1000)).await;
        stage.end().await;
    });
}
