//! Requests for the REST API of the fake, with bodies.

use std::time::Duration;

use crate::peer::{Stage, play};
use crate::settings;

/// The first octet chooses the fake. The rest are requests: a line with method and path, lines of
/// headers, an empty line, and the body up to the next line of `--`. A request is authorised, and
/// its length is right, unless its own headers say otherwise.
pub fn run(data: &[u8]) {
    let (fake, script) = settings(data);
    let script = String::from_utf8_lossy(script);
    play(async {
        let mut stage = Stage::new(fake).await;
        let peer = stage.connect().await;
        for request in script.split("\n--\n").take(50) {
            let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
            let (line, headers) = head.split_once('\n').unwrap_or((head, ""));
            let mut octets = format!("{line} HTTP/1.1\r\n");
            for header in headers.lines() {
                octets.push_str(&format!("{header}\r\n"));
            }
            for (name, value) in [
                ("Host", "x".to_owned()),
                // `a:b`, one of the accounts.
                ("Authorization", "Basic YTpi".to_owned()),
                ("Content-Type", "application/xml".to_owned()),
                ("Content-Length", body.len().to_string()),
            ] {
                let is_said = |line: &str| line.split(':').next() == Some(name);
                if !headers.lines().any(is_said) {
                    octets.push_str(&format!("{name}: {value}\r\n"));
                }
            }
            stage.send(peer, format!("{octets}\r\n{body}").as_bytes()).await;
            assert!(!stage.blames_itself(), "{octets}\n{body}");
        }
        stage.wait(Duration::from_secs(1000)).await;
        stage.end().await;
    });
}
