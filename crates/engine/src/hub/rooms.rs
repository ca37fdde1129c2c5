//! Chat rooms, as far as presence makes them (XEP-0045 §7, §10.1): the first occupant owns the
//! room, which is closed to others until it is configured, and is gone when its owner leaves.

use std::collections::BTreeMap;
use std::sync::Arc;

use stanza::{Element, Jid, ns};

use super::Hub;
use super::stamped::Stamped;
use crate::budget::{Budget, Share, Weigh};
use crate::context::Context;
use crate::ids;
use crate::outgoing::{ElementKind, Outgoing};
use crate::spelling::{Condition, set_attr};

/// The part of XEP-0045 for those in a room.
const MUC_USER: &str = "http://jabber.org/protocol/muc#user";

/// The owner of a room, who is alone in it.
#[derive(Debug)]
struct Owner {
    jid: Jid,
    nick: String,
}

/// The rooms that there are, by address.
#[derive(Debug)]
pub(super) struct Rooms {
    owners: BTreeMap<Jid, Owner>,
    /// Their share of the memory for clients.
    share: Share,
}

impl Rooms {
    /// None yet; each takes its share of `memory`.
    pub(super) fn new(memory: &Budget) -> Self {
        Self { owners: BTreeMap::new(), share: memory.nothing() }
    }

    fn open(&mut self, room: &Jid, jid: &Jid, nick: &str) -> bool {
        let owner = Owner { jid: jid.clone(), nick: nick.to_owned() };
        let has_room = self.share.grow(owner.weight(room));
        if has_room {
            self.owners.insert(room.clone(), owner);
        }
        has_room
    }

    fn close(&mut self, room: &Jid) {
        if let Some(owner) = self.owners.remove(room) {
            self.share.shrink(owner.weight(room));
        }
    }
}

impl Owner {
    fn weight(&self, room: &Jid) -> usize {
        room.weight() + self.jid.weight() + self.nick.weight()
    }
}

impl Hub {
    /// Presence to a room, or to somebody in it. The error is that of its answer.
    pub(super) fn presence_to_room(
        &mut self,
        cx: &mut Context,
        what: &Stamped,
    ) -> Result<(), Condition> {
        let (Some(from), Some(to)) = (&what.from, &what.to) else {
            return Ok(());
        };
        let room = to.bare();
        let kind = what.presence.attr("type");
        let owner = self.stored.rooms.owners.get(&room);
        match (owner.filter(|owner| owner.jid == *from), kind, &to.resource) {
            (_, Some("error"), _) => {}
            // Recorded: generated presence conversations.
            (None, Some(_), Some(_)) => return Err(Condition::UnexpectedRequest),
            (None, Some(_), None) => {}
            (None, None, None) => return Err(Condition::JidMalformed),
            (None, None, Some(_)) if owner.is_some() => return Err(Condition::ItemNotFound),
            (None, None, Some(nick)) => {
                if !self.stored.rooms.open(&room, from, nick) {
                    return Err(Condition::ResourceConstraint);
                }
                // The presence is one's own (110), everybody sees the JID (100), the room is new
                // (201).
                self.show_occupant(cx, what, to, "moderator", &["110", "100", "201"]);
                self.tell_subject(cx, &room, from);
            }
            (Some(owner), kind, _) => {
                let place = room.with_resource(&owner.nick).unwrap_or_else(|_| to.clone());
                let leaves = kind.is_some();
                if leaves {
                    self.stored.rooms.close(&room);
                }
                let role = if leaves { "none" } else { "moderator" };
                self.show_occupant(cx, what, &place, role, &["110"]);
            }
        }
        Ok(())
    }

    /// The occupant's presence, as the room shows it to the occupant.
    fn show_occupant(
        &mut self,
        cx: &mut Context,
        what: &Stamped,
        place: &Jid,
        role: &str,
        statuses: &[&str],
    ) {
        let Some(occupant) = &what.from else {
            return;
        };
        let item = Element::new(MUC_USER, "item")
            .with_attr("jid", occupant.to_string())
            .with_attr("affiliation", "owner")
            .with_attr("role", role);
        let mut user = Element::new(MUC_USER, "x").with_child(item);
        for code in statuses {
            user = user.with_child(Element::new(MUC_USER, "status").with_attr("code", *code));
        }
        let mut shown = Element::clone(&what.presence).with_child(user);
        set_attr(&mut shown, "from", None);
        let shown = Stamped::new(Arc::new(shown), Some(place.clone()), Some(occupant.clone()));
        self.send_presence(cx, Some(occupant), &shown);
    }

    /// A room without a subject says so, which ends the way in (XEP-0045 §7.2.15).
    fn tell_subject(&self, cx: &mut Context, room: &Jid, to: &Jid) {
        let Some(stream) = self.sessions.find(to) else {
            return;
        };
        let id = ids::uuid(&mut cx.chance);
        let message = Element::new(ns::CLIENT, "message")
            .with_attr("from", room.to_string())
            .with_attr("type", "groupchat")
            .with_attr("id", id)
            .with_attr("to", to.to_string())
            .with_child(Element::new(ns::CLIENT, "subject"));
        let text = crate::spelling::stanza_text(&message, "");
        cx.deliver(stream, Outgoing::new(ElementKind::Message, text));
    }
}
