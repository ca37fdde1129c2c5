//! The engine, played against written conversations.

mod deflate;
mod letter;
mod player;
mod robust;
