//! The block list (XEP-0191), which is the part of the default privacy list that denies everything.

use stanza::{Element, Jid, escape};

use super::Hub;
use super::iq::Iq;
use super::privacy::PrivacyList;
use super::reply::Reply;
use crate::spelling::Condition;

/// XEP-0191.
pub(super) const BLOCKING: &str = "urn:xmpp:blocking";

/// The list that is made where an account has no default list.
const LIST: &str = "blocklist";

/// How many addresses an account may block.
const MAX_BLOCKED: usize = 256;

impl Hub {
    /// The block list of the sender, whatever the address. A change holds for sessions that
    /// begin later, and for what is addressed to the account.
    pub(super) fn block_list(&mut self, iq: &Iq<'_>, child: &Element) -> Reply {
        let account = iq.account();
        let failed = |condition| Reply::ErrorWith(String::new(), condition);
        let items: Option<Vec<Jid>> = child
            .children()
            .filter(|item| item.name.local == "item")
            .map(|item| Jid::parse(item.attr("jid")?).ok())
            .collect();
        match (child.name.local.as_str(), iq.is_set(), items) {
            ("blocklist", false, _) => Reply::Result(self.written_block_list(account)),
            ("block" | "unblock", true, None) => failed(Condition::InternalServerError),
            ("block", true, Some(items)) if items.is_empty() => failed(Condition::BadRequest),
            ("block", true, Some(items)) => {
                let mut blocked = self.blocked(account);
                for item in items {
                    if !blocked.contains(&item) {
                        blocked.push(item);
                    }
                    // At once: each item is compared with all.
                    if blocked.len() > MAX_BLOCKED {
                        return Reply::Error(Condition::ResourceConstraint);
                    }
                }
                match self.set_blocked(account, &blocked) {
                    true => Reply::Result(String::new()),
                    false => Reply::Error(Condition::ResourceConstraint),
                }
            }
            ("unblock", true, Some(items)) => {
                let mut blocked = self.blocked(account);
                blocked.retain(|jid| !items.is_empty() && !items.contains(jid));
                self.set_blocked(account, &blocked);
                Reply::Result(String::new())
            }
            _ => failed(Condition::FeatureNotImplemented),
        }
    }

    fn written_block_list(&self, account: &str) -> String {
        let items: String = self
            .blocked(account)
            .iter()
            .map(|jid| format!("<item jid=\"{}\"/>", escape::attr(&jid.to_string())))
            .collect();
        match items.is_empty() {
            true => format!("<blocklist xmlns=\"{BLOCKING}\"/>"),
            false => format!("<blocklist xmlns=\"{BLOCKING}\">{items}</blocklist>"),
        }
    }

    fn blocked(&self, account: &str) -> Vec<Jid> {
        let list = self.privacy.default(account);
        list.map(|list| list.denied().cloned().collect()).unwrap_or_default()
    }

    /// Lets the default list deny everything to just these; false when there is no room for it.
    fn set_blocked(&mut self, account: &str, blocked: &[Jid]) -> bool {
        let name = self.privacy.default_name(account).unwrap_or(LIST).to_owned();
        let list = match self.privacy.default(account) {
            None if blocked.is_empty() => return true,
            None => PrivacyList::default().denying_just(blocked),
            Some(list) => list.denying_just(blocked),
        };
        let kept = self.privacy.keep(account, &name, list);
        if kept {
            self.privacy.set_default(account, Some(&name));
        }
        kept
    }
}
