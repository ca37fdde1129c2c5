//! Captures of packets (pcap, pcapng): tshark takes packets and TLS apart; streams, HTTP and frames
//! are read here, whatever the port.

mod streams;
mod tshark;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::octets::{self, Chunk};
use super::source;
use crate::conversation::{Connection, Conversation, Side, Sight, Url};
use streams::Stream;
pub use tshark::end_programs;

/// The most connections with TLS that are decrypted.
const MOST_TLS: usize = 64;

/// Whether octets begin as a capture: pcap in both orders, with micro- and nanoseconds, and pcapng.
pub(super) fn is_one(octets: &[u8]) -> bool {
    let magic = octets.get(..4).unwrap_or_default();
    matches!(
        magic,
        [0xD4, 0xC3, 0xB2, 0xA1]
            | [0xA1, 0xB2, 0xC3, 0xD4]
            | [0x4D, 0x3C, 0xB2, 0xA1]
            | [0xA1, 0xB2, 0x3C, 0x4D]
            | [0x0A, 0x0D, 0x0D, 0x0A]
    )
}

/// Reads a capture.
///
/// # Errors
///
/// tshark is not there, fails, or the capture has no TCP.
pub(super) fn read(path: &Path, name: &str, keys: &[PathBuf]) -> Result<Conversation, String> {
    let mut source = source(name, "a capture of packets");
    let keys = &tshark::Keys::new(keys)?;
    let packets = tshark::packets(path, keys)?;
    source.is_cut = packets.is_cut;
    if packets.is_cut {
        source.remarks.push("The capture breaks off in the middle of a packet.".to_owned());
    }
    let mut streams = streams::streams(&packets.lines);
    if streams.is_empty() {
        return Err("a capture without TCP".to_owned());
    }
    let encrypted: Vec<u32> = streams
        .iter()
        .filter(|one| one.tls.began || one.tls.established)
        .map(|one| one.number)
        .take(MOST_TLS)
        .collect();
    if !encrypted.is_empty() {
        for (number, follow) in tshark::decrypted(path, keys, &encrypted)? {
            if let Some(stream) = streams.iter_mut().find(|one| one.number == number) {
                stream.decrypt(&follow);
            }
        }
    }
    let mut found = Conversation::default();
    for stream in &streams {
        take(&mut found, stream);
    }
    link(&mut found.connections);
    remarks(&found, &mut source.remarks);
    found.sources.push(source);
    found.connections.sort_by_key(|one| one.began);
    // Sorting moves what `behind` points to.
    link(&mut found.connections);
    found.exchanges.sort_by_key(|one| one.began);
    Ok(found)
}

fn remarks(found: &Conversation, remarks: &mut Vec<String>) {
    if found.connections.iter().any(|one| one.tls.hidden && one.tls.established) {
        remarks.push(
            "There is TLS without keys in it. Start the browser with SSLKEYLOGFILE=keys.log, capture \
             anew, and give the file with --keylog."
                .to_owned(),
        );
    }
    if found.connections.iter().any(|one| one.tcp.lost.is_some()) {
        remarks.push(
            "Octets are missing in the capture (a lost packet, a short snap length, or a beginning \
             before it). The octets behind them in that direction cannot be read."
                .to_owned(),
        );
    }
    if found.connections.is_empty() {
        remarks.push("There is no WebSocket and no TLS in this capture.".to_owned());
    }
}

fn take(found: &mut Conversation, stream: &Stream) {
    let tls = stream.tls.began || stream.tls.established;
    let base = Url {
        scheme: if tls { "wss" } else { "ws" }.to_owned(),
        host: if stream.tls.name.is_empty() {
            stream.server.0.clone()
        } else {
            stream.tls.name.clone()
        },
        port: Some(stream.server.1),
        ..Url::default()
    };
    let chunks: &[Chunk] = if tls { &stream.clear } else { &stream.chunks };
    let mut read = octets::read(chunks, &base, stream.is_whole);
    let failed = stream.tcp.refused || stream.tcp.unanswered;
    if read.connections.is_empty() && read.exchanges.is_empty() && (tls || failed) {
        let sight = Sight { messages: false, ..Sight::ALL };
        let mut connection = Connection::new(0, sight);
        connection.url = base;
        read.connections.push(connection);
    }
    for connection in &mut read.connections {
        connection.began = Some(stream.began);
        connection.ended = Some(stream.ended);
        connection.tls = stream.tls.clone();
        let lost = connection.tcp.lost.or(stream.tcp.lost);
        connection.tcp = stream.tcp.clone();
        connection.tcp.lost = lost;
        if !stream.is_whole {
            connection.sight.beginning = false;
        }
    }
    found.connections.append(&mut read.connections);
    found.exchanges.append(&mut read.exchanges);
}

/// Finds the connections by which a proxy passes others on: the key of the request is the same.
fn link(connections: &mut [Connection]) {
    let mut in_order: Vec<usize> = (0..connections.len()).collect();
    in_order.sort_by_key(|place| connections[*place].upgrade.asked_at);
    // Of the connections with a key that were there before, the first of the file.
    let mut fronts: HashMap<String, usize> = HashMap::new();
    for place in in_order {
        let one = &mut connections[place];
        let asked = one.upgrade.asked.as_ref();
        let Some(key) = asked.and_then(|asked| asked.first("sec-websocket-key")) else { continue };
        one.behind = fronts.get(key).copied();
        let front = fronts.entry(key.to_owned()).or_insert(place);
        *front = place.min(*front);
    }
}

/// The side of an address.
fn side(stream: &Stream, address: &str, port: u16) -> Side {
    if (stream.server.0.as_str(), stream.server.1) == (address, port) {
        Side::Server
    } else {
        Side::Client
    }
}
