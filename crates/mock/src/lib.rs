//! A fake Finesse notification server: profiles, sessions, routing, pubsub, sabotage.

mod openfire_xml;
mod outgoing;
