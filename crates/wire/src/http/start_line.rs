//! The first line of a head, cut off by the same rules for requests and responses (RFC 9112 §2).

use super::{Headers, MAX_HEAD};
use crate::error::{HeadFault, HttpError};

/// A head in three parts: the first line as `read` gives it, the header lines, and the number of
/// octets that all of it took.
pub(super) type Head<T> = (T, Headers, usize);

/// Reads a head whose first line `read` understands; `None` when its end has not come yet.
pub(super) fn parse_head<T>(
    octets: &[u8],
    read: impl FnOnce(&[u8]) -> Result<T, HeadFault>,
) -> Result<Option<Head<T>>, HttpError> {
    let malformed = |fault| HttpError::Malformed { fault, raw: octets.to_vec() };
    let window = &octets[..octets.len().min(MAX_HEAD)];
    let head = match split_line(window).map_err(malformed)? {
        None => None,
        Some((line, at)) => {
            let start = read(line).map_err(malformed)?;
            let headers = Headers::parse(&window[at..]).map_err(malformed)?;
            headers.map(|(headers, used)| (start, headers, at + used))
        }
    };
    match head {
        None if octets.len() >= MAX_HEAD => {
            Err(HttpError::HeadTooLong { limit: MAX_HEAD, raw: octets.to_vec() })
        }
        head => Ok(head),
    }
}

/// `HTTP/d.d` (RFC 9112 §2.3). Any digits fit: HTTP/2.0 is judged by the reader of
/// the head.
pub(super) fn check_version(version: &[u8]) -> Result<&str, HeadFault> {
    match version {
        [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
            if major.is_ascii_digit() && minor.is_ascii_digit() =>
        {
            std::str::from_utf8(version).map_err(|_| HeadFault::Version)
        }
        _ => Err(HeadFault::Version),
    }
}

/// The first line without its end, and where the next begins. Empty lines before it are skipped
/// (RFC 9112 §2.2).
fn split_line(octets: &[u8]) -> Result<Option<(&[u8], usize)>, HeadFault> {
    let start = octets.iter().take_while(|octet| matches!(octet, b'\r' | b'\n')).count();
    let Some(end) = octets[start..].iter().position(|&octet| octet == b'\n') else {
        return Ok(None);
    };
    let line = &octets[start..start + end];
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.contains(&b'\r') {
        return Err(HeadFault::NewLine);
    }
    Ok(Some((line, start + end + 1)))
}
