//! The address of a service, and the rules that go with it: `pubsub.DOMAIN`, or the account whose
//! personal eventing it is (XEP-0163).

use std::borrow::Cow;

use stanza::{Element, Jid};

use super::config::{AccessModel, ItemReply, NodeConfig};
use crate::spelling::set_attr;

/// Where a service is.
#[derive(Debug, Clone)]
pub(super) struct ServiceAddress {
    /// The sender of its events.
    pub(super) address: String,
    /// The account that it belongs to, for personal eventing.
    owner: Option<Jid>,
    /// The receiver of replies to the items of a new node. A service that Openfire reads from its
    /// data base has none there, and gets the owner
    /// (`PubSubPersistenceManager.loadDefaultConfiguration`).
    pub(super) item_reply: Option<ItemReply>,
}

impl ServiceAddress {
    /// The service of a domain.
    pub(super) fn of_domain(domain: &str) -> Self {
        Self { address: format!("pubsub.{domain}"), owner: None, item_reply: None }
    }

    /// The personal eventing of an account.
    pub(super) fn of_account(account: Jid) -> Self {
        Self { address: account.to_string(), owner: Some(account), item_reply: None }
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
        let mut config = NodeConfig::new(path);
        config.details.item_reply = self.item_reply;
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
