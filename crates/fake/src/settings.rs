//! The settings of a fake, and what follows from them.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use engine::{
    Collections, Directory, NodeConfig, Profile, Protocol, Script, USUAL_LIMIT, Values,
    WEB_APPLICATION, WorldSpec,
};
use ring::rand::{SecureRandom, SystemRandom};
use stanza::Jid;
use wire::net::Network;

use crate::error::Error;

const DOMAIN: &str = "finesse.example.com";

/// The settings of a fake; [`Builder`](crate::Builder) says what each means. Passwords are not
/// shown by `Debug`.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) network: Network,
    pub(crate) listen: SocketAddr,
    pub(crate) domain: String,
    pub(crate) profile: Profile,
    pub(crate) plain: bool,
    pub(crate) users: Directory,
    pub(crate) supervisors: Vec<String>,
    pub(crate) world: Option<WorldSpec>,
    pub(crate) begins: Option<SystemTime>,
    pub(crate) seed: Option<u64>,
    pub(crate) traffic: Option<(u32, u64)>,
    pub(crate) second: Second,
    pub(crate) nodes: Vec<NodeConfig>,
    pub(crate) time_factor: f64,
    pub(crate) time_by_hand: bool,
    pub(crate) faults: Vec<String>,
    pub(crate) host_names: Vec<String>,
    pub(crate) allows_cross_origin: bool,
    pub(crate) www: Option<PathBuf>,
    pub(crate) also: Vec<u16>,
    pub(crate) xmpp: Vec<u16>,
    pub(crate) hints: Vec<u16>,
    pub(crate) transcript: usize,
    pub(crate) collections: Option<Collections>,
    pub(crate) values: Option<Values>,
    pub(crate) script: Option<Scripted>,
}

/// Address and domain of the second server of a pair.
#[derive(Debug, Clone)]
pub(crate) struct Second {
    pub(crate) listen: SocketAddr,
    pub(crate) domain: Option<String>,
}

/// Makes the script that a server follows.
#[derive(Clone)]
pub(crate) struct Scripted(pub(crate) Arc<dyn Fn() -> Box<dyn Script> + Send + Sync>);

impl std::fmt::Debug for Scripted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scripted").finish_non_exhaustive()
    }
}

impl Default for Settings {
    fn default() -> Self {
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
}

impl Settings {
    /// The seed of generated ids.
    pub(crate) fn seed_or_random(&self) -> u64 {
        self.seed.unwrap_or_else(|| {
            let mut octets = [0; 8];
            let filled = SystemRandom::new().fill(&mut octets);
            filled.expect("the operating system always gives random octets");
            u64::from_be_bytes(octets)
        })
    }

    /// The given world, or one of the added users only, or the built-in one; with an agent for each
    /// user.
    pub(crate) fn spec(&self) -> WorldSpec {
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
    pub(crate) fn accounts(&self, spec: &WorldSpec) -> Directory {
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

    /// The settings of the second server of a pair. The ports beside its own one are the first's.
    pub(crate) fn of_second(&self) -> Self {
        let domain = self.second.domain.clone().unwrap_or_else(|| beside(&self.domain));
        Self {
            listen: self.second.listen,
            domain,
            also: Vec::new(),
            xmpp: Vec::new(),
            hints: Vec::new(),
            ..self.clone()
        }
    }

    /// The ports that serve beside the own one.
    pub(crate) fn more_ports(&self) -> impl Iterator<Item = (Protocol, u16)> {
        let http = self.also.iter().map(|port| (Protocol::Http, *port));
        http.chain(self.xmpp.iter().map(|port| (Protocol::Xmpp, *port)))
    }

    /// The ports that only tell the right one.
    pub(crate) fn hint_ports(&self) -> Vec<u16> {
        let serves = |port: &u16| self.also.contains(port) || self.xmpp.contains(port);
        self.hints.iter().filter(|port| **port == 0 || !serves(port)).copied().collect()
    }

    /// The domain in lower case, after a check that it and all user names are valid in a JID.
    pub(crate) fn checked_domain<'u>(
        &self,
        users: impl Iterator<Item = &'u str>,
    ) -> Result<String, Error> {
        let parse = |text: &str, name: &str| {
            Jid::parse(text).map_err(|source| Error::Address { name: name.to_owned(), source })
        };
        for user in users {
            parse(&format!("{user}@{}", self.domain), user)?;
        }
        Ok(parse(&self.domain, &self.domain)?.domain)
    }

    pub(crate) fn certificate_names(&self, domain: &str) -> Vec<String> {
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
