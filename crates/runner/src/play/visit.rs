//! The comings and goings of a client under test: each connection that it makes is given a name and a way to the fake, and in the
//! end the client is let go.

use std::sync::Arc;
use std::time::{Duration, Instant};

use case::Step;
use transcript::Who;
use wire::net::{self, AcceptError, TlsFault};

use super::closing;
use super::connection::{Connection, State};
use super::incoming::{Incoming, Received};
use super::leg::{Ledger, Leg};
use super::player::{CONNECT, Player, Stop, Wait};
use super::taking::failure;
use crate::client::Arrival;
use verdict::CloseAxis;

/// How long a client that ends by itself may take for it after the last step.
const LEAVE: Duration = Duration::from_secs(3);

/// How long what a client says while it is ended is listened to.
const LAST_WORD: Duration = Duration::from_millis(300);

impl Player<'_> {
    /// Takes the next connection that the client makes.
    pub(super) async fn welcome(
        &mut self,
        step: &Step,
        name: &str,
        tls: bool,
        within: Option<Duration>,
    ) -> Result<(), Stop> {
        self.step += 1;
        let within = within.unwrap_or(CONNECT).mul_f64(self.scene.patience);
        let deadline = Instant::now() + within;
        self.until += within;
        let arrival = loop {
            if let Some(arrival) = self.guest.as_mut().and_then(|guest| guest.waiting.pop_front()) {
                break arrival;
            }
            let why = match self.wait(deadline, super::player::Awaited::default()).await? {
                Wait::Arrived => continue,
                Wait::TimedOut | Wait::AtRest => {
                    format!("within {}", case::duration::print(within))
                }
                Wait::Gone(why) => format!("and will make none: {why}"),
            };
            let message = format!("the client made no connection {why}");
            return Err(Stop::Failed(Box::new(failure(step, message))));
        };
        if !self.seat(name, arrival).await? && tls {
            let message = "the client came without TLS".to_owned();
            return Err(Stop::Failed(Box::new(failure(step, message))));
        }
        Ok(())
    }

    /// Gives a connection its name and a way to the fake. False for one that came without TLS where that is spoken.
    async fn seat(&mut self, name: &str, arrival: Arrival) -> Result<bool, Stop> {
        let tls = self.guest.as_ref().is_some_and(|guest| guest.tls);
        let index = self.connections.len();
        if let Some(old) = self.connection(name) {
            old.name = format!("{name}-before-{index}");
        }
        self.log.connected(name, tls, self.step);
        self.moments.note(arrival.at);
        let stream = match arrival.handshake.await {
            Ok(Ok(stream)) => stream,
            failed => {
                // The client did not like the certificate, or was too slow.
                self.connections.push(Connection::new(name, None, None));
                let end = Received::of(Incoming::Eof, Who::Client);
                self.hear_client(index, end);
                return Ok(!matches!(
                    failed,
                    Ok(Err(AcceptError::Tls { fault: TlsFault::NotTls(_), .. }))
                ));
            }
        };
        let (host, port) = (&self.scene.host, self.scene.port);
        let server = net::dial(host, port, None, CONNECT)
            .await
            .map_err(|error| Stop::Error(format!("the fake is not there: {error}")))?;
        let server_name = stream.tls_facts().and_then(|facts| facts.server_name);
        let (outbox, ledger) = (self.outbox.clone(), Arc::clone(&self.ledger));
        let server = Leg::new(index, Who::Server, server, outbox.clone(), ledger);
        let client = Leg::new(index, Who::Client, stream, outbox, Arc::new(Ledger::default()));
        let connection = Connection::new(name, Some(server), Some(client));
        self.connections.push(Connection { server_name, ..connection });
        Ok(true)
    }

    /// Whether the client has named the host of its URL in the handshake of TLS.
    pub(super) fn server_name(&mut self, step: &Step, conn: &str) -> Result<(), Stop> {
        self.step += 1;
        let wanted = self.bindings.value("host").map(str::to_owned);
        let named = self.connection(conn).and_then(|connection| connection.server_name.clone());
        if named == wanted {
            return Ok(());
        }
        let shown = |name: Option<String>| name.unwrap_or_else(|| "no name".to_owned());
        let message = format!("TLS was asked for {}, wanted {}", shown(named), shown(wanted));
        Err(Stop::Failed(Box::new(failure(step, message))))
    }

    /// Whether a client under test has made no connection at all.
    pub(super) fn is_absent(&self) -> bool {
        self.guest.as_ref().is_some_and(|guest| !guest.has_come)
    }

    /// Lets the client go: one that leaves by itself gets the time, another one is ended. Gives how its connections ended,
    /// and its last lines on standard error.
    pub(super) async fn dismiss(&mut self) -> (CloseAxis, Vec<String>) {
        self.settle_model().await;
        self.log.begin_tail();
        self.step = usize::MAX;
        let before: Vec<State> =
            self.connections.iter().map(|connection| connection.state.clone()).collect();
        let leaves = self.guest.as_ref().is_some_and(|guest| guest.leaves);
        let grace = if leaves { LEAVE.mul_f64(self.scene.patience) } else { Duration::ZERO };
        self.listen_until(Instant::now() + grace).await;
        let by_itself = self.guest.as_ref().is_some_and(|guest| guest.running.ended().is_some());
        if let Some(guest) = &mut self.guest {
            guest.stop().await;
        }
        self.listen_until(Instant::now() + LAST_WORD).await;
        let mut worst = CloseAxis::NotReached;
        for (connection, before) in self.connections.iter().zip(before) {
            if by_itself || before.ended {
                worst = closing::worse(worst, closing::judge(&before, &connection.state));
            }
        }
        let output = self.guest.as_ref().map(|guest| guest.running.output()).unwrap_or_default();
        (worst, output)
    }

    async fn listen_until(&mut self, deadline: Instant) {
        while let Ok(Wait::Arrived) = self.wait_for_client(deadline).await {}
    }
}
