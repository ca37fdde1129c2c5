//! The settings of a fake before it starts.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use engine::{
    Calendar, Collections, Config, Directory, Engine, Fault, NodeConfig, Outlet, Profile, Protocol,
    Queue, Script, SharedWorld, SignOn, USUAL_LIMIT, Values, WEB_APPLICATION, World, WorldSpec,
};
use ring::rand::{SecureRandom, SystemRandom};
use stanza::Jid;
use wire::net::Network;
use wire::{Authority, Listener};

use crate::clock::Clock;
use crate::error::Error;
use crate::hint::{self, Ports};
use crate::outlet::FakeOutlet;
use crate::server::{Access, FakeFinesse};
use crate::user_range::UserRange;
use crate::www::Www;

const DOMAIN: &str = "finesse.example.com";

/// Address and domain of the second server of a pair.
#[derive(Debug, Clone)]
struct Second {
    listen: SocketAddr,
    domain: Option<String>,
}

/// The parts that the servers of one deployment share.
struct Deployment {
    spec: WorldSpec,
    world: SharedWorld,
    authority: Option<Authority>,
    clock: Arc<Clock>,
    calendar: Calendar,
    sign_on: Option<SignOn>,
    /// The domains of both servers of a pair.
    pair: Vec<String>,
}

impl Deployment {
    /// The domain of the other server.
    fn peer_of(&self, domain: &str) -> Option<String> {
        self.pair.iter().find(|other| *other != domain).cloned()
    }

    /// Whether this is the domain of the second server.
    fn is_secondary(&self, domain: &str) -> bool {
        self.pair.get(1).is_some_and(|second| second == domain)
    }
}

/// The settings of a fake. Passwords are not shown by `Debug`.
#[derive(Debug, Clone)]
pub struct Builder {
    network: Network,
    listen: SocketAddr,
    domain: String,
    profile: Profile,
    plain: bool,
    users: Directory,
    supervisors: Vec<String>,
    world: Option<WorldSpec>,
    begins: Option<SystemTime>,
    seed: Option<u64>,
    traffic: Option<(u32, u64)>,
    second: Second,
    nodes: Vec<NodeConfig>,
    time_factor: f64,
    time_by_hand: bool,
    faults: Vec<String>,
    host_names: Vec<String>,
    allows_cross_origin: bool,
    www: Option<PathBuf>,
    also: Vec<u16>,
    xmpp: Vec<u16>,
    hints: Vec<u16>,
    transcript: usize,
    collections: Option<Collections>,
    values: Option<Values>,
    script: Option<Scripted>,
}

/// Makes the script that a server follows.
#[derive(Clone)]
struct Scripted(Arc<dyn Fn() -> Box<dyn Script> + Send + Sync>);

impl std::fmt::Debug for Scripted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scripted").finish_non_exhaustive()
    }
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            network: Network::System,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            domain: DOMAIN.to_owned(),
            profile: Profile::finesse(),
            plain: false,
            users: Directory::default(),
            supervisors: Vec::new(),
            world: None,
            begins: None,
            seed: None,
            traffic: None,
            second: Second { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), domain: None },
            nodes: Vec::new(),
            time_factor: 1.0,
            time_by_hand: false,
            faults: Vec::new(),
            host_names: Vec::new(),
            allows_cross_origin: false,
            www: None,
            also: Vec::new(),
            xmpp: Vec::new(),
            hints: Vec::new(),
            transcript: USUAL_LIMIT,
            collections: None,
            values: None,
            script: None,
        }
    }

    /// The address to listen on. Default: a free port of 127.0.0.1.
    #[must_use]
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// The network to listen on. Default: that of the operating system. A network in memory chooses
    /// the port. The ports of [`Builder::hints`] are sockets in any case.
    #[must_use]
    pub fn network(mut self, network: Network) -> Self {
        self.network = network;
        self
    }

    /// The XMPP domain. Default: `finesse.example.com`.
    #[must_use]
    pub fn domain(mut self, domain: &str) -> Self {
        domain.clone_into(&mut self.domain);
        self
    }

    /// The profile. Default: [`Profile::finesse`].
    #[must_use]
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// Whether to listen without TLS (`ws://`). Default: false.
    #[must_use]
    pub fn plain(mut self, plain: bool) -> Self {
        self.plain = plain;
        self
    }

    /// The contact centre behind the fake. Default: [`WorldSpec::built_in`], unless users are
    /// added. Its agents have accounts.
    #[must_use]
    pub fn world(mut self, world: WorldSpec) -> Self {
        self.world = Some(world);
        self
    }

    /// The time of day at the start. It counts in events, the `Date`
    /// header, `urn:xmpp:time` and delayed items. Default: now.
    #[must_use]
    pub fn begins(mut self, at: SystemTime) -> Self {
        self.begins = Some(at);
        self
    }

    /// A seed for the ids of streams, messages and nodes: equal seeds give equal ids. Default: a
    /// random seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Generates traffic: agents sign in, and so many calls come and go per minute of server time.
    /// A `seed` repeats the traffic.
    #[must_use]
    pub fn traffic(mut self, calls_per_minute: u32, seed: u64) -> Self {
        self.traffic = Some((calls_per_minute, seed));
        self
    }

    /// Address and domain of the second server of [`Builder::start_pair`]. Without a domain, it has
    /// the first one with a 2 at its first label (`finesse2.example.com`). Default: that domain,
    /// and a free port of 127.0.0.1.
    #[must_use]
    pub fn second<'a>(mut self, listen: SocketAddr, domain: impl Into<Option<&'a str>>) -> Self {
        self.second = Second { listen, domain: domain.into().map(str::to_owned) };
        self
    }

    /// Adds an account. If the world has no agent of this id, one joins the first team.
    #[must_use]
    pub fn user(mut self, name: &str, password: &str) -> Self {
        self.users.add(name, password);
        self
    }

    /// Adds an account and a supervisor of the first team with this id. An agent of the
    /// world with the id becomes a supervisor.
    #[must_use]
    pub fn supervisor(mut self, name: &str, password: &str) -> Self {
        self.supervisors.push(name.to_owned());
        self.user(name, password)
    }

    /// Adds an account that may configure by REST, and is no agent. Its password takes precedence
    /// over that of the world.
    #[must_use]
    pub fn administrator(mut self, name: &str, password: &str) -> Self {
        self.users.add_administrator(name, password);
        self
    }

    /// Adds a range of accounts with one password, each as [`Builder::user`] does.
    #[must_use]
    pub fn users(mut self, range: &UserRange, password: &str) -> Self {
        for name in range.names() {
            self.users.add(&name, password);
        }
        self
    }

    /// Adds a pubsub node: a whole configuration, or the path of an open leaf.
    #[must_use]
    pub fn node(mut self, node: impl Into<NodeConfig>) -> Self {
        self.nodes.push(node.into());
        self
    }

    /// The speed of server time, as a multiple of the wall clock. Default: 1.
    #[must_use]
    pub fn time_factor(mut self, factor: f64) -> Self {
        self.time_factor = factor;
        self
    }

    /// Server time stands still, except for [`FakeFinesse::advance`], so that a test need not wait
    /// for timers.
    #[must_use]
    pub fn time_by_hand(mut self, by_hand: bool) -> Self {
        self.time_by_hand = by_hand;
        self
    }

    /// A fault from the start on, e.g. `"drop-tcp after=success times=2"`; see
    /// [`Fault`](crate::Fault). A fault that cannot be read is an error of [`Builder::start`].
    #[must_use]
    pub fn fault(mut self, fault: impl ToString) -> Self {
        self.faults.push(fault.to_string());
        self
    }

    /// More names and addresses for the certificate, besides `localhost`, `127.0.0.1`, the address
    /// listened on and the domain. Where the fake listens on all addresses of its machine
    /// (`0.0.0.0`), the first of them stands in its URLs.
    #[must_use]
    pub fn host_names<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.host_names.extend(names.into_iter().map(Into::into));
        self
    }

    /// Whether browsers of other origins may use the REST API, as after `utils finesse cors
    /// enable_all`. Default: false.
    #[must_use]
    pub fn allow_cross_origin(mut self, on: bool) -> Self {
        self.allows_cross_origin = on;
        self
    }

    /// Serves the files of a folder beside the API, on the same port: GET and HEAD, `index.html`
    /// for a folder, nothing outside of the folder and no hidden files. A folder that cannot be
    /// read is an error of [`Builder::start`].
    #[must_use]
    pub fn www(mut self, folder: impl Into<PathBuf>) -> Self {
        self.www = Some(folder.into());
        self
    }

    /// Serves on these ports too, at the address of [`Builder::listen`]: with TLS to clients that
    /// begin it, and without to others. Port 0 takes a free one. The second server of a pair has
    /// its own port alone.
    #[must_use]
    pub fn also(mut self, ports: impl IntoIterator<Item = u16>) -> Self {
        self.also.extend(ports);
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
        self.xmpp.extend(ports);
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
        self.hints.extend(ports);
        self
    }

    /// The ports of [`Builder::hints`] that clients of other releases try: 5222, 5223, 7071, 7443.
    pub const USUAL_HINTS: [u16; 4] = hint::USUAL;

    /// The size of [`FakeFinesse::transcript`] in octets. Default: 2 MiB. With 0 nothing is kept,
    /// which makes a fake under load a little faster.
    #[must_use]
    pub fn transcript_limit(mut self, octets: usize) -> Self {
        self.transcript = octets;
        self
    }

    /// The length of every list in answers and events: none, one, two or many elements. Default: as
    /// the world says.
    #[must_use]
    pub fn collections(mut self, collections: Collections) -> Self {
        self.collections = Some(collections);
        self
    }

    /// Gives names, numbers and call variables texts that clients stumble over. Default: as the
    /// world says.
    #[must_use]
    pub fn values(mut self, values: Values) -> Self {
        self.values = Some(values);
        self
    }

    /// Lets a script say what the server says, as the replay of a recording does. Listener,
    /// transports and record stay those of the fake; accounts, contact centre and faults have no
    /// effect.
    #[must_use]
    pub fn script(mut self, make: impl Fn() -> Box<dyn Script> + Send + Sync + 'static) -> Self {
        self.script = Some(Scripted(Arc::new(make)));
        self
    }

    /// Starts the fake on the current tokio runtime.
    ///
    /// # Errors
    ///
    /// The address is in use or not local, or a name is not allowed in an address or a certificate.
    pub async fn start(self) -> Result<FakeFinesse, Error> {
        let seed = self.own_seed();
        self.open(&self.deployment(seed)?, seed).await
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
        let seed = self.own_seed();
        let mut deployment = self.deployment(seed)?;
        let second_domain = self.second.domain.clone().unwrap_or_else(|| beside(&self.domain));
        let second = Self {
            listen: self.second.listen,
            domain: second_domain,
            also: Vec::new(),
            xmpp: Vec::new(),
            hints: Vec::new(),
            ..self.clone()
        };
        for server in [&self, &second] {
            deployment.pair.push(server.checked_domain(std::iter::empty())?);
        }
        let one = self.open(&deployment, seed).await?;
        let other = second.open(&deployment, !seed).await?;
        FakeFinesse::pair(&one, &other);
        Ok((one, other))
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
        let plain = self.plain(true);
        let seed = plain.own_seed();
        let deployment = plain.deployment(seed)?;
        let accounts = plain.accounts(&deployment.spec);
        let domain = plain.checked_domain(accounts.names())?;
        plain.machine(&domain, accounts, &deployment, seed, outlet)
    }

    async fn open(&self, deployment: &Deployment, seed: u64) -> Result<FakeFinesse, Error> {
        let accounts = self.accounts(&deployment.spec);
        let users = accounts.names().map(str::to_owned).collect();
        let domain = self.checked_domain(accounts.names())?;
        let (tls, ca_pem) = match &deployment.authority {
            None => (None, None),
            Some(authority) => {
                let names = self.certificate_names(&domain);
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                (Some(authority.server_config(&names)?), Some(authority.ca_pem()))
            }
        };
        let host = self.listen.ip();
        let mut also = Vec::new();
        let http = self.also.iter().map(|port| (Protocol::Http, *port));
        for (protocol, port) in http.chain(self.xmpp.iter().map(|port| (Protocol::Xmpp, *port))) {
            let address = SocketAddr::new(host, port);
            let bound = Listener::bind(address, tls.clone()).await;
            also.push((protocol, bound.map_err(|source| Error::Also { address, source })?));
        }
        let serves = |port: &u16| self.also.contains(port) || self.xmpp.contains(port);
        let is_free = |port: &&u16| **port == 0 || !serves(port);
        let hints: Vec<u16> = self.hints.iter().filter(is_free).copied().collect();
        let hints = Ports::bind(host, &hints, tls.as_ref()).await?;
        let bound = self.network.listen(self.listen, tls).await;
        let listener = bound.map_err(|source| Error::Listen { address: self.listen, source })?;
        let www = self.www.as_deref().map(Www::open).transpose()?;
        let way = FakeOutlet::default();
        let engine = self.machine(&domain, accounts, deployment, seed, Box::new(way.clone()))?;
        let host_name = self.host_names.first().cloned();
        let access = Access { users, domain, ca_pem, www, also, hints: Some(hints), host_name };
        FakeFinesse::open(listener, access, engine, way, Arc::clone(&deployment.clock))
            .map_err(|source| Error::Listen { address: self.listen, source })
    }

    fn machine(
        &self,
        domain: &str,
        accounts: Directory,
        deployment: &Deployment,
        seed: u64,
        outlet: Box<dyn Outlet>,
    ) -> Result<Engine, Error> {
        let config = self.config(domain, accounts, deployment, seed);
        let mut engine = Engine::new(config, deployment.world.clone(), outlet);
        if let Some(Scripted(make)) = &self.script {
            engine.follow(make());
        }
        for fault in &self.faults {
            let fault: Fault = fault.parse()?;
            engine.add_fault(deployment.clock.now(), fault)?;
        }
        Ok(engine)
    }

    fn config(
        &self,
        domain: &str,
        mut accounts: Directory,
        deployment: &Deployment,
        seed: u64,
    ) -> Config {
        accounts.add_without_login(WEB_APPLICATION);
        for (name, password) in deployment.spec.administrators() {
            if !accounts.has_administrator(name) {
                accounts.add_administrator(name, password);
            }
        }
        if let Some(sign_on) = &deployment.sign_on {
            accounts.set_sign_on(sign_on.clone());
        }
        Config {
            peer: deployment.peer_of(domain),
            is_secondary: deployment.is_secondary(domain),
            allows_cross_origin: self.allows_cross_origin,
            pages: self.www.is_some(),
            host_names: self.certificate_names(domain),
            transcript_limit: self.transcript,
            nodes: self.nodes.clone(),
            spec: deployment.spec.clone(),
            traffic: self.traffic,
            calendar: deployment.calendar,
            seed,
            ..Config::new(domain, self.profile.clone(), accounts)
        }
    }

    fn deployment(&self, seed: u64) -> Result<Deployment, Error> {
        let authority = if self.plain { None } else { Some(Authority::new()?) };
        let clock = if self.time_by_hand { Clock::by_hand() } else { Clock::new(self.time_factor) };
        let calendar = Calendar::new(self.begins.unwrap_or_else(SystemTime::now));
        let spec = self.spec();
        let mut world = World::new(&spec, calendar);
        if let Some((calls_per_minute, seed)) = self.traffic {
            world.start_traffic(calls_per_minute, seed);
        }
        let world = SharedWorld::new(world);
        // Its own sequence: no id on the wire has bits of a token.
        let sign_on = spec.sign_on.clone().map(|spec| SignOn::new(spec, seed.rotate_left(32)));
        Ok(Deployment {
            spec,
            world,
            authority,
            clock: Arc::new(clock),
            calendar,
            sign_on,
            pair: Vec::new(),
        })
    }

    /// The seed of generated ids.
    fn own_seed(&self) -> u64 {
        self.seed.unwrap_or_else(|| {
            let mut octets = [0; 8];
            let filled = SystemRandom::new().fill(&mut octets);
            filled.expect("the operating system always gives random octets");
            u64::from_be_bytes(octets)
        })
    }

    /// The given world, or one of the added users only, or the built-in one; with an agent for each
    /// user.
    fn spec(&self) -> WorldSpec {
        let no_users = self.users.names().next().is_none();
        let mut spec = match &self.world {
            Some(world) => world.clone(),
            None if no_users => WorldSpec::built_in(),
            None => WorldSpec::empty(),
        };
        let there: BTreeSet<String> = spec.agent_ids().map(str::to_owned).collect();
        for user in self.users.names() {
            // The account of the web application is not an agent.
            if user != WEB_APPLICATION && !there.contains(user) {
                spec.add_agent(user);
            }
        }
        for supervisor in &self.supervisors {
            spec.promote(supervisor);
        }
        spec.collections = self.collections.or(spec.collections);
        spec.values = self.values.unwrap_or(spec.values);
        spec
    }

    /// The accounts of the world's agents, and the added ones, whose passwords take precedence.
    fn accounts(&self, spec: &WorldSpec) -> Directory {
        let mut accounts = self.users.clone();
        // A client that logs in under such a name is known; of other login names it is only known
        // that the id is needed.
        for (name, agent) in spec.login_names().filter(|(name, _)| name.contains('@')) {
            accounts.add_login_name(name, agent);
        }
        for (agent, password) in spec.passwords() {
            if !self.users.has(agent) {
                accounts.add(agent, password);
            }
        }
        accounts
    }

    /// The domain in lower case, after a check that it and all user names are valid in a JID.
    fn checked_domain<'u>(&self, users: impl Iterator<Item = &'u str>) -> Result<String, Error> {
        let parse = |text: &str, name: &str| {
            Jid::parse(text).map_err(|source| Error::Address { name: name.to_owned(), source })
        };
        for user in users {
            parse(&format!("{user}@{}", self.domain), user)?;
        }
        Ok(parse(&self.domain, &self.domain)?.domain)
    }

    fn certificate_names(&self, domain: &str) -> Vec<String> {
        let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), domain.to_owned()];
        names.push(self.listen.ip().to_string());
        names.extend(self.host_names.iter().cloned());
        names.sort();
        names.dedup();
        names
    }
}

/// `finesse2.example.com` beside `finesse.example.com`.
fn beside(domain: &str) -> String {
    match domain.split_once('.') {
        Some((first, rest)) => format!("{first}2.{rest}"),
        None => format!("{domain}2"),
    }
}
