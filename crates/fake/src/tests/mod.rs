//! The engine, played against written conversations.

mod deflate;
mod faults;
mod letter;
mod player;
mod robust;

use std::time::SystemTime;

use crate::accounts::Directory;
use crate::engine::Engine;
use crate::outlet::Kept;
use crate::profile::Profile;
use crate::sabotage::Sabotage;
use crate::world::{Calendar, Chance, SharedWorld, World, WorldSpec};

/// Server time begins in 1970.
fn calendar() -> Calendar {
    Calendar::new(SystemTime::UNIX_EPOCH)
}

/// An engine whose output is kept for the test to fetch.
fn engine(
    domain: &str,
    profile: Profile,
    sabotage: Option<Sabotage>,
    accounts: Directory,
) -> Engine {
    let outlet = Box::<Kept>::default();
    Engine::new(domain, profile, sabotage, accounts, outlet, calendar(), Chance::new(1))
}

/// A world with an agent for each account.
fn world_of(accounts: &Directory) -> SharedWorld {
    let mut spec = WorldSpec::empty();
    accounts.names().for_each(|name| spec.add_agent(name));
    SharedWorld::new(World::new(&spec, calendar()))
}
