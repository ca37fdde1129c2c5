//! The rules of frames, each with a name and a close code (RFC 6455 §5, §7.4, §8.1).

use thiserror::Error;

use crate::close::code;

/// A rule that a frame breaks. The receiver fails the connection with [`Violation::close_code`]
/// (RFC 6455 §7.1.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Violation {
    /// A client sent a frame in clear (RFC 6455 §5.1).
    #[error("unmasked frame from the client")]
    Unmasked,
    /// A server masked a frame (RFC 6455 §5.1).
    #[error("masked frame from the server")]
    Masked,
    /// A reserved bit that no extension gives a meaning (RFC 6455 §5.2).
    #[error("reserved bits {0:03b} set")]
    ReservedBits(u8),
    /// An undefined opcode (RFC 6455 §5.2).
    #[error("reserved opcode {0:#x}")]
    ReservedOpcode(u8),
    /// A length in a longer form than it needs (RFC 6455 §5.2).
    #[error("payload length not in its shortest form")]
    LengthNotMinimal,
    /// A control frame with more than 125 octets of payload (RFC 6455 §5.5).
    #[error("control frame longer than 125 octets")]
    ControlTooLong,
    /// A control frame without FIN (RFC 6455 §5.5).
    #[error("fragmented control frame")]
    ControlFragmented,
    /// A continuation of nothing (RFC 6455 §5.4).
    #[error("continuation frame without a message to continue")]
    UnexpectedContinuation,
    /// A new message amid the fragments of another (RFC 6455 §5.4).
    #[error("new message before the fragmented one has ended")]
    ExpectedContinuation,
    /// A payload marked as compressed that is not DEFLATE, or refers to data that was not sent
    /// before (RFC 7692 §7.2.2).
    #[error("compressed data that cannot be inflated")]
    NotDeflated,
    /// Text that is not UTF-8 (RFC 6455 §5.6, §8.1).
    #[error("text that is not UTF-8")]
    InvalidUtf8,
    /// A message longer than the receiver's limit (RFC 6455 §10.4).
    #[error("message too big")]
    MessageTooBig,
    /// A data frame after the close frame (RFC 6455 §5.5.1).
    #[error("data after the close frame")]
    DataAfterClose,
    /// A close frame with one octet of payload (RFC 6455 §5.5.1).
    #[error("close frame with half a code")]
    CloseTooShort,
    /// A close code that must not be on the wire (RFC 6455 §7.4).
    #[error("close code {0} must not be sent")]
    CloseCodeInvalid(u16),
    /// A close reason that is not UTF-8 (RFC 6455 §5.5.1, §8.1).
    #[error("close reason that is not UTF-8")]
    CloseReasonNotUtf8,
}

impl Violation {
    /// The close code with which the receiver fails the connection (RFC 6455 §7.4.1).
    #[must_use]
    pub const fn close_code(&self) -> u16 {
        match self {
            Self::NotDeflated | Self::InvalidUtf8 | Self::CloseReasonNotUtf8 => {
                code::INVALID_PAYLOAD
            }
            Self::MessageTooBig => code::TOO_BIG,
            _ => code::PROTOCOL_ERROR,
        }
    }
}
