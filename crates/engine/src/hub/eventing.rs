//! The way to publish-subscribe: the service of the domain, and the personal eventing of accounts
//! (XEP-0163), which answers for nobody, the domain and every bare address.

use stanza::{Element, Jid, ns};

use super::Hub;
use super::iq::Iq;
use super::reply::Reply;
use super::roster::Rosters;
use crate::accounts::Directory;
use crate::context::Context;
use crate::fault::{Name, Parameter};
use crate::pubsub::Accounts;
use crate::stream::Stream;

/// The accounts and their contacts.
struct Known<'a> {
    directory: &'a Directory,
    rosters: &'a Rosters,
}

impl Accounts for Known<'_> {
    fn is_registered(&self, local: &str) -> bool {
        self.directory.is_registered(local)
    }

    fn sees_presence(&self, viewer: &Jid, owner: &Jid) -> bool {
        let contact = self.rosters.contact(owner, viewer);
        owner.is_of_account(viewer) || contact.is_some_and(|contact| contact.from)
    }
}

impl Hub {
    /// A request to the service of the domain.
    pub(super) fn ask_pubsub(
        &mut self,
        cx: &mut Context,
        stream: &Stream,
        iq: &Element,
        own: &Jid,
    ) {
        let reads = iq.children().next().is_some_and(|child| {
            child.is(ns::PUBSUB, "pubsub") && child.child(ns::PUBSUB, "items").is_some()
        });
        let late =
            if reads { cx.fault(Name::LateItem, own.local.as_deref(), stream.id) } else { None };
        let late = late.and_then(|fault| fault.duration(Parameter::By));
        let known = Known { directory: &cx.settings.accounts, rosters: &self.rosters };
        let (stanzas, fact) = self.pubsub.handle(cx.now, iq, own, &known, &cx.faults, late);
        if let Some(fact) = fact {
            cx.note_fact(stream.id, fact);
        }
        self.carry_for(cx, stream, own, stanzas);
    }

    /// A request to the personal eventing of an account: the sender's own, unless another is named.
    /// The service answers by itself.
    pub(super) fn ask_personal_eventing(
        &mut self,
        cx: &mut Context,
        stream: &Stream,
        iq: &Iq<'_>,
    ) -> Reply {
        let account = iq.to.filter(|to| to.local.is_some()).unwrap_or(iq.own).bare();
        let known = Known { directory: &cx.settings.accounts, rosters: &self.rosters };
        let asked = (cx.now, iq.element, iq.own);
        let (stanzas, fact) =
            self.personal.handle(&mut self.pubsub, &account, asked, &known, &cx.faults);
        if let Some(fact) = fact {
            cx.note_fact(stream.id, fact);
        }
        self.carry_for(cx, stream, iq.own, stanzas);
        Reply::Silence
    }

    /// A presence comes to the service of the domain. One that lets it see an account makes it ask
    /// for what there is to see.
    pub(super) fn show_service(&mut self, cx: &mut Context, presence: &Element, from: &Jid) {
        self.pubsub.hear_presence(presence, from);
        if presence.attr("type") == Some("subscribed") {
            let (account, host) = (from.bare(), self.pubsub.host());
            let probe = Element::new(ns::CLIENT, "presence")
                .with_attr("type", "probe")
                .with_attr("to", account.to_string())
                .with_attr("from", host);
            self.service_presence(cx, &probe, &account);
        }
    }

    /// A presence of the service of the domain goes its way.
    pub(crate) fn service_presence(&mut self, cx: &mut Context, presence: &Element, to: &Jid) {
        let Ok(host) = Jid::parse(self.pubsub.host()) else { return };
        // The strict manner has no contacts, and none of these presences is fatal.
        let _ = self.route_presence(cx, presence, Some(&host), Some(to));
    }
}
