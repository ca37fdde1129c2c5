//! The running fake: sockets and timers around the engine.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use engine::{Engine, Fault, InstalledFault, ProfileName, Protocol, Transcript};
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::{Notify, Semaphore, watch};
use wire::Listener;

use crate::accept::accept;
use crate::builder::Builder;
use crate::clock::Clock;
use crate::error::Error;
use crate::hint::{Directions, PortCall, Ports};
use crate::outlet::FakeOutlet;
use crate::www::Www;

/// The most TLS handshakes at once. A connection beyond them is closed.
const HANDSHAKES: usize = 1024;

/// How long a shutdown waits for clients to end their connections, in wall time.
const FAREWELL: Duration = Duration::from_millis(250);

/// A fake Finesse notification server. It runs until it is shut down or dropped.
pub struct FakeFinesse {
    pub(crate) shared: Arc<Shared>,
    address: SocketAddr,
    access: Access,
    stop: watch::Sender<bool>,
    /// The ports beside its own that serve the same.
    also: Vec<u16>,
    /// The ports of XMPP over TCP.
    xmpp: Vec<u16>,
    /// The ports for hints.
    hints: Vec<u16>,
}

/// Accounts, domain and authority, which a client needs to log in.
#[derive(Debug)]
pub(crate) struct Access {
    pub(crate) users: Vec<String>,
    pub(crate) domain: String,
    /// The certificate of the fake's own authority; none without TLS.
    pub(crate) ca_pem: Option<String>,
    /// The files beside the API.
    pub(crate) www: Option<Www>,
    /// The ports that serve too, and what each serves, until they are listened on.
    pub(crate) also: Vec<(Protocol, Listener)>,
    /// The ports for hints, until they are listened on.
    pub(crate) hints: Option<Ports>,
    /// The name for URLs where the fake listens on all addresses of its machine.
    pub(crate) host_name: Option<String>,
}

impl FakeFinesse {
    /// The settings of a new fake; [`Builder::start`] starts it.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(crate) fn open(
        listener: Listener,
        mut access: Access,
        engine: Engine,
        way: FakeOutlet,
        clock: Arc<Clock>,
    ) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let inner = Mutex::new(Inner { engine, wakes: None });
        let shared = Arc::new(Shared {
            inner,
            way,
            clock,
            changed: Notify::new(),
            handshakes: Semaphore::new(HANDSHAKES),
            peer: OnceLock::new(),
            www: access.www.take(),
        });
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(until_stopped(stopped.clone(), keep_time(Arc::clone(&shared))));
        let serve = |listener, protocol, mixed| {
            let work = accept(listener, protocol, mixed, Arc::clone(&shared), stopped.clone());
            tokio::spawn(until_stopped(stopped.clone(), work));
        };
        serve(listener, Protocol::Http, false);
        let (mut also, mut xmpp) = (Vec::new(), Vec::new());
        for (protocol, listener) in std::mem::take(&mut access.also) {
            let port = listener.local_addr()?.port();
            match protocol {
                Protocol::Http => also.push(port),
                Protocol::Xmpp => xmpp.push(port),
            }
            serve(listener, protocol, access.ca_pem.is_some());
        }
        let mut fake = Self { shared, address, access, stop, also, xmpp, hints: Vec::new() };
        if let Some(hints) = fake.access.hints.take() {
            fake.hints = hints.numbers();
            fake.give_hints(hints, stopped);
        }
        Ok(fake)
    }

    /// Answers at the ports for hints from now on.
    fn give_hints(&self, hints: Ports, stopped: watch::Receiver<bool>) {
        let (websocket, rest, domain) = (self.url(), self.rest_url(), self.domain().to_owned());
        let shared = Arc::clone(&self.shared);
        let note = move |PortCall { from, port, what }| {
            shared.with(|engine, now| engine.misdirected(now, from, port, what));
        };
        let answers = hints.answer(Directions { websocket, rest, domain }, note);
        tokio::spawn(until_stopped(stopped, answers));
    }

    /// Joins two fakes that share a world: each publishes changes that the other has caused.
    pub(crate) fn pair(one: &Self, other: &Self) {
        // Both have just been opened, so neither has a partner yet.
        let _ = one.shared.peer.set(Arc::downgrade(&other.shared));
        let _ = other.shared.peer.set(Arc::downgrade(&one.shared));
    }

    fn authority(&self) -> String {
        self.authority_of(self.address)
    }

    /// Host and port for URLs. All addresses of a machine are the address of none, so the first
    /// host name stands for them, and without one loopback.
    pub(crate) fn authority_of(&self, address: SocketAddr) -> String {
        let port = address.port();
        match (address.ip(), &self.access.host_name) {
            (ip, Some(name)) if ip.is_unspecified() => match name.parse() {
                Ok(ip) => SocketAddr::new(ip, port).to_string(),
                Err(_) => format!("{name}:{port}"),
            },
            (IpAddr::V4(ip), None) if ip.is_unspecified() => {
                SocketAddr::from((Ipv4Addr::LOCALHOST, port)).to_string()
            }
            (IpAddr::V6(ip), None) if ip.is_unspecified() => {
                SocketAddr::from((Ipv6Addr::LOCALHOST, port)).to_string()
            }
            _ => address.to_string(),
        }
    }

    /// The URL for clients, e.g. `wss://127.0.0.1:40123/ws/`.
    pub fn url(&self) -> String {
        let scheme = if self.access.ca_pem.is_some() { "wss" } else { "ws" };
        format!("{scheme}://{}/ws/", self.authority())
    }

    /// The URL for clients that speak BOSH (XEP-0124), e.g. `https://127.0.0.1:40123/http-bind/`.
    pub fn bosh_url(&self) -> String {
        let scheme = if self.access.ca_pem.is_some() { "https" } else { "http" };
        format!("{scheme}://{}/http-bind/", self.authority())
    }

    /// The URL of the REST API, e.g. `https://127.0.0.1:40123/finesse/api/`; none where the profile
    /// is without it.
    pub fn rest_url(&self) -> Option<String> {
        let scheme = if self.access.ca_pem.is_some() { "https" } else { "http" };
        let is_there = self.shared.lock().engine.has_rest();
        is_there.then(|| format!("{scheme}://{}/finesse/api/", self.authority()))
    }

    /// The URL of the files of [`Builder::www`], e.g. `https://127.0.0.1:40123/`; none without
    /// them.
    pub fn www_url(&self) -> Option<String> {
        let scheme = if self.access.ca_pem.is_some() { "https" } else { "http" };
        self.shared.www.as_ref().map(|_| format!("{scheme}://{}/", self.authority()))
    }

    /// The ports of [`Builder::also`], in their order.
    pub fn also_ports(&self) -> &[u16] {
        &self.also
    }

    /// The ports of [`Builder::xmpp`], in their order.
    pub fn xmpp_ports(&self) -> &[u16] {
        &self.xmpp
    }

    /// The ports of [`Builder::hints`], in their order.
    pub fn hint_ports(&self) -> &[u16] {
        &self.hints
    }

    /// Whether a script says what it says, as with [`Builder::script`].
    pub fn is_replay(&self) -> bool {
        self.shared.lock().engine.follows_script()
    }

    /// The address of the listening socket.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// The certificate that clients must trust, in PEM; none without TLS.
    pub fn ca_pem(&self) -> Option<&str> {
        self.access.ca_pem.as_deref()
    }

    /// The XMPP domain of the accounts, e.g. `finesse.example.com`.
    pub fn domain(&self) -> &str {
        &self.access.domain
    }

    /// The address of the publish-subscribe service.
    pub fn pubsub_host(&self) -> String {
        format!("pubsub.{}", self.access.domain)
    }

    /// The names of the accounts, in alphabetical order.
    pub fn users(&self) -> &[String] {
        &self.access.users
    }

    /// Publishes `payload`, one XML element, to a node in the server's own name.
    ///
    /// # Errors
    ///
    /// There is no such leaf node, or the payload is not one XML element.
    pub fn publish(&self, node: &str, payload: &str) -> Result<(), Error> {
        Ok(self.engine(|engine, now| engine.publish(now, node, payload))?)
    }

    /// The transcript of all connections, as far back as [`Builder::transcript_limit`] allows. It
    /// has `Display`.
    pub fn transcript(&self) -> Transcript {
        self.shared.lock().engine.transcript()
    }

    /// The part of it that `is_wanted`.
    #[cfg(feature = "control")]
    pub(crate) fn transcript_of(&self, is_wanted: impl Fn(&engine::Said) -> bool) -> Transcript {
        self.shared.lock().engine.transcript_of(is_wanted)
    }

    /// The part of it behind a number, up to about so many octets.
    #[cfg(feature = "control")]
    pub(crate) fn transcript_after(&self, number: u64, octets: usize) -> Transcript {
        self.shared.lock().engine.transcript_after(number, octets)
    }

    /// The number of its last entry, or 0; none if no transcript is kept.
    #[cfg(feature = "control")]
    pub(crate) fn last_said(&self) -> Option<u64> {
        let engine = &self.shared.lock().engine;
        engine.keeps_transcript().then(|| engine.last_said())
    }

    /// Clears the transcript; messages cleared end no [`FakeFinesse::wait_for`].
    pub fn clear_transcript(&self) {
        self.engine(|engine, _| engine.clear_transcript());
    }

    /// Runs `change` on the engine with the present server time. Its outputs are sent before
    /// anything else happens.
    pub fn engine<T>(&self, change: impl FnOnce(&mut Engine, Duration) -> T) -> T {
        self.shared.with(change)
    }

    /// The name of the profile.
    pub fn profile_name(&self) -> ProfileName {
        self.shared.lock().engine.profile_name()
    }

    /// Drops all connections and resets world, nodes, subscriptions, faults, expectations and
    /// transcript. Server time and the numbers of connections go on. The servers of a pair share
    /// one world.
    pub fn reset(&self) {
        self.engine(|engine, now| {
            engine.reset(now);
            self.shared.way.expectations().take(|_| true);
            self.shared.way.publications().forget();
        });
    }

    /// Adds a fault, e.g. `"drop-tcp after=success times=2"`, effective from now on; see [`Fault`].
    /// Returns its number.
    ///
    /// # Errors
    ///
    /// The text is not a fault, or the fake has too many faults already.
    pub fn fault(&self, fault: impl ToString) -> Result<u64, Error> {
        let fault: Fault = fault.to_string().parse()?;
        Ok(self.engine(|engine, now| engine.add_fault(now, fault))?)
    }

    /// The present faults, and how often each has struck.
    pub fn faults(&self) -> Vec<InstalledFault> {
        self.shared.lock().engine.faults().to_vec()
    }

    /// Removes the fault of this number. Returns whether there was one.
    pub fn remove_fault(&self, number: u64) -> bool {
        self.engine(|engine, now| engine.remove_fault(now, number))
    }

    /// Whether the fake has handled exactly `received` octets and handed out exactly `sent`, over
    /// all connections together, counted inside TLS from the first octet of each connection.
    pub fn settled(&self, received: u64, sent: u64) -> bool {
        self.shared.lock().engine.traffic() == (received, sent)
    }

    /// Server time until the next timer of the fake; `None` without one.
    /// Without `talk`, the version queries and pings that a client only has to answer do not count.
    pub fn next_timer(&self, talk: bool) -> Option<Duration> {
        let engine = &self.shared.lock().engine;
        let due = if talk { engine.next_timeout() } else { engine.next_deed() }?;
        Some(due.saturating_sub(self.shared.clock.now()))
    }

    /// Advances server time and fires all timers due by then, if time is set by hand. The servers
    /// of a pair share one clock.
    pub fn advance(&self, by: Duration) {
        self.shared.clock.advance(by);
        self.shared.with(Engine::fire);
        if let Some(peer) = self.shared.peer() {
            peer.with(Engine::fire);
        }
    }

    /// Ends all streams as a server does that shuts down, and stops.
    pub async fn shutdown(self) {
        self.say_goodbye().await;
    }

    /// Ends all streams as a server does that shuts down, and waits up to a moment for clients to
    /// leave.
    pub async fn say_goodbye(&self) {
        self.engine(Engine::shut_down);
        let ended = async {
            while !self.shared.way.sockets.is_empty() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        // The drop cuts off the remaining connections.
        let _ = tokio::time::timeout(FAREWELL, ended).await;
    }
}

impl Drop for FakeFinesse {
    /// Stops the fake.
    ///
    /// # Panics
    ///
    /// An expectation of [`FakeFinesse::expect`] is not met, unless a panic is under way already.
    fn drop(&mut self) {
        self.stop.send_replace(true);
        // The shared world must not collect changes for a server that is gone.
        self.engine(Engine::leave_world);
        self.shared.way.readers().end();
        self.shared.way.publications().end();
        if std::thread::panicking() {
            return;
        }
        if let Err(unmet) = self.judge(|expected| expected.on_drop) {
            panic!("{unmet}");
        }
    }
}

impl fmt::Debug for FakeFinesse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeFinesse").field("url", &self.url()).finish_non_exhaustive()
    }
}

/// The state that all tasks share.
pub(crate) struct Shared {
    inner: Mutex<Inner>,
    /// The outlet of the engine.
    pub(crate) way: FakeOutlet,
    pub(crate) clock: Arc<Clock>,
    /// Signals a new timer that is due before all others.
    changed: Notify,
    /// Connections that may be in their TLS handshake at once.
    pub(crate) handshakes: Semaphore,
    /// The other server of the same world.
    peer: OnceLock<Weak<Self>>,
    /// The files beside the API.
    pub(crate) www: Option<Www>,
}

pub(crate) struct Inner {
    pub(crate) engine: Engine,
    /// The server time at which the timer task wakes, unless an earlier timer is set.
    wakes: Option<Duration>,
}

impl Shared {
    /// Changes the engine, which hands its outputs to the sockets before the lock is released, and
    /// then lets the other server of the world do the same. Only one of the two is locked at a
    /// time.
    pub(crate) fn with<T>(&self, change: impl FnOnce(&mut Engine, Duration) -> T) -> T {
        let result = self.with_alone(change);
        if let Some(peer) = self.peer() {
            // While one server catches up, the world may change for the other.
            let (mut behind, mut ahead) = (&*peer, self);
            while behind.lock().engine.has_news() {
                behind.with_alone(Engine::catch_up);
                std::mem::swap(&mut behind, &mut ahead);
            }
        }
        result
    }

    fn peer(&self) -> Option<Arc<Self>> {
        self.peer.get().and_then(Weak::upgrade)
    }

    fn with_alone<T>(&self, change: impl FnOnce(&mut Engine, Duration) -> T) -> T {
        let mut inner = self.lock();
        let now = self.clock.now();
        // Timers that are due fire before the change.
        if inner.engine.next_timeout().is_some_and(|due| due <= now) {
            inner.engine.fire(now);
        }
        let result = change(&mut inner.engine, now);
        // Slow readers are dropped, which may cause output to other slow readers.
        loop {
            let slow = self.way.sockets.take_slow();
            if slow.is_empty() {
                break;
            }
            slow.into_iter().for_each(|(id, waiting)| inner.engine.too_slow(now, id, waiting));
        }
        self.plan(inner);
        result
    }

    /// Releases the engine after its next timer is scheduled.
    pub(crate) fn plan(&self, inner: MutexGuard<'_, Inner>) {
        let due = inner.engine.next_timeout();
        let earlier = due.is_some_and(|due| inner.wakes.is_none_or(|wakes| due < wakes));
        drop(inner);
        if earlier {
            self.changed.notify_one();
        }
    }

    /// Hands the engine to a thread that waits for it, if there is one. A task that goes on at once
    /// would take it again before the other has woken up.
    pub(crate) fn give_way(&self) {
        MutexGuard::unlock_fair(self.lock());
    }

    /// The engine, once it is free. After a panic it is at worst incomplete for one connection.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock()
    }
}

pub(crate) async fn until_stopped(
    mut stopped: watch::Receiver<bool>,
    work: impl Future<Output = ()>,
) {
    tokio::select! {
        _ = stopped.wait_for(|stopped| *stopped) => {}
        () = work => {}
    }
}

/// Fires the timers of the engine.
async fn keep_time(shared: Arc<Shared>) {
    loop {
        let due = {
            let mut inner = shared.lock();
            inner.wakes = inner.engine.next_timeout();
            inner.wakes
        };
        match due {
            None => shared.changed.notified().await,
            Some(due) => {
                let sleep = shared.clock.wall_time_until(due);
                tokio::select! {
                    () = tokio::time::sleep(sleep) => {
                        shared.with(|engine, now| engine.fire(now));
                    }
                    () = shared.changed.notified() => {}
                }
            }
        }
    }
}
