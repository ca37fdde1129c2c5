//! The protocols below XMPP: HTTP/1.1 upgrade heads, RFC 6455 frames and messages, be they
//! compressed or not, and, with the feature `net`, TLS, dial and accept.
//!
//! Without `net` everything here is sans-IO: octets in, values out, no sockets and no clock.

pub mod accept;
pub mod close;
pub mod decoder;
pub mod deflate;
mod error;
pub mod extension;
pub mod frame;
pub mod handshake;
pub mod http;
pub mod message;
#[cfg(feature = "net")]
pub mod net;
mod violation;

pub use accept::accept_value;
pub use close::CloseFrame;
pub use decoder::{Decoded, Decoder};
pub use deflate::{Deflater, Inflater, Unit};
pub use error::{BodyError, FrameError, HeadFault, HttpError};
pub use extension::Extension;
pub use frame::{Frame, LengthForm, RSV1, opcode};
pub use http::{BodyKind, BodyReader, Headers, MAX_BODY, MAX_HEAD, RequestHead, ResponseHead};
pub use message::{Assembler, Message, Side};
#[cfg(feature = "net")]
pub use net::{
    AcceptError, Authority, CertificateError, DialError, Incoming, Listener, ServerTls, SpkiPin,
    Step, Stream, TlsFacts, TlsFault, Trust, TrustError, Validity, dial,
};
pub use violation::Violation;
