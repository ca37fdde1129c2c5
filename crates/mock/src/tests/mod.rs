//! The world, played against written conversations.

mod letter;
mod player;
mod recorded;
mod robust;
