//! Requests of the caller beside the input of connections: publications, faults, the
//! contact centre, the record.

use std::time::Duration;

use contact::{SystemStatus, World};

use super::Engine;
use crate::error::Error;
use crate::fact::Fact;
use crate::fault::{Fault, InstalledFault};
use crate::numbers::ConnectionId;
use crate::profile::ProfileName;
use crate::said::{Said, Transcript};

impl Engine {
    /// The XMPP domain.
    pub fn domain(&self) -> &str {
        &self.cx.settings.domain
    }

    /// The name of the profile.
    pub fn profile_name(&self) -> ProfileName {
        self.cx.settings.profile.name()
    }

    /// Whether the REST API is there.
    pub fn has_rest(&self) -> bool {
        self.cx.settings.profile.rest
    }

    /// Publishes `payload`, one XML element, to a node in the server's own name.
    ///
    /// # Errors
    ///
    /// There is no such leaf node, or the payload is not one XML element.
    pub fn publish(&mut self, now: Duration, node: &str, payload: &str) -> Result<(), Error> {
        self.cx.now = now;
        self.hub.publish(&mut self.cx, node, payload)?;
        self.run();
        Ok(())
    }

    /// Does something in the contact centre, and publishes its changes.
    pub fn perform<T>(&mut self, now: Duration, act: impl FnOnce(&mut World) -> T) -> T {
        self.cx.now = now;
        let result = self.hub.in_world(&mut self.cx, act);
        self.run();
        result
    }

    /// Adds a fault, which strikes from now on; one of the whole service strikes at once. Returns
    /// its number.
    ///
    /// # Errors
    ///
    /// There are too many already.
    pub fn add_fault(&mut self, now: Duration, fault: Fault) -> Result<u64, Error> {
        self.cx.now = now;
        let number = self.install(fault);
        self.run();
        number
    }

    /// The faults that there are, and how often each has struck.
    pub fn faults(&self) -> &[InstalledFault] {
        self.cx.faults.list()
    }

    /// The owner of a socket has answered a request for a file; `fact` says how.
    pub fn page_answered(&mut self, now: Duration, id: ConnectionId, fact: Fact) {
        self.cx.now = now;
        self.cx.note_fact(id, fact);
    }

    /// Removes the fault of this number; says whether there was one.
    pub fn remove_fault(&mut self, now: Duration, number: u64) -> bool {
        self.cx.now = now;
        self.uninstall(number)
    }

    /// Ends all streams as a server that shuts down does.
    pub fn shut_down(&mut self, now: Duration) {
        self.cx.now = now;
        self.end_all();
    }

    /// Everything that was said on all connections, as far back as the record reaches.
    pub fn transcript(&self) -> Transcript {
        self.transcript_of(|_| true)
    }

    /// The part of it that `is_wanted`.
    pub fn transcript_of(&self, is_wanted: impl Fn(&Said) -> bool) -> Transcript {
        self.cx.record.transcript(&self.cx.settings.secrets, is_wanted)
    }

    /// The part of it behind a number, up to about so many octets but at least one entry;
    /// `forgotten` counts the entries behind that number that are gone.
    pub fn transcript_after(&self, number: u64, octets: usize) -> Transcript {
        self.cx.record.after(&self.cx.settings.secrets, number, octets)
    }

    /// The number of the last entry of the transcript; 0 before the first.
    pub fn last_said(&self) -> u64 {
        self.cx.record.last()
    }

    /// Whether a transcript is kept.
    pub fn keeps_transcript(&self) -> bool {
        self.cx.record.is_on()
    }

    /// Forgets what was said up to now; numbers go on.
    pub fn clear_transcript(&mut self) {
        self.cx.record.clear();
    }

    /// The first text message of a client, or request or answer of the REST API, that fits and that
    /// this method has not returned before.
    pub fn take_said(&mut self, fits: impl Fn(&Said) -> bool) -> Option<Said> {
        self.cx.record.take(fits).map(|said| said.masked(&self.cx.settings.secrets))
    }

    /// The server goes in or out of service, and says so on its SystemInfo node. Nothing else
    /// follows from it.
    pub fn set_system_status(&mut self, now: Duration, status: SystemStatus) {
        self.cx.now = now;
        self.hub.set_system_status(&mut self.cx, status);
        self.run();
    }

    /// The server's status, and whether its web application is connected.
    pub fn system_status(&self) -> (SystemStatus, bool) {
        self.hub.system_status()
    }

    /// The web application loses its connection to the notification service, or has it back. Every
    /// available session hears of it. Changes meanwhile are published to nobody.
    pub fn connect_application(&mut self, now: Duration, connected: bool) {
        self.cx.now = now;
        self.hub.connect_application(&mut self.cx, connected);
        self.run();
    }

    /// The server is gone for good: its world keeps nothing for it.
    pub fn leave_world(&mut self, now: Duration) {
        self.cx.now = now;
        self.hub.leave_world(&mut self.cx);
        self.run();
    }

    /// Whether another server has caused what this one has not published yet.
    pub fn has_news(&self) -> bool {
        self.hub.has_news()
    }

    /// Publishes what another server of the same world has caused.
    pub fn catch_up(&mut self, now: Duration) {
        self.perform(now, |_| ());
    }
}
