//! The configuration of an engine.

use std::time::SystemTime;

use contact::{Calendar, WorldSpec};

use crate::accounts::Directory;
use crate::profile::Profile;
use crate::pubsub::NodeConfig;
use crate::said::USUAL_LIMIT;

/// The configuration of an engine.
#[derive(Debug, Clone)]
pub struct Config {
    /// The XMPP domain.
    pub domain: String,
    /// The personality.
    pub profile: Profile,
    /// The accounts.
    pub accounts: Directory,
    /// The domain of the other server of a pair.
    pub peer: Option<String>,
    /// Whether this is the secondary one of a pair.
    pub is_secondary: bool,
    /// Whether browsers of other origins may use the REST API (`utils finesse cors`).
    pub allows_cross_origin: bool,
    /// Whether the owner of the sockets serves files at paths that are none of the server's own.
    pub pages: bool,
    /// Names and addresses in the server's certificate.
    pub host_names: Vec<String>,
    /// How many octets of what was said are kept; 0 keeps nothing.
    pub transcript_limit: usize,
    /// Nodes beside those of the contact centre.
    pub nodes: Vec<NodeConfig>,
    /// The contact centre as [`Engine::reset`](crate::Engine::reset) puts it back.
    pub spec: WorldSpec,
    /// Calls a minute, and the seed of their chance, as [`Engine::reset`](crate::Engine::reset)
    /// starts them again.
    pub traffic: Option<(u32, u64)>,
    /// The time of day at each server time.
    pub calendar: Calendar,
    /// The seed of the ids that the server makes up: two engines of one seed that are told the same
    /// say the same.
    pub seed: u64,
}

impl Config {
    /// A server of this domain with these accounts and an empty contact centre, whose time begins
    /// in 1970.
    pub fn new(domain: &str, profile: Profile, accounts: Directory) -> Self {
        Self {
            domain: domain.to_owned(),
            profile,
            accounts,
            peer: None,
            is_secondary: false,
            allows_cross_origin: false,
            pages: false,
            host_names: Vec::new(),
            transcript_limit: USUAL_LIMIT,
            nodes: Vec::new(),
            spec: WorldSpec::empty(),
            traffic: None,
            calendar: Calendar::new(SystemTime::UNIX_EPOCH),
            seed: 1,
        }
    }
}
