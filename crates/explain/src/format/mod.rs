//! Files of all formats become a [`Conversation`]; the format is recognised by the content.

mod bosh;
mod har;
mod lines;
mod log;
mod mitmproxy;
mod octets;
mod pcap;
mod recording;
mod requests;
mod text;
mod transcript;

use std::path::{Path, PathBuf};

use verdict::TranscriptLine;

pub use pcap::end_programs;

use crate::conversation::{Conversation, Source};

/// The most connections of a file that are explained: some rules compare each with each.
const MOST: usize = 1_000;

/// A file that tells nothing.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// It cannot be read.
    #[error("{path}: {source}")]
    Io { path: String, source: std::io::Error },
    /// It is too large, of no known format, or nothing in it is a conversation.
    #[error("{path}: {why}")]
    Format { path: String, why: String },
}

/// The options of the command line for reading.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Key logs for TLS in captures (SSLKEYLOGFILE).
    pub keys: Vec<PathBuf>,
}

/// Reads files of one event. Key logs among them count as such.
///
/// # Errors
///
/// The first file that tells nothing.
pub fn read(paths: &[PathBuf], options: &Options) -> Result<Conversation, Unreadable> {
    let mut keys = options.keys.clone();
    let mut files = Vec::new();
    for path in paths {
        let name = path.display().to_string();
        let octets = files::read(path, files::LARGE).map_err(|source| unreadable(&name, source))?;
        if is_keys(path, &octets) {
            keys.push(path.clone());
        } else {
            files.push((path, name, octets));
        }
    }
    let mut all = Conversation::default();
    for (path, name, octets) in files {
        let mut found = one(path, &name, &octets, &keys)
            .map_err(|why| Unreadable::Format { path: name.clone(), why })?;
        let before = all.sources.len();
        let connections = all.connections.len();
        for connection in &mut found.connections {
            connection.source += before;
            connection.behind = connection.behind.map(|index| index + connections);
        }
        for exchange in &mut found.exchanges {
            exchange.source += before;
        }
        all.sources.append(&mut found.sources);
        all.connections.append(&mut found.connections);
        all.exchanges.append(&mut found.exchanges);
        all.logged.append(&mut found.logged);
    }
    Ok(all)
}

fn unreadable(name: &str, source: std::io::Error) -> Unreadable {
    let path = name.to_owned();
    match source.kind() {
        std::io::ErrorKind::FileTooLarge => Unreadable::Format { path, why: source.to_string() },
        _ => Unreadable::Io { path, source },
    }
}

/// Whether a file is a key log of TLS; an empty one is known by its name alone.
fn is_keys(path: &Path, octets: &[u8]) -> bool {
    if octets.is_empty() {
        return path.extension().is_some_and(|end| end == "keys" || end == "keylog");
    }
    let start = String::from_utf8_lossy(&octets[..octets.len().min(4096)]);
    let mut lines = start.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    lines.next().is_some_and(|line| {
        [
            "CLIENT_RANDOM ",
            "CLIENT_HANDSHAKE_TRAFFIC_SECRET ",
            "SERVER_HANDSHAKE_TRAFFIC_SECRET ",
            "CLIENT_TRAFFIC_SECRET_0 ",
            "SERVER_TRAFFIC_SECRET_0 ",
            "EXPORTER_SECRET ",
            "EARLY_EXPORTER_SECRET ",
        ]
        .iter()
        .any(|label| line.starts_with(label))
    })
}

/// Reads one file; the error says why it tells nothing.
fn one(path: &Path, name: &str, octets: &[u8], keys: &[PathBuf]) -> Result<Conversation, String> {
    if pcap::is_one(octets) {
        // tshark reads it anew, and more than once.
        if !path.is_file() {
            return Err("a capture of packets is read as a file, not from a pipe".to_owned());
        }
        return Ok(joined(pcap::read(path, name, keys)?));
    }
    from_octets(name, octets)
}

/// Reads the content of a file of any format that needs no other program.
///
/// # Errors
///
/// Why it tells nothing.
pub fn from_octets(name: &str, octets: &[u8]) -> Result<Conversation, String> {
    format(name, octets).map(joined)
}

/// The conversation with the streams that BOSH carries, and no more connections than can be shown.
fn joined(mut found: Conversation) -> Conversation {
    bosh::join(&mut found);
    let count = found.connections.len();
    if count > MOST {
        found.connections.truncate(MOST);
        for one in &mut found.connections {
            // One whose front is left out stands for itself.
            one.behind = one.behind.filter(|front| *front < MOST);
        }
        if let Some(source) = found.sources.first_mut() {
            source.is_cut = true;
            source.remarks.push(format!(
                "There are {count} connections in it: those after the first {MOST} are left out. \
                 Cut out the time that matters."
            ));
        }
    }
    found
}

fn format(name: &str, octets: &[u8]) -> Result<Conversation, String> {
    if mitmproxy::is_flows(octets) {
        return Ok(mitmproxy::flows(name, octets));
    }
    let text = text::decoded(octets);
    let start = text.trim_start();
    if start.is_empty() {
        return Err("the file is empty".to_owned());
    }
    if start.starts_with("{\"event\":\"run\"") {
        return Err(
            "the report of a whole run; it is explained alone, by `explain FILE`, or give one of \
             its transcripts: AREA/SLUG.jsonl"
                .to_owned(),
        );
    }
    if transcript::is_of_fake(start) {
        return transcript::of_fake(name, start);
    }
    if recording::is_case(start) {
        return recording::case(name, start);
    }
    if start.starts_with('{') && (start.contains("\"log\"") || start.contains("\"entries\"")) {
        return har::read(name, start);
    }
    if mitmproxy::is_text(&text) {
        return Ok(mitmproxy::printed(name, &text));
    }
    if transcript::is_one(&text) {
        return transcript::read(name, &text);
    }
    if recording::is_server_recording(&text)
        && let Ok(found) = recording::server(name, &text)
    {
        return Ok(found);
    }
    if text::is_noise(&text) {
        return Err("it is no text, and no capture of a known format".to_owned());
    }
    log::read(name, &text)
}

/// Reads the transcript of a case out of the report of a run.
///
/// # Errors
///
/// Why it tells nothing.
pub fn from_report(name: &str, said: &[TranscriptLine]) -> Result<Conversation, String> {
    transcript::kept(name, said).map(joined)
}

/// A source without remarks.
fn source(name: &str, format: &str) -> Source {
    Source { name: name.to_owned(), format: format.to_owned(), is_cut: false, remarks: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::{Connection, Sight};

    #[test]
    fn connections_that_stay_keep_their_fronts() {
        let mut connections = vec![Connection::new(0, Sight::MESSAGES); MOST + 2];
        connections[5].behind = Some(MOST + 1);
        connections[7].behind = Some(6);
        let left = joined(Conversation { connections, ..Conversation::default() }).connections;
        assert_eq!(left.len(), MOST);
        assert_eq!((left[5].behind, left[7].behind), (None, Some(6)));
    }
}
