//! Parts of long lists: `Range: objects=1-1500` (Developer Guide 12.5, "PhoneBooks").

use wire::RequestHead;

use crate::problem::Problem;

/// The part of a list that a request asks for, as indices, and the whole's length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) from: usize,
    /// The index behind the last.
    pub(crate) to: usize,
    pub(crate) of: usize,
}

impl Part {
    /// The part of a list of this length; none if the request asks for the whole.
    pub(crate) fn of(head: &RequestHead, length: usize) -> Result<Option<Self>, Problem> {
        let Some(range) = head.headers.first("Range") else { return Ok(None) };
        let parts = range.trim().strip_prefix("objects=").and_then(|range| range.split_once('-'));
        let number = |text: &str| text.trim().parse::<usize>().ok();
        let part = parts.and_then(|(first, last)| Some((number(first)?, number(last)?)));
        match part {
            Some((first, last)) if first >= 1 && first <= last && first <= length.max(1) => {
                Ok(Some(Self { from: first - 1, to: last.min(length), of: length }))
            }
            _ => {
                let note = format!("the range {range:?} is none: objects=FIRST-LAST, from 1");
                let of = format!("objects */{length}");
                Err(Problem::bare(416).header("Content-Range", of).note(note))
            }
        }
    }

    /// Whether it is less than the whole.
    pub(crate) fn is_partial(self) -> bool {
        self.from > 0 || self.to < self.of
    }

    /// The header `Content-Range`.
    pub(crate) fn header(self) -> String {
        format!("objects {}-{}/{}", self.from + 1, self.to, self.of)
    }
}
