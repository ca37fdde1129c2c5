//! Reads files up to a size. The length that the system tells is no bound: that of a device, a pipe
//! or a file of `/proc` is 0.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

/// The largest file that people write, in octets: cases, worlds, targets, certificates.
pub const SMALL: u64 = 16 << 20;

/// The largest file that programs write, in octets: captures, recordings, reports.
pub const LARGE: u64 = 256 << 20;

/// Reads a file of at most `most` octets.
///
/// A pipe is read like a file, so that `<(zcat desk.har.gz)` of a shell can be given; it is waited
/// for as `cat` does.
///
/// # Errors
///
/// The file cannot be read, is larger, or is a device, a socket or a folder.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
    }
    if !(metadata.is_file() || is_pipe(&metadata)) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is a device, not a file"));
    }
    let too_large = || {
        let why = format!("larger than {}; cut out the part that matters", size(most));
        io::Error::new(io::ErrorKind::FileTooLarge, why)
    };
    if metadata.len() > most {
        return Err(too_large());
    }
    let mut octets = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
    file.take(most.saturating_add(1)).read_to_end(&mut octets)?;
    if octets.len() as u64 > most { Err(too_large()) } else { Ok(octets) }
}

/// As [`read`], for text in UTF-8.
///
/// # Errors
///
/// As [`read`]; also if the file is not UTF-8. The error names the encoding, or the first octet
/// that is wrong.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    let unfit = |why: String| io::Error::new(io::ErrorKind::InvalidData, why);
    let octets = read(path, most)?;
    if let Some(encoding) = other_encoding(&octets) {
        return Err(unfit(format!("it is {encoding}, not UTF-8: save it as UTF-8")));
    }
    String::from_utf8(octets).map_err(|error| {
        let (text, at) = (error.as_bytes(), error.utf8_error().valid_up_to());
        let line = 1 + text[..at].iter().filter(|octet| **octet == b'\n').count();
        let octet = text.get(at).copied().unwrap_or_default();
        unfit(format!("it is not UTF-8: look at the octet 0x{octet:02X} in line {line}"))
    })
}

/// The encoding of a text that is not UTF-8, as far as it can be told. Without a byte order mark it
/// shows in the first characters, which are of ASCII in the files of this program.
fn other_encoding(octets: &[u8]) -> Option<&'static str> {
    match octets {
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => Some("UTF-32"),
        [0xFF, 0xFE, ..] => Some("UTF-16 (little-endian)"),
        [0xFE, 0xFF, ..] => Some("UTF-16 (big-endian)"),
        [1..=0xFF, 0, 1..=0xFF, 0, ..] => Some("UTF-16 (little-endian)"),
        [0, 1..=0xFF, 0, 1..=0xFF, ..] => Some("UTF-16 (big-endian)"),
        _ => None,
    }
}

fn size(octets: u64) -> String {
    if octets < 1 << 20 { format!("{octets} octets") } else { format!("{} MiB", octets >> 20) }
}

#[cfg(unix)]
fn is_pipe(metadata: &std::fs::Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&metadata.file_type())
}

#[cfg(not(unix))]
fn is_pipe(_: &std::fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        std::fs::write(&path, "12345").unwrap();
        assert_eq!(read_text(&path, 5).unwrap(), "12345");
        let error = read(&path, 4).unwrap_err();
        assert_eq!(error.to_string(), "larger than 4 octets; cut out the part that matters");
        assert!(read(folder.path(), 4).is_err());
    }

    #[test]
    fn an_error_names_the_encoding_of_a_text() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let little = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let rows: [(Vec<u8>, &str); 7] = [
            (little("\u{FEFF}+++"), "it is UTF-16 (little-endian), not UTF-8: save it as UTF-8"),
            (big("\u{FEFF}+++"), "it is UTF-16 (big-endian), not UTF-8: save it as UTF-8"),
            (little("+++"), "it is UTF-16 (little-endian), not UTF-8: save it as UTF-8"),
            (big("+++"), "it is UTF-16 (big-endian), not UTF-8: save it as UTF-8"),
            (b"\xFF\xFE\0\0+\0\0\0".into(), "it is UTF-32, not UTF-8: save it as UTF-8"),
            (b"a\nM\xFCller".into(), "it is not UTF-8: look at the octet 0xFC in line 2"),
            (b"\xFF".into(), "it is not UTF-8: look at the octet 0xFF in line 1"),
        ];
        for (octets, wanted) in rows {
            std::fs::write(file.path(), octets).unwrap();
            assert_eq!(read_text(file.path(), SMALL).unwrap_err().to_string(), wanted);
        }
        for text in ["", "a", "é", "\u{FEFF}a"] {
            std::fs::write(file.path(), text).unwrap();
            assert_eq!(read_text(file.path(), SMALL).unwrap(), text);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_device_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("a.har");
        std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
        for path in [&link, Path::new("/dev/urandom")] {
            let error = read(path, SMALL).unwrap_err();
            assert_eq!(error.to_string(), "it is a device, not a file");
        }
    }

    /// A file of `/proc` has length 0 and content.
    #[cfg(target_os = "linux")]
    #[test]
    fn the_length_that_the_system_tells_is_no_bound() {
        let path = Path::new("/proc/self/status");
        assert_eq!(std::fs::metadata(path).unwrap().len(), 0);
        assert_eq!(read(path, 8).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_pipe_is_read_up_to_the_limit() {
        use std::io::Write as _;
        use std::os::fd::AsRawFd as _;
        let (reader, mut writer) = io::pipe().unwrap();
        let path = format!("/proc/self/fd/{}", reader.as_raw_fd());
        writer.write_all(b"12345").unwrap();
        assert_eq!(read(Path::new(&path), 4).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        writer.write_all(b"678").unwrap();
        drop(writer);
        assert_eq!(read(Path::new(&path), 8).unwrap(), b"678");
    }
}
