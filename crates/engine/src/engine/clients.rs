//! Control of the clients of a fake: the list of them, messages sent to them unasked, and their
//! end.

use std::time::Duration;

use stanza::Jid;

use super::Engine;
use crate::error::Error;
use crate::numbers::{ConnectionId, StreamId};
use crate::outlet::Output;
use crate::stream::Stream;
use crate::transport::{Connection, Phase};

/// How far a client has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClientPhase {
    /// It is connected, and has no WebSocket yet.
    Connected,
    /// It has a WebSocket, and no stream.
    Upgraded,
    /// It has a stream, and is not logged in.
    Open,
    /// It is logged in, and has no resource.
    Authenticated,
    /// It has a resource.
    Bound,
    /// It has said that it is available.
    Available,
    /// The fake has closed it, and waits for its end.
    Closing,
    /// The session of a connection that is gone.
    Ghost,
}

/// A client of a fake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientView {
    /// Its connection, counted from 1; `#1` is an address for [`Engine::inject`] and
    /// [`Engine::kick`].
    pub connection: u64,
    /// The account that has logged in.
    pub account: Option<String>,
    /// Its full JID.
    pub jid: Option<String>,
    /// How far it has come.
    pub phase: ClientPhase,
    /// When it connected, in server time.
    pub since: Duration,
}

impl ClientPhase {
    /// Its name in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Upgraded => "upgraded",
            Self::Open => "open",
            Self::Authenticated => "authenticated",
            Self::Bound => "bound",
            Self::Available => "available",
            Self::Closing => "closing",
            Self::Ghost => "ghost",
        }
    }
}

impl Engine {
    /// Sends a text message as it is, unasked, to a client: to a user, a JID, or a connection
    /// (`#1`). Nothing is checked, so that clients can be shown what no server would say. Returns
    /// to how many connections it went.
    ///
    /// # Errors
    ///
    /// No client of this address has a WebSocket.
    pub fn inject(&mut self, now: Duration, to: &str, text: &str) -> Result<usize, Error> {
        self.cx.now = now;
        let ids = self.with_websocket(to)?;
        for id in &ids {
            self.with_connection(*id, |connection, cx| {
                let message = connection.text(cx, text.to_owned());
                connection.put(cx, message);
            });
            self.run();
        }
        Ok(ids.len())
    }

    /// Writes octets below WebSocket, unasked, as [`Engine::inject`] does with text.
    ///
    /// # Errors
    ///
    /// No client of this address is connected.
    pub fn inject_octets(
        &mut self,
        now: Duration,
        to: &str,
        octets: &[u8],
    ) -> Result<usize, Error> {
        self.cx.now = now;
        let ids = self.clients_at(to)?;
        for id in &ids {
            self.put(*id, Output::Octets(octets.to_vec()));
            self.run();
        }
        Ok(ids.len())
    }

    /// Ends the sessions of a user, a JID, or a connection (`#1`) as an administrator of Openfire
    /// does: without a reason. Returns how many there were.
    ///
    /// # Errors
    ///
    /// No client has this address.
    pub fn kick(&mut self, now: Duration, who: &str) -> Result<usize, Error> {
        self.cx.now = now;
        let ids = self.clients_at(who)?;
        for id in &ids {
            let ghost = self.ghosts().find(|(by, _)| by == id).map(|(_, ghost)| ghost);
            let begun = self.stream_of(*id).filter(|stream| stream.has_begun());
            match begun.map(|stream| stream.id).or(ghost) {
                Some(stream) => self.kick_stream(stream),
                None => self.break_off(*id, Output::Close),
            }
            self.run();
        }
        Ok(ids.len())
    }

    /// All clients, in the order in which they came.
    pub fn clients(&self) -> Vec<ClientView> {
        let view = |connection: &Connection| {
            let session = connection.stream.and_then(|stream| self.hub.sessions.get(stream));
            ClientView {
                connection: connection.id.0,
                account: self.stream_of(connection.id).and_then(Stream::user).map(str::to_owned),
                jid: session.map(|session| session.jid.to_string()),
                phase: self.phase_of(connection),
                since: connection.since,
            }
        };
        let mut clients: Vec<ClientView> = self.connections.values().map(view).collect();
        let ghosts = self.ghosts().filter(|(by, _)| !self.connections.contains_key(by));
        clients.extend(ghosts.filter_map(|(by, stream)| {
            let session = self.hub.sessions.get(stream)?;
            Some(ClientView {
                connection: by.0,
                account: session.jid.local.clone(),
                jid: Some(session.jid.to_string()),
                phase: ClientPhase::Ghost,
                since: session.since,
            })
        }));
        clients.sort_by_key(|client| client.connection);
        clients
    }

    /// Sessions that have outlived their streams, each with the connection that carried it.
    fn ghosts(&self) -> impl Iterator<Item = (ConnectionId, StreamId)> {
        let ghosts = self.hub.sessions.ghosts();
        ghosts.filter_map(|(stream, _)| Some((self.streams.get(&stream)?.by, stream)))
    }

    fn phase_of(&self, connection: &Connection) -> ClientPhase {
        let stream = self.stream_of(connection.id).filter(|stream| stream.has_begun());
        match (&connection.phase, stream) {
            (Phase::Http(_), _) | (Phase::Tcp(_), None) => ClientPhase::Connected,
            _ if connection.close_sent => ClientPhase::Closing,
            (Phase::Over, _) => ClientPhase::Closing,
            (_, None) => ClientPhase::Upgraded,
            (_, Some(stream)) if stream.is_closed() => ClientPhase::Closing,
            (_, Some(stream)) => match self.hub.sessions.get(stream.id) {
                Some(session) if session.is_available() => ClientPhase::Available,
                Some(_) => ClientPhase::Bound,
                None if stream.user().is_some() => ClientPhase::Authenticated,
                None => ClientPhase::Open,
            },
        }
    }

    /// The connections of a user, a bare or full JID, or `#` and the number of a connection.
    fn clients_at(&self, to: &str) -> Result<Vec<ConnectionId>, Error> {
        let clients = self.clients();
        let number = to.strip_prefix('#').and_then(|number| number.parse::<u64>().ok());
        let jid = if to.contains('@') { Jid::parse(to).ok() } else { None };
        let is_meant = |client: &ClientView| {
            let own = client.jid.as_deref().and_then(|own| Jid::parse(own).ok());
            match (&jid, number) {
                (_, Some(number)) => client.connection == number,
                (Some(jid), _) if jid.is_bare() => own.is_some_and(|own| own.bare() == *jid),
                (Some(jid), _) => own.as_ref() == Some(jid),
                (None, None) => client.account.as_deref() == Some(to),
            }
        };
        let meant: Vec<ConnectionId> = clients
            .iter()
            .filter(|client| is_meant(client))
            .map(|client| ConnectionId(client.connection))
            .collect();
        if meant.is_empty() {
            let there = clients.iter().map(name_of).collect();
            return Err(Error::Nobody { to: to.chars().take(200).collect(), there });
        }
        Ok(meant)
    }

    fn with_websocket(&self, to: &str) -> Result<Vec<ConnectionId>, Error> {
        let has_websocket = |id: &ConnectionId| {
            self.connections.get(id).is_some_and(|client| {
                matches!(client.phase, Phase::WebSocket(_) | Phase::Tcp(_) | Phase::Bosh(_))
                    && !client.close_sent
            })
        };
        let ids: Vec<ConnectionId> =
            self.clients_at(to)?.into_iter().filter(has_websocket).collect();
        if ids.is_empty() {
            return Err(Error::NoWebSocket { to: to.chars().take(200).collect() });
        }
        Ok(ids)
    }
}

fn name_of(client: &ClientView) -> String {
    let who = client.jid.as_deref().or(client.account.as_deref());
    match who {
        Some(who) => format!("#{} {who}", client.connection),
        None => format!("#{} ({})", client.connection, client.phase.name()),
    }
}
