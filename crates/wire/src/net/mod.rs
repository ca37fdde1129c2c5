//! Sockets: dial, accept, TLS.
