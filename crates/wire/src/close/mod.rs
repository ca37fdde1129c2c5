//! The body of a close frame and the codes that may stand in it (RFC 6455 §5.5.1, §7.4).

pub mod code;

use crate::violation::Violation;

/// Code and reason of a close frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseFrame {
    /// The status code, e.g. 1000.
    pub code: u16,
    /// Text for debugging; empty when absent.
    pub reason: String,
}

impl CloseFrame {
    /// A close frame with this code and reason. Nothing is checked, so that forbidden codes can be
    /// sent.
    #[must_use]
    pub fn new(code: u16, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into() }
    }

    /// Reads the payload of a close frame; `None` when it is empty.
    ///
    /// # Errors
    ///
    /// A payload of one octet, a code that must not be on the wire, a reason that is not UTF-8.
    pub fn parse(payload: &[u8]) -> Result<Option<Self>, Violation> {
        // RFC 6455 §5.5.1: if there is a body, it begins with a code of two octets.
        let (code, reason) = match payload {
            [] => return Ok(None),
            [_] => return Err(Violation::CloseTooShort),
            [high, low, reason @ ..] => (u16::from_be_bytes([*high, *low]), reason),
        };
        if !may_be_sent(code) {
            return Err(Violation::CloseCodeInvalid(code));
        }
        let reason = std::str::from_utf8(reason).map_err(|_| Violation::CloseReasonNotUtf8)?;
        Ok(Some(Self::new(code, reason)))
    }

    /// The payload of the close frame: the code in network byte order, then the reason.
    #[must_use]
    pub fn payload(&self) -> Vec<u8> {
        [&self.code.to_be_bytes()[..], self.reason.as_bytes()].concat()
    }
}

/// Whether a code may stand in a close frame: those of RFC 6455 §7.4.1, those registered later
/// (1012 to 1014), and the ranges for libraries and for private use (§7.4.2).
#[must_use]
pub fn may_be_sent(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

#[cfg(test)]
mod tests {
    use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

    use super::*;

    #[test]
    fn codes_agree_with_tungstenite() {
        // 1014, bad gateway, was registered last; tungstenite does not know it.
        for code in (0..=u16::MAX).filter(|code| *code != 1014) {
            assert_eq!(may_be_sent(code), CloseCode::from(code).is_allowed(), "{code}");
        }
    }

    #[test]
    fn payload_and_parse_are_inverse() {
        let frame = CloseFrame::new(code::NORMAL, "auf Wiedersehen, schöne Zeit");
        assert_eq!(CloseFrame::parse(&frame.payload()), Ok(Some(frame)));
        assert_eq!(CloseFrame::parse(b""), Ok(None));
    }

    #[test]
    fn bad_payloads_are_told_apart() {
        assert_eq!(CloseFrame::parse(b"\x03"), Err(Violation::CloseTooShort));
        assert_eq!(
            CloseFrame::parse(&1005u16.to_be_bytes()),
            Err(Violation::CloseCodeInvalid(1005))
        );
        assert_eq!(CloseFrame::parse(b"\x03\xe8\xff"), Err(Violation::CloseReasonNotUtf8));
    }
}
