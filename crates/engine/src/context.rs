//! A handler's surroundings beside its stream, session or connection: time, settings,
//! chance, and a place for what it wants done.

use std::sync::Arc;
use std::time::Duration;

use contact::{Calendar, Chance};
use stanza::{Element, Jid};

use crate::accounts::Directory;
use crate::dialect::Dialect;
use crate::exchange::Exchange;
use crate::fact::Fact;
use crate::fault::{Fault, Faults, Name, Occasion};
use crate::memory::Memory;
use crate::numbers::{ConnectionId, Party, StreamId};
use crate::outgoing::{Addressed, Copy, ElementKind, Outgoing};
use crate::outlet::{Outlet, Output};
use crate::passwords::Passwords;
use crate::profile::Profile;
use crate::said::{self, Kind, Record, Said, Speaker};
use crate::timers::{Timer, Timers};

/// Settings that do not change while the engine runs.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) domain: String,
    /// The server's capabilities, as each stream is told of them; the hash in it is worked out
    /// once.
    pub(crate) caps: String,
    pub(crate) profile: Profile,
    pub(crate) accounts: Directory,
    /// The passwords to mask.
    pub(crate) secrets: Passwords,
    /// Names and addresses in the certificate.
    pub(crate) host_names: Vec<String>,
    pub(crate) calendar: Calendar,
    /// The domain of the other server of a pair.
    pub(crate) peer: Option<String>,
    pub(crate) is_secondary: bool,
    /// Whether browsers of other origins may use the REST API.
    pub(crate) allows_cross_origin: bool,
    /// Whether the owner of the sockets serves files.
    pub(crate) pages: bool,
}

/// The surroundings of a handler.
pub(crate) struct Context {
    /// Server time of the call that is going on.
    pub(crate) now: Duration,
    pub(crate) settings: Settings,
    pub(crate) chance: Chance,
    pub(crate) faults: Faults,
    pub(crate) timers: Timers,
    /// The record of all connections.
    pub(crate) record: Record,
    pub(crate) memory: Memory,
    /// Takes what goes out, and hears what is noted.
    pub(crate) outlet: Box<dyn Outlet>,
    /// The effects that handlers want, in order.
    effects: Vec<Effect>,
}

/// An effect that a handler wants beyond its own state.
#[derive(Debug)]
pub(crate) enum Effect {
    /// Send this on a stream.
    Say(StreamId, Outgoing),
    /// Send this to a session, as long as its stream is open.
    Deliver(StreamId, Copy),
    /// Send these to their addresses, one after the other.
    Carry(Vec<Addressed>),
    /// The login of this account is right.
    LoggedIn(StreamId, String),
    /// The session of a stream ends. A goodbye is an end that the client was told of or has begun.
    EndSession { stream: StreamId, goodbye: bool },
    /// The server ends a stream without naming a reason.
    Kick(StreamId),
    /// Another stream gets the resource of this one.
    Conflict(StreamId),
    /// A stream gets a resource, and its request is answered: once all who may hear it in its old
    /// place have heard of a conflict.
    Bind { stream: StreamId, jid: Jid, request: Box<Element> },
    /// A stream ends with `<close/>`.
    Close(StreamId),
    /// The carrier of a stream is to be closed in its own way.
    CloseCarrier(StreamId),
    /// The owner of a connection's socket has something to do.
    Put(ConnectionId, Output),
    /// The rest of the request is lost that an element of the stream came in.
    DropRequest(StreamId),
    /// The request of a connection is answered, so that its next one can be read.
    NextRequest(ConnectionId),
    /// A connection ends without a word.
    BreakOff(ConnectionId, Output),
}

impl Context {
    pub(crate) fn new(
        settings: Settings,
        chance: Chance,
        record: Record,
        outlet: Box<dyn Outlet>,
    ) -> Self {
        Self {
            now: Duration::ZERO,
            settings,
            chance,
            faults: Faults::default(),
            timers: Timers::default(),
            record,
            memory: Memory::default(),
            outlet,
            effects: Vec::new(),
        }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.settings.profile.dialect
    }

    /// Whether rosters are kept: by the roster service, which is also what reflects presence.
    pub(crate) fn keeps_contacts(&self) -> bool {
        self.settings.profile.broadcast_presence && self.is_openfire()
    }

    pub(crate) fn is_openfire(&self) -> bool {
        self.dialect() == Dialect::Openfire
    }

    /// Whether this is the address of the server itself.
    pub(crate) fn is_domain(&self, jid: &Jid) -> bool {
        jid.local.is_none() && jid.domain == self.settings.domain
    }

    /// Sends an element on a stream, in its turn.
    pub(crate) fn say(&mut self, stream: StreamId, outgoing: Outgoing) {
        self.effects.push(Effect::Say(stream, outgoing));
    }

    /// Sends a stanza to a session in its turn, as long as its stream is open.
    pub(crate) fn deliver(&mut self, stream: StreamId, stanza: impl Into<Copy>) {
        self.effects.push(Effect::Deliver(stream, stanza.into()));
    }

    /// Sends stanzas to their addresses, in their turn.
    pub(crate) fn carry(&mut self, stanzas: Vec<Addressed>) {
        self.effects.push(Effect::Carry(stanzas));
    }

    /// Wants this done in its turn.
    pub(crate) fn want(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Lets this fall due after a while.
    pub(crate) fn set_timer(&mut self, after: Duration, owner: impl Into<Party>, timer: Timer) {
        self.timers.set(self.now + after, owner.into(), timer);
    }

    /// The first fault of this name whose turn it is; that it strikes is noted.
    pub(crate) fn fault<'o>(
        &mut self,
        name: Name,
        occasion: impl Into<Occasion<'o>>,
        party: impl Into<Party>,
    ) -> Option<Fault> {
        if self.faults.is_empty() {
            return None;
        }
        let fault = self.faults.named(name, occasion.into())?;
        self.note_fault(party, &fault);
        Some(fault)
    }

    /// The faults whose turn it is when this is said; that they strike is noted.
    pub(crate) fn faults_on(
        &mut self,
        what: ElementKind,
        occasion: Occasion<'_>,
        party: impl Into<Party>,
    ) -> Vec<Fault> {
        let (due, party) = (self.faults.on(what, occasion), party.into());
        for fault in &due {
            self.note_fault(party, fault);
        }
        due
    }

    /// Whether anybody keeps or hears things of this kind.
    pub(crate) fn notes(&self, kind: Kind) -> bool {
        self.record.is_on() || self.outlet.listens(kind)
    }

    /// Notes words on a connection; text in the place of a password is masked before.
    pub(crate) fn note(
        &mut self,
        party: impl Into<Party>,
        speaker: Speaker,
        kind: Kind,
        text: impl Into<String>,
    ) {
        if self.notes(kind) {
            let said = self.record.made(self.now, party.into(), speaker, kind, text.into());
            self.keep(said);
        }
    }

    /// Notes a message of a client. One from before its login is masked at once, since what is left
    /// of a password in it depends on that; any other when it leaves the record, as long as nothing
    /// is cut off before.
    pub(crate) fn note_message(
        &mut self,
        party: impl Into<Party>,
        kind: Kind,
        text: &str,
        logged_in: bool,
    ) {
        let is_kept_as_it_is = logged_in && kind == Kind::Text && text.len() <= said::LONGEST;
        let text = if is_kept_as_it_is { text.into() } else { mask::message(text, logged_in) };
        self.note(party, Speaker::Client, kind, text);
    }

    /// Notes a request of the REST API, or its answer.
    pub(crate) fn note_exchange(
        &mut self,
        id: ConnectionId,
        speaker: Speaker,
        text: String,
        exchange: Arc<Exchange>,
    ) {
        let said = self.record.made(self.now, id.into(), speaker, Kind::Http, text);
        self.keep(Said { exchange: Some(exchange), ..said });
    }

    /// Notes something that happened.
    pub(crate) fn note_fact(&mut self, party: impl Into<Party>, fact: Fact) {
        if self.notes(Kind::Fact) {
            let (by, kind, text) = (Speaker::Nobody, Kind::Fact, fact.to_string());
            let said = self.record.made(self.now, party.into(), by, kind, text);
            self.keep(Said { fact: Some(fact), ..said });
        }
    }

    fn keep(&mut self, mut said: Said) {
        if self.outlet.listens(said.kind) {
            said.taken = self.outlet.hear(&said.clone().masked(&self.settings.secrets));
        }
        self.record.keep(said);
    }

    /// Notes that a fault strikes.
    pub(crate) fn note_fault(&mut self, party: impl Into<Party>, fault: &Fault) {
        self.note_fact(party, Fact::Struck(fault.clone()));
    }

    /// Moves what is wanted to the end of `pending`, the first of it last.
    pub(crate) fn take_effects(&mut self, pending: &mut Vec<Effect>) {
        pending.extend(self.effects.drain(..).rev());
    }
}
