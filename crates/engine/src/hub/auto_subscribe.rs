//! Contacts subscribe to the personal eventing of an account with its presence (XEP-0163;
//! `IQPEPHandler`).

use stanza::Jid;

use super::Hub;
use super::known_accounts::known;
use crate::context::Context;

/// Notifications of last items that a new resource makes its account get, at most. Openfire has no
/// bound: a contact with thousands of nodes could flood each session.
const MOST_LAST_ITEMS: usize = 1024;

impl Hub {
    /// The personal eventing of an account is made at its first request. The contacts that see the
    /// account are subscribed from then on (`IQPEPHandler.handleIQ`).
    pub(super) fn begin_eventing(&mut self, cx: &mut Context, own: &Jid) {
        let account = own.bare();
        if self.stored.personal.begin(&mut self.stored.pubsub, &account).is_some() {
            self.send_probes(cx);
            for contact in self.stored.rosters.subscribers(&account) {
                self.subscribe_to_eventing(cx, &account, &contact);
            }
        }
    }

    fn subscribe_to_eventing(&mut self, cx: &mut Context, account: &Jid, contact: &Jid) {
        let id = self.request_id(cx);
        let known = known(cx, &self.stored.rosters, &self.sessions, &self.capabilities);
        if let Some(service) = self.stored.personal.find(account) {
            let stanzas = service.auto_subscribe(cx.now, id, contact, &known, &cx.faults);
            cx.carry(stanzas);
        }
    }

    /// A contact with a new subscription to presence is subscribed to the root alone
    /// (`IQPEPHandler.subscribedToPresence`).
    pub(super) fn auto_subscribe(&mut self, cx: &mut Context, account: &Jid, contact: &Jid) {
        let account = account.bare();
        if !cx.is_openfire() || !self.is_registered(cx, &account) {
            return;
        }
        // Openfire remembers whether there is one (`PEPServiceManager.getPEPService`).
        if self.stored.personal.find(&account).is_none() {
            return;
        }
        self.send_probes(cx);
        self.subscribe_to_eventing(cx, &account, contact);
        if let Some(service) = self.stored.personal.find(&account) {
            cx.carry(service.merge_subscriptions(contact));
        }
    }

    /// The subscription of a contact to the personal eventing of an account ends
    /// (`IQPEPHandler.unsubscribedToPresence`, `contactDeleted`).
    pub(super) fn auto_unsubscribe(&mut self, cx: &mut Context, account: &Jid, contact: &Jid) {
        if cx.is_openfire()
            && self.is_registered(cx, account)
            && let Some(service) = self.stored.personal.find(&account.bare())
        {
            let stanzas = service.auto_unsubscribe(contact);
            self.send_probes(cx);
            cx.carry(stanzas);
        }
    }

    /// A new resource makes its account get the last items of the contacts whose presence it gets
    /// (`IQPEPHandler.GetNotificationsOnInitialPresence`).
    pub(super) fn send_last_items(&mut self, cx: &mut Context, own: &Jid) {
        let mut most = MOST_LAST_ITEMS;
        for contact in self.stored.rosters.contacts(own) {
            let account = contact.jid.bare();
            if !contact.to || !cx.is_openfire() || !self.is_registered(cx, &account) {
                continue;
            }
            let known = known(cx, &self.stored.rosters, &self.sessions, &self.capabilities);
            if let Some(service) = self.stored.personal.find(&account) {
                let stanzas = service.last_items(cx.now, own, most, &known);
                most -= stanzas.len();
                self.send_probes(cx);
                cx.carry(stanzas);
            }
        }
    }

    /// A service that was read from the data base asks for the presences that its subscriptions
    /// depend on, before all else.
    pub(super) fn send_probes(&mut self, cx: &mut Context) {
        let probes = self.stored.personal.take_probes();
        if !probes.is_empty() {
            cx.carry(probes);
        }
    }
}
