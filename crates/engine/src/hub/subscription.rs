//! Subscriptions to presence: asked for, granted, ended (RFC 6121 §3; recorded:
//! presence_subscription_dance and the generated conversations about presence).

use std::sync::Arc;

use stanza::{Element, Jid, ns};

use super::Hub;
use super::stamped::Stamped;
use crate::context::Context;
use crate::spelling::set_attr;

/// The types of the stanzas that manage subscriptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Subscribe,
    Subscribed,
    Unsubscribe,
    Unsubscribed,
}

impl Action {
    fn of(presence: &Element) -> Option<Self> {
        Some(match presence.attr("type")? {
            "subscribe" => Self::Subscribe,
            "subscribed" => Self::Subscribed,
            "unsubscribe" => Self::Unsubscribe,
            "unsubscribed" => Self::Unsubscribed,
            _ => return None,
        })
    }
}

impl Hub {
    /// A presence that asks for, grants or ends a subscription. It goes out from bare JID to bare
    /// JID; `to` is none for the server itself.
    pub(super) fn subscription(
        &mut self,
        cx: &mut Context,
        presence: &Element,
        from: &Jid,
        to: Option<&Jid>,
    ) {
        let Some(action) = Action::of(presence).filter(|_| cx.keeps_contacts()) else {
            if let Some(to) = to {
                self.direct(cx, presence, from, to);
            }
            return;
        };
        let from = from.bare();
        let Some(to) = to.map(Jid::bare).filter(|to| !cx.is_domain(to)) else {
            self.refuse_for_server(cx, action, presence, &from);
            return;
        };
        self.manage(cx, &from, &to, action, true);
        let changed = self.manage(cx, &to, &from, action, false);
        let receiver_is_here = self.is_registered(cx, &to);
        // An approval that nobody waits for stays here.
        if action == Action::Subscribed && receiver_is_here && !changed {
            return;
        }
        // The server knows the answer to a request that was granted before, and does not give it.
        let seen = self.stored.rosters.contact(&to, &from).is_some_and(|contact| contact.from);
        if action == Action::Subscribe && receiver_is_here && !changed && seen {
            return;
        }
        self.forward_subscription(cx, presence, &from, &to);
        match action {
            Action::Subscribed => self.show_granted(cx, &from, &to),
            Action::Unsubscribed => {
                self.hide_presence(cx, &to, &from);
                self.auto_unsubscribe(cx, &to, &from);
            }
            Action::Subscribe | Action::Unsubscribe => {}
        }
    }

    /// The server itself shows no presence.
    fn refuse_for_server(
        &mut self,
        cx: &mut Context,
        action: Action,
        presence: &Element,
        sender: &Jid,
    ) {
        if action != Action::Subscribe {
            return;
        }
        let server = presence.attr("to").and_then(|to| Jid::parse(to).ok()).map(|to| to.bare());
        let mut answer = Element::new(ns::CLIENT, "presence").with_attr("to", sender.to_string());
        set_attr(&mut answer, "from", server.as_ref().map(Jid::to_string));
        set_attr(&mut answer, "type", Some("unsubscribed".to_owned()));
        self.deliver_presence(cx, &Stamped::new(answer, server, Some(sender.clone())));
    }

    /// Notes in the roster of an account what it has sent to a contact, or got from it, and tells
    /// its resources. Returns whether the subscription has changed.
    fn manage(
        &mut self,
        cx: &mut Context,
        whose: &Jid,
        contact: &Jid,
        action: Action,
        sends: bool,
    ) -> bool {
        if !self.is_registered(cx, whose) {
            return false;
        }
        let known = self.stored.rosters.contact(whose, contact).is_some();
        // Of the four only a request makes a contact of a stranger.
        if !known && action != Action::Subscribe
            || !self.stored.rosters.has_room_for(whose, contact)
        {
            return false;
        }
        let change = self.stored.rosters.change(whose, contact, |contact| {
            let before = contact.state();
            contact.take(action, sends);
            (before, contact.state())
        });
        let Some((before, after)) = change else {
            return false;
        };
        if before != after {
            self.push_change(cx, whose, contact);
        }
        (before.to, before.from) != (after.to, after.from)
    }

    fn forward_subscription(&mut self, cx: &mut Context, presence: &Element, from: &Jid, to: &Jid) {
        let mut presence = presence.clone();
        set_attr(&mut presence, "from", Some(from.to_string()));
        set_attr(&mut presence, "to", Some(to.to_string()));
        let stamped = Stamped::new(Arc::new(presence), Some(from.clone()), Some(to.clone()));
        let routes = self.presence_routes(cx, to, None);
        for at in &routes {
            self.send_presence(cx, Some(at), &stamped);
        }
        if routes.is_empty() {
            self.deliver_presence(cx, &stamped);
        }
    }

    /// A contact that has been granted a subscription is shown the presence at once.
    fn show_granted(&mut self, cx: &mut Context, whose: &Jid, who: &Jid) {
        if whose.domain == cx.settings.domain && whose != who {
            match self.stored.rosters.contact(whose, who) {
                // Openfire gives up here.
                None => return,
                Some(contact) if !contact.from => {
                    // It takes the contact for one who probes, which makes no difference but that
                    // the two change places.
                    self.probe(cx, whose, who);
                    return;
                }
                Some(_) => {}
            }
        }
        self.show_presence(cx, who, whose);
        self.auto_subscribe(cx, whose, who);
    }
}
