//! An iq as its handlers see it (RFC 6120 §8.2.3).

use stanza::{Element, Jid};

use crate::spelling::payload;

/// The value of `type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Get,
    Set,
    Result,
    Error,
    /// There is none.
    Missing,
    /// Another word. Openfire's reader of the type throws on it.
    Unknown,
}

impl Kind {
    pub(super) fn of(iq: &Element) -> Self {
        match iq.attr("type") {
            Some("get") => Self::Get,
            Some("set") => Self::Set,
            Some("result") => Self::Result,
            Some("error") => Self::Error,
            Some(_) => Self::Unknown,
            None => Self::Missing,
        }
    }

    pub(super) fn is_request(self) -> bool {
        matches!(self, Self::Get | Self::Set)
    }
}

/// An iq on its way.
pub(super) struct Iq<'a> {
    pub(super) element: &'a Element,
    pub(super) kind: Kind,
    /// The sender's full JID.
    pub(super) own: &'a Jid,
    pub(super) to: Option<&'a Jid>,
}

/// The addressee of a request that the server answers itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Addressee {
    /// There is no address.
    Nobody,
    Server,
    /// The account of the sender.
    OwnAccount,
    OtherAccount,
}

impl<'a> Iq<'a> {
    /// Its payload: the first child with a namespace other than that of stanzas.
    pub(super) fn child(&self) -> Option<&'a Element> {
        payload(self.element)
    }

    pub(super) fn is_set(&self) -> bool {
        self.kind == Kind::Set
    }

    pub(super) fn addressee(&self) -> Addressee {
        match self.to {
            None => Addressee::Nobody,
            Some(to) if to.local.is_none() => Addressee::Server,
            Some(to) if to.is_of_account(self.own) => Addressee::OwnAccount,
            Some(_) => Addressee::OtherAccount,
        }
    }

    /// The name of the sender's account.
    pub(super) fn account(&self) -> &'a str {
        self.own.local.as_deref().unwrap_or_default()
    }
}
