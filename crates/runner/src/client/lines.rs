//! Lines that a program writes, none of them kept beyond its bound.

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _};

/// A line without its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// As much of it as is kept.
    pub(super) octets: Vec<u8>,
    /// It was longer.
    pub(super) is_cut: bool,
}

/// The next line, of which up to `longest` octets are kept. None at the end, or when nothing more
/// can be read.
pub(super) async fn next(reader: &mut (impl AsyncBufRead + Unpin), longest: usize) -> Option<Line> {
    let mut line = Line { octets: Vec::new(), is_cut: false };
    let mut has_begun = false;
    loop {
        let read = reader.fill_buf().await.ok()?;
        if read.is_empty() {
            return has_begun.then_some(line);
        }
        has_begun = true;
        let end = read.iter().position(|octet| *octet == b'\n');
        let said = &read[..end.unwrap_or(read.len())];
        let kept = said.len().min(longest - line.octets.len());
        line.octets.extend_from_slice(&said[..kept]);
        line.is_cut |= kept < said.len();
        let used = said.len() + usize::from(end.is_some());
        reader.consume(used);
        if end.is_some() {
            return Some(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::BufReader;

    use super::*;

    #[tokio::test]
    async fn a_line_is_kept_up_to_its_bound() {
        let said = b"abc\n\nabcdefgh\n\xff\xfe".as_slice();
        for buffer in [1, 3, 100] {
            let mut reader = BufReader::with_capacity(buffer, said);
            let mut lines = Vec::new();
            while let Some(Line { octets, is_cut }) = next(&mut reader, 5).await {
                lines.push((octets, is_cut));
            }
            let wanted: [(&[u8], bool); 4] =
                [(b"abc", false), (b"", false), (b"abcde", true), (b"\xff\xfe", false)];
            assert_eq!(lines, wanted.map(|(octets, is_cut)| (octets.to_vec(), is_cut)));
        }
    }
}
