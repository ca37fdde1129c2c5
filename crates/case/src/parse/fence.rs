//! The two `+++` lines around a head.

use std::ops::Range;
use std::sync::Arc;

use super::Parsed;
use crate::{Code, Diagnostic, Source};

/// The line around a head.
pub(crate) const FENCE: &str = "+++";

/// The span of the head between its fences, and the offset of the body.
pub(super) fn split(source: &Arc<Source>) -> Parsed<(Range<usize>, usize)> {
    let text = &source.text;
    if text.starts_with('\u{feff}') {
        let found = Diagnostic::error(
            Code::HeadFence,
            source,
            0..'\u{feff}'.len_utf8(),
            "the file begins with a byte order mark (BOM)",
        )
        .help("save it as UTF-8 without one");
        return Err(Box::new(found));
    }
    let mut lines = text.split_inclusive('\n');
    let first = lines.next().unwrap_or_default();
    if first.trim_end() != FENCE {
        let found = Diagnostic::error(
            Code::HeadFence,
            source,
            0..first.trim_end().len(),
            "the file does not begin with a head",
        )
        .label("wanted `+++`")
        .help("write the head as TOML between two lines of `+++`");
        return Err(Box::new(found));
    }
    let mut at = first.len();
    for line in lines {
        if line.trim_end() == FENCE {
            return Ok((first.len()..at, at + line.len()));
        }
        at += line.len();
    }
    let open = Diagnostic::error(Code::HeadFence, source, 0..FENCE.len(), "the head does not end")
        .label("opened here")
        .help("end the head with another line of `+++`");
    Err(Box::new(open))
}
