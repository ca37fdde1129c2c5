//! Connections that a client under test has made and no step has asked for: those for a WebSocket
//! wait in the order in which they were made; those for the REST API need no step. The first
//! request tells them apart, so one on which the client has said nothing is neither.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use case::Transport;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use wire::net::{AcceptError, Stream};

use crate::client::{Accepted, path, read_head};

/// The beginning of all paths of Finesse itself.
const FINESSE: &str = "/finesse/";

/// The beginning of the path of BOSH, with a slash behind it or without.
const BOSH: &str = "/http-bind";

/// A connection of a case.
pub(super) enum Arrived {
    /// One that a client has made.
    Socket(Handshake),
    /// A session of BOSH, by its number at the counterpart.
    Session(u64),
}

/// The result of the handshake of TLS; none where its task broke off.
pub(super) type Handshake = Result<Stream, Option<AcceptError>>;

/// Connections that no step has asked for yet.
pub(super) struct Arrivals {
    all: VecDeque<Arrival>,
    /// The transport of the client. Over BOSH its sessions are the connections of a case.
    over: Transport,
    has_session: bool,
    /// The path of a request for the other transport, if there was one.
    astray: Option<String>,
}

struct Arrival {
    at: Instant,
    state: State,
}

enum State {
    /// Its first request is being read.
    Coming(JoinHandle<Result<Greeted, AcceptError>>),
    /// A step can take it. A client that has said nothing has ended it.
    Here { arrived: Arrived, has_spoken: bool },
}

/// A connection with its first request, which is still to be read.
struct Greeted {
    stream: Stream,
    path: String,
    has_spoken: bool,
}

impl Arrivals {
    /// None yet of a client that speaks over this transport.
    pub(super) fn new(over: Transport) -> Self {
        Self { all: VecDeque::new(), over, has_session: false, astray: None }
    }

    /// A connection was accepted.
    pub(super) fn push(&mut self, accepted: Accepted) {
        let Accepted { at, handshake } = accepted;
        let coming = tokio::spawn(async move {
            match handshake.await {
                Ok(stream) => Ok(greeted(stream?).await),
                // The task was ended with the process, and no connection is left.
                Err(_) => std::future::pending().await,
            }
        });
        self.all.push_back(Arrival { at, state: State::Coming(coming) });
    }

    /// A session of BOSH has begun.
    pub(super) fn push_session(&mut self, number: u64) {
        self.has_session = true;
        let state = State::Here { arrived: Arrived::Session(number), has_spoken: true };
        self.all.push_back(Arrival { at: Instant::now(), state });
    }

    /// Waits until it is known of another connection what it is for. Gives it if it is for requests
    /// that need no step; others wait for theirs. May be dropped at any time.
    pub(super) async fn decided(&mut self) -> Option<Stream> {
        poll_fn(|cx| {
            for index in 0..self.all.len() {
                let State::Coming(coming) = &mut self.all[index].state else { continue };
                let Poll::Ready(came) = Pin::new(coming).poll(cx) else { continue };
                let is_over_bosh = self.over == Transport::Bosh;
                let mut spoke = true;
                let handshake = match came {
                    // A client of requests may make a connection in advance, or end before it asks.
                    Ok(Ok(Greeted { has_spoken: false, .. })) if is_over_bosh => {
                        self.all.remove(index);
                        return Poll::Ready(None);
                    }
                    Ok(Err(_)) if is_over_bosh && self.has_session => {
                        self.all.remove(index);
                        return Poll::Ready(None);
                    }
                    Ok(Ok(Greeted { stream, path, .. })) if is_for_requests(&path) => {
                        if !is_over_bosh && is_for_sessions(&path) {
                            self.astray = Some(path);
                        }
                        self.all.remove(index);
                        return Poll::Ready(Some(stream));
                    }
                    Ok(Ok(Greeted { stream, path, has_spoken })) => {
                        if is_over_bosh {
                            self.astray = Some(path);
                        }
                        spoke = has_spoken;
                        Ok(stream)
                    }
                    Ok(Err(error)) => Err(Some(error)),
                    Err(_) => Err(None),
                };
                let arrived = Arrived::Socket(handshake);
                self.all[index].state = State::Here { arrived, has_spoken: spoke };
                return Poll::Ready(None);
            }
            Poll::Pending
        })
        .await
    }

    /// The first connection in order that waits for a step. One on which the client says nothing
    /// holds up no other.
    pub(super) fn take(&mut self) -> Option<(Instant, Arrived)> {
        let place = self.all.iter().position(|arrival| self.is_of_case(arrival));
        let Arrival { at, state } = self.all.remove(place.or_else(|| self.refused())?)?;
        match state {
            State::Here { arrived, .. } => Some((at, arrived)),
            State::Coming(_) => None,
        }
    }

    /// One whose handshake failed, which over BOSH is of the case where no session is.
    fn refused(&self) -> Option<usize> {
        let has_failed = |arrival: &Arrival| {
            matches!(arrival.state, State::Here { arrived: Arrived::Socket(Err(_)), .. })
        };
        self.all.iter().position(has_failed)
    }

    /// Whether it waits for a step. Over BOSH, that is a session.
    fn is_of_case(&self, arrival: &Arrival) -> bool {
        match &arrival.state {
            State::Coming(_) => false,
            State::Here { arrived: Arrived::Session(_), .. } => true,
            State::Here { arrived: Arrived::Socket(_), .. } => self.over == Transport::Ws,
        }
    }

    /// The failure text for a client that speaks the other transport, if it has come.
    pub(super) fn astray(&self) -> Option<String> {
        let path = self.astray.as_ref()?;
        let this = match self.over {
            Transport::Bosh => "over BOSH, whose URL is in CONFORMANCE_BOSH",
            Transport::Ws => "over WebSocket, whose URL is in CONFORMANCE_URL",
        };
        Some(format!("it came to {path}, but this run is {this}"))
    }

    /// Whether one waits for a step.
    pub(super) fn is_any_here(&self) -> bool {
        self.all.iter().any(|arrival| self.is_of_case(arrival))
    }

    /// Whether on one of those the client has said something, or failed to: others are made and
    /// given up by clients that keep connections in store.
    pub(super) fn has_any_spoken(&self) -> bool {
        let mut arrivals = self.all.iter().filter(|arrival| self.is_of_case(arrival));
        arrivals.any(|arrival| matches!(arrival.state, State::Here { has_spoken: true, .. }))
    }

    /// Whether the use of one is not known yet.
    pub(super) fn is_any_coming(&self) -> bool {
        self.all.iter().any(|arrival| matches!(arrival.state, State::Coming(_)))
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }
}

impl Drop for Arrivals {
    fn drop(&mut self) {
        for arrival in &self.all {
            if let State::Coming(coming) = &arrival.state {
                coming.abort();
            }
        }
    }
}

/// Whether a path is one of requests, which may share a connection: of the REST API or of BOSH.
fn is_for_requests(path: &str) -> bool {
    path.starts_with(FINESSE) || is_for_sessions(path)
}

/// Whether a path is that of BOSH.
pub(super) fn is_for_sessions(path: &str) -> bool {
    path.starts_with(BOSH)
}

/// Reads the first request of a connection, and puts it back.
async fn greeted(mut stream: Stream) -> Greeted {
    let mut said = Vec::new();
    read_head(&mut stream, &mut said).await;
    let path = path(&said).unwrap_or_default().to_owned();
    let has_spoken = !said.is_empty();
    Greeted { stream: stream.with_unread(said), path, has_spoken }
}
