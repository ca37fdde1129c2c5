//! Runs tshark and reads what it prints.

mod running;

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use running::Running;
pub use running::end_programs;

/// How long tshark may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// The most octets of its output that are read.
const MOST: u64 = 1024 * 1024 * 1024;

/// The fields of a packet, in this order.
const FIELDS: [&str; 17] = [
    "frame.time_epoch",
    "tcp.stream",
    "ip.src",
    "ipv6.src",
    "tcp.srcport",
    "ip.dst",
    "ipv6.dst",
    "tcp.dstport",
    "tcp.flags",
    "tcp.seq",
    "tcp.len",
    "tcp.payload",
    "tls.record.content_type",
    "tls.record.opaque_type",
    "tls.handshake.type",
    "tls.handshake.extensions_server_name",
    "tls.alert_message.desc",
];

/// The packets of TCP in a capture, a line each.
pub(super) struct Packets {
    pub(super) lines: String,
    /// The capture ends amid a packet.
    pub(super) is_cut: bool,
}

/// Lists the packets of TCP.
///
/// # Errors
///
/// tshark is missing, fails, or takes too long.
pub(super) fn packets(path: &Path, keys: &Keys) -> Result<Packets, String> {
    let mut command = command(path, keys);
    command.args([
        "-Y",
        "tcp",
        "-T",
        "fields",
        "-E",
        "separator=/t",
        "-E",
        "occurrence=a",
        "-E",
        "aggregator=,",
    ]);
    for field in FIELDS {
        command.args(["-e", field]);
    }
    let (lines, errors) = run(command)?;
    let is_cut = errors.contains("cut short");
    Ok(Packets { lines, is_cut })
}

/// The application data of TLS connections, by the numbers of their streams.
///
/// # Errors
///
/// As for [`packets`].
pub(super) fn decrypted(
    path: &Path,
    keys: &Keys,
    streams: &[u32],
) -> Result<Vec<(u32, String)>, String> {
    let mut command = command(path, keys);
    command.arg("-q");
    for stream in streams {
        command.args(["-z", &format!("follow,tls,raw,{stream}")]);
    }
    let (text, _) = run(command)?;
    let mut found = Vec::new();
    for block in text.split("Follow: tls,raw").skip(1) {
        let number =
            block.split("tcp.stream eq ").nth(1).and_then(|rest| rest.split_whitespace().next());
        if let Some(number) = number.and_then(|number| number.parse().ok()) {
            found.push((number, block.to_owned()));
        }
    }
    Ok(found)
}

/// The keys for tshark, which takes one file of them and reads it to its end, without a limit.
pub(super) struct Keys {
    path: Option<PathBuf>,
    /// Several files in one, or what came from a pipe; it goes with this value.
    _joined: Option<tempfile::NamedTempFile>,
}

impl Keys {
    /// Reads files of keys and joins them.
    ///
    /// # Errors
    ///
    /// A file cannot be read, or the joined one not be written.
    pub(super) fn new(files: &[PathBuf]) -> Result<Self, String> {
        let mut all = Vec::new();
        for file in files {
            let keys = files::read(file, files::LARGE)
                .map_err(|error| format!("keys: {}: {error}", file.display()))?;
            all.extend(keys);
            all.push(b'\n');
        }
        match files {
            [] => Ok(Self { path: None, _joined: None }),
            [file] if file.is_file() => Ok(Self { path: Some(file.clone()), _joined: None }),
            _ => {
                let failed = |error: std::io::Error| format!("keys: {error}");
                let mut joined = tempfile::NamedTempFile::new().map_err(failed)?;
                joined.write_all(&all).and_then(|()| joined.flush()).map_err(failed)?;
                Ok(Self { path: Some(joined.path().to_owned()), _joined: Some(joined) })
            }
        }
    }
}

fn command(path: &Path, keys: &Keys) -> Command {
    let mut command = Command::new("tshark");
    command.arg("-n").arg("-r").arg(path);
    if let Some(keys) = &keys.path {
        command.arg("-o").arg(format!("tls.keylog_file:{}", keys.display()));
    }
    command
}

/// Runs a command to its end; returns what it printed, and its errors.
fn run(command: Command) -> Result<(String, String), String> {
    let mut running = Running::new(command).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "a capture of packets: reading one takes `tshark`, which is not installed (Debian: apt install tshark; macOS: brew install wireshark; Windows: Wireshark)".to_owned(),
        _ => format!("a capture of packets: tshark cannot be started: {error}"),
    })?;
    let (out, errors) = running.output();
    let (done, ended) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        let mut text = Vec::new();
        let read = out.map(|out| out.take(MOST).read_to_end(&mut text));
        // The other side waits for this, or has given up.
        let _ = done.send(());
        (read.is_some_and(|read| read.is_ok()), text)
    });
    let complaints = std::thread::spawn(move || {
        let mut text = Vec::new();
        let _ = errors.map(|errors| errors.take(64 * 1024).read_to_end(&mut text));
        String::from_utf8_lossy(&text).into_owned()
    });
    if ended.recv_timeout(PATIENCE).is_err() {
        // The readers may wait for a process that has the pipes of the one that is killed now.
        return Err(format!(
            "a capture of packets: tshark took longer than {} s; cut out the part that matters (editcap)",
            PATIENCE.as_secs()
        ));
    }
    let status = running.wait().map_err(|error| format!("tshark: {error}"))?;
    let (_, text) = reader.join().unwrap_or_default();
    let complaints = complaints.join().unwrap_or_default();
    if !status.success() && text.is_empty() {
        let why = complaints
            .lines()
            .rfind(|line| !line.starts_with("Running as user"))
            .unwrap_or("no word why");
        return Err(format!(
            "a capture of packets that tshark cannot read: {}",
            textual::clipped(why, 200)
        ));
    }
    Ok((String::from_utf8_lossy(&text).into_owned(), complaints))
}
