//! One connection's socket: what comes goes to the engine, and what the engine hands out is written.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::poll_fn;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, ready};

use engine::{ConnectionId, Output};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::sync::Notify;
use wire::Stream;

/// Octets that may wait for one connection; who reads slower is dropped.
const MAX_BACKLOG: usize = 8 << 20;

/// Octets that a piece of output takes while it waits, beside its own: a pong of two is far from free.
const PIECE: usize = 64;

/// How much is read at once.
const CHUNK: usize = 16 << 10;

/// The ways to all connections that have a socket.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sockets(Arc<Mutex<Ways>>);

#[derive(Debug, Default)]
struct Ways {
    open: HashMap<ConnectionId, Arc<Outbox>>,
    /// Those that read too slowly, and have none any more.
    slow: Vec<ConnectionId>,
}

impl Sockets {
    /// The way to a connection, which is made if there is none.
    pub(crate) fn outbox(&self, id: ConnectionId) -> Arc<Outbox> {
        Arc::clone(self.lock().open.entry(id).or_default())
    }

    /// Hands an output to the task of its connection, unless that reads too slowly or is gone.
    pub(crate) fn put(&self, id: ConnectionId, output: Output) {
        let mut ways = self.lock();
        if ways.open.get(&id).is_some_and(|outbox| !outbox.put(output)) {
            ways.open.remove(&id);
            ways.slow.push(id);
        }
    }

    /// The connection has no socket any more.
    pub(crate) fn close(&self, id: ConnectionId) {
        self.lock().open.remove(&id);
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.lock().open.is_empty()
    }

    /// Those that were dropped since because they read too slowly.
    pub(crate) fn take_slow(&self) -> Vec<ConnectionId> {
        std::mem::take(&mut self.lock().slow)
    }

    fn lock(&self) -> MutexGuard<'_, Ways> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the engine has handed out for one connection and what is not written yet.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    queue: Mutex<Queue>,
    /// Something was put in.
    filled: Notify,
    /// More was put in than may wait.
    overflowed: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    outputs: Vec<Output>,
    /// Octets that wait, those included that are being written.
    backlog: usize,
}

impl Outbox {
    /// Puts in what is to be done with the socket. False when too much waits already: then the connection ends.
    fn put(&self, output: Output) -> bool {
        let mut queue = self.lock();
        queue.backlog += size(&output);
        if queue.backlog > MAX_BACKLOG {
            self.overflowed.notify_one();
            return false;
        }
        queue.outputs.push(output);
        drop(queue);
        self.filled.notify_one();
        true
    }

    /// All that waits, in order, as soon as there is something.
    async fn take(&self) -> Vec<Output> {
        loop {
            let outputs = std::mem::take(&mut self.lock().outputs);
            if !outputs.is_empty() {
                return outputs;
            }
            self.filled.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves a connection until the engine says that this is all, or the peer does not take it. `received` gets what comes;
/// `ended` hears that nothing more will.
pub(crate) async fn serve(
    stream: Stream,
    outbox: &Outbox,
    received: impl Fn(&[u8]),
    ended: impl Fn(),
) {
    let (mut reader, mut writer) = tokio::io::split(stream);
    let last = tokio::select! {
        never = read(&mut reader, received, ended) => match never {},
        last = write(&mut writer, outbox) => last,
        () = outbox.overflowed.notified() => Output::Cut,
    };
    let mut stream = reader.unsplit(writer);
    // The peer may be gone.
    let _ = match last {
        Output::Cut => stream.cut().await,
        Output::Reset => stream.reset(),
        Output::Octets(_) | Output::Finish | Output::Close => stream.shutdown().await,
    };
}

/// Ends only with the connection's other half.
async fn read(
    reader: &mut (impl AsyncRead + Unpin),
    received: impl Fn(&[u8]),
    ended: impl Fn(),
) -> Infallible {
    while read_some(reader, &received).await {}
    ended();
    // What is still queued is for the writer to send.
    std::future::pending().await
}

/// False at the end. Room for what comes is on the stack and there only while something comes: most connections are
/// idle at any time, and so one costs the less.
async fn read_some(reader: &mut (impl AsyncRead + Unpin), received: &impl Fn(&[u8])) -> bool {
    poll_fn(|context| {
        let mut chunk = [const { MaybeUninit::uninit() }; CHUNK];
        let mut buffer = ReadBuf::uninit(&mut chunk);
        let read = ready!(Pin::new(&mut *reader).poll_read(context, &mut buffer));
        if read.is_err() || buffer.filled().is_empty() {
            return Poll::Ready(false);
        }
        received(buffer.filled());
        Poll::Ready(true)
    })
    .await
}

/// Writes until the engine says that this is all, and how it is to end.
async fn write(writer: &mut (impl AsyncWrite + Unpin), outbox: &Outbox) -> Output {
    loop {
        let outputs = outbox.take().await;
        let size: usize = outputs.iter().map(size).sum();
        match write_all(writer, outputs).await {
            Ok(None) => outbox.lock().backlog -= size,
            Ok(Some(last)) => return last,
            Err(_) => return Output::Cut,
        }
    }
}

/// Writes outputs in order, neighbouring ones at once, up to the last that there will be.
async fn write_all(
    writer: &mut (impl AsyncWrite + Unpin),
    outputs: Vec<Output>,
) -> std::io::Result<Option<Output>> {
    let mut pending = Vec::new();
    for output in outputs {
        match output {
            Output::Octets(octets) if pending.is_empty() => pending = octets,
            Output::Octets(octets) => pending.extend_from_slice(&octets),
            Output::Finish => {
                write_out(writer, &mut pending).await?;
                writer.shutdown().await?;
            }
            last @ (Output::Close | Output::Cut | Output::Reset) => {
                write_out(writer, &mut pending).await?;
                return Ok(Some(last));
            }
        }
    }
    write_out(writer, &mut pending).await?;
    Ok(None)
}

async fn write_out(
    writer: &mut (impl AsyncWrite + Unpin),
    pending: &mut Vec<u8>,
) -> std::io::Result<()> {
    if pending.is_empty() {
        return Ok(());
    }
    writer.write_all(pending).await?;
    pending.clear();
    writer.flush().await
}

fn size(output: &Output) -> usize {
    match output {
        Output::Octets(octets) => octets.len() + PIECE,
        Output::Finish | Output::Close | Output::Cut | Output::Reset => 0,
    }
}
