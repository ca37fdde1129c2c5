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

/// Something that waits for a step, or needs none.
pub(super) enum Purpose {
    /// A connection for the REST API.
    Rest(Stream),
    /// A connection for requests of BOSH.
    Bosh(Stream),
}

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
#[derive(Default)]
pub(super) struct Arrivals(VecDeque<Arrival>);

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
        self.0.push_back(Arrival { at, state: State::Coming(coming) });
    }

    /// A session of BOSH has begun.
    pub(super) fn push_session(&mut self, number: u64) {
        let state = State::Here { arrived: Arrived::Session(number), has_spoken: true };
        self.0.push_back(Arrival { at: Instant::now(), state });
    }

    /// Waits until it is known of another connection what it is for. Gives it if it is for requests
    /// that need no step; others wait for theirs. May be dropped at any time.
    pub(super) async fn decided(&mut self) -> Option<Purpose> {
        poll_fn(|cx| {
            for index in 0..self.0.len() {
                let State::Coming(coming) = &mut self.0[index].state else { continue };
                let Poll::Ready(came) = Pin::new(coming).poll(cx) else { continue };
                let mut spoke = true;
                let handshake = match came {
                    Ok(Ok(Greeted { stream, path, .. })) if path.starts_with(FINESSE) => {
                        self.0.remove(index);
                        return Poll::Ready(Some(Purpose::Rest(stream)));
                    }
                    Ok(Ok(Greeted { stream, path, .. })) if path.starts_with(BOSH) => {
                        self.0.remove(index);
                        return Poll::Ready(Some(Purpose::Bosh(stream)));
                    }
                    Ok(Ok(Greeted { stream, has_spoken, .. })) => {
                        spoke = has_spoken;
                        Ok(stream)
                    }
                    Ok(Err(error)) => Err(Some(error)),
                    Err(_) => Err(None),
                };
                let arrived = Arrived::Socket(handshake);
                self.0[index].state = State::Here { arrived, has_spoken: spoke };
                return Poll::Ready(None);
            }
            Poll::Pending
        })
        .await
    }

    /// The first connection in order that waits for a step. One on which the client says nothing
    /// holds up no other. Over BOSH, one that it gave up without a word is none of the case: a
    /// session comes by requests.
    pub(super) fn take(&mut self, over: Transport) -> Option<(Instant, Arrived)> {
        if over == Transport::Bosh {
            self.0.retain(|arrival| !arrival.is_given_up());
        }
        let is_here = |arrival: &Arrival| matches!(arrival.state, State::Here { .. });
        let Arrival { at, state } = self.0.remove(self.0.iter().position(is_here)?)?;
        match state {
            State::Here { arrived, .. } => Some((at, arrived)),
            State::Coming(_) => None,
        }
    }

    /// Whether one waits for a step.
    pub(super) fn is_any_here(&self) -> bool {
        self.0.iter().any(|arrival| matches!(arrival.state, State::Here { .. }))
    }

    /// Whether on one of those the client has said something, or failed to: others are made and
    /// given up by clients that keep connections in store.
    pub(super) fn has_any_spoken(&self) -> bool {
        let mut arrivals = self.0.iter();
        arrivals.any(|arrival| matches!(arrival.state, State::Here { has_spoken: true, .. }))
    }

    /// Whether of one it is not known yet what it is for.
    pub(super) fn is_any_coming(&self) -> bool {
        self.0.iter().any(|arrival| matches!(arrival.state, State::Coming(_)))
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

impl Arrival {
    /// Whether the client has ended it and said nothing.
    fn is_given_up(&self) -> bool {
        let State::Here { arrived, has_spoken } = &self.state else { return false };
        !has_spoken && matches!(arrived, Arrived::Socket(Ok(_)))
    }
}

impl Drop for Arrivals {
    fn drop(&mut self) {
        for arrival in &self.0 {
            if let State::Coming(coming) = &arrival.state {
                coming.abort();
            }
        }
    }
}

/// Reads the first request of a connection, and puts it back.
async fn greeted(mut stream: Stream) -> Greeted {
    let mut said = Vec::new();
    read_head(&mut stream, &mut said).await;
    let path = path(&said).unwrap_or_default().to_owned();
    let has_spoken = !said.is_empty();
    Greeted { stream: stream.with_unread(said), path, has_spoken }
}
