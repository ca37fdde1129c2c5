//! Connections as they are accepted: TLS or not, the engine's word about them, and their sockets.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use engine::{Peer, Protocol};
use tokio::sync::watch;
use tokio::time::timeout;
use wire::net::{AcceptError, TlsFault};
use wire::{Incoming, Listener, Stream};

use crate::hint::HANDSHAKE;
use crate::server::{Shared, until_stopped};
use crate::socket::{self, Pages};

/// How long a client may take for its first octet and its TLS handshake, in wall time.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long to wait after a failed accept, e.g. for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(50);

/// Accepts connections at a port, for ever. A port that is `mixed` serves clients without TLS, too.
pub(crate) async fn accept(
    listener: Listener,
    protocol: Protocol,
    mixed: bool,
    shared: Arc<Shared>,
    stopped: watch::Receiver<bool>,
) {
    loop {
        match listener.accept().await {
            Ok(incoming) => {
                let connection = serve(incoming, protocol, mixed, Arc::clone(&shared));
                tokio::spawn(until_stopped(stopped.clone(), connection));
            }
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

async fn serve(incoming: Incoming, protocol: Protocol, mixed: bool, shared: Arc<Shared>) {
    if shared.lock().engine.is_gone() {
        return;
    }
    let Ok(handshake) = shared.handshakes.try_acquire() else {
        let (address, why) = (incoming.peer_addr(), "too many handshakes at once".to_owned());
        shared.with(|engine, now| engine.handshake_failed(now, address, why));
        return;
    };
    // A peer that fails the TLS handshake is not counted as a client. The buffers of the handshake
    // are freed after it.
    let address = incoming.peer_addr();
    let stream = match Box::pin(let_in(incoming, mixed)).await {
        Ok(stream) => stream,
        Err(why) => {
            shared.with(|engine, now| engine.handshake_failed(now, address, why));
            return;
        }
    };
    drop(handshake);
    let server_name = stream.tls_facts().and_then(|facts| facts.server_name);
    let (id, outbox) = {
        let mut inner = shared.lock();
        let peer = Peer { address: Some(address), server_name, protocol };
        let id = inner.engine.accept(shared.clock.now(), peer);
        let outbox = shared.way.sockets.outbox(id);
        shared.plan(inner);
        (id, outbox)
    };
    let received = |octets: &[u8]| shared.with(|engine, now| engine.receive_next(now, id, octets));
    let give_way = || shared.give_way();
    let ended = || shared.with(|engine, now| engine.ended(now, id));
    let answered = |fact| shared.with(|engine, now| engine.page_answered(now, id, fact));
    let pages = Pages { www: shared.www.as_ref(), answered };
    socket::serve(stream, &outbox, &pages, received, give_way, ended).await;
    shared.way.sockets.close(id);
    shared.with(|engine, now| engine.ended(now, id));
}

/// The stream of a connection, or why there is none. At a mixed port the first octet says whether
/// it has TLS.
async fn let_in(incoming: Incoming, mixed: bool) -> Result<Stream, String> {
    if mixed {
        let first = timeout(PATIENCE, incoming.peek());
        let first =
            first.await.map_err(|_| format!("the client said nothing within {PATIENCE:?}"))?;
        match first.and_then(|first| first.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())) {
            Ok(HANDSHAKE) => {}
            Ok(_) => return Ok(incoming.without_tls()),
            Err(error) => return Err(error.to_string()),
        }
    }
    incoming.handshake(PATIENCE).await.map_err(|error| reason(&error))
}

/// Why a client was not let in, from the side of the server.
pub(crate) fn reason(error: &AcceptError) -> String {
    let fault = match error {
        AcceptError::Tls { fault, .. } => fault,
        AcceptError::Timeout { after, .. } => {
            return format!("the client did not finish the handshake within {after:?}");
        }
    };
    match fault {
        TlsFault::Refused(alert) => format!(
            "the client refused the certificate ({alert}): it must trust the authority of the fake, \
             and dial a name in the certificate"
        ),
        TlsFault::NotTls(_) => {
            "the client does not speak TLS: its URL must begin with wss://".to_owned()
        }
        TlsFault::Closed | TlsFault::Reset => {
            "the client ended the connection during the handshake; often it does not trust the \
             authority of the fake"
                .to_owned()
        }
        other => other.to_string(),
    }
}
