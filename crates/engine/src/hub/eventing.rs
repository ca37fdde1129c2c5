//! The way to publish-subscribe: the service of the domain, and the personal eventing of accounts
//! (XEP-0163), which answers for nobody, the domain and every bare address.

use stanza::{Element, Jid, escape, ns};

use super::Hub;
use super::iq_stanza::Iq;
use super::known_accounts::{KnownAccounts, known};
use super::reply::Reply;
use crate::context::Context;
use crate::fault::{Name, Parameter};
use crate::pubsub::PersonalRequest;
use crate::spelling::{Condition, echo, echo_with, in_tag_of};
use crate::stream::Stream;

/// Private data of an account (XEP-0049).
pub(super) const PRIVATE: &str = "jabber:iq:private";

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
        let known = known(cx, &self.stored.rosters, &self.sessions, &self.capabilities);
        let (stanzas, fact) = self.stored.pubsub.handle(cx.now, iq, own, &known, &cx.faults, late);
        if let Some(fact) = fact {
            cx.note_fact(stream.id, fact);
        }
        let asked = iq.attr("to").and_then(|to| Jid::parse(to).ok());
        self.carry_for(cx, stream, own, asked.as_ref(), stanzas);
    }

    /// A request to the personal eventing of an account: the sender's own, unless another is named.
    /// The service answers by itself.
    pub(super) fn ask_personal_eventing(
        &mut self,
        cx: &mut Context,
        stream: &Stream,
        iq: &Iq<'_>,
    ) -> Reply {
        let account = iq.to.map(Jid::bare);
        if account.is_none() && iq.is_set() && cx.is_openfire() {
            self.begin_eventing(cx, iq.own);
        }
        let known = known(cx, &self.stored.rosters, &self.sessions, &self.capabilities);
        let asking = asking(cx, iq, &known);
        let (stanzas, fact) =
            self.stored.personal.handle(&mut self.stored.pubsub, account.as_ref(), asking);
        self.send_probes(cx);
        if let Some(fact) = fact {
            cx.note_fact(stream.id, fact);
        }
        let asked = account.unwrap_or_else(|| iq.own.bare());
        self.carry_for(cx, stream, iq.own, Some(&asked), stanzas);
        Reply::Silence
    }

    /// disco#info of a node of an account: Openfire looks for it in the personal eventing of the
    /// account, and throws without that.
    pub(super) fn personal_node_info(
        &mut self,
        cx: &mut Context,
        iq: &Iq<'_>,
        query: &Element,
        node: &str,
    ) -> Reply {
        let account = iq.to.unwrap_or(iq.own).bare();
        let found = self.stored.personal.find(&account).map(|service| service.named_info(node));
        self.send_probes(cx);
        match found {
            None => Reply::Thrown,
            Some(Some(info)) => Reply::Result(echo_with(query, &info)),
            Some(None) => Reply::Error(Condition::ItemNotFound),
        }
    }

    /// disco#items of an account: its sessions, for subscribers to its presence, and the nodes of
    /// its personal eventing that the sender may read.
    pub(super) fn account_items(
        &mut self,
        cx: &mut Context,
        iq: &Iq<'_>,
        query: &Element,
    ) -> Reply {
        let account = iq.to.unwrap_or(iq.own).bare();
        let mut items = String::new();
        if self.stored.rosters.contact(&account, iq.own).is_some_and(|contact| contact.from) {
            for address in self.sessions.addresses(&account) {
                items.push_str(&format!("<item jid=\"{}\"/>", escape::attr(&address.to_string())));
            }
        }
        let known = known(cx, &self.stored.rosters, &self.sessions, &self.capabilities);
        let asking = asking(cx, iq, &known);
        if let Some(service) = self.stored.personal.find(&account) {
            items.push_str(&service.readable(asking));
        }
        self.send_probes(cx);
        Reply::Result(echo_with(query, &items))
    }

    /// Private data (XEP-0049; recorded: private_get, private_set_get). The sender's own data
    /// is meant, with every address. Openfire goes by the first element that is asked for or given,
    /// and throws without one.
    pub(super) fn private_data(
        &mut self,
        cx: &mut Context,
        stream: &Stream,
        iq: &Iq<'_>,
        query: &Element,
    ) -> Reply {
        let mut elements = query.children();
        let Some(element) = elements.next() else { return Reply::Thrown };
        if !iq.is_set() {
            // The element is taken out of the request, and what is kept goes in at the end.
            let others: String = elements.map(|other| echo(other, PRIVATE)).collect();
            let own = iq.own.bare();
            let kept = self.stored.personal.private(&own, &element.name.ns);
            self.send_probes(cx);
            let kept = echo(kept.as_ref().unwrap_or(element), PRIVATE);
            return Reply::Result(in_tag_of(query, &format!("{others}{kept}")));
        }
        let known = known(cx, &self.stored.rosters, &self.sessions, &self.capabilities);
        let asking = asking(cx, iq, &known);
        match self.stored.personal.keep_private(&mut self.stored.pubsub, element, asking) {
            Some(notifications) => {
                self.send_probes(cx);
                self.carry_for(cx, stream, iq.own, None, notifications);
                Reply::Result(String::new())
            }
            None => Reply::Error(Condition::ResourceConstraint),
        }
    }

    /// A presence comes to the service of the domain. One that lets it see an account makes it ask
    /// for what there is to see.
    pub(super) fn show_service(&mut self, cx: &mut Context, presence: &Element, from: &Jid) {
        self.stored.pubsub.hear_presence(presence, from);
        if presence.attr("type") == Some("subscribed") {
            let (account, host) = (from.bare(), self.stored.pubsub.host());
            let probe = Element::new(ns::CLIENT, "presence")
                .with_attr("type", "probe")
                .with_attr("to", account.to_string())
                .with_attr("from", host);
            self.service_presence(cx, &probe, &account);
        }
    }

    /// A presence of the service of the domain, or of an account, goes its way.
    pub(crate) fn service_presence(&mut self, cx: &mut Context, presence: &Element, to: &Jid) {
        let Some(Ok(host)) = presence.attr("from").map(Jid::parse) else { return };
        // The strict manner has no contacts, and none of these presences is fatal.
        let _ = self.route_presence(cx, presence, Some(&host), Some(to));
    }
}

fn asking<'a>(cx: &'a Context, iq: &Iq<'a>, known: &'a KnownAccounts<'a>) -> PersonalRequest<'a> {
    PersonalRequest {
        now: cx.now,
        iq: iq.element,
        from: iq.own,
        accounts: known,
        faults: &cx.faults,
    }
}
