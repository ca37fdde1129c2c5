//! TLS, the only module that names rustls and rcgen: an authority for the fake, three ways of trust
//! for the client.

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};

mod authority;
mod certificate;
mod fault;
mod pin;
mod session;
mod trust;
mod verifier;

pub use authority::{Authority, CertificateError, LeafPem, ServerTls, Validity};
pub use certificate::CertificateFacts;
pub use fault::TlsFault;
pub use pin::SpkiPin;
pub(super) use session::Session;
pub use session::TlsFacts;
pub use trust::{Trust, TrustError};

/// The provider is always named: if another crate switches on a second one, rustls can no longer
/// choose by itself and panics.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}
