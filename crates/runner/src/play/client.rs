//! The player of cases that test a client: the connections that the client makes, what it said and
//! was not looked at yet, what it reports, and the counterpart that answers it.

use std::collections::VecDeque;
use std::time::Duration;

use case::{Arrow, Fact, Item, Step, StepKind, Transport};
use serde_json::Value;
use tokio::time::Instant;
use transcript::Side;
use wire::RequestHead;

use super::allowance::Allowance;
use super::arrivals::Arrivals;
use super::caps::Caps;
use super::connection::Connection;
use super::incoming::{Incoming, Received};
use super::leg::Origin;
use super::log::Log;
use super::parsing::Parser;
use super::player::{Awaited, Player, Stop, Wait};
use super::reports::WantedReport;
use super::requests::Requests;
use super::sessions::Bosh;
use super::side::UnderTest;
use crate::client::{Client, ClientUnderTest, Connections, Report};
use crate::counterpart::Counterpart;
use crate::scene::{Action, Promise};
use verdict::CloseAxis;

/// How long a connection may take from the kernel to the player, on a machine that has much else to
/// do.
const ON_THE_WAY: Duration = Duration::from_millis(300);

/// The most connections that may wait for a step.
const WAITING: usize = 64;

/// A client under test.
pub(super) struct ClientSide {
    pub(super) client: Client,
    /// The other processes, if the case starts several. Only their connections are seen.
    others: Vec<Client>,
    /// It ends by itself after what it is asked to do.
    pub(super) leaves: bool,
    /// Its connections are over TLS.
    pub(super) tls: bool,
    pub(super) connections: Connections,
    pub(super) counterpart: Box<dyn Counterpart>,
    /// Facts about each connection beyond those that every connection has.
    pub(super) channels: Vec<Channel>,
    /// It has made a connection.
    pub(super) has_come: bool,
    /// Connections that no step has asked for yet.
    pub(super) arrivals: Arrivals,
    /// Its connections for requests, of REST and of BOSH.
    pub(super) requests: Requests,
    /// Its sessions of BOSH.
    pub(super) bosh: Bosh,
    /// Its messages that the case has not come to, in order.
    pub(super) backlog: VecDeque<(Origin, Received)>,
    /// Its last message: the next step may answer it in the counterpart's place.
    pub(super) held: Option<HeldMessage>,
    /// Its reports that are not in the transcript yet.
    unnoted: VecDeque<Report>,
    /// Its reports that no step has taken, each with its place in the transcript.
    pub(super) reports: VecDeque<(usize, Report)>,
    reports_end: bool,
    /// When it was seen to have ended.
    ended: Option<Instant>,
}

/// A connection between a client under test and the counterpart.
pub(super) struct Channel {
    /// Its number there. None where a client did not get through the handshake of TLS.
    pub(super) number: Option<u64>,
    /// The messages of the counterpart.
    pub(super) parser: Parser,
    /// The counterpart has ended it.
    pub(super) ended: bool,
    /// The name by which the client asked TLS for its server.
    pub(super) server_name: Option<String>,
    /// The capabilities of the client.
    pub(super) caps: Caps,
}

impl Channel {
    pub(super) fn new(number: Option<u64>, server_name: Option<String>) -> Self {
        let (parser, caps) = (Parser::new(Side::Server), Caps::default());
        Self { number, parser, ended: false, server_name, caps }
    }
}

/// Something that the client said and the counterpart has not heard.
pub(super) struct HeldMessage {
    /// The connection.
    pub(super) origin: Origin,
    /// The connection under whose name it stands.
    pub(super) index: usize,
    /// Its place in the transcript.
    pub(super) noted: usize,
    /// The octets.
    pub(super) raw: Vec<u8>,
    /// Their kind.
    pub(super) what: ClientMessage,
    /// A step has asked for it.
    pub(super) claimed: bool,
}

/// A message of the client, as far as it matters to the counterpart.
pub(super) enum ClientMessage {
    Request(RequestHead),
    Element(stanza::Element),
    Eof,
    Other,
}

impl ClientMessage {
    pub(super) fn of(incoming: &Incoming) -> Self {
        match incoming {
            Incoming::Request { head, .. } => Self::Request(head.clone()),
            Incoming::Message { element: Some(element), .. } => Self::Element(element.clone()),
            Incoming::Eof => Self::Eof,
            _ => Self::Other,
        }
    }
}

impl ClientSide {
    /// Starts the client, which speaks over this transport, if it does not run already.
    pub(super) fn enter(test: ClientUnderTest, over: Transport) -> Result<Self, String> {
        let ClientUnderTest { entry, connections, tls, counterpart, leaves } = test;
        let mut others = entry.enter()?;
        let client = others.remove(0);
        Ok(Self {
            client,
            others,
            leaves,
            tls,
            connections,
            counterpart,
            channels: Vec::new(),
            has_come: false,
            arrivals: Arrivals::new(over),
            requests: Requests::default(),
            bosh: Bosh::default(),
            backlog: VecDeque::new(),
            held: None,
            unnoted: VecDeque::new(),
            reports: VecDeque::new(),
            reports_end: false,
            ended: None,
        })
    }

    /// Waits for a connection, for its purpose, for a report, or for the end of the client. May be
    /// dropped at any time.
    pub(super) async fn news(&mut self) {
        let has_ended = self.client.ended().is_some();
        let end = self.client.end();
        tokio::select! {
            biased;
            Some(accepted) = self.connections.next(), if self.arrivals.len() < WAITING => {
                self.has_come = true;
                self.arrivals.push(accepted);
            }
            decided = self.arrivals.decided(), if self.arrivals.is_any_coming() => {
                self.requests.newcomers.extend(decided);
            }
            report = self.client.next_report(), if !self.reports_end => {
                self.reports_end = report.is_none();
                self.unnoted.extend(report);
            }
            _ = end, if !has_ended => {}
            else => std::future::pending().await,
        }
    }

    /// Puts what it has reported into the transcript, at the step that is being played.
    pub(super) fn note_reports(
        &mut self,
        log: &mut Log,
        allowance: &mut Allowance,
        (conn, step): (&str, usize),
    ) {
        for report in self.unnoted.drain(..) {
            let line = Value::Object(report.clone()).to_string();
            if !allowance.take(line.len()) {
                return;
            }
            let noted = log.reported(conn, &line, step);
            self.reports.push_back((noted, report));
        }
    }

    /// Whether the client has ended and has reported all that it will. A connection that it made
    /// last may still be on its way to the player.
    pub(super) fn is_gone(&mut self) -> bool {
        if self.client.ended().is_none() || self.others.iter().any(|it| it.ended().is_none()) {
            return false;
        }
        let ended = *self.ended.get_or_insert_with(Instant::now);
        ended.elapsed() >= ON_THE_WAY && self.reports_end && self.arrivals.len() == 0
    }

    /// When [`ClientSide::is_gone`] may become true by time alone.
    pub(super) fn gone_at(&self) -> Option<Instant> {
        self.ended.map(|ended| ended + ON_THE_WAY)
    }

    /// Ends it.
    pub(super) async fn stop(&mut self) {
        self.client.stop().await;
        for other in &mut self.others {
            other.stop().await;
        }
    }
}

impl UnderTest for ClientSide {
    const TESTED: Side = Side::Client;

    /// A client may ask for what the counterpart refuses; an end of its stream, or of its login, is
    /// no part of a case that does not ask for it.
    fn is_error(received: &Received) -> bool {
        let incoming = &received.incoming;
        received.who == Side::Server && (incoming.is_stream_error() || incoming.is_sasl_failure())
    }

    /// The client's closing words are no talk, nor is a ping or the answer to one.
    fn is_no_talk(received: &Received) -> bool {
        received.is_routine || received.incoming.is_end() || received.incoming.is_ping()
    }

    fn step<'s>(
        player: &'s mut Player<'_, Self>,
        step: &'s Step,
    ) -> Promise<'s, Option<Result<(), Stop>>> {
        Box::pin(async move {
            Some(match &step.kind {
                StepKind::Say { conn, arrow: Arrow::Injected, payload, .. } => {
                    player.step += 1;
                    let said = match conn.value.as_str() {
                        name if player.is_of_requests(name) => {
                            player.inject_response(step, name, payload).await
                        }
                        conn => player.inject(step, conn, payload).await,
                    };
                    player.moments.note(Instant::now());
                    said
                }
                StepKind::Fact { conn, within, fact } => match fact {
                    Fact::Connect { tls } => {
                        player.take_connection(step, &conn.value, *tls, *within).await
                    }
                    Fact::ServerName => player.server_name(step, &conn.value),
                    Fact::Caps => player.caps(step, &conn.value),
                    Fact::Mute => {
                        // It may still answer messages from before this step.
                        Self::settle(player).await;
                        if let Some(connection) = player.connection(&conn.value) {
                            connection.state.mute = true;
                        }
                        Ok(())
                    }
                    _ => return None,
                },
                StepKind::Do(_) => {
                    // The counterpart has heard the client's messages so far before the world
                    // changes.
                    Self::settle(player).await;
                    return None;
                }
                _ => return None,
            })
        })
    }

    fn perform<'s>(
        player: &'s mut Player<'_, Self>,
        action: Action,
    ) -> Promise<'s, Result<(), String>> {
        Box::pin(async move { player.side.counterpart.perform(&action) })
    }

    fn wait<'s>(
        player: &'s mut Player<'_, Self>,
        deadline: Instant,
        _: Awaited,
    ) -> Promise<'s, Result<Wait, Stop>> {
        Box::pin(player.wait_for_client(deadline))
    }

    fn settle<'s>(player: &'s mut Player<'_, Self>) -> Promise<'s, ()> {
        Box::pin(async move {
            player.release();
            player.hand_on().await;
        })
    }

    fn take_reports<'s>(
        player: &'s mut Player<'_, Self>,
        all: Vec<WantedReport<'s>>,
    ) -> Promise<'s, Result<(), Stop>> {
        Box::pin(player.take_reports_of_client(all))
    }

    fn finish<'s>(
        player: &'s mut Player<'_, Self>,
        _: &'s [&'s Item],
    ) -> Promise<'s, (CloseAxis, Vec<String>)> {
        Box::pin(player.dismiss())
    }

    fn claimed(&mut self, index: usize, noted: usize) {
        if let Some(held) = self.held.as_mut().filter(|held| held.noted == noted) {
            held.claimed = held.index == index;
        }
    }

    fn has_arrival(&self) -> bool {
        self.arrivals.is_any_here()
    }

    fn has_unasked_connection(&self) -> bool {
        self.arrivals.has_any_spoken()
    }

    fn is_absent(&self) -> bool {
        !self.has_come
    }

    /// A client that will not come says so: it reports an error, or ends with a status other than
    /// 0.
    fn is_idle(&self) -> bool {
        let is_error = |(_, report): &(usize, Report)| {
            report.get("event").and_then(Value::as_str) == Some("error")
        };
        let gave_up = self.client.ended().and_then(|ended| ended.code).is_some_and(|it| it != 0);
        !self.has_come && !gave_up && !self.reports.iter().any(is_error)
    }

    /// It may end afterwards as it likes.
    fn is_upgraded_for_good(connection: &Connection) -> bool {
        connection.state.upgraded
    }
}
