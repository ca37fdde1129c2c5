//! Personal eventing (XEP-0163): every account has a service of its own, made when it is first
//! written to.

use std::collections::BTreeMap;
use std::time::Duration;

use stanza::{Element, Jid};

use super::{Accounts, PubSub};
use crate::budget::{Budget, Weigh};
use crate::fact::Fact;
use crate::fault::Faults;
use crate::outgoing::Addressed;

/// The services of accounts that have one.
pub(crate) struct PersonalEventing {
    services: BTreeMap<Jid, PubSub>,
    memory: Budget,
}

impl PersonalEventing {
    /// No services yet; each takes its share of `memory`.
    pub(crate) fn new(memory: &Budget) -> Self {
        Self { services: BTreeMap::new(), memory: memory.clone() }
    }

    /// Answers a request, with its time and sender, to the service of `account`, which is one like
    /// `general`. The account's
    /// own set makes it; otherwise one that is not there answers as one without nodes would.
    pub(crate) fn handle(
        &mut self,
        general: &mut PubSub,
        account: &Jid,
        (now, iq, from): (Duration, &Element, &Jid),
        accounts: &dyn Accounts,
        faults: &Faults,
    ) -> (Vec<Addressed>, Option<Fact>) {
        if !self.services.contains_key(account) {
            let owned = from.bare() == *account && iq.attr("type") == Some("set");
            // It is found by its account, which its root names, too.
            let weight = size_of::<PubSub>() + 4 * account.weight();
            let share = self.memory.share(if owned { weight } else { 0 });
            let kept = owned && share.is_some();
            let mut service =
                general.personal(account.clone(), share.unwrap_or_else(|| self.memory.nothing()));
            if !kept {
                return service.handle(now, iq, from, accounts, faults, None);
            }
            self.services.insert(account.clone(), service);
        }
        match self.services.get_mut(account) {
            Some(service) => service.handle(now, iq, from, accounts, faults, None),
            None => (Vec::new(), None),
        }
    }
}
