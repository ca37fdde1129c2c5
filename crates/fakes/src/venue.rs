//! Fakes as venues: each case gets a server of its own in this process, with accounts and passwords
//! of its own.

use std::collections::BTreeMap;
use std::str::FromStr as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use case::{Case, PasswordForm, Transport};
use engine::{
    AccessModel, Fault, NodeConfig, Profile, ProfileName, PublishModel, Watch, WorldSpec,
};
use finesse_fake::{Builder, FakeFinesse};
use runner::{
    Action, Counterpart, Endpoint, Promise, Scene, ServerUnderTest, Stage, Target, Tls, Venue,
    fresh_password, known,
};
use wire::net::{Network, Trust};

use crate::accounts::{ACCOUNTS, WORLD};
use crate::actions;
use crate::counterpart::FakeCounterpart;

/// The team that all of them are in.
const TEAM: &str = "1";

/// Letters of one, two and three octets more than ASCII has; no normalisation changes them (RFC
/// 4013 §2.2).
const BEYOND_ASCII: &str = "äßЖ€";

/// The variables of a case.
#[derive(Debug)]
pub struct Names {
    /// Values of its variables, without those of the address.
    pub variables: BTreeMap<String, String>,
    /// Values that may reach no file.
    pub passwords: BTreeMap<String, String>,
    /// Factor by which the clock of the fake runs faster than the wall.
    pub clock: f64,
}

/// Plays each case against a fake of its own.
pub struct FakeVenue {
    target: Target,
    profile: Profile,
    world: WorldSpec,
    fault: Option<Fault>,
    /// The agent's password, if it is to be the same in all cases.
    password: Option<String>,
    /// Whether there are sockets. Each case has a network of its own where there are none.
    is_in_memory: bool,
    /// The rules that come up in each case, by its id, if they are watched.
    watches: Option<Watches>,
}

/// The rules that come up in cases, by their ids.
pub type Watches = Arc<Mutex<BTreeMap<String, Watch>>>;

impl FakeVenue {
    /// A venue for a target whose endpoint is a fake, which may have a fault from the start.
    ///
    /// # Errors
    ///
    /// The target is no fake, or there is no such profile; one line.
    pub fn new(target: Target, fault: Option<Fault>) -> Result<Self, String> {
        let Endpoint::Fake { profile } = &target.endpoint else {
            return Err(format!("target {} is no fake of ours", target.name));
        };
        let name = ProfileName::from_str(profile)
            .map_err(|error| format!("target {}: {error}", target.name))?;
        let world = WorldSpec::parse(WORLD, "cases.toml")
            .map_err(|error| format!("the contact centre of the cases: {error}"))?;
        // The servers that the suite is for look for no others (docs/openfire.md).
        let profile = Profile::from(name).federates(false);
        Ok(Self {
            profile,
            world,
            target,
            fault,
            password: None,
            is_in_memory: false,
            watches: None,
        })
    }

    /// The same with one password of the agent in all cases.
    #[must_use]
    pub fn with_password(self, password: &str) -> Self {
        Self { password: Some(password.to_owned()), ..self }
    }

    /// The same without sockets, so that a paused clock of tokio leaps over all waits.
    #[must_use]
    pub fn in_memory(self) -> Self {
        Self { is_in_memory: true, ..self }
    }

    /// The same, which notes for each case that has ended which rules came up.
    #[must_use]
    pub fn watched(self, watches: Watches) -> Self {
        Self { watches: Some(watches), ..self }
    }

    /// The counterpart of a client in a case, and the names that the case has for what is in it.
    ///
    /// # Errors
    ///
    /// There can be no such fake; one line.
    pub fn counterpart(&self, case: &Case) -> Result<(Box<dyn Counterpart>, Names), String> {
        let (builder, passwords, clock) = self.prepare(case);
        let mut engine =
            builder.engine().map_err(|error| format!("the fake does not start: {error}"))?;
        // The player looks at what sessions of BOSH and their streams say to each other, unless the
        // requests themselves are the matter.
        if case.transport == Transport::Ws || case.is_translated() {
            engine.stand_between();
        }
        let variables = self.variables(engine.domain());
        let counterpart = FakeCounterpart::new(engine, clock);
        Ok((Box::new(counterpart), Names { variables, passwords, clock }))
    }

    async fn scene(&self, case: &Case) -> Result<Scene, String> {
        let (builder, passwords, clock) = self.prepare(case);
        let network = if self.is_in_memory { Network::in_memory() } else { Network::System };
        let started = builder.network(network.clone()).start().await;
        let fake = started.map_err(|error| format!("the fake does not start: {error}"))?;
        let tls = match fake.ca_pem() {
            Some(pem) => {
                let trust = Trust::ca_pem(pem)
                    .map_err(|error| format!("the fake's own certificate: {error}"))?;
                Some(Tls { trust, name: "localhost".to_owned() })
            }
            None => None,
        };
        let (host, port) = (fake.addr().ip().to_string(), fake.addr().port());
        let mut variables = self.variables(fake.domain());
        variables.insert("host".to_owned(), host.clone());
        variables.insert("port".to_owned(), port.to_string());
        let watch = self.watches.clone().map(|watches| (case.id.clone(), watches));
        if watch.is_some() {
            fake.engine(|engine, _| engine.watch_rules());
        }
        let stage = Arc::new(FakeStage { fake, watch });
        Ok(Scene {
            tested: ServerUnderTest { network, host, port, tls, stage }.into(),
            known: known(&variables),
            variables,
            passwords,
            patience: self.target.patience,
            clock,
        })
    }

    /// A fake for a case, the passwords of its accounts, and how many times as fast as the wall its
    /// clock runs.
    fn prepare(&self, case: &Case) -> (Builder, BTreeMap<String, String>, f64) {
        let clock = case.head.time.as_ref().map_or(1.0, |time| f64::from(time.value.0) / 1000.0);
        let mut passwords: BTreeMap<String, String> = ACCOUNTS
            .iter()
            .map(|(account, _)| (format!("{account}.password"), fresh_password()))
            .collect();
        if let Some(agent) = &self.password {
            passwords.insert("agent.password".to_owned(), agent.clone());
        }
        if let Some(PasswordForm::NonAscii) = case.head.password.as_ref().map(|form| form.value) {
            passwords.insert("agent.password".to_owned(), fresh_password() + BEYOND_ASCII);
        }
        let mut builder = FakeFinesse::builder()
            .profile(self.profile.clone())
            .world(self.world.clone())
            .time_factor(clock);
        for (account, user) in ACCOUNTS {
            let password = &passwords[&format!("{account}.password")];
            builder = match account {
                "administrator" => builder.administrator(user, password),
                _ => builder.user(user, password),
            };
        }
        for node in self.nodes() {
            builder = builder.node(node);
        }
        if let Some(fault) = &self.fault {
            builder = builder.fault(fault);
        }
        passwords.insert("wrong".to_owned(), fresh_password());
        (builder, passwords, clock)
    }

    /// The nodes that the target promises, each made to be what its name says.
    fn nodes(&self) -> Vec<NodeConfig> {
        let [(_, agent), (_, other), ..] = ACCOUNTS;
        let promised = |name: &str| self.target.provides.get(name);
        [
            promised("node.open").map(NodeConfig::new),
            promised("node.whitelist")
                .map(|path| NodeConfig::new(path).whitelist(Vec::<String>::new())),
            promised("node.outcast").map(|path| NodeConfig::new(path).outcast(agent)),
            promised("node.no-subscribe").map(|path| NodeConfig::new(path).subscribe(false)),
            promised("node.publish")
                .map(|path| NodeConfig { publish: PublishModel::Open, ..NodeConfig::new(path) }),
            promised("node.kept").map(|path| NodeConfig {
                publish: PublishModel::Open,
                persist_items: true,
                max_items: 3,
                ..NodeConfig::new(path)
            }),
            promised("node.transient").map(|path| NodeConfig {
                publish: PublishModel::Open,
                deliver_payloads: false,
                ..NodeConfig::new(path)
            }),
            promised("node.authorize").map(|path| {
                let mut node = NodeConfig::new(path).access(AccessModel::Authorize);
                node.owners.push(other.to_owned());
                node
            }),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn variables(&self, domain: &str) -> BTreeMap<String, String> {
        let mut variables: BTreeMap<String, String> = [
            ("ws.path", "/ws/".to_owned()),
            ("bosh.path", "/http-bind/".to_owned()),
            ("domain", domain.to_owned()),
            ("pubsub", format!("pubsub.{domain}")),
            ("team.id", TEAM.to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        for (account, user) in ACCOUNTS {
            variables.insert(format!("{account}.user"), user.to_owned());
            variables.insert(format!("{account}.id"), user.to_owned());
        }
        let values = self.target.provides.iter().filter(|(_, value)| !value.is_empty());
        variables.extend(values.map(|(name, value)| (name.clone(), value.clone())));
        variables
    }
}

impl Venue for FakeVenue {
    fn target(&self) -> &Target {
        &self.target
    }

    fn set<'a>(&'a self, case: &'a Case) -> Promise<'a, Result<Scene, String>> {
        Box::pin(self.scene(case))
    }
}

/// The world of a fake.
struct FakeStage {
    fake: FakeFinesse,
    /// The case, and where the rules that come up in it are noted.
    watch: Option<(String, Watches)>,
}

impl Drop for FakeStage {
    fn drop(&mut self) {
        if let Some((case, watches)) = self.watch.take()
            && let Some(watch) = self.fake.engine(|engine, _| engine.watched_rules())
        {
            watches.lock().unwrap_or_else(PoisonError::into_inner).insert(case, watch);
        }
    }
}

impl Stage for FakeStage {
    fn perform(&self, action: Action) -> Promise<'_, Result<(), String>> {
        Box::pin(
            async move { self.fake.engine(|engine, now| actions::perform(engine, now, &action)) },
        )
    }

    fn can_rest(&self) -> bool {
        true
    }

    fn at_rest(&self, received: u64, sent: u64, within: Duration, talk: bool) -> bool {
        self.fake.settled(received, sent)
            && self.fake.next_timer(talk).is_none_or(|timer| timer > within)
    }
}
