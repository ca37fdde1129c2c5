//! The block list (XEP-0191), which is the part of the default privacy list that denies everything.

use stanza::{Element, Jid, escape};

use super::Hub;
use super::iq_stanza::Iq;
use super::java_map::JavaMap;
use super::privacy_list::PrivacyList;
use super::reply::Reply;
use crate::context::Context;
use crate::spelling::Condition;

/// XEP-0191.
pub(super) const BLOCKING: &str = "urn:xmpp:blocking";

/// The list that is made where an account has no default list.
const LIST: &str = "blocklist";

/// How many rules a list may have from which an account blocks addresses.
const MAX_BLOCKED: usize = 256;

impl Hub {
    /// The block list of the sender, whatever the address. A change holds for sessions that
    /// begin later, and for what is addressed to the account.
    pub(super) fn block_list(&mut self, cx: &mut Context, iq: &Iq<'_>, child: &Element) -> Reply {
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
                // At once: each stanza is held against all rules.
                let rules = self.stored.privacy.default(account).map_or(0, |list| list.len());
                match rules + items.len() <= MAX_BLOCKED && self.block(account, &items) {
                    true => Reply::Result(String::new()),
                    false => Reply::Error(Condition::ResourceConstraint),
                }
            }
            ("unblock", true, Some(items)) => match self.unblock(account, &items) {
                Some(unblocked) => {
                    self.show_again(cx, iq.own, &unblocked);
                    Reply::Result(String::new())
                }
                None => failed(Condition::InternalServerError),
            },
            _ => failed(Condition::FeatureNotImplemented),
        }
    }

    fn written_block_list(&self, account: &str) -> String {
        let denied =
            self.stored.privacy.default(account).map(|list| list.denied()).unwrap_or_default();
        let items: String = denied
            .iter()
            .map(|jid| format!("<item jid=\"{}\"/>", escape::attr(&jid.to_string())))
            .collect();
        match items.is_empty() {
            true => format!("<blocklist xmlns=\"{BLOCKING}\"/>"),
            false => format!("<blocklist xmlns=\"{BLOCKING}\">{items}</blocklist>"),
        }
    }

    /// Lets the default list begin with rules against these; false when there is no room for them.
    fn block(&mut self, account: &str, items: &[Jid]) -> bool {
        let standing = self.stored.privacy.default_name(account).map(str::to_owned);
        let list = self.stored.privacy.default(account).map(|list| list.denying(items));
        let list = list.unwrap_or_else(|| PrivacyList::default().denying(items));
        let kept = self.stored.privacy.keep(account, standing.as_deref().unwrap_or(LIST), list);
        if kept && standing.is_none() {
            self.stored.privacy.set_default(account, LIST, None);
        }
        kept
    }

    /// Takes the rules against these, or against all, out of the default list, and gives the
    /// addresses that they were about; none where Openfire throws.
    fn unblock(&mut self, account: &str, items: &[Jid]) -> Option<Vec<Jid>> {
        let Some(list) = self.stored.privacy.default(account) else { return Some(Vec::new()) };
        let name = self.stored.privacy.default_name(account).unwrap_or(LIST).to_owned();
        let (list, gone) = list.forgiving(items)?;
        if !gone.is_empty() {
            // It weighs less than before.
            self.stored.privacy.keep(account, &name, list);
        }
        Some(gone)
    }

    /// Those who are blocked no more and may see an account's presence are shown it.
    fn show_again(&mut self, cx: &mut Context, own: &Jid, unblocked: &[Jid]) {
        let account = own.bare();
        if !self.sessions.is_available(&account) {
            return;
        }
        let mut receivers = JavaMap::default();
        for jid in unblocked {
            let is_own = jid.is_of_account(&account);
            if is_own
                || self.stored.rosters.contact(&account, jid).is_some_and(|contact| contact.from)
            {
                receivers.insert(jid.to_string(), jid.bare());
            }
        }
        for (_, to) in receivers.iter() {
            self.show_presence(cx, to, &account);
        }
    }
}
