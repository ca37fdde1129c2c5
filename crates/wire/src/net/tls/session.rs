//! A TLS connection, client's or server's, and what was agreed on it.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::{TlsAcceptor, TlsConnector, TlsStream};

use super::super::socket::Socket;
use super::{CertificateFacts, ServerTls, SpkiPin, TlsFault, Trust, pin::spki_pin};

/// The results of the handshake, for reports and checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFacts {
    /// The version, e.g. `TLSv1_3`.
    pub version: Option<String>,
    /// The cipher suite, e.g. `TLS13_AES_256_GCM_SHA384`.
    pub suite: Option<String>,
    /// On the server's side the name that the client asked for; an address literal counts as none.
    pub server_name: Option<String>,
    /// On the client's side the pin of the server's key.
    pub peer_pin: Option<SpkiPin>,
    /// On the client's side the content of the server's certificate.
    pub peer_certificate: Option<CertificateFacts>,
}

/// TLS over a socket. Boxed, because the state of a connection is large.
#[derive(Debug)]
pub(in crate::net) struct Session(Box<TlsStream<Socket>>);

impl Session {
    /// Completes the handshake as a client.
    pub(in crate::net) async fn connect(
        socket: Socket,
        trust: &Trust,
        server_name: &str,
    ) -> Result<Self, TlsFault> {
        let name = ServerName::try_from(server_name.to_owned())
            .map_err(|_| TlsFault::ServerName(server_name.to_owned()))?;
        let connector = TlsConnector::from(trust.client_config().map_err(TlsFault::Trust)?);
        let stream = connector
            .connect(name, socket)
            .await
            .map_err(|error| TlsFault::of(&error, server_name))?;
        Ok(Self(Box::new(stream.into())))
    }

    /// Completes the handshake as a server.
    pub(in crate::net) async fn accept(socket: Socket, tls: &ServerTls) -> Result<Self, TlsFault> {
        let stream = TlsAcceptor::from(tls.config())
            .accept(socket)
            .await
            .map_err(|error| TlsFault::of(&error, ""))?;
        Ok(Self(Box::new(stream.into())))
    }

    pub(in crate::net) fn facts(&self) -> TlsFacts {
        let state = self.0.get_ref().1;
        let leaf = state.peer_certificates().and_then(|chain| chain.first());
        TlsFacts {
            version: state.protocol_version().map(|version| format!("{version:?}")),
            suite: state.negotiated_cipher_suite().map(|suite| format!("{:?}", suite.suite())),
            server_name: match &*self.0 {
                TlsStream::Server(stream) => stream.get_ref().1.server_name().map(str::to_owned),
                TlsStream::Client(_) => None,
            },
            peer_pin: leaf.and_then(|certificate| spki_pin(certificate).ok()),
            peer_certificate: leaf.and_then(|certificate| CertificateFacts::of(certificate)),
        }
    }

    pub(in crate::net) fn socket(&self) -> &Socket {
        self.0.get_ref().0
    }

    pub(in crate::net) fn socket_mut(&mut self) -> &mut Socket {
        self.0.get_mut().0
    }
}

impl AsyncRead for Session {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Session {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, octets)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use rustls::{SupportedProtocolVersion, version};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::{TcpListener, TcpStream},
    };

    use super::*;
    use crate::net::tls::Authority;

    async fn version_agreed_with(offered: &'static SupportedProtocolVersion) -> Option<String> {
        let authority = Authority::new().unwrap();
        let tls = authority.server_config(&["localhost"]).unwrap();
        let trust = Trust::ca_pem(&authority.ca_pem()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let dialled = TcpStream::connect(listener.local_addr().unwrap());
        let (dialled, accepted) = tokio::join!(dialled, listener.accept());
        let connector = TlsConnector::from(trust.client_config_with(&[offered]).unwrap());
        let name = ServerName::try_from("localhost").unwrap();
        let (client, server) = tokio::join!(
            connector.connect(name, dialled.unwrap()),
            Session::accept(Socket::Tcp(accepted.unwrap().0), &tls)
        );
        let (mut client, mut server) = (client.unwrap(), server.unwrap());
        client.write_all(b"hi").await.unwrap();
        client.flush().await.unwrap();
        let mut octets = [0; 2];
        server.read_exact(&mut octets).await.unwrap();
        assert_eq!(octets, *b"hi");
        assert_eq!(server.facts().server_name.as_deref(), Some("localhost"));
        server.facts().version
    }

    #[tokio::test]
    async fn both_versions_are_spoken() {
        assert_eq!(version_agreed_with(&version::TLS12).await.as_deref(), Some("TLSv1_2"));
        assert_eq!(version_agreed_with(&version::TLS13).await.as_deref(), Some("TLSv1_3"));
    }
}
