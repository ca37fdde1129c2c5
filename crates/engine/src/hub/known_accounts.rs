//! Accounts as the pubsub services see them: registration, subscriptions to presence, available
//! sessions and their features.

use stanza::Jid;

use super::capabilities::Capabilities;
use super::roster::Rosters;
use super::session::Sessions;
use crate::accounts::Directory;
use crate::context::Context;
use crate::pubsub::Accounts;

/// The accounts as the services know them. The services themselves are not borrowed with them.
pub(super) fn known<'a>(
    cx: &'a Context,
    rosters: &'a Rosters,
    sessions: &'a Sessions,
    capabilities: &'a Capabilities,
) -> KnownAccounts<'a> {
    KnownAccounts { directory: &cx.settings.accounts, rosters, sessions, capabilities }
}

/// The accounts, their contacts and their sessions.
pub(super) struct KnownAccounts<'a> {
    directory: &'a Directory,
    rosters: &'a Rosters,
    sessions: &'a Sessions,
    capabilities: &'a Capabilities,
}

impl Accounts for KnownAccounts<'_> {
    fn is_registered(&self, local: &str) -> bool {
        self.directory.is_registered(local)
    }

    fn sees_presence(&self, viewer: &Jid, owner: &Jid) -> bool {
        let contact = self.rosters.contact(owner, viewer);
        owner.is_of_account(viewer) || contact.is_some_and(|contact| contact.from)
    }

    fn shows_contact(&self, owner: &Jid, viewer: &Jid) -> Option<bool> {
        Some(self.rosters.contact(owner, viewer)?.from)
    }

    fn available(&self, account: &Jid) -> Vec<Jid> {
        self.sessions.available_of(account).map(|(jid, _)| jid.clone()).collect()
    }

    fn has_feature(&self, session: &Jid, feature: &str) -> Option<bool> {
        self.capabilities.has(session, feature)
    }
}
