//! The way to the side under test: we write, a task reads, and both count their octets.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use wire::net::Stream;

/// Octets said and heard on all connections of a case, below them only TLS.
#[derive(Default)]
pub(crate) struct Ledger {
    /// Octets that our side wrote.
    pub(crate) written: AtomicU64,
    /// Octets that came, and were handed on.
    pub(crate) read: AtomicU64,
}

/// A connection of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// One with a name of its own, by its index.
    Connection(usize),
    /// One for requests, by its index among those. All requests of a kind have one name.
    Request(usize),
}

/// An input of a connection, and its time.
pub(crate) struct Chunk {
    /// The connection.
    pub(crate) origin: Origin,
    pub(crate) at: Instant,
    pub(crate) what: Input,
}

impl Chunk {
    /// How many octets came.
    pub(crate) fn octets(&self) -> usize {
        match &self.what {
            Input::Octets(octets) => octets.len(),
            Input::End | Input::Reset => 0,
        }
    }
}

/// The kinds of input of a connection.
pub(crate) enum Input {
    Octets(Vec<u8>),
    End,
    Reset,
}

/// The reader of a connection.
enum Reader {
    /// A task, with the means to stop it.
    Task(oneshot::Sender<()>, tokio::task::JoinHandle<ReadHalf<Stream>>),
    /// No reader: the half is only kept, so that TCP stays open.
    Nobody(ReadHalf<Stream>),
}

/// Why octets were not written; one line for the reader.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    /// The case has ended its direction before, or never had one.
    #[error("this side has ended TCP already")]
    Ended,
    /// The peer has ended the connection.
    #[error("the peer has ended the connection")]
    Gone,
    /// The peer lets them lie.
    #[error("the peer did not read what it was told within {0:?}")]
    Unread(Duration),
}

/// Both directions of a connection.
pub(crate) struct Leg {
    writer: Option<WriteHalf<Stream>>,
    /// A part of something was written, and the peer takes no more: within this it did not.
    stuck: Option<Duration>,
    reader: Option<Reader>,
    ledger: Arc<Ledger>,
}

impl Leg {
    /// Starts to read from `stream`; its octets are sent to `inbox` as from `origin`.
    pub(crate) fn new(
        origin: Origin,
        stream: Stream,
        inbox: mpsc::Sender<Chunk>,
        ledger: Arc<Ledger>,
    ) -> Self {
        let (reader, writer) = tokio::io::split(stream);
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(read(origin, reader, inbox, Arc::clone(&ledger), stopped));
        let reader = Some(Reader::Task(stop, task));
        Self { writer: Some(writer), stuck: None, reader, ledger }
    }

    /// Writes octets within a deadline. After it nothing more is written: the peer has a part of
    /// them.
    pub(crate) async fn write(
        &mut self,
        octets: &[u8],
        deadline: Duration,
    ) -> Result<(), WriteError> {
        let Some(writer) = &mut self.writer else {
            return Err(WriteError::Ended);
        };
        if let Some(within) = self.stuck {
            return Err(WriteError::Unread(within));
        }
        // Until all is written, for the case may be stopped meanwhile.
        self.stuck = Some(deadline);
        // Counted first: the endpoint must never seem to have received more than was sent.
        self.ledger.written.fetch_add(octets.len() as u64, Ordering::SeqCst);
        let write = async {
            writer.write_all(octets).await?;
            writer.flush().await
        };
        let written = match tokio::time::timeout(deadline, write).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(WriteError::Gone),
            Err(_) => return Err(WriteError::Unread(deadline)),
        };
        self.stuck = None;
        written
    }

    /// Why nothing more is written, if the peer has let something lie.
    pub(crate) fn unread(&self) -> Option<WriteError> {
        self.stuck.map(WriteError::Unread)
    }

    /// Ends our direction of TCP.
    pub(crate) async fn end(&mut self) {
        if let Some(writer) = &mut self.writer {
            // A peer that has gone already makes this fail, which is the end as well.
            let _ = tokio::time::timeout(Duration::from_secs(1), writer.shutdown()).await;
        }
        self.writer = None;
    }

    /// Resets TCP.
    pub(crate) async fn reset(&mut self) {
        let reader = self.take_reader().await;
        if let (Some(writer), Some(reader)) = (self.writer.take(), reader) {
            // A socket that refuses the option is closed in order, which is the best that can be
            // had.
            let _ = reader.unsplit(writer).reset();
        }
    }

    /// Whether what the peer says is still read.
    pub(crate) fn is_read(&self) -> bool {
        matches!(self.reader, Some(Reader::Task(..)))
    }

    /// Reads no further, so that what the peer says fills the buffers between both sides, and then
    /// those of the peer.
    pub(crate) async fn deafen(&mut self) {
        self.reader = self.take_reader().await.map(Reader::Nobody);
    }

    /// Stops the task that reads; none when it has failed or was taken before.
    async fn take_reader(&mut self) -> Option<ReadHalf<Stream>> {
        match self.reader.take()? {
            Reader::Task(stop, task) => {
                // A task that has come to its end by itself needs no word.
                let _ = stop.send(());
                task.await.ok()
            }
            Reader::Nobody(reader) => Some(reader),
        }
    }
}

/// Reads until the end, or until it is stopped.
async fn read(
    origin: Origin,
    mut reader: ReadHalf<Stream>,
    inbox: mpsc::Sender<Chunk>,
    ledger: Arc<Ledger>,
    mut stopped: oneshot::Receiver<()>,
) -> ReadHalf<Stream> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = tokio::select! {
            biased;
            _ = &mut stopped => return reader,
            read = reader.read(&mut buffer) => read,
        };
        let (len, what) = match read {
            Ok(len @ 1..) => (len, Input::Octets(buffer[..len].to_vec())),
            Ok(0) => (0, Input::End),
            Err(_) => (0, Input::Reset),
        };
        let is_end = len == 0;
        // The receiver is gone when the case is over.
        tokio::select! {
            biased;
            _ = &mut stopped => return reader,
            _ = inbox.send(Chunk { origin, at: Instant::now(), what }) => {}
        }
        ledger.read.fetch_add(len as u64, Ordering::SeqCst);
        if is_end {
            return reader;
        }
    }
}

impl Drop for Leg {
    fn drop(&mut self) {
        if let Some(Reader::Task(_, task)) = &self.reader {
            task.abort();
        }
    }
}
