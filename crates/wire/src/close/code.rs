//! The close codes that this product names (RFC 6455 §7.4.1).

/// The purpose of the connection has been fulfilled.
pub const NORMAL: u16 = 1000;
/// The endpoint goes away, e.g. a server that shuts down.
pub const GOING_AWAY: u16 = 1001;
/// The peer broke RFC 6455.
pub const PROTOCOL_ERROR: u16 = 1002;
/// A type of data that is not accepted, e.g. a binary message (RFC 7395 §3.2).
pub const UNSUPPORTED_DATA: u16 = 1003;
/// Stands for a close frame without code; never on the wire.
pub const NO_STATUS: u16 = 1005;
/// Data that does not fit the type of its message, e.g. bad UTF-8 in text.
pub const INVALID_PAYLOAD: u16 = 1007;
/// A message too big to process.
pub const TOO_BIG: u16 = 1009;
/// The server met an unexpected condition.
pub const INTERNAL_ERROR: u16 = 1011;
