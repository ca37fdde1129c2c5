//! The engine, played against written conversations.

mod advertised;
mod between;
mod bosh;
mod deflate;
mod faults;
mod jetty;
mod letter;
mod linear;
mod opening;
mod player;
mod robust;
mod tcp;

use contact::{SharedWorld, World};

use crate::accounts::Directory;
use crate::config::Config;
use crate::engine::Engine;
use crate::numbers::ConnectionId;
use crate::outlet::{Output, Queue};
use crate::profile::Profile;

/// An engine with an agent for each account.
pub(crate) fn engine(domain: &str, profile: Profile, accounts: Directory) -> Engine {
    let mut config = Config::new(domain, profile, accounts);
    config.accounts.names().for_each(|name| config.spec.add_agent(name));
    let world = SharedWorld::new(World::new(&config.spec, config.calendar));
    Engine::new(config, world, Box::<Queue>::default())
}

/// All that the engine has put out since the last time.
pub(crate) fn outputs(engine: &mut Engine) -> Vec<(ConnectionId, Output)> {
    std::iter::from_fn(|| engine.poll_output()).collect()
}
