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
/// As [`read`]; also if the file is not UTF-8.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    String::from_utf8(read(path, most)?)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
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
        std::fs::write(&path, [0xFF]).unwrap();
        assert_eq!(read_text(&path, 5).unwrap_err().to_string(), "it is not UTF-8");
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
