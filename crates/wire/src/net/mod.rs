//! Connections: dial, accept, and one type of stream with and without TLS on either side, over TCP
//! or in memory.

mod access;
mod dial;
mod error;
mod listen;
mod loopback;
mod memory;
mod meter;
mod socket;
mod stream;
mod tls;

pub use access::{Denied, LocalAccess};
pub use dial::{dial, dial_metered};
pub use error::{AcceptError, DialError, Step, way_to_listen};
pub use listen::{Incoming, Listener, Turn};
pub use memory::{Memory, MemoryNetwork};
pub use meter::Meter;
pub use stream::Stream;
pub use tls::{
    Authority, CertificateError, CertificateFacts, LeafPem, ServerTls, SpkiPin, TlsFacts, TlsFault,
    Trust, TrustError, Validity,
};
