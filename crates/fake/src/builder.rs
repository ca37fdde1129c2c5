//! The settings of a fake before it starts.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use engine::{Collections, Engine, NodeConfig, Outlet, Profile, Queue, Script, Values, WorldSpec};
use wire::net::Network;

use crate::deployment::Deployment;
use crate::error::Error;
use crate::hint;
use crate::server::FakeFinesse;
use crate::settings::{Scripted, Second, Settings};
use crate::user_range::UserRange;

/// The settings of a fake. Passwords are not shown by `Debug`.
#[derive(Debug, Clone)]
pub struct Builder {
    settings: Settings,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self { settings: Settings::default() }
    }

    /// The address to listen on. Default: a free port of 127.0.0.1.
    #[must_use]
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.settings.listen = address;
        self
    }

    /// The network to listen on. Default: that of the operating system. A network in memory chooses
    /// the port. The ports of [`Builder::hints`] are sockets in any case.
    #[must_use]
    pub fn network(mut self, network: Network) -> Self {
        self.settings.network = network;
        self
    }

    /// The XMPP domain. Default: `finesse.example.com`.
    #[must_use]
    pub fn domain(mut self, domain: &str) -> Self {
        domain.clone_into(&mut self.settings.domain);
        self
    }

    /// The profile. Default: [`Profile::finesse`].
    #[must_use]
    pub fn profile(mut self, profile: Profile) -> Self {
        self.settings.profile = profile;
        self
    }

    /// Whether to listen without TLS (`ws://`). Default: false.
    #[must_use]
    pub fn plain(mut self, plain: bool) -> Self {
        self.settings.plain = plain;
        self
    }

    /// The contact centre behind the fake. Default: [`WorldSpec::built_in`], unless users are
    /// added. Its agents have accounts.
    #[must_use]
    pub fn world(mut self, world: WorldSpec) -> Self {
        self.settings.world = Some(world);
        self
    }

    /// The time of day at the start. It counts in events, the `Date`
    /// header, `urn:xmpp:time` and delayed items. Default: now.
    #[must_use]
    pub fn begins(mut self, at: SystemTime) -> Self {
        self.settings.begins = Some(at);
        self
    }

    /// A seed for the ids of streams, messages and nodes: equal seeds give equal ids. Default: a
    /// random seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.settings.seed = Some(seed);
        self
    }

    /// Generates traffic: agents sign in, and so many calls come and go per minute of server time.
    /// A `seed` repeats the traffic.
    #[must_use]
    pub fn traffic(mut self, calls_per_minute: u32, seed: u64) -> Self {
        self.settings.traffic = Some((calls_per_minute, seed));
        self
    }

    /// Address and domain of the second server of [`Builder::start_pair`]. Without a domain, it has
    /// the first one with a 2 at its first label (`finesse2.example.com`). Default: that domain,
    /// and a free port of 127.0.0.1.
    #[must_use]
    pub fn second<'a>(mut self, listen: SocketAddr, domain: impl Into<Option<&'a str>>) -> Self {
        self.settings.second = Second { listen, domain: domain.into().map(str::to_owned) };
        self
    }

    /// Adds an account. If the world has no agent of this id, one joins the first team.
    #[must_use]
    pub fn user(mut self, name: &str, password: &str) -> Self {
        self.settings.users.add(name, password);
        self
    }

    /// Adds an account and a supervisor of the first team with this id. An agent of the
    /// world with the id becomes a supervisor.
    #[must_use]
    pub fn supervisor(mut self, name: &str, password: &str) -> Self {
        self.settings.supervisors.push(name.to_owned());
        self.user(name, password)
    }

    /// Adds an account that may configure by REST, and is no agent. Its password takes precedence
    /// over that of the world.
    #[must_use]
    pub fn administrator(mut self, name: &str, password: &str) -> Self {
        self.settings.users.add_administrator(name, password);
        self
    }

    /// Adds a range of accounts with one password, each as [`Builder::user`] does.
    #[must_use]
    pub fn users(mut self, range: &UserRange, password: &str) -> Self {
        for name in range.names() {
            self.settings.users.add(&name, password);
        }
        self
    }

    /// Adds a pubsub node: a whole configuration, or the path of an open leaf.
    #[must_use]
    pub fn node(mut self, node: impl Into<NodeConfig>) -> Self {
        self.settings.nodes.push(node.into());
        self
    }

    /// The speed of server time, as a multiple of the wall clock. Default: 1.
    #[must_use]
    pub fn time_factor(mut self, factor: f64) -> Self {
        self.settings.time_factor = factor;
        self
    }

    /// Server time stands still, except for [`FakeFinesse::advance`], so that a test need not wait
    /// for timers.
    #[must_use]
    pub fn time_by_hand(mut self, by_hand: bool) -> Self {
        self.settings.time_by_hand = by_hand;
        self
    }

    /// A fault from the start on, e.g. `"drop-tcp after=success times=2"`; see
    /// [`Fault`](crate::Fault). A fault that cannot be read is an error of [`Builder::start`].
    #[must_use]
    pub fn fault(mut self, fault: impl ToString) -> Self {
        self.settings.faults.push(fault.to_string());
        self
    }

    /// More names and addresses for the certificate, besides `localhost`, `127.0.0.1`, the address
    /// listened on and the domain. Where the fake listens on all addresses of its machine
    /// (`0.0.0.0`), the first of them stands in its URLs.
    #[must_use]
    pub fn host_names<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.settings.host_names.extend(names.into_iter().map(Into::into));
        self
    }

    /// Whether browsers of other origins may use the REST API, as after `utils finesse cors
    /// enable_all`. Default: false.
    #[must_use]
    pub fn allow_cross_origin(mut self, on: bool) -> Self {
        self.settings.allows_cross_origin = on;
        self
    }

    /// Serves the files of a folder beside the API, on the same port: GET and HEAD, `index.html`
    /// for a folder, nothing outside of the folder and no hidden files. A folder that cannot be
    /// read is an error of [`Builder::start`].
    #[must_use]
    pub fn www(mut self, folder: impl Into<PathBuf>) -> Self {
        self.settings.www = Some(folder.into());
        self
    }

    /// Serves on these ports too, at the address of [`Builder::listen`]: with TLS to clients that
    /// begin it, and without to others. Port 0 takes a free one. The second server of a pair has
    /// its own port alone.
    #[must_use]
    pub fn also(mut self, ports: impl IntoIterator<Item = u16>) -> Self {
        self.settings.also.extend(ports);
        self
    }

    /// The ports of [`Builder::also`] that clients of Finesse before 12.6 call: BOSH without and
    /// with TLS, and REST without.
    pub const USUAL_ALSO: [u16; 3] = [7071, 7443, 8082];

    /// Serves XMPP over TCP on these ports (RFC 6120 §3), at the address of [`Builder::listen`]:
    /// with TLS to clients that begin it, as at the real 5223, and without to others, as at 5222.
    /// Port 0 takes a free one. A script has no effect there. The second server of a pair has
    /// none.
    #[must_use]
    pub fn xmpp(mut self, ports: impl IntoIterator<Item = u16>) -> Self {
        self.settings.xmpp.extend(ports);
        self
    }

    /// The ports of [`Builder::xmpp`] that clients of Finesse call: without TLS, and with it.
    pub const USUAL_XMPP: [u16; 2] = [5222, 5223];

    /// Listens on these ports too, at the address of [`Builder::listen`], and tells each caller the
    /// right port: a client of XMPP by a stream error, one of HTTP by the status 421, both over TLS
    /// where they speak it. Port 0 takes a free one. A port of [`Builder::also`] or
    /// [`Builder::xmpp`] gives no hints. Neither does the second server of a pair.
    #[must_use]
    pub fn hints(mut self, ports: impl IntoIterator<Item = u16>) -> Self {
        self.settings.hints.extend(ports);
        self
    }

    /// The ports of [`Builder::hints`] that clients of other releases try: 5222, 5223, 7071, 7443.
    pub const USUAL_HINTS: [u16; 4] = hint::USUAL;

    /// The size of [`FakeFinesse::transcript`] in octets. Default: 2 MiB. With 0 nothing is kept,
    /// which makes a fake under load a little faster.
    #[must_use]
    pub fn transcript_limit(mut self, octets: usize) -> Self {
        self.settings.transcript = octets;
        self
    }

    /// The length of every list in answers and events: none, one, two or many elements. Default: as
    /// the world says.
    #[must_use]
    pub fn collections(mut self, collections: Collections) -> Self {
        self.settings.collections = Some(collections);
        self
    }

    /// Gives names, numbers and call variables texts that clients stumble over. Default: as the
    /// world says.
    #[must_use]
    pub fn values(mut self, values: Values) -> Self {
        self.settings.values = Some(values);
        self
    }

    /// Lets a script say what the server says, as the replay of a recording does. Listener,
    /// transports and record stay those of the fake; accounts, contact centre and faults have no
    /// effect.
    #[must_use]
    pub fn script(mut self, make: impl Fn() -> Box<dyn Script> + Send + Sync + 'static) -> Self {
        self.settings.script = Some(Scripted(Arc::new(make)));
        self
    }

    /// Starts the fake on the current tokio runtime.
    ///
    /// # Errors
    ///
    /// The address is in use or not local, or a name is not allowed in an address or a certificate.
    pub async fn start(self) -> Result<FakeFinesse, Error> {
        Deployment::new(&self.settings)?.start(&self.settings).await
    }

    /// Starts two fakes that share one world, as the two servers of a Finesse deployment do: each
    /// with its own address, domain and certificate, signed by one authority. Both publish the
    /// changes of the world. Each is in or out of service, or without its web application, by
    /// itself.
    ///
    /// # Errors
    ///
    /// As [`Builder::start`]. The second server copies profile settings, nodes and accounts of the
    /// first.
    pub async fn start_pair(self) -> Result<(FakeFinesse, FakeFinesse), Error> {
        Deployment::new(&self.settings)?.start_pair(&self.settings).await
    }

    /// The server as a machine without sockets. Its outputs wait in [`Engine::poll_output`]; its
    /// caller sets its time. The settings of address, certificates and clock have no effect.
    ///
    /// # Errors
    ///
    /// A name cannot stand in an address, or a fault cannot be read.
    pub fn engine(self) -> Result<Engine, Error> {
        self.engine_with(Box::<Queue>::default())
    }

    /// [`Builder::engine`], whose outputs go to an outlet as they are made.
    ///
    /// # Errors
    ///
    /// As [`Builder::engine`].
    pub fn engine_with(self, outlet: Box<dyn Outlet>) -> Result<Engine, Error> {
        let plain = self.plain(true).settings;
        Deployment::new(&plain)?.machine(&plain, outlet)
    }
}
