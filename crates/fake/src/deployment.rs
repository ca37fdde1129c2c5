//! One fake or a pair of them, made and started from the settings.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use engine::{
    Calendar, Config, Directory, Engine, Fault, Outlet, SharedWorld, SignOn, WEB_APPLICATION,
    World, WorldSpec,
};
use wire::{Authority, Listener};

use crate::clock::Clock;
use crate::error::Error;
use crate::hint::Ports;
use crate::outlet::FakeOutlet;
use crate::server::{Access, FakeFinesse};
use crate::settings::{Scripted, Settings};
use crate::www::Www;

/// The parts that the servers of one deployment share.
pub(crate) struct Deployment {
    spec: WorldSpec,
    world: SharedWorld,
    authority: Option<Authority>,
    clock: Arc<Clock>,
    calendar: Calendar,
    sign_on: Option<SignOn>,
    seed: u64,
    /// The domains of both servers of a pair.
    pair: Vec<String>,
}

impl Deployment {
    pub(crate) fn new(settings: &Settings) -> Result<Self, Error> {
        let seed = settings.seed_or_random();
        let authority = if settings.plain { None } else { Some(Authority::new()?) };
        let clock = match settings.time_by_hand {
            true => Clock::by_hand(),
            false => Clock::new(settings.time_factor),
        };
        let calendar = Calendar::new(settings.begins.unwrap_or_else(SystemTime::now));
        let spec = settings.spec();
        let mut world = World::new(&spec, calendar);
        if let Some((calls_per_minute, seed)) = settings.traffic {
            world.start_traffic(calls_per_minute, seed);
        }
        // Its own sequence: no id on the wire has bits of a token.
        let sign_on = spec.sign_on.clone().map(|spec| SignOn::new(spec, seed.rotate_left(32)));
        Ok(Self {
            spec,
            world: SharedWorld::new(world),
            authority,
            clock: Arc::new(clock),
            calendar,
            sign_on,
            seed,
            pair: Vec::new(),
        })
    }

    /// Starts the only server.
    pub(crate) async fn start(self, settings: &Settings) -> Result<FakeFinesse, Error> {
        self.serve(settings, self.seed).await
    }

    /// Starts both servers of a pair.
    pub(crate) async fn start_pair(
        mut self,
        first: &Settings,
    ) -> Result<(FakeFinesse, FakeFinesse), Error> {
        let second = first.of_second();
        for server in [first, &second] {
            self.pair.push(server.checked_domain(std::iter::empty())?);
        }
        let one = self.serve(first, self.seed).await?;
        let other = self.serve(&second, !self.seed).await?;
        FakeFinesse::pair(&one, &other);
        Ok((one, other))
    }

    /// The only server as a machine without sockets.
    pub(crate) fn machine(
        &self,
        settings: &Settings,
        outlet: Box<dyn Outlet>,
    ) -> Result<Engine, Error> {
        let accounts = settings.accounts(&self.spec);
        let domain = settings.checked_domain(accounts.names())?;
        self.engine(settings, &domain, accounts, self.seed, outlet)
    }

    /// Listens, and serves from then on.
    async fn serve(&self, settings: &Settings, seed: u64) -> Result<FakeFinesse, Error> {
        let accounts = settings.accounts(&self.spec);
        let users = accounts.names().map(str::to_owned).collect();
        let domain = settings.checked_domain(accounts.names())?;
        let (tls, ca_pem) = match &self.authority {
            None => (None, None),
            Some(authority) => {
                let names = settings.certificate_names(&domain);
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                (Some(authority.server_config(&names)?), Some(authority.ca_pem()))
            }
        };
        let host = settings.listen.ip();
        let mut also = Vec::new();
        for (protocol, port) in settings.more_ports() {
            let address = SocketAddr::new(host, port);
            let bound = Listener::bind(address, tls.clone()).await;
            also.push((protocol, bound.map_err(|source| Error::Also { address, source })?));
        }
        let hints = Ports::bind(host, &settings.hint_ports(), tls.as_ref()).await?;
        let listen_error = |source| Error::Listen { address: settings.listen, source };
        let bound = settings.network.listen(settings.listen, tls).await;
        let listener = bound.map_err(listen_error)?;
        let www = settings.www.as_deref().map(Www::open).transpose()?;
        let way = FakeOutlet::default();
        let engine = self.engine(settings, &domain, accounts, seed, Box::new(way.clone()))?;
        let host_name = settings.host_names.first().cloned();
        let access = Access { users, domain, ca_pem, www, also, hints: Some(hints), host_name };
        FakeFinesse::open(listener, access, engine, way, Arc::clone(&self.clock))
            .map_err(listen_error)
    }

    /// The engine of one server, with its script and faults.
    fn engine(
        &self,
        settings: &Settings,
        domain: &str,
        accounts: Directory,
        seed: u64,
        outlet: Box<dyn Outlet>,
    ) -> Result<Engine, Error> {
        let config = self.config(settings, domain, accounts, seed);
        let mut engine = Engine::new(config, self.world.clone(), outlet);
        if let Some(Scripted(make)) = &settings.script {
            engine.follow(make());
        }
        for fault in &settings.faults {
            let fault: Fault = fault.parse()?;
            engine.add_fault(self.clock.now(), fault)?;
        }
        Ok(engine)
    }

    fn config(
        &self,
        settings: &Settings,
        domain: &str,
        mut accounts: Directory,
        seed: u64,
    ) -> Config {
        accounts.add_without_login(WEB_APPLICATION);
        for (name, password) in self.spec.administrators() {
            if !accounts.has_administrator(name) {
                accounts.add_administrator(name, password);
            }
        }
        if let Some(sign_on) = &self.sign_on {
            accounts.set_sign_on(sign_on.clone());
        }
        Config {
            peer: self.pair.iter().find(|other| *other != domain).cloned(),
            is_secondary: self.pair.get(1).is_some_and(|second| second == domain),
            allows_cross_origin: settings.allows_cross_origin,
            pages: settings.www.is_some(),
            host_names: settings.certificate_names(domain),
            transcript_limit: settings.transcript,
            nodes: settings.nodes.clone(),
            spec: self.spec.clone(),
            traffic: settings.traffic,
            calendar: self.calendar,
            seed,
            ..Config::new(domain, settings.profile.clone(), accounts)
        }
    }
}
