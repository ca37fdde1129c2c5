//! A presence with the addresses that it goes out with.

use std::sync::Arc;

use stanza::{Element, Jid};

use crate::context::Context;
use crate::outgoing::{Copy, ElementKind, Outgoing};
use crate::spelling::{Condition, set_attr, stanza_text};

/// A presence with the addresses that it goes out with. Where the stanza has none they stand behind
/// its own attributes, `from` first (recorded: presence_full, presence_to_domain).
#[derive(Debug, Clone)]
pub(super) struct Stamped {
    pub(super) presence: Arc<Element>,
    pub(super) from: Option<Jid>,
    pub(super) to: Option<Jid>,
    /// The error at the end of its content.
    pub(super) error: Option<Condition>,
}

impl Stamped {
    /// A presence with these addresses.
    pub(super) fn new(
        presence: impl Into<Arc<Element>>,
        from: Option<Jid>,
        to: Option<Jid>,
    ) -> Self {
        Self { presence: presence.into(), from, to, error: None }
    }

    /// The same presence for another address.
    pub(super) fn to(&self, to: &Jid) -> Self {
        Self { to: Some(to.clone()), ..self.clone() }
    }

    /// The stanza itself, as one of several copies.
    pub(super) fn copy(&self, cx: &Context) -> Copy {
        if let (Some(from), Some(to), None) = (&self.from, &self.to, self.error) {
            let presence = Arc::clone(&self.presence);
            return Copy::Presence { presence, from: from.to_string(), to: to.to_string() };
        }
        let mut presence = Element::clone(&self.presence);
        set_attr(&mut presence, "from", self.from.as_ref().map(Jid::to_string));
        set_attr(&mut presence, "to", self.to.as_ref().map(Jid::to_string));
        let error = self.error.map(|error| error.error(cx.settings.profile.legacy_codes, ""));
        let text = stanza_text(&presence, &error.unwrap_or_default());
        Copy::Own(Outgoing::new(ElementKind::Presence, text))
    }
}
