//! The connections that a client under test makes, each with a way to the counterpart, and the end
//! of the client.

use std::sync::Arc;
use std::time::Duration;

use case::Step;
use tokio::time::Instant;
use transcript::Side;
use wire::net::{AcceptError, TlsFault};

use super::arrivals::Arrived;
use super::client::{Channel, ClientSide};
use super::closing;
use super::connection::{Connection, State};
use super::incoming::{Incoming, Received};
use super::leg::{Leg, Origin};
use super::player::{CONNECT, Player, Stop, Wait};
use super::sessions::client_says;
use super::side::UnderTest as _;
use super::taking::failure;
use verdict::CloseAxis;

/// How long a client that ends by itself may take for it after the last step.
const LEAVE: Duration = Duration::from_secs(3);

/// How long messages of a client that is being ended are still recorded.
pub(super) const LAST_WORD: Duration = Duration::from_millis(300);

impl Player<'_, ClientSide> {
    /// Takes the next connection that the client makes.
    pub(super) async fn take_connection(
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
        let (at, arrived) = loop {
            if let Some(arrival) = self.side.arrivals.take() {
                break arrival;
            }
            let why = match self.wait_for_client(deadline).await? {
                Wait::Arrived => continue,
                Wait::TimedOut | Wait::AtRest => {
                    format!("within {}", case::duration::print(within))
                }
                Wait::Gone(why) => format!("and will make none: {why}"),
            };
            let message = match self.side.arrivals.astray() {
                Some(astray) => format!("the client made no connection for this case: {astray}"),
                None => format!("the client made no connection {why}"),
            };
            return Err(Stop::Failed(Box::new(failure(step, message))));
        };
        if !self.enter(name, at, arrived) && tls {
            let message = "the client came without TLS".to_owned();
            return Err(Stop::Failed(Box::new(failure(step, message))));
        }
        Ok(())
    }

    /// Gives a connection its name and a way to the counterpart. False for one that came without
    /// TLS where that is spoken.
    fn enter(&mut self, name: &str, at: Instant, arrived: Arrived) -> bool {
        let index = self.next_index(name);
        self.log.connected(name, self.side.tls, self.step);
        self.moments.note(at);
        let stream = match arrived {
            Arrived::Session(number) => {
                let mut connection = Connection::new(name, Side::Client, None);
                connection.state.is_session = true;
                self.connections.push(connection);
                self.side.channels.push(Channel::new(Some(number), None));
                let open = self.side.bosh.open(number).cloned().map(client_says);
                let open = open.map(|open| (Origin::Connection(index), open));
                self.side.backlog.extend(open);
                return true;
            }
            Arrived::Socket(Ok(stream)) => stream,
            Arrived::Socket(Err(failed)) => {
                // The client did not like the certificate, or was too slow.
                self.connections.push(Connection::new(name, Side::Client, None));
                self.side.channels.push(Channel::new(None, None));
                let end = Received::new(Incoming::Eof, Side::Client, Instant::now());
                self.hear_client(Origin::Connection(index), end);
                return !matches!(
                    failed,
                    Some(AcceptError::Tls { fault: TlsFault::NotTls(_), .. })
                );
            }
        };
        let server_name = stream.tls_facts().and_then(|facts| facts.server_name);
        let number = self.side.counterpart.accept();
        let leg = Leg::new(Origin::Connection(index), stream, self.outbox.clone(), Arc::default());
        self.connections.push(Connection::new(name, Side::Client, Some(leg)));
        self.side.channels.push(Channel::new(Some(number), server_name));
        true
    }

    /// Whether the client has named the host of its URL in the handshake of TLS.
    pub(super) fn server_name(&mut self, step: &Step, conn: &str) -> Result<(), Stop> {
        self.step += 1;
        let wanted = self.bindings.value("host").map(str::to_owned);
        let index = self.connections.iter().position(|connection| connection.name == conn);
        let channel = index.and_then(|index| self.side.channels.get(index));
        let named = channel.and_then(|channel| channel.server_name.clone());
        if named == wanted {
            return Ok(());
        }
        let shown = |name: Option<String>| name.unwrap_or_else(|| "no name".to_owned());
        let message = format!("TLS was asked for {}, wanted {}", shown(named), shown(wanted));
        Err(Stop::Failed(Box::new(failure(step, message))))
    }

    /// Lets the client go: one that leaves by itself gets the time, another one is ended. Gives how
    /// its connections ended, and its last lines on standard error.
    pub(super) async fn dismiss(&mut self) -> (CloseAxis, Vec<String>) {
        ClientSide::settle(self).await;
        self.log.begin_tail();
        self.step = usize::MAX;
        let before: Vec<State> =
            self.connections.iter().map(|connection| connection.state.clone()).collect();
        let grace =
            if self.side.leaves { LEAVE.mul_f64(self.scene.patience) } else { Duration::ZERO };
        self.listen_until(Instant::now() + grace).await;
        let by_itself = self.side.client.ended().is_some();
        self.side.stop().await;
        self.listen_until(Instant::now() + LAST_WORD).await;
        let mut worst = CloseAxis::NotReached;
        for (connection, before) in self.connections.iter().zip(before) {
            if by_itself || before.ended {
                worst = closing::worse(worst, closing::judge(&before, &connection.state));
            }
        }
        (worst, self.side.client.output())
    }

    async fn listen_until(&mut self, deadline: Instant) {
        while let Ok(Wait::Arrived) = self.wait_for_client(deadline).await {}
    }
}
