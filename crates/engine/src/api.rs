//! What a caller asks of the engine beside what connections bring: publications, faults, the contact centre, what was said.

use std::time::Duration;

use contact::World;

use crate::engine::Engine;
use crate::error::Error;
use crate::fault::{Fault, InstalledFault};
use crate::profile::ProfileName;
use crate::said::{Said, Transcript};

impl Engine {
    /// The XMPP domain.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The name of the profile.
    pub fn profile_name(&self) -> ProfileName {
        self.profile.name()
    }

    /// Publishes `payload`, one XML element, to a node in the server's own name.
    ///
    /// # Errors
    ///
    /// There is no such leaf node, or the payload is not one XML element.
    pub fn publish(&mut self, now: Duration, node: &str, payload: &str) -> Result<(), Error> {
        self.now = now;
        let events = self.pubsub.publish(now, node, payload)?;
        self.carry(events);
        Ok(())
    }

    /// Does something in the contact centre, and publishes what comes of it.
    pub fn perform<T>(&mut self, now: Duration, act: impl FnOnce(&mut World) -> T) -> T {
        self.now = now;
        self.in_world(act)
    }

    /// Adds a fault, which strikes from now on; one of the whole service strikes at once. Returns its number.
    ///
    /// # Errors
    ///
    /// There are too many already.
    pub fn add_fault(&mut self, now: Duration, fault: Fault) -> Result<u64, Error> {
        self.now = now;
        self.install(fault)
    }

    /// The faults that there are, and how often each has struck.
    pub fn faults(&self) -> &[InstalledFault] {
        self.faults.list()
    }

    /// Removes the fault of this number; says whether there was one.
    pub fn remove_fault(&mut self, now: Duration, number: u64) -> bool {
        self.now = now;
        self.uninstall(number)
    }

    /// Ends all streams as a server that shuts down does.
    pub fn shut_down(&mut self, now: Duration) {
        self.now = now;
        self.end_all();
    }

    /// Everything that was said on all connections, as far back as the record reaches.
    pub fn transcript(&self) -> Transcript {
        self.record.transcript()
    }

    /// Whether what is said is kept.
    pub fn keeps_transcript(&self) -> bool {
        self.record.is_on()
    }

    /// Forgets what was said up to now; numbers go on.
    pub fn clear_transcript(&mut self) {
        self.record.clear();
    }

    /// The number that the next entry of the transcript gets.
    pub fn next_number(&self) -> u64 {
        self.record.next_number()
    }

    /// The first text message of a client that fits and that this method has not returned before.
    pub fn take_said(&mut self, fits: impl Fn(&Said) -> bool) -> Option<Said> {
        self.record.take(fits)
    }
}
