//! The verbs of `do` in a head. The list is closed, so that a driver stays small.

use std::fmt;
use std::time::Duration;

use crate::{Template, duration};

/// One request to the client under test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Connect, log in, bind a resource, send presence.
    Login,
    /// The same with a password that is wrong.
    LoginWrongPassword,
    /// Subscribe to a pubsub node.
    Subscribe(Template),
    /// Remove the subscription to a pubsub node.
    Unsubscribe(Template),
    /// Stay and handle events until the connection is lost for good or the program is ended.
    Wait,
    /// Stay for this long.
    Stay(Duration),
    /// Sign in by REST.
    SignIn,
    /// Become ready by REST.
    Ready,
    /// Become not ready by REST.
    NotReady,
    /// Answer the call that rings, by REST.
    Answer,
    /// Put the call on hold, by REST.
    Hold,
    /// Take the call back from hold, by REST.
    Retrieve,
    /// Hang up, by REST.
    HangUp,
    /// Call a number, by REST.
    Call(Template),
    /// Hand the call over to a number, by REST.
    Transfer(Template),
    /// Sign out by REST if it has signed in so, then leave in order: stream, WebSocket, TCP.
    SignOut,
}

impl Ask {
    /// The words of the requests, in the order of the variants.
    pub const USAGES: &[&str] = &[
        "login",
        "login-wrong-password",
        "subscribe NODE",
        "unsubscribe NODE",
        "wait",
        "stay DURATION",
        "sign-in",
        "ready",
        "not-ready",
        "answer",
        "hold",
        "retrieve",
        "hang-up",
        "call NUMBER",
        "transfer NUMBER",
        "sign-out",
    ];

    /// The node of `subscribe` and `unsubscribe`.
    pub fn node(&self) -> Option<&Template> {
        match self {
            Self::Subscribe(node) | Self::Unsubscribe(node) => Some(node),
            _ => None,
        }
    }

    /// The argument that may hold tokens: a node, or the number of a telephone.
    pub fn argument(&self) -> Option<&Template> {
        match self {
            Self::Subscribe(text)
            | Self::Unsubscribe(text)
            | Self::Call(text)
            | Self::Transfer(text) => Some(text),
            _ => None,
        }
    }

    /// The first word of the request.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::LoginWrongPassword => "login-wrong-password",
            Self::Subscribe(_) => "subscribe",
            Self::Unsubscribe(_) => "unsubscribe",
            Self::Wait => "wait",
            Self::Stay(_) => "stay",
            Self::SignIn => "sign-in",
            Self::Ready => "ready",
            Self::NotReady => "not-ready",
            Self::Answer => "answer",
            Self::Hold => "hold",
            Self::Retrieve => "retrieve",
            Self::HangUp => "hang-up",
            Self::Call(_) => "call",
            Self::Transfer(_) => "transfer",
            Self::SignOut => "sign-out",
        }
    }
}

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.verb())?;
        match (self.argument(), self) {
            (Some(text), _) => write!(f, " {text}"),
            (None, Self::Stay(stay)) => write!(f, " {}", duration::print(*stay)),
            _ => Ok(()),
        }
    }
}
