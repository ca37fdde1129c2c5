//! The socket of one connection: received octets go to the engine, and outputs of the engine are
//! written.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::poll_fn;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Poll, ready};

use engine::{Budget, ConnectionId, Fact, Output, Share};
use parking_lot::{Mutex, MutexGuard};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::sync::Notify;
use tokio::task::yield_now;
use wire::Stream;

use crate::www::Www;

/// The most octets that wait for one connection. A slower reader is dropped.
const MAX_BACKLOG: usize = 8 << 20;

/// The overhead of a waiting output in octets, so that many small outputs count too.
const PIECE: usize = 64;

/// Octets read at once.
const CHUNK: usize = 16 << 10;

/// The most octets that wait for all connections together. When there are more, the slowest readers
/// are dropped.
const MAX_ALL: usize = 256 << 20;

/// The channels to all connections with a socket.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sockets(Arc<Mutex<Outboxes>>);

#[derive(Debug)]
struct Outboxes {
    open: HashMap<ConnectionId, Arc<Outbox>>,
    /// Connections dropped as slow readers, without a socket now, and how many octets have waited.
    slow: Vec<(ConnectionId, usize)>,
    /// The memory for outputs that wait.
    memory: Budget,
}

impl Default for Outboxes {
    fn default() -> Self {
        Self { open: HashMap::new(), slow: Vec::new(), memory: Budget::new(MAX_ALL) }
    }
}

impl Sockets {
    /// The channel to a connection, made if there is none.
    pub(crate) fn outbox(&self, id: ConnectionId) -> Arc<Outbox> {
        let Outboxes { open, memory, .. } = &mut *self.lock();
        Arc::clone(open.entry(id).or_insert_with(|| Arc::new(Outbox::new(memory))))
    }

    /// Hands an output to the task of its connection, unless the peer is a slow reader or gone.
    pub(crate) fn put(&self, id: ConnectionId, output: Output) {
        let (mut ways, mut output) = (self.lock(), output);
        while let Some(outbox) = ways.open.get(&id) {
            output = match outbox.put(output) {
                Ok(()) => return,
                Err(NoRoom::Own) => return ways.drop_slow(id),
                Err(NoRoom::All(output)) => output,
            };
            let slowest = ways.open.iter().max_by_key(|(_, outbox)| outbox.backlog());
            let slowest = slowest.map_or(id, |(slowest, _)| *slowest);
            ways.drop_slow(slowest);
        }
    }

    /// The connection has no socket any more.
    pub(crate) fn close(&self, id: ConnectionId) {
        self.lock().open.remove(&id);
    }

    /// Whether no connection has a socket.
    pub(crate) fn is_empty(&self) -> bool {
        self.lock().open.is_empty()
    }

    /// The connections dropped as slow readers since the last call, and how many octets have waited
    /// for each.
    pub(crate) fn take_slow(&self) -> Vec<(ConnectionId, usize)> {
        std::mem::take(&mut self.lock().slow)
    }

    fn lock(&self) -> MutexGuard<'_, Outboxes> {
        self.0.lock()
    }
}

impl Outboxes {
    fn drop_slow(&mut self, id: ConnectionId) {
        if let Some(outbox) = self.open.remove(&id) {
            self.slow.push((id, outbox.overflow()));
        }
    }
}

/// Why there is no room for one more output.
#[derive(Debug)]
enum NoRoom {
    /// Too much waits for the connection.
    Own,
    /// Too much waits for all connections together; the output itself.
    All(Output),
}

/// Outputs of the engine for one connection that are not written yet.
#[derive(Debug)]
pub(crate) struct Outbox {
    queue: Mutex<Queue>,
    /// Signals a new output.
    filled: Notify,
    /// Signals that too much waits, so that the connection ends.
    overflowed: Notify,
}

#[derive(Debug)]
struct Queue {
    outputs: Vec<Output>,
    /// Waiting octets, including those that are being written.
    backlog: Share,
}

impl Outbox {
    fn new(memory: &Budget) -> Self {
        Self {
            queue: Mutex::new(Queue { outputs: Vec::new(), backlog: memory.nothing() }),
            filled: Notify::new(),
            overflowed: Notify::new(),
        }
    }

    /// Adds an output, if there is room for it.
    fn put(&self, output: Output) -> Result<(), NoRoom> {
        let (mut queue, size) = (self.lock(), size(&output));
        if queue.backlog.octets() + size > MAX_BACKLOG {
            return Err(NoRoom::Own);
        }
        if !queue.backlog.grow(size) {
            return Err(NoRoom::All(output));
        }
        queue.outputs.push(output);
        drop(queue);
        self.filled.notify_one();
        Ok(())
    }

    fn backlog(&self) -> usize {
        self.lock().backlog.octets()
    }

    /// Ends the connection, for which too much waits; how many octets.
    fn overflow(&self) -> usize {
        let mut queue = self.lock();
        queue.outputs = Vec::new();
        let waiting = queue.backlog.octets();
        queue.backlog.shrink(waiting);
        self.overflowed.notify_one();
        waiting
    }

    /// All waiting outputs in order, as soon as there are any.
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
        self.queue.lock()
    }
}

/// The files beside the API, and the one who hears how a request for one was answered.
pub(crate) struct Pages<'a, F> {
    pub(crate) www: Option<&'a Www>,
    pub(crate) answered: F,
}

/// Serves a connection until the engine ends it or the peer is gone. `received` gets the octets
/// that come, and is called without any as long as it says that there is more to deal with; in
/// between `give_way` lets other connections have their turn. `ended` is called when no more will
/// come.
pub(crate) async fn serve(
    stream: Stream,
    outbox: &Outbox,
    pages: &Pages<'_, impl Fn(Fact)>,
    received: impl Fn(&[u8]) -> bool,
    give_way: impl Fn(),
    ended: impl Fn(),
) {
    let (mut reader, mut writer) = tokio::io::split(stream);
    let last = tokio::select! {
        never = read(&mut reader, received, give_way, ended) => match never {},
        last = write(&mut writer, outbox, pages) => last,
        () = outbox.overflowed.notified() => Output::Cut,
    };
    let mut stream = reader.unsplit(writer);
    // The peer may be gone.
    let _ = match last {
        Output::Cut => stream.cut().await,
        Output::Reset => stream.reset(),
        Output::Octets(_) | Output::Page(_) | Output::Finish | Output::Close => {
            stream.shutdown().await
        }
    };
}

/// Ends only with the connection's other half.
async fn read(
    reader: &mut (impl AsyncRead + Unpin),
    received: impl Fn(&[u8]) -> bool,
    give_way: impl Fn(),
    ended: impl Fn(),
) -> Infallible {
    while let Some(mut is_more) = read_some(reader, &received).await {
        while is_more {
            give_way();
            yield_now().await;
            is_more = received(&[]);
        }
    }
    ended();
    // The writer still sends the queued outputs.
    std::future::pending().await
}

/// The answer of `received` to the octets that came; `None` at the end. The buffer is on the stack,
/// and only while octets come: most connections are idle at any time, so each costs less memory.
async fn read_some(
    reader: &mut (impl AsyncRead + Unpin),
    received: &impl Fn(&[u8]) -> bool,
) -> Option<bool> {
    poll_fn(|context| {
        let mut chunk = [const { MaybeUninit::uninit() }; CHUNK];
        let mut buffer = ReadBuf::uninit(&mut chunk);
        let read = ready!(Pin::new(&mut *reader).poll_read(context, &mut buffer));
        if read.is_err() || buffer.filled().is_empty() {
            return Poll::Ready(None);
        }
        Poll::Ready(Some(received(buffer.filled())))
    })
    .await
}

/// Writes until the engine ends the connection; returns how it is to end.
async fn write(
    writer: &mut (impl AsyncWrite + Unpin),
    outbox: &Outbox,
    pages: &Pages<'_, impl Fn(Fact)>,
) -> Output {
    loop {
        let outputs = outbox.take().await;
        let size: usize = outputs.iter().map(size).sum();
        match write_all(writer, outputs, pages).await {
            Ok(None) => outbox.lock().backlog.shrink(size),
            Ok(Some(last)) => return last,
            Err(_) => return Output::Cut,
        }
    }
}

/// Writes outputs in order, neighbouring ones together, up to the last one.
async fn write_all(
    writer: &mut (impl AsyncWrite + Unpin),
    outputs: Vec<Output>,
    pages: &Pages<'_, impl Fn(Fact)>,
) -> std::io::Result<Option<Output>> {
    let mut pending = Vec::new();
    for output in outputs {
        match output {
            Output::Octets(octets) if pending.is_empty() => pending = octets,
            Output::Octets(octets) => pending.extend_from_slice(&octets),
            Output::Page(request) => {
                write_out(writer, &mut pending).await?;
                if let Some(www) = pages.www {
                    // Boxed, since connections without files are many and idle.
                    (pages.answered)(Box::pin(www.answer(writer, &request)).await?);
                }
            }
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
        Output::Page(request) => request.path.len() + PIECE,
        Output::Finish | Output::Close | Output::Cut | Output::Reset => 0,
    }
}
