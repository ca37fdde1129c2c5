//! Those who see an account hear of its personal eventing by themselves (XEP-0163;
//! `IQPEPHandler`).

use stanza::Jid;

use super::Hub;
use super::known_accounts::known;
use crate::context::Context;

impl Hub {
    /// The personal eventing of an account is made at its first request. The contacts that see the
    /// account hear of it from then on (`IQPEPHandler.handleIQ`).
    pub(super) fn begin_eventing(&mut self, cx: &mut Context, own: &Jid) {
        let account = own.bare();
        if self.stored.personal.begin(&mut self.stored.pubsub, &account).is_some() {
            for watcher in self.stored.rosters.watchers(&account) {
                self.subscribe_to_eventing(cx, &account, &watcher);
            }
        }
    }

    fn subscribe_to_eventing(&mut self, cx: &mut Context, account: &Jid, watcher: &Jid) {
        let id = self.request_id(cx);
        let known = known(cx, &self.stored.rosters, &self.sessions, &self.capabilities);
        if let Some(service) = self.stored.personal.find(account) {
            let stanzas = service.subscribe_watcher(cx.now, id, watcher, &known, &cx.faults);
            cx.carry(stanzas);
        }
    }

    /// A contact that begins to see an account hears of its personal eventing, and of that alone
    /// (`IQPEPHandler.subscribedToPresence`).
    pub(super) fn watch_eventing(&mut self, cx: &mut Context, account: &Jid, watcher: &Jid) {
        let account = account.bare();
        if !cx.is_openfire() || !self.is_registered(cx, &account) {
            return;
        }
        // Openfire remembers whether there is one (`PEPServiceManager.getPEPService`).
        if self.stored.personal.find(&account).is_none() {
            return;
        }
        self.subscribe_to_eventing(cx, &account, watcher);
        if let Some(service) = self.stored.personal.find(&account) {
            cx.carry(service.merge_subscriptions(watcher));
        }
    }

    /// An address hears of the personal eventing of an account no longer
    /// (`IQPEPHandler.unsubscribedToPresence`, `contactDeleted`).
    pub(super) fn leave_eventing(&mut self, cx: &mut Context, account: &Jid, watcher: &Jid) {
        if cx.is_openfire()
            && self.is_registered(cx, account)
            && let Some(service) = self.stored.personal.find(&account.bare())
        {
            cx.carry(service.unsubscribe_watcher(watcher));
        }
    }

    /// A new resource makes all of its account hear the last items of those that it sees
    /// (`IQPEPHandler.GetNotificationsOnInitialPresence`).
    pub(super) fn hear_last_items(&mut self, cx: &mut Context, own: &Jid) {
        for contact in self.stored.rosters.contacts(own) {
            let account = contact.jid.bare();
            if !contact.to || !cx.is_openfire() || !self.is_registered(cx, &account) {
                continue;
            }
            let known = known(cx, &self.stored.rosters, &self.sessions, &self.capabilities);
            if let Some(service) = self.stored.personal.find(&account) {
                let stanzas = service.last_items(cx.now, own, &known);
                cx.carry(stanzas);
            }
        }
    }
}
