//! A connection to a server: every write and read has a deadline.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, timeout_at};
use wire::net::{Stream, Trust, dial};
use wire::{HeadFault, HttpError, ResponseHead};

use crate::{Deadlines, Error, Url};

/// The largest head of a response, in octets.
const LARGEST_HEAD: usize = 16 << 10;

/// Size of a read, in octets.
const CHUNK: usize = 4 << 10;

/// A connection over TCP, with TLS for `wss`.
pub(crate) struct Connection {
    stream: Stream,
    chunk: Box<[u8]>,
    /// Deadline for the answer to each request.
    within: Duration,
}

impl Connection {
    pub(crate) async fn connect(
        url: &Url,
        trust: &Trust,
        deadlines: Deadlines,
    ) -> Result<Self, Error> {
        let tls = url.secure.then_some((trust, url.host.as_str()));
        Ok(Self {
            stream: dial(&url.host, url.port, tls, deadlines.connect).await?,
            chunk: vec![0; CHUNK].into_boxed_slice(),
            within: deadlines.answer,
        })
    }

    pub(crate) fn stream(&self) -> &Stream {
        &self.stream
    }

    /// The deadline of a wait that begins now.
    pub(crate) fn deadline(&self) -> Instant {
        Instant::now() + self.within
    }

    /// An error if the deadline has passed, however much the server says.
    pub(crate) fn in_time(&self, until: Instant) -> Result<(), Error> {
        if until <= Instant::now() { Err(Error::Silent(self.within)) } else { Ok(()) }
    }

    pub(crate) async fn write(&mut self, octets: &[u8]) -> Result<(), Error> {
        let until = self.deadline();
        let written = async {
            self.stream.write_all(octets).await?;
            self.stream.flush().await
        };
        match timeout_at(until, written).await {
            Ok(written) => written.map_err(|cause| Error::Ended(Some(cause))),
            Err(_) => Err(Error::Silent(self.within)),
        }
    }

    /// The next octets; none at the end of the connection.
    pub(crate) async fn read(&mut self, until: Instant) -> Result<&[u8], Error> {
        self.in_time(until)?;
        match timeout_at(until, self.stream.read(&mut self.chunk)).await {
            Ok(Ok(count)) => Ok(self.chunk.get(..count).unwrap_or_default()),
            Ok(Err(cause)) => Err(Error::Ended(Some(cause))),
            Err(_) => Err(Error::Silent(self.within)),
        }
    }

    /// Reads the head of a response. `received` has the octets that came before, and afterwards
    /// those that follow the head.
    pub(crate) async fn head(
        &mut self,
        until: Instant,
        received: &mut Vec<u8>,
    ) -> Result<ResponseHead, Error> {
        loop {
            match ResponseHead::parse(received) {
                Ok(Some((head, used))) => {
                    received.drain(..used);
                    return Ok(head);
                }
                Ok(None) if received.len() < LARGEST_HEAD => {}
                Ok(None) => {
                    return Err(Error::Unreadable(
                        "the head of the response does not end".to_owned(),
                    ));
                }
                Err(HttpError::Malformed { fault: HeadFault::Tls, .. }) => {
                    return Err(Error::SpeaksTls);
                }
                Err(error) => {
                    return Err(Error::Unreadable(format!("the response is not HTTP: {error}")));
                }
            }
            match self.read(until).await? {
                [] => return Err(Error::Ended(None)),
                octets => received.extend_from_slice(octets),
            }
        }
    }

    /// Ends TLS and TCP.
    pub(crate) async fn shut_down(&mut self) {
        // The server may have closed already.
        let _ = self.stream.shutdown().await;
    }
}
