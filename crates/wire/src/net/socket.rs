//! The transport below a stream: TCP, or memory.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use super::memory::Memory;
use super::meter::Meter;

/// A connection below TLS.
#[derive(Debug)]
pub(super) enum Socket {
    Tcp(TcpStream),
    Memory(Memory),
    /// TCP whose octets are counted.
    Metered(TcpStream, Meter),
}

impl Socket {
    /// Makes the end of the connection a reset; unsent octets are lost.
    pub(super) fn mark_reset(&self) -> io::Result<()> {
        match self {
            Self::Tcp(tcp) | Self::Metered(tcp, _) => tcp.set_zero_linger(),
            Self::Memory(memory) => {
                memory.mark_reset();
                Ok(())
            }
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Self::Memory(memory) => Pin::new(memory).poll_read(cx, buf),
            Self::Metered(tcp, meter) => {
                let before = buf.filled().len();
                let read = Pin::new(tcp).poll_read(cx, buf);
                meter.add_received(buf.filled().len() - before);
                read
            }
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(tcp) => Pin::new(tcp).poll_write(cx, octets),
            Self::Memory(memory) => Pin::new(memory).poll_write(cx, octets),
            Self::Metered(tcp, meter) => {
                let written = Pin::new(tcp).poll_write(cx, octets);
                if let Poll::Ready(Ok(count)) = written {
                    meter.add_sent(count);
                }
                written
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(tcp) | Self::Metered(tcp, _) => Pin::new(tcp).poll_flush(cx),
            Self::Memory(memory) => Pin::new(memory).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(tcp) | Self::Metered(tcp, _) => Pin::new(tcp).poll_shutdown(cx),
            Self::Memory(memory) => Pin::new(memory).poll_shutdown(cx),
        }
    }
}
