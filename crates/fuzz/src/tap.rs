//! The recorder's reading of a connection, and the replay of what it has written.
//!
//! A piece is an octet, whose highest bit is set for the server and whose other bits are the
//! length, and so many octets. A length of 127 means all that follow up to the next line `--`.

use std::time::Duration;

use engine::{Config, Directory, Engine, Peer, Profile, Queue, SharedWorld, World};
use replay::Replay;

/// Headers in which names of hosts are changed; octets without them pass as they are.
const CHANGED: [&str; 6] =
    ["host", "origin", "referer", "location", "access-control-allow-origin", "set-cookie"];

/// Lets a recorder hear the pieces, reads what it has written, and replays that.
pub fn run(data: &[u8]) {
    let pieces = pieces(data);
    let heard = record::overhear("server.example:8445", pieces.iter().copied());
    let all = |is_client: bool| -> Vec<u8> {
        let own = pieces.iter().filter(|(from, _)| *from == is_client);
        own.flat_map(|(_, octets)| octets.iter().copied()).collect()
    };
    let text = String::from_utf8_lossy(data).to_ascii_lowercase();
    if !CHANGED.iter().any(|name| text.contains(name)) {
        assert_eq!(heard.for_server, all(true), "octets of the client");
        assert_eq!(heard.for_client, all(false), "octets of the server");
    }
    let Ok(conversation) = explain::from_octets("overheard.jsonl", heard.recording.as_bytes())
    else {
        return;
    };
    let Ok(replay) = Replay::new(&conversation) else { return };
    let config = Config::new("finesse.example.com", Profile::finesse(), Directory::default());
    let world = SharedWorld::new(World::new(&config.spec, config.calendar));
    let mut engine = Engine::new(config, world, Box::<Queue>::default());
    engine.follow(Box::new(replay));
    let mut now = Duration::ZERO;
    let client = engine.accept(now, Peer::default());
    for (_, octets) in pieces.iter().filter(|(is_client, _)| *is_client) {
        now += Duration::from_secs(1);
        engine.receive(now, client, octets);
        engine.fire(now);
        while engine.poll_output().is_some() {}
    }
    engine.ended(now, client);
    engine.fire(now + Duration::from_secs(3600));
}

fn pieces(data: &[u8]) -> Vec<(bool, &[u8])> {
    let mut pieces = Vec::new();
    let mut rest = data;
    while let Some((head, after)) = rest.split_first() {
        let length = match head & 0x7f {
            127 => end(after),
            length => usize::from(length).min(after.len()),
        };
        let (piece, after) = after.split_at(length);
        pieces.push((head & 0x80 == 0, piece));
        rest = after.strip_prefix(b"\n--\n").unwrap_or(after);
    }
    pieces
}

/// The end of a long piece.
fn end(octets: &[u8]) -> usize {
    octets.windows(4).position(|four| four == b"\n--\n").unwrap_or(octets.len())
}
