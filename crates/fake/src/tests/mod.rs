//! The engine, played against written conversations.

mod deflate;
mod faults;
mod letter;
mod player;
mod robust;

use std::time::SystemTime;

use crate::accounts::Directory;
use crate::outlet::Kept;
use crate::world::{SharedWorld, World, WorldSpec};

/// What is handed out is kept for the test to fetch.
fn kept() -> Box<Kept> {
    Box::default()
}

/// A world with an agent for each account.
fn world_of(accounts: &Directory) -> SharedWorld {
    let mut spec = WorldSpec::empty();
    accounts.names().for_each(|name| spec.add_agent(name));
    SharedWorld::new(World::new(&spec, SystemTime::now()))
}
