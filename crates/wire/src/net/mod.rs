//! Sockets: dial, accept, and one type of stream for plain TCP and TLS on either side.

mod dial;
mod error;
mod listen;
mod stream;
mod tls;

pub use dial::dial;
pub use error::{AcceptError, DialError, Step};
pub use listen::{Incoming, Listener};
pub use stream::Stream;
pub use tls::{
    Authority, CertificateError, CertificateFacts, LeafPem, ServerTls, SpkiPin, TlsFacts, TlsFault,
    Trust, TrustError, Validity,
};
