//! The address of a service, and the rules that go with it: `pubsub.DOMAIN`, or the account whose
//! personal eventing it is (XEP-0163).

use std::borrow::Cow;
use std::sync::Arc;

use stanza::{Element, Jid};

use super::config::{AccessModel, NodeConfig};
use crate::spelling::set_attr;

/// Where a service is.
#[derive(Debug, Clone)]
pub(super) struct ServiceAddress {
    /// The sender of its notifications, as text.
    pub(super) address: String,
    /// The same as an address.
    pub(super) jid: Arc<Jid>,
    /// The account that it belongs to, for personal eventing.
    owner: Option<Jid>,
}

impl ServiceAddress {
    /// The service of a domain.
    pub(super) fn of_domain(domain: &str) -> Self {
        let jid = Jid { local: None, domain: format!("pubsub.{domain}"), resource: None };
        Self { address: jid.to_string(), jid: jid.into(), owner: None }
    }

    /// The personal eventing of an account.
    pub(super) fn of_account(account: Jid) -> Self {
        let jid = Arc::new(account.clone());
        Self { address: account.to_string(), jid, owner: Some(account) }
    }

    /// Whether it is an account's own.
    pub(super) fn is_personal(&self) -> bool {
        self.owner.is_some()
    }

    /// Whether this account may do all that owners of nodes may.
    pub(super) fn is_admin(&self, bare: &Jid) -> bool {
        self.owner.as_ref() == Some(bare)
    }

    /// The id of the root collection.
    pub(super) fn root(&self) -> &str {
        if self.is_personal() { &self.address } else { "" }
    }

    /// The account that the root collection belongs to.
    pub(super) fn owner(&self) -> Option<&Jid> {
        self.owner.as_ref()
    }

    /// The configuration of a new node here.
    pub(super) fn new_node(&self, path: impl Into<String>) -> NodeConfig {
        let config = NodeConfig::new(path);
        // XEP-0163 §3.
        if self.is_personal() { config.access(AccessModel::Presence) } else { config }
    }

    /// Whether a request says whom it is for.
    pub(super) fn is_addressed(&self, iq: &Element) -> bool {
        iq.attr("to").is_some_and(|to| !to.is_empty())
    }

    /// A request as it is answered: one to nobody is one to the sender's own service.
    pub(super) fn addressed<'e>(&self, iq: &'e Element) -> Cow<'e, Element> {
        if self.is_addressed(iq) {
            return Cow::Borrowed(iq);
        }
        let mut iq = iq.clone();
        set_attr(&mut iq, "to", Some(self.address.clone()));
        Cow::Owned(iq)
    }
}
