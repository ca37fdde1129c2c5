//! The engine, played against written conversations.

mod deflate;
mod faults;
mod letter;
mod player;
mod robust;
